"""Directives about files of lines: run one, put one into another Airflow's words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell import script
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.directives.registry import Arguments, Directive, Takes
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.session import Session


def source(session: Session, words: tuple[str, ...]) -> Result:
    """Run the lines of a file, once all of them are found good."""
    arguments = Arguments(".source")
    arguments.add_argument("file")
    lines = tuple(script.lines_of(script.read(Path(arguments.read(words).file)).split("\n")))
    script.check(session, lines)
    return Result(brings=lines)


def translate(session: Session, words: tuple[str, ...]) -> Result:
    """A file of lines in the words of an Airflow version; what has none there stands behind a ``#``."""
    arguments = Arguments(".translate")
    arguments.add_argument("version")
    arguments.add_argument("file")
    given = arguments.read(words)
    grammar = grammar_of(given.version)
    from mwaa_shell.airflow.translation_files import translate_file, written

    lines = translate_file(script.read(Path(given.file)).splitlines(), grammar)
    left = [f"{given.file}:{one.number}: {one.problem.message}\n" for one in lines if one.problem is not None]
    text = "".join(f"{line}\n" for line in written(lines))
    return Result(stdout=text.encode(), stderr="".join(left).encode())


def grammar_of(text: str) -> Grammar:
    """The command tree of a version that somebody wrote, or of the nearest lower one; raises ``UsageError``."""
    from mwaa_shell.airflow.grammar import load, nearest

    version = parse_version(text)
    known = nearest(version) if version else None
    if known is None:
        raise UsageError(f"{text} is no Airflow version that MWAA has offered")
    return load(known)


DIRECTIVES = (
    Directive(".source", "FILE", "run the lines of a file", source, takes=(Takes.PATH,)),
    Directive(
        ".translate",
        "VERSION FILE",
        "a file of lines in another Airflow's words",
        translate,
        takes=(Takes.VERSION, Takes.PATH),
    ),
)
