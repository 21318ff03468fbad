"""Held here: nothing in any version's tree is without a summary, and no summary is about something that is nowhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow import grammar, knowledge
from mwaa_shell.airflow.grammar import Command, Option, Positional
from mwaa_shell.airflow.versions import Version

DATA: dict[str, Any] = tomllib.loads((Path(grammar.__file__).parent / "data" / "summaries.toml").read_text())
LONGEST, USUAL = 72, 60
#: Names that begin with a capital wherever they stand.
PROPER = {"Airflow", "Alembic", "Celery", "Gunicorn", "Kerberos", "Kubernetes", "Python"}
VERSIONS = pytest.mark.parametrize("version", grammar.versions(), ids=str)


def everything() -> Iterator[Command]:
    """Every command of every version."""
    return (command for version in grammar.versions() for command in grammar.load_grammar(version).commands())


def sentences(table: dict[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    """Every line of the file, and where it stands."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from sentences(value, f"{where}[{name}]")
        else:
            yield f"{where} {name}", value


def summaries_of(command: Command) -> dict[str, str]:
    """What is said of each argument."""
    said = {grammar.flag_name(option): knowledge.argument_summary(command.name, option) for option in command.options}
    return said | {one.name: knowledge.argument_summary(command.name, one) for one in command.positionals}


@VERSIONS
def test_every_group_and_command_has_a_summary(version: Version) -> None:
    tree = grammar.load_grammar(version)
    assert [name for name in tree.groups if not knowledge.group_summary(name)] == []
    assert [name for name in tree.names if not knowledge.command_summary(name)] == []


@VERSIONS
def test_every_argument_has_a_summary(version: Version) -> None:
    silent = [
        (command.name, name)
        for command in grammar.load_grammar(version).commands()
        for name, summary in summaries_of(command).items()
        if not summary
    ]
    assert silent == []


@VERSIONS
def test_what_aws_documents_speaks_for_itself(version: Version) -> None:
    """A command that MWAA lists has lines of its own, not those of the flag's name."""
    missing = {
        command.name: lacking
        for command in grammar.load_grammar(version).commands()
        if knowledge.mwaa_support(command.name, version).documented
        and (lacking := set(summaries_of(command)) - set(DATA["of"].get(command.name, ())))
    }
    assert missing == {}


def test_every_summary_is_one_short_line() -> None:
    for where, text in sentences(DATA):
        assert text, where
        assert text == " ".join(text.split()), "one line, no double blanks"
        assert len(text) <= LONGEST, where
        assert not text.endswith("."), where
        first = re.split(r"\W", text)[0]
        assert not first[:1].isupper() or first.isupper() or first in PROPER, f"{where} is no sentence"


def test_nearly_all_fit_the_menu() -> None:
    long = [where for where, text in sentences(DATA) if len(text) > USUAL]
    assert long == []


def test_nothing_is_about_what_is_nowhere() -> None:
    """A typo in a name would be a line that nobody ever sees."""
    commands = {command.name for command in everything()}
    groups = {name for version in grammar.versions() for name in grammar.load_grammar(version).groups}
    flags = {grammar.flag_name(option) for command in everything() for option in command.options}
    places = {one.name for command in everything() for one in command.positionals}
    assert set(DATA) == {"groups", "commands", "positionals", "flags", "of"}
    assert set(DATA["commands"]) == commands
    assert set(DATA["groups"]) == groups
    assert set(DATA["flags"]) == flags
    assert set(DATA["positionals"]) == places


def test_no_command_speaks_of_arguments_that_it_never_had() -> None:
    ever: dict[str, set[str]] = {}
    for command in everything():
        ever.setdefault(command.name, set()).update(summaries_of(command))
    wrong = {name: strange for name, own in DATA["of"].items() if (strange := set(own) - ever.get(name, set()))}
    assert wrong == {}


def test_how_much_there_is() -> None:
    """The figures only grow with a new version."""
    assert len(DATA["commands"]) >= 170
    assert len(DATA["groups"]) >= 21
    assert len(DATA["flags"]) >= 266
    assert len(DATA["positionals"]) >= 22
    assert sum(map(len, DATA["of"].values())) > 400


def test_a_commands_own_line_comes_first() -> None:
    run_id = Option(("-r", "--run-id"), "run_id")
    assert (
        knowledge.argument_summary("dags trigger", run_id)
        != knowledge.argument_summary("dags clear", run_id)
        == "ID of the run"
    )
    dag_id = Positional("dag_id")
    assert knowledge.argument_summary("dags delete", dag_id) != knowledge.argument_summary("dags details", dag_id)
    assert knowledge.argument_summary("dags details", dag_id) == "name of the DAG"


def test_what_a_plugin_brings_has_none() -> None:
    assert knowledge.command_summary("plugin does") == knowledge.group_summary("plugin") == ""
    assert (
        knowledge.argument_summary("plugin does", Option(("-q",), "q"))
        == knowledge.argument_summary("x", Positional("q"))
        == ""
    )


def test_an_option_is_known_by_its_first_long_flag() -> None:
    assert grammar.flag_name(Option(("-o", "--output"), "output")) == "--output"
    assert grammar.flag_name(Option(("--on", "--no-on"), "on")) == "--on"
    assert grammar.flag_name(Option(("-q",), "q")) == "-q"
