"""Held here: every command of every version is classified, facts name what exists, and the facts that hurt most."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow import command_line, grammar, knowledge
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.grammar import Command, Option, Positional, flag_name
from mwaa_shell.airflow.knowledge import Kind, Level
from mwaa_shell.airflow.versions import Version

DATA: dict[str, Any] = tomllib.loads((Path(grammar.__file__).parent / "data" / "knowledge.toml").read_text())
SOURCES = {"AWS documentation", "seen by users", "Airflow source", "recorded output"}
TOPICS = ("documented", "refused", "senseless", "advice", "parses", "asks")
VERSIONS = pytest.mark.parametrize("version", grammar.versions(), ids=str)
V1, V20, V22, V24, V281 = Version(1, 10, 12), Version(2, 0, 2), Version(2, 2, 2), Version(2, 4, 3), Version(2, 8, 1)
V29, V210, V211, V30 = Version(2, 9, 2), Version(2, 10, 3), Version(2, 11, 2), Version(3, 0, 6)
V32, V33 = Version(3, 2, 1), Version(3, 3, 1)


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that is said of commands, with its topic."""
    for topic in TOPICS:
        yield from ((topic, entry) for entry in DATA[topic])
    yield from (("rules", entry) for entry in DATA["danger"]["rules"])


def versions_of(entry: dict[str, Any]) -> list[Version]:
    """The versions that an entry speaks of."""
    first, end = (tuple(map(int, entry.get(key, usual).split("."))) for key, usual in (("since", "0"), ("before", "9")))
    return [version for version in grammar.versions() if first <= version < end]


def commands_named(name: str, versions: list[Version] | None = None) -> list[Command]:
    """The command as each of the versions has it."""
    trees = map(grammar.load_grammar, versions or grammar.versions())
    return [found for tree in trees if (found := tree.named(name))]


def level(line: str, version: Version) -> Level:
    """The danger of a whole line."""
    return danger(line, version).level


def given_to(name: str, version: Version, *words: str) -> frozenset[str]:
    """The options in the words after a command."""
    text = " ".join([name, *map(command_line.quote, words)])
    return knowledge.given_in(understand(command_line.parse(text), grammar.load_grammar(version)))


def danger(line: str, version: Version) -> knowledge.Danger:
    reading = understand(command_line.parse(line), grammar.load_grammar(version))
    assert reading.command, f"{version} has no {line}"
    return knowledge.danger(reading.command.name, version, knowledge.given_in(reading))


def asks(line: str, version: Version) -> str | None:
    """The flag that would answer; None where nothing is asked."""
    reading = understand(command_line.parse(line), grammar.load_grammar(version))
    assert reading.command, f"{version} has no {line}"
    question = knowledge.question_of(reading.command.name, version, knowledge.given_in(reading))
    return question.answer if question else None


# ---- The data.


def test_every_entry_has_a_reason_and_a_source() -> None:
    for topic, entry in entries():
        assert entry["reason"]
        assert len(entry["reason"]) <= 72
        assert not entry["reason"].endswith(".")
        assert topic == "rules" or entry["source"] in SOURCES
    assert {DATA["danger"]["source"], DATA["kinds"]["source"]} <= SOURCES


def test_every_entry_says_what_its_topic_needs() -> None:
    usual = {"commands", "reason", "since", "before", "when", "unless"}
    own = {"refused": "status", "asks": "answer", "rules": "level"}
    for topic, entry in entries():
        assert set(entry) <= usual | {"source", own.get(topic, "source")}
        assert topic not in own or own[topic] in entry
    assert {entry["status"] for entry in DATA["refused"]} == {"403", "500", "unsupported"}
    assert {entry["level"] for entry in DATA["danger"]["rules"]} == {one.value for one in Level}


def test_every_entry_names_commands_that_its_versions_have() -> None:
    unknown = [
        (topic, name)
        for topic, entry in entries()
        for name in entry["commands"]
        if not commands_named(name, versions_of(entry))
    ]
    assert unknown == []


