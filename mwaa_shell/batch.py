"""Runs lines without a terminal: ``-c``, ``-f`` and standard input, through the same session as the prompt.

Standard output gets the decoded bytes and nothing else; the exit code is an API. Comments and blank lines are skipped;
the first failure ends the run unless the user said to keep going, and its exit code is the program's.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import InputKind, parse
from mwaa_shell.errors import ExitCode
from mwaa_shell.history.entries import COMMAND, FILE
from mwaa_shell.output.canvas import PlainCanvas
from mwaa_shell.output.display import DisplayOptions, view_of
from mwaa_shell.output.show import show
from mwaa_shell.session import Executor, Session, Step, script
from mwaa_shell.settings import InputSource
from mwaa_shell.streams import Streams

if TYPE_CHECKING:
    from mwaa_shell.output.display import DisplayOptions
    from mwaa_shell.preferences import Preferences


def read_sources(sources: Iterable[InputSource]) -> list[script.Line]:
    """All lines of all sources; raises ``UsageError`` for a file that cannot be read."""
    lines: list[script.Line] = []
    for source in sources:
        name = str(source.path) if source.path is not None else ""
        lines += script.lines_of(read(source).split("\n"), name, FILE if name else COMMAND)
    return lines


def read(source: InputSource) -> str:
    """The text of one source; raises ``UsageError`` for a file that cannot be read."""
    return source.text if source.text is not None else script.read(source.path or Path("-"))


def run(executor: Executor, lines: Iterable[script.Line], streams: Streams) -> ExitCode:
    """Run the lines in order; the exit code of the first failure, or OK."""
    code, session = ExitCode.OK, executor.session
    try:
        for step in executor.run_lines(lines, before=lambda line, depth: _have_canvas(session, streams, line)):
            result = step.result
            show(result, streams, _view(streams, session.preferences))
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


def _have_canvas(session: Session, streams: Streams, line: str) -> None:
    """Somewhere to show what goes on, for the directives that do: nothing of it is imported for a plain command."""
    if session.ui.canvas is None and parse(line).kind is InputKind.DIRECTIVE:
        session.ui.canvas = PlainCanvas(streams, session.preferences)


def _view(streams: Streams, preferences: Preferences) -> DisplayOptions:
    """How replies are shown. The screen and the time zone take a while to find out, and are nothing to a program."""
    if streams.pretty() or streams.pretty(stderr=True):
        return view_of(streams, preferences)
    return DisplayOptions(format=preferences["output"])


def _was_to_lead_elsewhere(step: Step) -> bool:
    """Whether a line was to open another environment: what stands behind it is not meant for this one."""
    return parse(step.line).values[:1] == (".use",)
