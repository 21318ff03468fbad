"""Commands without a terminal: ``-c``, ``-f`` and standard input.

They run in the same session as those of the prompt. Standard output gets only decoded output. The first failure ends
the run unless the user passed ``--keep-going``, and its exit code is the program's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from mwaa_shell import history, output, session
from mwaa_shell.airflow.command_line import InputKind, parse
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.preferences import Preferences
from mwaa_shell.streams import Streams

#: The name of a file that is standard input.
STDIN = "-"


def read_sources(given: Iterable[tuple[str, str]], stdin: TextIO) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each ``-c``, which has no name, and ``-f``.

    Raises ``UsageError`` for a file that cannot be read.
    """
    for kind, value in given:
        if kind == "COMMAND":
            yield "", value
        elif value == STDIN:
            yield "stdin", stdin.read()
        else:
            yield value, session.script.read_script(Path(value))


def lines_of(given: Iterable[tuple[str, str]], stdin: TextIO) -> Iterator[session.script.ScriptLine]:
    """Yield the lines of each ``-c`` and ``-f``; raise ``UsageError``."""
    for name, text in read_sources(given, stdin):
        yield from session.script.script_lines(text.split("\n"), name, history.FILE if name else history.COMMAND)


def on_each(lines: Iterable[session.script.ScriptLine], prefix: str) -> Iterator[session.script.ScriptLine]:
    """Yield the lines with ``.on`` before each; raise for a dot-command."""
    for line in lines:
        parsed = parse(line.text)
        kind = parsed.kind if prefix else InputKind.BLANK
        if kind is InputKind.DOT_COMMAND:
            where = f"{line.where}: " if line.where else ""
            hint = "Leave out --on, and write .on ENVS before the commands for several environments."
            raise UsageError(f"{where}--on requires Airflow commands, not {parsed.values[0]}", hint=hint)
        private = " " if line.text.startswith(" ") else ""
        yield line if kind is InputKind.BLANK else line._replace(text=f"{private}{prefix} {line.text.lstrip()}")


def run(executor: session.Executor, lines: Iterable[session.script.ScriptLine], streams: Streams) -> ExitCode:
    """Run the lines in order; return the exit code of the first failure, or OK."""
    code, opened = ExitCode.OK, executor.session
    try:
        for step in executor.run_lines(lines):
            result = step.result
            output.show(result, streams, _view(streams, opened.preferences))
            if not result.ok:
                interrupted = result.exit_code is ExitCode.INTERRUPTED
                leads_elsewhere = parse(step.line).values[:1] == (".use",)  # later lines are for the other environment
                stops = interrupted or leads_elsewhere or not opened.settings.keep_going
                streams.note(_place_of_failure(step, stops=stops))
                code = result.exit_code if interrupted else code or result.exit_code
                if stops:
                    break
            if result.leaves:
                break
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _place_of_failure(step: session.LineResult, *, stops: bool) -> str:
    """Return where a file failed, and how many commands did not run."""
    if not stops:
        return f"Failed at {step.where}." if step.where else ""
    left = f" {step.left} more {'command' if step.left == 1 else 'commands'} did not run." if step.left else ""
    return f"Stopped{' at ' * bool(step.where)}{step.where}.{left}" if step.where or left else ""


def _view(streams: Streams, preferences: Preferences) -> output.DisplayOptions:
    """Return how output is shown; look at the screen only if there is one."""
    if streams.is_display() or streams.is_display(stderr=True):
        return output.view_of(streams, preferences)
    return output.DisplayOptions(format=preferences["output"])
