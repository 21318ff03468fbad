"""Shows a Result on the standard streams: byte for byte into a pipe or file, readable and safe on a terminal."""

from __future__ import annotations

from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.result import Outcome, Result
from mwaa_shell.streams import Streams

#: Stands before each line that came on standard error, where both streams are on one terminal.
GUTTER = "│ "
RED, YELLOW, GREEN, DIM, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[90m", "\x1b[0m"
COLORS = {Outcome.OK: GREEN, Outcome.FAILED: RED, Outcome.UNKNOWN: YELLOW}


def show(result: Result, streams: Streams, *, verdict: bool = False) -> None:
    """Write both streams of a result and what the shell has to say; with ``verdict``, one line on how it ended."""
    if result.stdout:
        streams.data(_standard_output(result, streams) if streams.pretty() else result.stdout)
    if result.stderr:
        streams.talk(_standard_error(result, streams) if streams.pretty(stderr=True) else result.stderr)
    if verdict and result.remote:
        streams.talk(_verdict(result, streams).encode())
    elif not result.ok:
        streams.note(sanitise(_sentence(result)))


def _standard_output(result: Result, streams: Streams) -> bytes:
    text = sanitise(result.stdout.decode("utf-8", "replace"))
    text = text.rstrip(" \n") + "\n"  # Airflow ends its tables with a line of blanks
    if streams.colored() and not result.raw:
        from mwaa_shell.output.highlight import colored

        text = colored(text)
    return text.encode("utf-8", "replace")


def _standard_error(result: Result, streams: Streams) -> bytes:
    text = sanitise(result.stderr.decode("utf-8", "replace"))
    color = streams.colored(stderr=True)
    if color and not result.raw:
        from mwaa_shell.output.highlight import colored

        text = colored(text)
    gutter = f"{YELLOW}{GUTTER}{PLAIN}" if color else GUTTER
    return "".join(f"{gutter}{line}\n" for line in text.splitlines()).encode("utf-8", "replace")


def _sentence(result: Result) -> str:
    if result.outcome is Outcome.FAILED and result.remote:
        return f"failed: {result.message}"
    return result.message


def _verdict(result: Result, streams: Streams) -> str:
    words = {Outcome.UNKNOWN: "outcome unknown", Outcome.REFUSED: "nothing ran"}.get(
        result.outcome, result.outcome.value
    )
    text = f"{words} {result.seconds:.1f} s" if result.seconds else words
    color = COLORS.get(result.outcome, YELLOW) if streams.colored(stderr=True) else ""
    said = f": {sanitise(result.message)}" if result.message else ""
    return f"{color}{text}{PLAIN if color else ''}{said}\n"
