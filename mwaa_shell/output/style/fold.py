"""Folding of output: noise becomes one line, a traceback its message, a usage text a hint.

Lines come in blocks and go out in pieces, each with its look. Lines to fold are kept until their end is read, but never
more than ``MOST_LINES`` lines or ``MOST`` characters: longer ones are shown unfolded, at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from mwaa_shell.airflow.output_lines import Classifier, LineKind, Reading
from mwaa_shell.output.style.foldable import (
    HELP_START,
    MOST_LINES,
    Held,
    Noise,
    Piece,
    Traceback,
    Usage,
    runs,
    tells_nothing,
    usage_error,
)
from mwaa_shell.output.style.text_style import TextStyle

#: Characters of a line without an end that are waited for; what is longer comes in parts.
LONG = 1 << 15


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, or a part of a line of more than ``LONG`` characters."""

    text: str
    opens: bool = True  #: a line begins with it
    closes: bool = True  #: a line ends with it


def blocks(chunks: Iterable[str]) -> Iterator[Block]:
    """Yield text cut at line ends; no chunk is read before the one before it is used up."""
    held, inside = "", False
    for chunk in chunks:
        text, start = held + chunk, 0
        if inside:
            start = text.find("\n") + 1
            inside = not start
            part, held = (text[:start], "") if start else _without_backslash(text)
            if part:
                yield Block(part, opens=False, closes=not inside)
            if inside:
                continue
        end = max(text.rfind("\n") + 1, start)
        if end > start:
            yield Block(text[start:end])
        held = text[end:]
        if len(held) > LONG:
            part, held = _without_backslash(held)
            yield Block(part, closes=False)
            inside = True
    if held:
        yield Block(held, opens=not inside)


def _without_backslash(text: str) -> tuple[str, str]:
    """Return a part that does not end inside an escape sequence of JSON, and the rest."""
    cut = len(text) - 1 if text.endswith("\\") else len(text)
    return (text[:cut], text[cut:]) if cut else (text, "")


def looks(text: str) -> Iterator[Piece]:
    """Yield the runs of lines that look alike, with nothing folded: together they are the text."""
    lines = text.split("\n")
    lines = lines if lines[-1] else lines[:-1]
    start = position = 0
    for reading, group in groupby(Classifier().read(lines)):
        end = start + len(list(group))
        for look, run in runs(reading, lines[start:end]):
            whole = run[: len(text) - position]  # the last line may have no end
            yield look, whole
            position += len(whole)
        start = end


def folded(text: Iterable[Block], *, noise: bool = True, usage: bool = True) -> Iterator[Piece]:
    """Yield the pieces of a stream. Without ``noise`` log lines stay, without ``usage`` argparse's help does.

    Warnings from the inside of libraries are left out without a note: they come with every command.

    Blanks at the ends of lines, and blank lines at the start, at the end and after folded lines, are left out; the last
    line has an end.
    """
    folder = _Folder(noise=noise, usage=usage)
    for block in text:
        yield from folder.take(block)
    yield from folder.end()