def test_every_entry_names_flags_that_its_commands_have() -> None:
    unknown = []
    for topic, entry in entries():
        for name in entry["commands"]:
            known = {
                flag_name(option) for command in commands_named(name, versions_of(entry)) for option in command.options
            }
            named = {flag.partition("=")[0] for flag in (*entry.get("when", ()), *entry.get("unless", ()))}
            unknown += [(topic, name, flag) for flag in named - known]
    assert unknown == []


def test_a_value_that_a_rule_waits_for_is_a_choice() -> None:
    asked = [
        (name, flag.split("="))
        for _, entry in entries()
        for name in entry["commands"]
        for flag in entry.get("when", ())
        if "=" in flag
    ]
    assert asked
    for name, (flag, value) in asked:
        for command in commands_named(name):
            option = command.option(flag)
            assert option is None or value in (option.choices or ())


# ---- Support.


def test_as_many_commands_are_documented_as_aws_lists() -> None:
    def count(version: Version) -> int:
        return sum(knowledge.mwaa_support(name, version).documented for name in grammar.load_grammar(version).names)

    assert {count(version) for version in grammar.versions() if version.major == 3} == {47}
    assert count(V211) == count(V281) == 45
    assert count(V1) == 20
    assert count(V20) < count(V22) < count(V24) < count(V281)


@VERSIONS
def test_version_has_the_commands_that_aws_lists(version: Version) -> None:
    listed = {name for entry in DATA["documented"] if version in versions_of(entry) for name in entry["commands"]}
    assert listed <= set(grammar.load_grammar(version).names)


def test_a_command_has_a_first_documented_version() -> None:
    assert not knowledge.mwaa_support("dags list", V20).documented
    assert knowledge.mwaa_support("dags list", V22).documented
    assert not knowledge.mwaa_support("dags list-import-errors", V24).documented
    assert not knowledge.mwaa_support("tasks run", V33).documented


def test_a_refusal_is_a_hint() -> None:
    seen = knowledge.mwaa_support("dags report", V210)
    assert (seen.documented, seen.refused, seen.doubtful) == (True, "403", True)
    assert not knowledge.mwaa_support("dags report", V33).doubtful
    assert knowledge.mwaa_support("pools import", V281).refused == "500"
    assert knowledge.mwaa_support("dags backfill", V20).refused == "unsupported"
    assert knowledge.mwaa_support("connections", V1).refused == "unsupported"


def test_why_accounts_are_refused() -> None:
    for name in ("users create", "users list", "roles delete"):
        said = knowledge.mwaa_support(name, V33)
        assert (said.refused, said.senseless) == ("unsupported", False)
        assert "runs as admin" in said.reason


def test_teams_exist_on_mwaa() -> None:
    assert not knowledge.mwaa_support("teams list", V33).senseless
    assert "UpdateEnvironment" in knowledge.mwaa_support("teams create", V33).reason
    assert any("Identity Center" in note for note in knowledge.advice("teams list", V33))


def test_a_database_is_cleaned_as_aws_prescribes() -> None:
    notes = " ".join(knowledge.advice("db clean", V33))
    assert all(flag in notes for flag in ("--dry-run", "--tables", "--batch-size", "--skip-archive"))
    assert "DAG" in " ".join(knowledge.advice("db clean", V210))
    assert knowledge.advice("dags list", V33) == ()


def test_what_is_in_no_list_says_so() -> None:
    said = knowledge.mwaa_support("dags details", V33)
    assert (said.documented, said.refused, said.senseless, said.doubtful) == (False, "", False, True)
    assert "not document" in said.reason
    assert knowledge.mwaa_support("plugin does", V33) == said


