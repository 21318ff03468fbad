"""The display of a Result: byte for byte in a pipe, readable on a terminal.

``Canvas`` is where ``.watch`` and ``.follow`` show their progress. ``PlainCanvas`` writes lines, for files, pipes and
terminals that cannot move the cursor; the canvas that redraws a picture is in ``terminal``.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from mwaa_shell.addresses import MASK
from mwaa_shell.errors import CANCELED, sentence
from mwaa_shell.output import clipboard
from mwaa_shell.output.display import DisplayOptions, view_of
from mwaa_shell.output.measure import BOLD, DIM, GREEN, RED, RESET, YELLOW, paint, width, wrap
from mwaa_shell.output.pager import put
from mwaa_shell.output.render import (
    chosen_format,
    decoded,
    export_records,
    heading,
    is_noise_the_answer,
    mask_chunks,
    readable,
    render_lines,
)
from mwaa_shell.output.sanitiser import sanitise, sanitise_chunks
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Outcome, Result, chunks
from mwaa_shell.streams import Streams

#: Precedes each line that came on standard error, where both streams are on one terminal.
GUTTER = "│ "
COLORS = {Outcome.OK: GREEN, Outcome.FAILED: RED, Outcome.UNKNOWN: YELLOW}
#: The indent of a folded command in a list, and the least columns for it.
HANGING, NARROWEST = " " * 7, 20
#: Seconds; shorter phases are not itemized in the result line.
QUICK = 0.05
#: The class of an exception before a sentence, and the module of an exception without a sentence.
EXCEPTION = re.compile(
    r"\A(?:(?:[a-z_]\w*\.)+[A-Z]\w*|[A-Z]\w*(?:Error|Exception|NotFound|Exists|NotUnique)): (?=[^'\"\s]\S*\s)"
    r"|\A(?:[a-z_]\w*\.)+(?=[A-Z]\w*(?:: |\Z))"
)
#: Characters at the end of an output that are in sight when the result line is written.
IN_SIGHT = 600


#: The beginning of the reason for a refusal of the REST API.
HTTP_STATUS = re.compile(r"HTTP \d{3}: ")


@dataclass(frozen=True, slots=True)
class PromptDisplay:
    """Options of output at a prompt, which shows how each command ended."""

    echoed: str = ""  #: the added flags that the echo of the line has shown
    pager: bool = False  #: output longer than the screen may go through it


def show(
    result: Result, streams: Streams, view: DisplayOptions | None = None, prompt: PromptDisplay | None = None
) -> None:
    """Write both streams of a result, and the notes of the shell on it."""
    view = view or DisplayOptions(color=streams.use_color())
    if result.drawn:
        result = result._replace(stdout=b"")
    if result.hidden and streams.is_display() and not view.reveal:
        result = mask_secrets_in(result.hidden, result)
    if result.outcomes and not streams.stdout_tty:
        view = replace(view, width=sys.maxsize)  # without a terminal, each line is whole
    has_result_line = prompt is not None and result.remote and (result.ok or result.judged)
    notes: list[str] | None = [] if has_result_line else None  # else they follow the table
    pager = prompt is not None and prompt.pager and result.paged and streams.stdout_tty
    if pager and streams.stderr_tty:  # both on one screen: they go through one pager
        put(_both_streams(result, view, notes), streams, view, pager=True)
    else:
        _show_apart(result, streams, view, pager=pager, notes=notes)
    if prompt is None and result.added and result.remote:
        streams.note(f"sent with {result.added}")
    if result.remote:
        _put_remark(result, streams)
    if result.clipboard:
        clipboard.copy(result.clipboard, streams, os.environ)
    _show_ending(result, streams, prompt, notes or [])
    if not result.remote:
        _put_remark(result, streams)


def _put_remark(result: Result, streams: Streams) -> None:
    """Write the remark on a terminal, dimmed and wrapped at blanks."""
    if result.remark and streams.is_display():
        dim, plain = (DIM, RESET) if streams.use_color(stderr=True) else ("", "")
        streams.write_err(f"{dim}{streams.wrapped(sanitise(result.remark))}{plain}\n".encode())


def shown_text(result: Result, view: DisplayOptions) -> Iterator[str]:
    """Yield both streams of a result as a terminal shows them, without colors."""
    view = replace(view, color=False)
    if result.hidden:
        result = mask_secrets_in(result.hidden, result)
    yield from _both_streams(result, view)


def _both_streams(result: Result, view: DisplayOptions, notes: list[str] | None = None) -> Iterator[str]:
    """Yield the text of both streams and of the parts. ``notes`` as in ``render_lines``."""
    yield from chain(_standard_output(result, view, notes), _standard_error(result, view))
    for part in result.parts:
        yield from _below(heading(part, color=view.color), _both_streams(part.result, view))


def _below(head: str, pieces: Iterable[str]) -> Iterator[str]:
    """Yield a text below its heading. Noise alone has no text and no heading."""
    for number, piece in enumerate(filter(None, pieces)):
        yield piece if number else head + piece


def mask_secrets_in(hidden: tuple[str, ...], result: Result) -> Result:
    """Return the result without the secrets of its line, which argparse may quote."""
    stdout, stderr = bytes(result.stdout), bytes(result.stderr)
    parts = tuple(part._replace(result=mask_secrets_in(hidden, part.result)) for part in result.parts)
    for secret in (one.encode("utf-8", "replace") for one in hidden):
        stdout, stderr = stdout.replace(secret, MASK.encode()), stderr.replace(secret, MASK.encode())
    return result._replace(stdout=stdout, stderr=stderr, parts=parts)


def _show_apart(
    result: Result, streams: Streams, view: DisplayOptions, *, pager: bool, notes: list[str] | None = None
) -> None:
    """Write the two streams to two places."""
    if result.stdout and streams.is_display():
        put(_standard_output(result, view, notes), streams, view, pager=pager)
    elif result.stdout:
        made = export_records(result, chosen_format(result, view))
        for data in chunks(result.stdout if made is None else made):
            streams.write_out(data)
    _show_error(result, streams, view)
    for part in result.parts:
        if part.result.stdout:
            streams.write_out(heading(part, color=streams.use_color()).encode())
        one_place = part.result.stdout and streams.stdout_tty and streams.stderr_tty
        head = "" if one_place else heading(part, color=streams.use_color(stderr=True))
        _show_apart(part.result._replace(stderr=b""), streams, view, pager=pager)
        _show_error(part.result, streams, view, head)


def _show_error(result: Result, streams: Streams, view: DisplayOptions, head: str = "") -> None:
    """Write standard error below a heading, if there is something to show."""
    if result.stderr and streams.is_display(stderr=True):
        own = replace(view, color=streams.use_color(stderr=True))
        for piece in _below(head, _standard_error(result, own)):
            streams.write_err(piece.encode("utf-8", "replace"))
    elif result.stderr:
        streams.write_err(head.encode())
        for data in chunks(result.stderr):
            streams.write_err(data)


def _standard_output(result: Result, view: DisplayOptions, notes: list[str] | None = None) -> Iterator[str]:
    if not result.stdout:
        return
    if result.shown:
        result = result._replace(stdout=result.shown)
    if result.outcomes:
        yield from _by_outcome(result, view)
        return
    if result.page:
        for line in sanitise(result.stdout.decode("utf-8", "replace")).splitlines(keepends=True):
            yield paint(line, BOLD, color=view.color and not line.startswith((" ", "\n")))
        return
    yield from trim_end(render_lines(result, view, notes))


def _by_outcome(result: Result, view: DisplayOptions) -> Iterator[str]:
    """Yield the rows of a list of commands, with the outcome in color. Long commands are folded."""
    lines = sanitise(result.stdout.decode("utf-8", "replace")).removesuffix("\n").split("\n")
    for line, outcome in zip(lines, result.outcomes, strict=True):
        color = DIM if outcome is Outcome.NOT_RUN else COLORS.get(outcome, YELLOW)
        word = outcome.value
        row = line.replace("\t", " ")
        first, *more = [row] if width(row) <= view.width else _folded(row, word, view.width - len(HANGING))
        yield f"{first.replace(word, f'{color}{word}{RESET}', 1) if view.color else first}\n"
        yield from (f"{HANGING}{line}\n" for line in more)


def _folded(row: str, word: str, room: int) -> list[str]:
    """Return a row up to its outcome and duration, and its command, both wrapped."""
    command = re.match(rf".*?{word} *(?:[\d.]+ s)?  (?=\S)", row)
    parts = [row] if command is None else [command[0].rstrip(), row[command.end() :]]
    return [line for part in parts for line in wrap(part, max(room, NARROWEST))]


def trim_end(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the text with one line end at its end. Airflow ends its tables with blanks."""
    held, empty = "", True
    for piece in pieces:
        if not piece.strip(" \n"):
            held += piece
            continue
        yield held + piece[: len(piece.rstrip(" \n"))]
        held, empty = piece[len(piece.rstrip(" \n")) :], False
    if not empty:
        yield "\n"