class _Folder:
    """The state of folding one stream, block by block."""

    def __init__(self, *, noise: bool, usage: bool) -> None:
        self._folds_noise = noise
        self._folds_usage = usage
        self._classifier = Classifier()
        self._held: Held | None = None
        self._flood: type[Held] | None = None  #: what was too much to be held, and goes on
        self._blanks = 0  #: blank lines whose place is not known yet
        self._gap = False  #: whether a blank line would part anything
        self._dropped = False  #: the warning before was left out; so are its further lines, and blank ones behind it

    def take(self, block: Block) -> Iterator[Piece]:
        """Yield the pieces that are certain after one more block."""
        text = block.text if not block.closes or block.text.endswith("\n") else f"{block.text}\n"
        if not block.opens:
            yield TextStyle.REST, text
        elif not block.closes:
            yield from self._long(text)
        elif isinstance(self._held, Usage):
            yield from self._hold(Usage, DATA, _split(text))
        elif "sage: airflow" in text and (found := HELP_START.search(text)):
            yield from self._lines(text[: found.start()])
            yield from self._hold(Usage, DATA, _split(text[found.start() :]))
        else:
            yield from self._lines(text)

    def end(self) -> Iterator[Piece]:
        """Yield the pieces that were kept until the end."""
        yield from self._release()

    def _lines(self, text: str) -> Iterator[Piece]:
        lines = _split(text)
        start = 0
        for reading, group in groupby(self._classifier.read(lines)):
            end = start + len(list(group))
            yield from self._run(reading, lines[start:end])
            start = end

    def _run(self, reading: Reading, lines: list[str]) -> Iterator[Piece]:
        if reading.kind is LineKind.BLANK:
            self._blanks += 0 if self._dropped else len(lines)
            if self._blanks > MOST_LINES:
                yield from self._release()
                self._gap = True
                yield from self._shown(())
        elif reading.kind is LineKind.TRACEBACK:
            yield from self._hold(Traceback, reading, lines)
        elif reading.noise and (self._folds_noise or reading.kind is LineKind.WARNING):
            left = self._without_old_news(reading, lines)
            if left:
                yield from self._hold(Noise, reading, left)
            self._dropped = not left or left[-1] != lines[-1]
        elif reading == DATA and isinstance(self._held, Traceback) and not self._blanks:
            taken = self._held.add_said(lines)
            yield from self._plain(reading, lines[taken:])
        else:
            yield from self._plain(reading, lines)

    def _without_old_news(self, reading: Reading, lines: list[str]) -> list[str]:
        """The noise that is worth being counted."""
        if not reading.begins:
            return [] if self._dropped else lines
        return [line for line in lines if not tells_nothing(line)]

    def _plain(self, reading: Reading, lines: list[str]) -> Iterator[Piece]:
        """What is not folded."""
        self._dropped = False
        if lines:
            yield from self._release()
            self._flood = None
            if reading.kind is LineKind.USAGE and self._folds_usage:
                lines = [usage_error(line) for line in lines]
            yield from self._shown(runs(reading, lines))

    def _long(self, text: str) -> Iterator[Piece]:
        """The beginning of a line that is longer than anything that is folded."""
        yield from self._release()
        self._flood = None
        (reading,) = self._classifier.read([text])
        *_, (look, _) = runs(reading, [text])
        yield from self._shown([(look, text)])

    def _hold(self, kind: type[Held], reading: Reading, lines: list[str]) -> Iterator[Piece]:
        """Add to what is held, or begin to hold; what becomes too much is shown, and so is what follows of its kind."""
        self._dropped = False
        if self._flood is kind:
            yield from self._shown(runs(reading, lines))
            return
        if self._held is None or not isinstance(self._held, kind) or not self._held.goes_on(lines):
            yield from self._release()
            yield from self._shown(())
            self._held, self._flood = kind(), None
        elif self._blanks:
            self._held.add(BLANK, [""] * self._blanks)
        self._blanks = 0
        self._held.add(reading, lines)
        if self._held.full:
            held, self._held, self._flood = self._held, None, kind
            yield from self._shown(held.unfolded())

    def _release(self) -> Iterator[Piece]:
        """What is held, folded."""
        held, self._held = self._held, None
        if held is None:
            return
        if isinstance(held, Usage) and not self._folds_usage:
            yield from held.unfolded()
            self._gap = True
            return
        for look, text in held.folded():
            self._gap = look is not TextStyle.NOTE
            yield look, text

    def _shown(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The pieces behind the blank lines that part them from what was shown before."""
        if self._blanks and self._gap:
            yield TextStyle.TEXT, "\n" * self._blanks
        self._blanks = 0
        for piece in pieces:
            self._gap = True
            yield piece


DATA, BLANK = Reading(LineKind.DATA), Reading(LineKind.BLANK)


def _split(text: str) -> list[str]:
    """Lines without their ends and the blanks before them; of text that ends in a newline."""
    return [line.rstrip(" ") for line in text.split("\n")[:-1]]