def test_what_needs_a_keyboard_a_file_or_a_server_makes_no_sense() -> None:
    for name in ("scheduler", "celery worker", "db shell", "db migrate", "variables export", "variables import"):
        assert knowledge.mwaa_support(name, V33).senseless, name
    assert not knowledge.mwaa_support("dags show", V33, given_to("dags show", V33, "x")).senseless
    assert knowledge.mwaa_support("dags show", V33, given_to("dags show", V33, "x", "-s", "x.png")).senseless
    assert knowledge.mwaa_support("tasks test", V33, given_to("tasks test", V33, "x", "t", "-m")).senseless
    assert knowledge.mwaa_support("variables", V1, given_to("variables", V1, "-e", "all.json")).senseless
    assert not knowledge.mwaa_support("dags trigger", V33).doubtful


def test_v1_says_what_its_dags_may_not_need() -> None:
    assert "plugin" in knowledge.mwaa_support("list_dags", V1).reason
    assert "plugin" not in knowledge.mwaa_support("trigger_dag", V1).reason


# ---- DAG files.


@pytest.mark.parametrize(
    ("name", "words", "version", "expected"),
    [
        ("dags list", "", V211, True),
        ("dags list", "", V33, False),
        ("dags list", "-l", V33, True),
        ("dags list", "--loc", V33, True),
        ("dags list-runs", "", V22, True),
        ("dags list-runs", "", V24, False),
        ("dags list-jobs", "", V22, False),
        ("dags list-jobs", "-d x", V22, True),
        ("dags list-jobs", "-dx", V22, True),
        ("dags state", "", V24, False),
        ("dags pause", "x", V29, True),
        ("dags pause", "x", V210, False),
        ("dags trigger", "x", V210, False),
        ("trigger_dag", "x", V1, True),
        ("tasks clear", "x", V30, True),
        ("tasks clear", "x", V32, False),
        ("tasks clear", "x -R", V32, True),
        ("tasks failed-deps", "", V30, True),
        ("tasks failed-deps", "", V33, False),
        ("tasks list", "x", V33, True),
        ("variables list", "", V1, False),
        ("dags next-execution", "x", V210, True),
        ("dags next-execution", "x", V30, False),
    ],
)
def test_which_commands_parse_dag_files(name: str, words: str, version: Version, expected: bool) -> None:
    assert bool(knowledge.parses_dags(name, version, given_to(name, version, *words.split()))) is expected


# ---- Questions.


@pytest.mark.parametrize(
    ("line", "version", "answer"),
    [
        ("dags delete x", V33, "-y"),
        ("dags delete -y x", V33, None),
        ("dags delete x --yes", V33, None),
        ("dags delete x --ye", V33, None),
        ("dags delete x --help", V33, None),
        ("delete_dag x", V1, "-y"),
        ("clear x", V1, "-c"),
        ("clear -c x", V1, None),
        ("tasks clear x -fdy", V33, None),
        ("tasks clear x -fd", V33, "-y"),
        ("dags backfill -s 2024-01-01 x", V210, None),
        ("dags backfill -s 2024-01-01 --reset-dagruns x", V210, "-y"),
        ("dags backfill -s 2024-01-01 --reset-dagruns -n x", V210, None),
        ("dags backfill -s 2024-01-01 --reset-dagruns -y x", V210, None),
        ("backfill -s 2020-01-01 --reset_dagruns x", V1, "-y"),
        ("dags pause --treat-dag-id-as-regex x", V210, "-y"),
        ("dags pause x", V210, None),
        ("dags clear --run-id r x", V33, "-y"),
        ("db clean --clean-before-timestamp 2024-01-01", V210, "-y"),
        ("db clean --clean-before-timestamp 2024-01-01 --dry-run", V210, None),
        ("db export-archived", V210, None),
        ("db export-archived --drop-archives", V210, "-y"),
        ("users create -u x", V210, ""),
        ("users create -u x -p secret", V210, None),
        ("dags trigger x", V33, None),
    ],
)
def test_which_lines_ask(line: str, version: Version, answer: str | None) -> None:
    assert asks(line, version) == answer


