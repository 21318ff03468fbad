"""Runs lines without a terminal: ``-c``, ``-f`` and standard input, through the same session as the prompt.

Standard output gets the decoded bytes and nothing else; the exit code is an API. Comments and blank lines are skipped;
the first failure ends the run unless the user said to keep going, and its exit code is the program's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mwaa_shell import script
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.errors import ExitCode
from mwaa_shell.history.origins import COMMAND, FILE
from mwaa_shell.output.live import PlainCanvas
from mwaa_shell.output.show import show
from mwaa_shell.output.view import view_of
from mwaa_shell.session import Session
from mwaa_shell.streams import Streams


@dataclass(frozen=True, slots=True)
class Source:
    """Where lines come from: a ``-c`` text or a ``-f`` file, in the order in which they were given."""

    text: str | None = None
    path: Path | None = None


def read_sources(sources: Iterable[Source]) -> list[script.Line]:
    """All lines of all sources; raises ``UsageError`` for a file that cannot be read."""
    lines: list[script.Line] = []
    for source in sources:
        name = str(source.path) if source.path is not None else ""
        lines += script.lines_of(read(source).split("\n"), name, FILE if name else COMMAND)
    return lines


def read(source: Source) -> str:
    """The text of one source; raises ``UsageError`` for a file that cannot be read."""
    return source.text if source.text is not None else script.read(source.path or Path("-"))


def run(session: Session, lines: Iterable[script.Line], streams: Streams) -> ExitCode:
    """Run the lines in order; the exit code of the first failure, or OK."""
    code = ExitCode.OK
    session.front.canvas = session.front.canvas or PlainCanvas(streams, session.preferences)
    try:
        for step in script.run(session, lines):
            result = step.result
            show(result, streams, view_of(streams, session.preferences))
            if not result.ok:
                if result.exit_code is ExitCode.INTERRUPTED:
                    return result.exit_code
                code = code or result.exit_code
                if not session.settings.keep_going or _was_to_lead_elsewhere(step):
                    break
            if result.leaves:
                break
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _was_to_lead_elsewhere(step: script.Step) -> bool:
    """Whether a line was to open another environment: what stands behind it is not meant for this one."""
    return parse(step.line).values[:1] == (".use",)
