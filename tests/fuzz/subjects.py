"""The readers of foreign text, each as a function of one text.

A subject may raise a ``ShellError``. Any other error is a bug.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from mwaa_shell import saved_commands
from mwaa_shell.addresses import read_connect_to
from mwaa_shell.airflow import knowledge, line_rules, logs, output_lines
from mwaa_shell.airflow.additions import with_json, with_run_id, with_yes_flag
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import line_at, lines_of_block, logical_lines, parse
from mwaa_shell.airflow.completion import suggest, syntax_hint
from mwaa_shell.airflow.grammar import Grammar, load_grammar, versions
from mwaa_shell.airflow.outcome import judge
from mwaa_shell.airflow.secrets.output import mask_output as covered_in_log
from mwaa_shell.airflow.secrets.redaction import fill, find_masks, mask_line
from mwaa_shell.airflow.translation import translate
from mwaa_shell.airflow.versions import Version, parse_version, version_in_output
from mwaa_shell.config import parse_config
from mwaa_shell.durations import parse_duration
from mwaa_shell.errors import ShellError
from mwaa_shell.export import KINDS, ScriptTarget, script
from mwaa_shell.history.entries import HistoryEntry
from mwaa_shell.history.rerun import expand
from mwaa_shell.monitor.watch import highlight_changes, parse_states, shown_state
from mwaa_shell.mwaa import response, route
from mwaa_shell.mwaa.cli_client import redirect_target
from mwaa_shell.names.extract import learn
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import find_records, read_rows
from mwaa_shell.output.records.structured import find_data
from mwaa_shell.output.render import export_records
from mwaa_shell.output.render import render_lines as rendered
from mwaa_shell.output.sanitiser import sanitise
from mwaa_shell.output.style.command_lexer import AirflowCommandLexer
from mwaa_shell.output.style.lexer import AirflowOutputLexer
from mwaa_shell.output.tables import secrets
from mwaa_shell.preferences import PREFERENCES, Preferences
from mwaa_shell.prompt_text import is_protected
from mwaa_shell.result import Result

Subject = Callable[[str], object]
#: Commands whose outputs are read in ways of their own.
LISTS = ("dags list", "dags list -o json", "dags list -o yaml", "dags list -o plain", "list_dags", "connections list",
         "connections export -", "variables export -", "tasks list x --tree", "dags list-runs -d x")  # fmt: skip
FORMATS = ("auto", "table", "vertical", "json", "yaml", "csv", "raw")


@cache
def grammars() -> tuple[Grammar, ...]:
    """An Airflow of each kind."""
    known = {version.major: version for version in versions()}
    return tuple(load_grammar(version) for version in known.values())


class OneLine:
    """A past in which every event is the same line."""

    def __init__(self, line: str) -> None:
        self._entry = HistoryEntry(0.0, "", "", "", line)

    def get(self, number: int) -> HistoryEntry | None:
        return self._entry

    def last(self, back: int = 1, *, starts: str = "") -> HistoryEntry | None:
        return self._entry


def _by_grammar(read: Callable[[str, Grammar], object]) -> Subject:
    def subject(text: str) -> None:
        for grammar in grammars():
            read(text, grammar)

    return subject


def _by_list(read: Callable[[str, tuple[str, ...]], object]) -> Subject:
    def subject(text: str) -> None:
        for words in LISTS:
            read(text, tuple(words.split()))

    return subject


def _command_line(text: str) -> None:
    parse(text)
    list(logical_lines(text.split("\n")))
    lines_of_block(text)
    line_at(text, len(text) // 2)


def _safety(text: str, grammar: Grammar) -> None:
    line = parse(text)
    knowledge.danger_of(line, grammar)
    with_yes_flag(line, grammar)
    with_json(line, grammar)
    with_run_id(line, "x")
    with_run_id(line, "x", grammar)


def _redaction(text: str, grammar: Grammar | None) -> None:
    covered = mask_line(text, grammar, ("pin", "*_code"))
    places = find_masks(covered.text, grammar)
    with suppress(ValueError):
        fill(covered.text, ["an'd\" rs"] * len(places), grammar)


def _learning(text: str, grammar: Grammar) -> None:
    for words in LISTS:
        learn(understand(parse(words), grammar), text, text, True)


def _drawing(text: str, words: tuple[str, ...]) -> None:
    result = Result(stdout=text.encode("utf-8", "replace"), words=words)
    for form in FORMATS:
        for _ in rendered(result, DisplayOptions(color=True, format=form)):
            pass
        export_records(result, form)


def _records(text: str, words: tuple[str, ...]) -> None:
    found = find_records(text, words)
    if found is not None:
        secrets.mask_records(found, words)
    for form in ("json", "yaml", "plain", "table"):
        read_rows(text, form)
        find_data(text, form)


def _output(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    streams = json.dumps({"stdout": text, "stderr": base64.b64encode(body).decode()}).encode()
    for status in (200, 400, 403, 500):
        for one in (body, streams):
            with suppress(ShellError):
                response.read_output(response.HttpResponse(status, one))


def _addresses(text: str) -> None:
    for read in (
        read_connect_to,
        lambda one: route.read_proxy(one, "--proxy"),
        lambda one: redirect_target("https://example.com/aws_mwaa/cli", one),
    ):
        with suppress(ShellError):
            read(text)
    route.hide_credentials(text)


def _settings(text: str) -> None:
    parse_config(text, Path("config.toml"))
    chosen = Preferences()
    for one in PREFERENCES:
        with suppress(ShellError):
            chosen.set(one.name, text)
        chosen.list_of(one.name)
    with suppress(ShellError):
        chosen.set(text, text)
    is_protected(text, chosen["protect"])


def _saved(text: str) -> None:
    with suppress(ShellError):
        saved_commands.fill_parameters(text, dict.fromkeys(saved_commands.parameters(text), "it's"))


def _scripts(text: str, grammar: Grammar) -> None:
    for kind in KINDS:
        with suppress(ShellError):
            script(kind, text, ScriptTarget("my-env", "eu-west-1"), grammar)


def _watching(text: str) -> None:
    highlight_changes(text.split("\n"), text.upper().split("\n"), color=True)
    shown_state(text, None)
    for read in (parse_states, parse_duration):
        with suppress(ShellError):
            read(text)


def _lexers(text: str) -> None:
    for lexer in (AirflowOutputLexer(), AirflowCommandLexer()):
        list(lexer.get_tokens_unprocessed(text))


def _log_events(text: str) -> None:
    for message in (
        text,
        json.dumps({"event": text, "level": text, "error_detail": [{"frames": [text], "exc_value": text}, text]}),
        f"[2026-01-02T03:04:05{text}] {{a.py:1}} INFO - {text}",
        f"2026-01-02T03:04:05{text} [info] {text}",
    ):
        logs.is_around_task(logs.readable_event(logs.LogEvent(0, message), ZoneInfo("Pacific/Auckland")))


#: By the name of what is fuzzed.
SUBJECTS: Mapping[str, Subject] = {
    "command line": _command_line,
    "understanding": _by_grammar(lambda text, grammar: syntax_hint(understand(parse(text), grammar))),
    "suggestions": _by_grammar(lambda text, grammar: suggest(text, len(text), grammar)),
    "checks": _by_grammar(line_rules.problem_in),
    "safety": _by_grammar(_safety),
    "redaction": _by_grammar(_redaction),
    "redaction, no grammar": lambda text: _redaction(text, None),
    "redaction, local command": lambda text: _redaction(f"version | {text}", None),
    "redaction, dot-command": lambda text: _redaction(f".send {text}", None),
    "translation": _by_grammar(translate),
    "explanation": _by_grammar(lambda text, grammar: line_rules.help_at_cursor(text, len(text) // 2, grammar)),
    "history expansion": lambda text: expand(text, OneLine("dags list")),
    "history changes": lambda text: expand("^a^" + text, OneLine("a" + text)),
    "saved lines": _saved,
    "scripts": _by_grammar(_scripts),
    "log events": _log_events,
    "classifier": lambda text: list(output_lines.classify(text)),
    "ending": lambda text: [
        judge(words, text, text, Version(3, 3, 1)) for words in (("dags", "list"), ("dags", "list-import-errors"))
    ],
    "versions": lambda text: (parse_version(text), version_in_output(text)),
    "sanitiser": sanitise,
    "tables": _by_list(_records),
    "drawing": _by_list(_drawing),
    "colors": _lexers,
    "secrets in outputs": lambda text: (covered_in_log(text, ("pin",)), secrets.mask_text(text)),
    "names in outputs": _by_grammar(_learning),
    "output": _output,
    "addresses": _addresses,
    "settings": _settings,
    "watching": _watching,
}
