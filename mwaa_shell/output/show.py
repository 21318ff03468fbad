"""Shows a Result on the standard streams: byte for byte into a pipe or file, readable and safe on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from mwaa_shell.output.ansi import DIM, GREEN, RED, RESET, YELLOW
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.reply_bytes import chunks
from mwaa_shell.result import Outcome, Result
from mwaa_shell.streams import Streams

#: Stands before each line that came on standard error, where both streams are on one terminal.
GUTTER = "│ "
COLORS = {Outcome.OK: GREEN, Outcome.FAILED: RED, Outcome.UNKNOWN: YELLOW}
WORDS = {Outcome.UNKNOWN: "outcome unknown", Outcome.REFUSED: "nothing ran"}
#: Stands for a secret that a reply repeats.
MASK = b"***"
#: Seconds below which nobody asks where they went.
QUICK = 0.05
#: Where an exception comes from; the whole of it stands above the verdict. ``AirflowException`` says nothing of itself.
MODULE = re.compile(r"\A(?:[a-z_]\w*\.)+(?:AirflowException: |(?=[A-Z]\w*(?:: |\Z)))")


@dataclass(frozen=True, slots=True)
class PromptDisplay:
    """What is different for somebody who sits at a prompt: there is a line on how each command ended."""

    echoed: str = ""  #: what the echo of the line has said already that was added to it
    pager: bool = False  #: what does not fit the screen may go through one


def show(
    result: Result, streams: Streams, view: DisplayOptions | None = None, prompt: PromptDisplay | None = None
) -> None:
    """Write both streams of a result and what the shell has to say about it."""
    view = view or DisplayOptions(color=streams.colored())
    if result.hidden and streams.pretty() and not view.reveal:
        result = mask_secrets_in(result.hidden, result)
    if result.outcomes and not streams.stdout_tty:
        view = replace(view, width=sys.maxsize)  # coloured or not, what is no terminal gets each line whole
    pager = prompt is not None and prompt.pager and result.paged
    if pager and streams.stdout_tty and streams.stderr_tty:  # both on one screen: they go through one pager
        _put(
            chain(_standard_output(result, view), _standard_error(result, view)),
            streams,
            view,
            prompt if pager else None,
        )
    else:
        _show_apart(result, streams, view, prompt if pager else None)
    if prompt is None and result.added and result.remote:
        streams.note(f"sent with {result.added}")
    if result.remark and streams.pretty():
        dim, plain = (DIM, RESET) if streams.colored(stderr=True) else ("", "")
        streams.talk(f"{dim}{sanitise(result.remark)}{plain}\n".encode())
    if result.clipboard:
        from mwaa_shell.output import clipboard

        clipboard.put(result.clipboard, streams, os.environ)
    if prompt is not None and result.remote:
        added = result.added if result.added != prompt.echoed else ""
        streams.talk(_verdict(result, added, colored=streams.colored(stderr=True)).encode())
    elif not result.ok:
        streams.note(sanitise(_sentence(result)))


def mask_secrets_in(hidden: tuple[str, ...], result: Result) -> Result:
    """The result without the secrets of its line: argparse quotes what it does not take."""
    stdout, stderr = bytes(result.stdout), bytes(result.stderr)
    for secret in map(str.encode, hidden):
        stdout, stderr = stdout.replace(secret, MASK), stderr.replace(secret, MASK)
    return replace(result, stdout=stdout, stderr=stderr)


def _show_apart(result: Result, streams: Streams, view: DisplayOptions, paging: PromptDisplay | None) -> None:
    """The two streams go to two places."""
    if result.stdout and streams.pretty():
        _put(_standard_output(result, view), streams, view, paging)
    elif result.stdout:
        from mwaa_shell.output.render import chosen_format, exported

        made = exported(result, chosen_format(result, view))
        for data in chunks(result.stdout if made is None else made):
            streams.data(data)
    if result.stderr and streams.pretty(stderr=True):
        own = replace(view, color=streams.colored(stderr=True))
        for piece in _standard_error(result, own):
            streams.talk(piece.encode("utf-8", "replace"))
    elif result.stderr:
        for data in chunks(result.stderr):
            streams.talk(data)


def _put(pieces: Iterable[str], streams: Streams, view: DisplayOptions, paging: PromptDisplay | None) -> None:
    from mwaa_shell.output.pager import put

    pager = paging is not None and streams.stdout_tty
    put(pieces, streams, height=view.height, width=view.width, pager=pager)


def _standard_output(result: Result, view: DisplayOptions) -> Iterator[str]:
    if not result.stdout:
        return
    if result.outcomes:
        yield from _by_outcome(result, view)
        return
    from mwaa_shell.output.render import render_lines

    yield from trimmed(render_lines(result, result.words, view))


def _by_outcome(result: Result, view: DisplayOptions) -> Iterator[str]:
    """Lines that tell of one command each, on one row of a terminal, with the word for its outcome in colour."""
    from mwaa_shell.output.measure import clip

    lines = sanitise(result.stdout.decode("utf-8", "replace")).removesuffix("\n").split("\n")
    for line, outcome in zip(lines, result.outcomes, strict=True):
        color = DIM if outcome is Outcome.REFUSED else COLORS.get(outcome, YELLOW)
        word = outcome.value
        row = clip(line.replace("\t", " "), view.width)
        yield f"{row.replace(word, f'{color}{word}{RESET}', 1) if view.color else row}\n"


def trimmed(pieces: Iterable[str]) -> Iterator[str]:
    """The same text with one line end at its end, or nothing: Airflow ends its tables with a line of blanks."""
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
    from mwaa_shell.output.render import covered
    from mwaa_shell.output.style.text import decoded, is_noise_the_answer, raw, readable

    text = covered(decoded(result.stderr), result.words[:2], view)  # an option that was asked for is not printed here
    fold = not is_noise_the_answer(result.words)
    shown = raw(text, view) if result.raw else readable(text, view, fold=fold)
    gutter = f"{YELLOW}{GUTTER}{RESET}" if view.color else GUTTER
    yield from _behind(gutter, trimmed(shown))


def _behind(gutter: str, pieces: Iterable[str]) -> Iterator[str]:
    """Every line behind a gutter."""
    fresh = True
    for piece in pieces:
        text = piece.replace("\n", f"\n{gutter}")
        text = text.removesuffix(gutter) if piece.endswith("\n") else text
        yield gutter + text if fresh and piece else text
        fresh = piece.endswith("\n") if piece else fresh


def _sentence(result: Result) -> str:
    if result.outcome is Outcome.FAILED and result.remote:
        return f"failed: {result.message}"
    return result.message


def _verdict(result: Result, added: str, *, colored: bool) -> str:
    words = WORDS.get(result.outcome, result.outcome.value)
    text = f"{words} {result.seconds:.1f} s" if result.seconds else words
    color, dim, plain = (COLORS.get(result.outcome, YELLOW), DIM, RESET) if colored else ("", "", "")
    spent = _spent(result, added)
    said = f": {sanitise(MODULE.sub('', result.message))}" if result.message else ""
    return f"{color}{text}{plain}{f'{dim}{spent}{plain}' if spent else ''}{said}\n"


def _spent(result: Result, added: str) -> str:
    """Where the time went, and what was added to what was typed."""
    parts = []
    if result.token_seconds > QUICK and result.command_seconds > QUICK:
        parts.append(f"token {result.token_seconds:.1f} s, command {result.command_seconds:.1f} s")
    if added:
        parts.append(f"with {added}")
    return f" ({'; '.join(parts)})" if parts else ""