def _standard_error(result: Result, view: DisplayOptions) -> Iterator[str]:
    if not result.stderr:
        return
    # An option that was asked for is not printed on standard error: the words without it are enough.
    text = mask_chunks(decoded(result.stderr), result.words[:2], view)
    fold = not is_noise_the_answer(result.words)
    shown = sanitise_chunks(text) if result.raw else readable(text, view, fold=fold)
    gutter = f"{YELLOW}{GUTTER}{RESET}" if view.color else GUTTER
    yield from _behind(gutter, trim_end(shown))


def _behind(gutter: str, pieces: Iterable[str]) -> Iterator[str]:
    """Yield the text with a gutter before each line."""
    fresh = True
    for piece in pieces:
        text = piece.replace("\n", f"\n{gutter}")
        text = text.removesuffix(gutter) if piece.endswith("\n") else text
        yield gutter + text if fresh and piece else text
        fresh = piece.endswith("\n") if piece else fresh


def _show_ending(result: Result, streams: Streams, prompt: PromptDisplay | None, notes: list[str]) -> None:
    """Write how a command ended: a result line or the error, then the hint."""
    said = sanitise(sentence(result.message, result.state))
    if result.message == CANCELED:
        streams.note(said)
    elif result.outcome is Outcome.INTERRUPTED:
        after = f" after {result.seconds:.1f} s" if result.seconds else ""
        streams.note(f". {said}" if said else "", f"interrupted{after}", YELLOW)
    elif result.ok or result.judged:
        reason = sanitise(EXCEPTION.sub("", result.message)) if result.judged else ""
        if prompt is not None and result.remote:
            added = result.added if result.added != prompt.echoed else ""
            _show_result_line(result, streams, added, _out_of_sight(reason, result), notes)
        elif reason:
            reason = _out_of_sight(reason, result) if streams.stderr_tty and result.stderr else reason
            streams.note(f": {reason}" if reason else "", "failed", RED)
    else:
        streams.error(said)
    streams.error("", "" if result.ok else sanitise(result.hint))


