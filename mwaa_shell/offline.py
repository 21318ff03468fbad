"""Commands without an environment: help, texts and the linter ``--check``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator

from mwaa_shell import __version__, config, docs, output, shell_completion, startup
from mwaa_shell.airflow import grammar as grammars
from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, logical_lines, parse
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.line_rules import problem_in
from mwaa_shell.airflow.translation import translated_line
from mwaa_shell.airflow.versions import parse_version, unknown_version
from mwaa_shell.batch import read_sources
from mwaa_shell.dot_commands import command_checked_in, command_in, grammar_of
from mwaa_shell.errors import ExitCode, UsageError, with_hint
from mwaa_shell.options import build_parser
from mwaa_shell.preferences import Preferences
from mwaa_shell.streams import Streams


def run(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print what the options ask for. Raises ``UsageError``."""
    text = _text_of(options)
    if text:
        streams.write_out(text.encode())
        return ExitCode.OK
    if options.help_topic:
        return _show_topic(options, streams)
    return lint(options.sources or (), options.airflow_version, streams, limits=not options.no_limits)


def _text_of(options: argparse.Namespace) -> str:
    """Return the text of an option such as ``--version``; empty for other options."""
    if options.help or options.help_all:
        return startup.help_text(whole=options.help_all)
    if options.version:
        return f"mwaa-shell {__version__}\n"
    if options.help_topic == "":
        return f"The topics of mwaa-shell help TOPIC:\n\n{docs.topic_list()}"
    if options.completions:
        return shell_completion.script(options.completions, build_parser())
    if options.print_config:
        return config.template()
    return _grammar_as_json(options.print_grammar) if options.print_grammar is not None else ""


def _grammar_as_json(text: str) -> str:
    """Return the command tree of a version as JSON; raise ``UsageError``."""
    version = parse_version(text)
    if version not in grammars.versions():
        raise unknown_version(text, grammars.versions())
    return json.dumps(grammars.as_json(grammars.load_grammar(version))) + "\n"


def _show_topic(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Show a page of the documentation, through the pager on a terminal."""
    streams.color = options.color
    view = output.view_of(streams, Preferences())
    result = docs.topic_result(options.help_topic, view.width if streams.stdout_tty else 80)
    output.show(result, streams, view, output.PromptDisplay(pager=True))
    return ExitCode.OK


# -- the linter --------------------------------------------------------------------------------------------------------


def lint(sources: Iterable[tuple[str, str]], version: str | None, streams: Streams, *, limits: bool) -> ExitCode:
    """Print the refused commands of all sources as ``FILE:LINE: message``.

    ``limits`` includes commands that only MWAA refuses.
    Returns ``ExitCode.USAGE`` if there is one.
    """
    grammar = _grammar(version, streams)
    found = 0
    texts: list[tuple[str, Iterable[str]]] = [
        (name or "-c", text.split("\n")) for name, text in read_sources(sources, streams.stdin)
    ]
    for name, lines in texts or [("stdin", streams.stdin)]:
        for number, message in mistakes(lines, grammar, limits):
            streams.write_out(f"{name}:{number}: {message}\n".encode(errors="replace"))
            found += 1
    return ExitCode.USAGE if found else ExitCode.OK


def mistakes(lines: Iterable[str], grammar: Grammar, limits: bool) -> Iterator[tuple[int, str]]:
    """Yield the number and the message of each line that Airflow or MWAA refuses."""
    for number, text in logical_lines(lines):
        message = _mistake(parse(text), grammar, limits)
        if message:
            yield number, message


def _mistake(line: ParsedLine, grammar: Grammar, limits: bool) -> str:
    """Return why a line is refused, also for the command in it; empty for a good one."""
    before, problem = 0, problem_in(line.text, grammar)
    if problem is None and line.kind is InputKind.DOT_COMMAND:
        before = command_in(line.text)
        try:
            line = parse(translated_line(command_checked_in(line), grammar))
        except UsageError as error:
            return with_hint(error.message, error.hint)
        problem = problem_in(line.text, grammar)
    if problem is not None:
        message = problem.message + f" (column {before + problem.position + 1})" * problem.at_character
        return with_hint(message, problem.hint)
    return _refusal(line, grammar) if limits else ""


def _refusal(line: ParsedLine, grammar: Grammar) -> str:
    """Return that MWAA refuses a command, and why; empty for any other line."""
    reading = understand(line, grammar)
    if line.kind is not InputKind.AIRFLOW or reading.command is None:
        return ""
    name = reading.command.name
    support = knowledge.mwaa_support(name, grammar.version, knowledge.given_in(reading))
    return f"MWAA refuses {name} ({support.reason})" if support.refused else ""


def _grammar(text: str | None, streams: Streams) -> Grammar:
    if text is None:
        raise UsageError("--check requires --airflow-version", hint="Add for example --airflow-version 3.3.1.")
    grammar = grammar_of(text)
    if not f"{grammar.version}.".startswith(f"{text}."):
        streams.note(f"Airflow {text} is not known: checked as {grammar.version}")
    return grammar