def test_every_answer_is_a_flag_of_the_command() -> None:
    for entry in DATA["asks"]:
        for name in entry["commands"]:
            for command in commands_named(name, versions_of(entry)):
                answer = command.option(entry["answer"])
                assert (answer is not None and flag_name(answer) in entry["unless"]) or entry["answer"] == ""


@VERSIONS
def test_what_can_say_yes_beforehand_asks(version: Version) -> None:
    """Whatever takes --yes asks something, with the right flags."""
    asking = {name for entry in DATA["asks"] if version in versions_of(entry) for name in entry["commands"]}
    able = {command.name for command in grammar.load_grammar(version).commands() if command.option("--yes")}
    assert able <= asking


# ---- Danger.


@VERSIONS
def test_every_command_is_classified(version: Version) -> None:
    unknown = [n for n in grammar.load_grammar(version).names if knowledge.danger(n, version) == knowledge.UNKNOWN]
    assert unknown == []


def test_no_command_is_classified_twice_or_in_vain() -> None:
    table = DATA["danger"]
    listed = [*table["read"], *table["change"], *table["destroy"]]
    assert len(listed) == len(set(listed)) == 170
    assert set(listed) == {name for version in grammar.versions() for name in grammar.load_grammar(version).names}


def test_what_changes_something_says_what() -> None:
    for name in (*DATA["danger"]["change"], *DATA["danger"]["destroy"]):
        assert knowledge.danger(name, V33).reason, name
    for _, reason in (*DATA["danger"]["change"].items(), *DATA["danger"]["destroy"].items()):
        assert len(reason) <= 72
        assert not reason.endswith(".")


@pytest.mark.parametrize(
    ("line", "version", "expected"),
    [
        ("dags list", V33, Level.READ),
        ("dags trigger x", V33, Level.CHANGE),
        ("trigger_dag x", V1, Level.CHANGE),
        ("dags delete x", V33, Level.DESTROY),
        ("dags delete -h", V33, Level.READ),
        ("delete_dag x", V1, Level.DESTROY),
        ("clear x", V1, Level.DESTROY),
        ("tasks clear x", V20, Level.DESTROY),
        ("dags backfill x", V210, Level.CHANGE),
        ("dags backfill x --reset-dagruns", V210, Level.DESTROY),
        ("dags backfill x --reset-d", V210, Level.DESTROY),
        ("dags backfill x --rese -n", V210, Level.READ),
        ("dags backfill x --dry-run --reset-dagruns", V210, Level.READ),
        ("dags backfill --reset-dagruns -- --dry-run", V210, Level.DESTROY),
        ("dags backfill --reset-dagruns -- -h", V210, Level.DESTROY),
        ("backfill x --reset_dagruns", V1, Level.DESTROY),
        ("backfill x -dr --reset_dagruns", V1, Level.READ),
        ("backfill create --dag-id x", V33, Level.CHANGE),
        ("backfill create --dag-id x --reprocess-behavior failed", V33, Level.CHANGE),
        ("backfill create --dag-id x --reprocess-behavior completed", V33, Level.DESTROY),
        ("backfill create --dag-id x --reprocess-behavior=completed", V33, Level.DESTROY),
        ("backfill create --dag-id x --repro=completed", V33, Level.DESTROY),
        ("backfill create --dag-id x --reprocess-behavior completed --dry-run", V33, Level.READ),
        ("pool", V1, Level.READ),
        ("pool -g x", V1, Level.READ),
        ("pool -s x 1 y", V1, Level.CHANGE),
        ("pool -x x", V1, Level.DESTROY),
        ("pool -xx", V1, Level.DESTROY),
        ("variables -g x", V1, Level.READ),
        ("variables -s x 1", V1, Level.CHANGE),
        ("variables -g x -x y", V1, Level.DESTROY),
        ("connections -l", V1, Level.READ),
        ("connections --add --conn_id x", V1, Level.CHANGE),
        ("connections --delete --conn_id x", V1, Level.DESTROY),
        ("variables set x 1", V33, Level.CHANGE),
        ("variables delete x", V33, Level.DESTROY),
        ("db clean --clean-before-timestamp 2024-01-01", V33, Level.DESTROY),
        ("db clean --clean-before-timestamp 2024-01-01 --dry-run", V33, Level.READ),
        ("db migrate -s", V33, Level.READ),
        ("dags reserialize", V210, Level.CHANGE),
        ("dags reserialize --clear-only", V210, Level.DESTROY),
        ("partitions clear -d x -r y", V33, Level.DESTROY),
        ("config update", V33, Level.READ),
        ("config update --fix", V33, Level.CHANGE),
        ("info --file-io", V33, Level.CHANGE),
        ("tasks test x t", V33, Level.CHANGE),
    ],
)
def test_what_a_line_does(line: str, version: Version, expected: Level) -> None:
    found = danger(line, version)
    assert found.level is expected
    assert bool(found.reason) or expected is Level.READ