def _show_result_line(result: Result, streams: Streams, added: str, reason: str, notes: list[str]) -> None:
    """Write the result, its seconds, the added flags, the reason and the notes."""
    ended = f"{result.outcome.value} {result.seconds:.1f} s" if result.seconds else result.outcome.value
    spent, why = _spent(result, added), f": {reason}" if reason else ""
    line = streams.wrapped(f"{ended}{spent}{why}{''.join(f' · {note}' for note in notes)}").removeprefix(ended)
    if streams.use_color(stderr=True):
        dim = spent if why else line
        line = line.replace(dim, f"{DIM}{dim}{RESET}", 1) if dim else line
        ended = f"{COLORS.get(result.outcome, YELLOW)}{ended}{RESET}"
    streams.write_err(f"{ended}{line}\n".encode(errors="replace"))


def _out_of_sight(reason: str, result: Result) -> str:
    """Return the reason for a failure without text that the output ends with."""
    shown = result.stderr or result.stdout
    end = " ".join(shown[max(len(shown) - IN_SIGHT, 0) :].decode("utf-8", "replace").split())
    status, _, why = reason.partition(": ") if HTTP_STATUS.match(reason) else ("", "", reason)
    return status if " ".join(why.split()) in end else reason


def _spent(result: Result, added: str) -> str:
    """Return, in parentheses, the two times and the flags that the shell added."""
    parts = []
    if result.token_seconds > QUICK and result.command_seconds > QUICK:
        parts.append(f"token {result.token_seconds:.1f} s, command {result.command_seconds:.1f} s")
    if added:
        parts.append(f"with {added}")
    return f" ({', '.join(parts)})" if parts else ""


class Canvas(Protocol):
    """A display of something that is still running."""

    live: bool  #: draws pictures instead of lines

    def view(self) -> DisplayOptions:
        """Return the current size of the terminal and the display settings."""

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the picture by these lines, which are safe for a terminal. A plain canvas does nothing."""

    def finish(self, lines: Sequence[str]) -> None:
        """Draw the last picture, whole, and leave it. A plain canvas does nothing."""

    def notice(self, text: str) -> None:
        """Write one line on an event. A canvas that draws does nothing."""

    def write_result(self, result: Result) -> None:
        """Show the output of a result; a canvas that draws does so above its picture."""

    def bell(self) -> None:
        """Ring the bell of the terminal."""

    def sleep(self, seconds: float) -> bool:
        """Wait; return ``False`` as soon as Ctrl-C ends the wait."""


class PlainCanvas:
    """A canvas that writes lines to standard error and results to standard output."""

    live = False

    def __init__(self, streams: Streams, preferences: Preferences) -> None:
        self._streams = streams
        self._preferences = preferences

    def view(self) -> DisplayOptions:
        return view_of(self._streams, self._preferences)

    def draw(self, lines: Sequence[str]) -> None:
        pass

    def finish(self, lines: Sequence[str]) -> None:
        pass

    def notice(self, text: str) -> None:
        self._streams.note(text)

    def write_result(self, result: Result) -> None:
        data = Result(stdout=result.stdout, shown=result.shown, log=result.log, words=result.words, added=result.added)
        show(data, self._streams, self.view())

    def bell(self) -> None:
        if self._streams.stderr_tty:
            self._streams.write_err(b"\a")

    def sleep(self, seconds: float) -> bool:
        return let_pass(seconds)


def let_pass(seconds: float) -> bool:
    """Wait; return ``False`` if Ctrl-C ended the wait."""
    try:
        threading.Event().wait(seconds)
    except KeyboardInterrupt:
        return False
    return True
