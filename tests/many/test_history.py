"""Commands of ``.on`` in the history, and the same command again where it was not ok."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mwaa_shell import dot_commands
from mwaa_shell.config import parse_config
from mwaa_shell.errors import ExitCode
from mwaa_shell.history import environment_key, expand
from mwaa_shell.history.rerun import Expansion
from mwaa_shell.result import Outcome
from mwaa_shell.session import Executor, Session, UserInterface
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import refusal
from tests.many.conftest import FAILED, NAMES, Many, at_a_prompt
from tests.sessions import execute


def shown(session: Session, line: str) -> list[str]:
    return bytes(execute(session, line).stdout).decode().splitlines()


def test_batch_is_one_row_that_opens(many: Many, session: Session) -> None:
    many.answers["etl-b"] = lambda request: FAILED
    session.open("etl-a", session.access)
    execute(session, "version")
    execute(session, ".on all dags list")
    first, batch = shown(session, ".history --all")
    assert first.endswith("etl-a  version")
    assert "failed" in batch
    assert batch.endswith("3 environments, 1 not ok  dags list")
    opened = shown(session, f".history --batch {batch.split()[0]}")
    assert sorted(line.split()[-3] for line in opened) == ["etl-a", "etl-b", "etl-c"]
    assert len(shown(session, ".history")) == 2  # of this environment alone
    assert execute(session, f".history --batch {first.split()[0]}").exit_code is ExitCode.USAGE
    entries = json.loads(shown(session, ".history --all --json")[0])
    assert [bool(entry["batch"]) for entry in entries] == [False, True, True, True]
    assert len({entry["batch"] for entry in entries}) == 2


def test_a_row_has_all_its_environments_whatever_the_number_of_rows(many: Many, session: Session) -> None:
    many.double.names = tuple(f"etl-{number:02}" for number in range(30))
    for _ in range(3):
        execute(session, ".on all version")
    execute(session, ".on etl-00 version")
    for count, ends in ((1, [1]), (2, [30, 1]), (3, [30, 30, 1]), (9, [30, 30, 30, 1])):
        found = shown(session, f".history --all -n {count}")
        assert [int(line.split()[-3]) if "environments" in line else 1 for line in found] == ends
        records = json.loads(shown(session, f".history --all -n {count} --json")[0])
        assert [record["environment"] for record in records][-1:] == ["etl-00"]
        assert len(records) == count


def test_redo_failed_takes_only_those_that_failed(many: Many, session: Session) -> None:
    many.answers["etl-b"] = lambda request: FAILED
    many.refusals["etl-c"] = refusal(403, "ExpiredTokenException", "over")
    execute(session, ".on all dags list")
    many.sent.clear()
    many.refusals.clear()
    done = [step.result for step in Executor(session, dot_commands).run_lines([ScriptLine(".redo --failed")])]
    assert sorted(name for name, _ in many.sent) == ["etl-b", "etl-c"]
    assert done[-1].exit_code is ExitCode.FAILED
    many.sent.clear()
    many.answers.clear()
    list(Executor(session, dot_commands).run_lines([ScriptLine(".redo --failed")]))
    assert [name for name, _ in many.sent] == ["etl-b"]
    session.open("etl-a", session.access)
    assert shown(session, ".redo --failed") == ["No command has failed in this session."]


@pytest.mark.parametrize("text", ['history = "off"\n', ""])
def test_redo_failed_has_nothing_while_the_history_is_off(many: Many, bundle: str, text: str) -> None:
    many.answers = dict.fromkeys(NAMES, lambda request: FAILED)
    config = parse_config(text, Path("config.toml"))
    session = Session(Settings(access=many.double.access(bundle), config=config), UserInterface())
    if not config.general:
        execute(session, ".on all dags list")
        execute(session, ".set history off")
    execute(session, ".on all dags list")
    many.sent.clear()
    result = execute(session, ".redo --failed")
    assert (result.exit_code, result.hint) == (ExitCode.USAGE, "Run .set history on.")
    assert result.message == "The history is off: no failed command is remembered."
    execute(session, ".set history on")
    assert execute(session, ".redo --failed").proposal == ""
    assert many.sent == []


def test_redo_failed_leaves_out_an_environment_without_history(many: Many, bundle: str) -> None:
    many.answers = dict.fromkeys(NAMES, lambda request: FAILED)
    config = parse_config('[environments."etl-b"]\nhistory = "off"\n', Path("config.toml"))
    session = Session(Settings(access=many.double.access(bundle), config=config), UserInterface())
    execute(session, ".on all dags list")
    (step,) = execute(session, ".redo --failed").next_lines
    assert step.line == ".on etl-a,etl-c dags list"


def test_redo_of_a_change_waits_on_the_prompt(many: Many, bundle: str) -> None:
    many.answers["etl-b"] = lambda request: None
    session = at_a_prompt(many, bundle, ["y"], [])
    assert execute(session, ".on all dags pause daily").outcome is Outcome.UNKNOWN
    again = execute(session, ".redo --failed")
    assert again.proposal == ".on etl-b dags pause daily"
    assert again.message.startswith("The command may have run on etl-b. Look first")


def test_redo_of_a_change_is_refused_in_a_script(many: Many, session: Session) -> None:
    many.answers["etl-b"] = lambda request: FAILED
    execute(session, ".on all dags pause daily")
    many.sent.clear()
    assert execute(session, ".redo --failed").exit_code is ExitCode.REFUSED
    assert many.sent == []


def test_redo_of_a_range_takes_a_change_of_a_batch_once(many: Many, bundle: str) -> None:
    many.answers["etl-c"] = lambda request: None
    session = at_a_prompt(many, bundle, ["y"], [])
    execute(session, ".on etl-b,etl-c dags trigger daily")
    session.open("etl-a", session.access)
    execute(session, "version")
    again = execute(session, ".redo 1-3")
    assert again.proposal == "dags trigger daily\nversion"
    assert again.message.startswith("The command ran on 2 environments, and it may have run: check with ")
    assert again.message.endswith("Enter runs the 2 commands on etl-a.")
    assert execute(session, ".redo 1,2").proposal == "dags trigger daily"


def test_redo_of_a_range_in_a_script_takes_a_batch_once(many: Many, session: Session) -> None:
    session.open("etl-b", session.access)
    execute(session, ".on etl-a,etl-b version")
    execute(session, "dags list")
    many.sent.clear()
    list(Executor(session, dot_commands).run_lines([ScriptLine(".redo 1-3")]))
    assert many.sent == [("etl-b", "version"), ("etl-b", "dags list")]


def test_last_command_is_on_in_its_place(many: Many, session: Session) -> None:
    session.open("etl-a", session.access)
    for line in ("version", "dags list", ".on --jobs 2 'etl-*' pools list | cat"):
        assert execute(session, line).ok
    assert session.last_batch is not None

    def lines(*typed: str) -> list[str]:
        assert session.last_batch is not None
        past = session.recorder.history.past(environment_key(session.connection), session.last_batch.entry)
        found = [expand(one, past) for one in typed]
        return [one.line if isinstance(one, Expansion) else str(one and one.message) for one in found]

    on = ".on --jobs 2 'etl-*' pools list | cat"
    assert lines("!!", "!-2", "!-3", "!.on", "!dags", "^pools^dags") == [
        on, "dags list", "version", on, "dags list", on.replace("pools", "dags"),
    ]  # fmt: skip
    execute(session, "dags list")
    assert lines("!!", "!-2", "!-3", "!-4") == ["dags list", on, "dags list", "version"]
    assert lines("!-5") == ["The history has no command !-5"]


def test_script_of_on_says_what_to_write(many: Many, session: Session) -> None:
    session.open("etl-a", session.access)
    execute(session, "version")
    execute(session, ".on all dags list")
    result = execute(session, ".script curl")
    assert result.message == "The last command was .on, and a script is for one environment"
    assert result.hint == "Write .script dags list curl for etl-a."
    assert b"dags list" in bytes(execute(session, ".script 2 curl").stdout)


@pytest.mark.parametrize("options", ["--jobs=1 --fail-fast ", "--by-environment ", ""])
def test_redo_failed_keeps_the_options(many: Many, bundle: str, options: str) -> None:
    many.answers = dict.fromkeys(NAMES, lambda request: FAILED)
    session = at_a_prompt(many, bundle, ["y"], [])
    execute(session, f".on {options}all variables get nosuch")
    many.sent.clear()
    (step,) = execute(session, ".redo --failed").next_lines
    assert step.line == f".on {options}etl-a,etl-b,etl-c variables get nosuch"
    execute(session, step.line)
    assert len(many.sent) == (1 if "fail-fast" in options else 3)
    execute(session, f".on {options}all dags trigger daily")
    assert execute(session, ".redo --failed").proposal == f".on {options}etl-a,etl-b,etl-c dags trigger daily"
