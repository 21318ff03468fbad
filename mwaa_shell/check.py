"""``--check``: a linter for runbooks. Says which lines an Airflow of some version would refuse, offline.

One line a mistake on standard output, ``FILE:LINE: message``; nothing is sent and no environment is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mwaa_shell.airflow.command_line import InputKind, logical_lines, parse
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.line_checks import problem_in
from mwaa_shell.batch import read
from mwaa_shell.dot_commands import DIRECTIVES
from mwaa_shell.dot_commands.registry import find
from mwaa_shell.dot_commands.runbook import grammar_of
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.settings import InputSource
from mwaa_shell.streams import Streams


def run(sources: Sequence[InputSource], version: str | None, streams: Streams) -> ExitCode:
    """Check all sources, or standard input where there are none; USAGE if there is any mistake."""
    grammar = _grammar(version, streams)
    found = 0
    for name, lines in _texts(sources, streams):
        for number, message in mistakes(lines, grammar):
            streams.data(f"{name}:{number}: {message}\n".encode(errors="replace"))
            found += 1
    return ExitCode.USAGE if found else ExitCode.OK


def mistakes(lines: Iterable[str], grammar: Grammar) -> Iterator[tuple[int, str]]:
    """The line number and the sentence of each line that would be refused."""
    for number, text in logical_lines(lines):
        line = parse(text)
        problem = problem_in(text, grammar)
        if problem is not None:
            yield number, problem.message
        elif line.kind is InputKind.DIRECTIVE and find(DIRECTIVES, line.values[0]) is None:
            yield number, f"There is no directive {line.values[0]}"


def _texts(sources: Sequence[InputSource], streams: Streams) -> Iterator[tuple[str, Iterable[str]]]:
    if not sources:
        yield "stdin", streams.stdin
    for source in sources:
        yield "-c" if source.path is None else str(source.path), read(source).split("\n")


def _grammar(text: str | None, streams: Streams) -> Grammar:
    if text is None:
        raise UsageError("--check wants --airflow-version, such as --airflow-version 3.3.1")
    grammar = grammar_of(text)
    if not f"{grammar.version}.".startswith(f"{text}."):
        streams.note(f"Airflow {text} is not known: checked as {grammar.version}")
    return grammar
