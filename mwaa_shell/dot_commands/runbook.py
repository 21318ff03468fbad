"""Directives about files of lines: run one, put one into another Airflow's words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.grammar import load, meant_by, versions
from mwaa_shell.airflow.line_checks import as_sentence
from mwaa_shell.airflow.translation_files import translate_file, written
from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall
from mwaa_shell.errors import UsageError
from mwaa_shell.result import NextLine, Result, failed
from mwaa_shell.session import Plan, script

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.translation_files import TranslatedLine


def source(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Run the lines of a file, once all of them are found good."""
    lines = _lines(words)
    call.executor.plan().check(lines, unsent="nothing of the file was sent")
    return Result(brings=tuple(NextLine(line.text, line.origin) for line in lines))


def check_source(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for what is wrong in the file, and in those that it brings."""
    plan.check_nested(_lines(words))


def _lines(words: tuple[str, ...]) -> list[script.Line]:
    arguments = Arguments(".source")
    arguments.add_argument("file")
    return script.lines_in(Path(arguments.read(words).file))


def translate(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """A file of lines in the words of an Airflow version; what has none there stands behind a ``#``."""
    arguments = Arguments(".translate")
    arguments.add_argument("version")
    arguments.add_argument("file")
    given = arguments.read(words)
    grammar = grammar_of(given.version)

    lines = translate_file(script.read(Path(given.file)).splitlines(), grammar)
    made = Result(stdout="".join(f"{line}\n" for line in written(lines)).encode())
    left = [f"{given.file}:{one.number}: {reason}\n" for one in lines if (reason := _left_over(one)) is not None]
    if not left:
        return made
    count = f"{len(left)} lines need" if len(left) > 1 else "One line needs"
    ended = failed(f"{count} a closer look")
    return replace(ended, stdout=made.stdout, stderr="".join(left).encode())


def _left_over(line: TranslatedLine) -> str | None:
    """Why somebody has to look at a line: it has no translation, or what it became would be refused."""
    if line.translation is not None and line.translation.text is None:
        return as_sentence(line.translation.notes)
    return line.problem.message if line.problem is not None else None


def grammar_of(text: str) -> Grammar:
    """The command tree of a version that somebody wrote, or of the nearest lower one; raises ``UsageError``."""
    known = meant_by(text)
    if known is None:
        offered = ", ".join(map(str, versions()))
        raise UsageError(f"{text} is no Airflow version that MWAA has offered; those are {offered}")
    return load(known)


DIRECTIVES = (
    DotCommand(".source", "FILE", "run the lines of a file", source, check=check_source, takes=(ArgumentKind.PATH,)),
    DotCommand(
        ".translate",
        "VERSION FILE",
        "a file of lines in another Airflow's words",
        translate,
        takes=(ArgumentKind.VERSION, ArgumentKind.PATH),
    ),
)