@pytest.mark.parametrize(("line", "version"), [("tasks run a b c -m", V210), ("run a b 2021-01-01 -m", V1)])
def test_mark_success_is_not_called_a_run(line: str, version: Version) -> None:
    assert danger(line, version).reason == "marks the task as successful and does not run it"
    assert danger(line.removesuffix(" -m"), version).reason == "runs the task, on the web server"


def test_the_text_of_a_value_is_no_flag() -> None:
    assert level("""dags backfill --reset-dagruns x -c '{"a": "--dry-run"}'""", V210) is Level.DESTROY
    assert level("dags backfill --reset-dagruns -t '--n or so' x", V210) is Level.DESTROY


def test_nobody_knows_what_a_plugin_does() -> None:
    assert knowledge.danger("plugin does", V33, frozenset({"--dry-run"})) is knowledge.UNKNOWN
    assert knowledge.UNKNOWN.level is Level.CHANGE


def test_a_version_that_we_do_not_have_is_judged_by_its_neighbour() -> None:
    given = frozenset({"--reset-dagruns"})
    assert knowledge.danger("dags backfill", Version(2, 10, 9), given).level is Level.DESTROY
    assert knowledge.mwaa_support("dags list", Version(2, 10, 9)).documented


@given(st.sampled_from(grammar.versions()), st.data())
def test_no_words_are_too_strange(version: Version, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(grammar.load_grammar(version).names))
    words = data.draw(st.lists(st.text("-=ynhx dr_", max_size=6) | st.sampled_from(["--", "--yes", "-y", "--dry-run"])))
    options = given_to(name, version, *words)
    assert knowledge.danger(name, version, options).level in Level
    assert knowledge.mwaa_support(name, version, options).reason
    knowledge.question_of(name, version, options)
    knowledge.parses_dags(name, version, options)


# ---- Kinds.


def test_every_argument_has_a_kind_and_none_is_misspelt() -> None:
    commands = [command for version in grammar.versions() for command in grammar.load_grammar(version).commands()]
    flags = {flag_name(option) for command in commands for option in command.options}
    places = {one.name for command in commands for one in command.positionals}
    lists = {name: names for name, names in DATA["kinds"].items() if name not in ("of", "source")}
    assert set(lists) <= {one.value for one in Kind}
    named = [name for names in lists.values() for name in names]
    assert len(named) == len(set(named)), "one kind each"
    assert set(named) <= flags | places
    for name, own in DATA["kinds"]["of"].items():
        known = {flag_name(o) for c in commands_named(name) for o in c.options}
        known |= {one.name for command in commands_named(name) for one in command.positionals}
        assert set(own) <= known
    used = set(lists) | {word for own in DATA["kinds"]["of"].values() for word in own.values()}
    assert used == {one.value for one in Kind}


def test_a_switch_takes_nothing() -> None:
    switches = [
        (command.name, flag_name(option))
        for version in grammar.versions()
        for command in grammar.load_grammar(version).commands()
        for option in command.options
        if not option.takes_value and knowledge.argument_kind(command.name, option) is not Kind.OTHER
    ]
    assert switches == []


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("dags trigger", "dag_id", Kind.DAG),
        ("trigger_dag", "dag_id", Kind.DAG),
        ("dags list-runs", "--dag-id", Kind.DAG),
        ("dags trigger", "--run-id", Kind.OTHER),
        ("dags clear", "--run-id", Kind.RUN),
        ("tasks test", "task_id", Kind.TASK),
        ("dags state", "logical_date_or_run_id", Kind.DATE_OR_RUN),
        ("dags backfill", "--start-date", Kind.DATE),
        ("variables set", "key", Kind.VARIABLE),
        ("variables", "--get", Kind.VARIABLE),
        ("pool", "--get", Kind.POOL),
        ("pools set", "pool", Kind.POOL),
        ("connections", "--conn_id", Kind.CONNECTION),
        ("connections delete", "conn_id", Kind.CONNECTION),
        ("connections add", "conn_id", Kind.OTHER),
        ("roles create", "role", Kind.OTHER),
        ("roles del-perms", "role", Kind.ROLE),
        ("assets materialize", "--name", Kind.ASSET),
        ("teams create", "name", Kind.OTHER),
        ("dags trigger", "--conf", Kind.JSON),
        ("variables import", "file", Kind.PATH_ON_SERVER),
        ("tasks clear", "--task-regex", Kind.REGEX),
        ("dags list", "--output", Kind.OUTPUT_FORMAT),
        ("providers get", "provider_name", Kind.PROVIDER),
        ("users delete", "--username", Kind.USER),
        ("users create", "--username", Kind.OTHER),
        ("plugin does", "whatever", Kind.OTHER),
    ],
)
def test_which_name_an_argument_takes(name: str, argument: str, expected: Kind) -> None:
    assert knowledge.argument_kind(name, argument) is expected


def test_the_kind_of_an_argument_of_the_tree() -> None:
    assert knowledge.argument_kind("dags list-runs", Option(("-d", "--dag-id"), "dag_id")) is Kind.DAG
    assert knowledge.argument_kind("dags pause", Positional("dag_id")) is Kind.DAG


# ---- Examples.


def test_every_example_is_taken_by_some_version() -> None:
    shown = {
        line
        for version in grammar.versions()
        for name in DATA["examples"]
        for line in knowledge.examples(name, version)
    }
    assert shown == {line for lines in DATA["examples"].values() for line in lines}


def test_every_example_begins_with_its_command_and_balances_its_quotes() -> None:
    for name, lines in DATA["examples"].items():
        for line in lines:
            parsed = command_line.parse(line)
            assert parsed.problem is None
            assert parsed.destination is None
            assert line.startswith(name)


@VERSIONS
def test_what_aws_lists_has_an_example(version: Version) -> None:
    listed = [name for name in grammar.load_grammar(version).names if knowledge.mwaa_support(name, version).documented]
    assert [name for name in listed if not 1 <= len(knowledge.examples(name, version)) <= 2] == []


@VERSIONS
def test_an_example_uses_flags_that_its_version_has_and_leaves_no_question(version: Version) -> None:
    for name in grammar.load_grammar(version).names:
        for line in knowledge.examples(name, version):
            words = command_line.parse(line).values
            found = grammar.load_grammar(version).command(words)
            assert found
            assert found[0].name == name
            assert asks(line, version) is None, "it would wait for an answer that nobody can give"
            assert not knowledge.mwaa_support(name, version, given_to(line, version)).senseless


def test_examples_follow_the_version() -> None:
    assert knowledge.examples("dags list-runs", V211)[0] == "dags list-runs -d sales_daily"
    assert knowledge.examples("dags list-runs", V33)[0] == "dags list-runs sales_daily"
    assert len(knowledge.examples("dags state", V211)) == 1
    assert knowledge.examples("dags trigger", V1) == knowledge.examples("plugin does", V33) == ()
