"""Held here: lines in another Airflow's words are said in this one's, wholly or with a word on what is missing."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow import grammar, knowledge
from mwaa_shell.airflow.arguments import fewest, understand
from mwaa_shell.airflow.command_line import Problem, parse, quote
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional
from mwaa_shell.airflow.translation import TranslatedLine, Translation, translate, translate_file
from mwaa_shell.airflow.translation_table import CommandName, Operation, argument_of, key_of, table
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version, parse_version

VERSIONS = grammar.versions()


def tree(text: str) -> Grammar:
    version = parse_version(text)
    assert version is not None
    return grammar.load_grammar(version)


def problem(text: str, target: Grammar) -> Problem | None:
    return validate(understand(parse(text), target))


# -- lines and what they become ----------------------------------------------------------------------------------------

WHOLE = {
    "3.3.1": {
        "trigger_dag x": "dags trigger x",
        "airflow trigger_dag -e 2021-01-01 x": "dags trigger -l 2021-01-01 x",
        "dags trigger x --exec-date=2021-01-01": "dags trigger x --logical-date=2021-01-01",
        "dags trigger x --exec 2021-01-01": "dags trigger x --logical-date 2021-01-01",
        "dags trigger x -e2021-01-01": "dags trigger x -l 2021-01-01",
        "dags list-runs -d x --state failed": "dags list-runs x --state failed",
        "list_dag_runs x": "dags list-runs x",
        "list_tasks x": "tasks list x",
        "clear -fc -dx '^x y$'": "tasks clear -f -y -R '^x y$'",
        "backfill -s 2021-01-01 -e 2021-01-02 x": (
            "backfill create --from-date 2021-01-01 --to-date 2021-01-02 --dag-id x"
        ),
        "dags backfill -s 2021-01-01 x": "backfill create --from-date 2021-01-01 --dag-id x --to-date 2021-01-01",
        "dags backfill -s 2021-01-01 -e 2021-01-02 x --reset-dagruns": (
            "backfill create --from-date 2021-01-01 --to-date 2021-01-02 --dag-id x --reprocess-behavior completed"
        ),
        "variables": "variables list",
        "variables -s k 'v  w'": "variables set k 'v  w'",
        "variables --get k -d ''": "variables get k -d ''",
        "variables -x k": "variables delete k",
        "pool": "pools list",
        "pool -s p 5 'd e'": "pools set p 5 'd e'",
        "connections --add --conn_uri a://b:c@d --conn_id x": "connections add --conn-uri a://b:c@d x",
        "connections -d --conn_id=-x": "connections delete -- -x",
        "connections list --conn-id x": "connections get x",
        "config": "config list",
        "list_dags -r": "dags report",
        "create_user -r Op -u a -e b -f c -l d -p e": "users create -r Op -u a -e b -f c -l d -p e",
        "resetdb -y": "db reset -y",
        "initdb": "db migrate",
        "db upgrade": "db migrate",
        "webserver -hn h": "api-server -H h",
        "webserver -p 1 --hostname h": "api-server -p 1 --host h",
        "trigger_dag --help": "dags trigger --help",
    },
    "2.10.3": {
        "trigger_dag x": "dags trigger x",
        "list_dag_runs x": "dags list-runs --dag-id x",
        "dags list-runs -x": "",
        "dags list-runs x": "dags list-runs --dag-id x",
        "dags trigger -l 2021-01-01 x": "dags trigger -e 2021-01-01 x",
        "backfill create --dag-id x --from-date 2021-01-01 --to-date 2021-01-02": (
            "dags backfill x --start-date 2021-01-01 --end-date 2021-01-02"
        ),
        "dags test x -f y": "dags test x -S y",
        "run a b 2021-01-01 -int -sd x": "tasks run a b 2021-01-01 -N -S x",
        "tasks state a b 2021-01-01": "",
    },
    "2.0.2": {"db migrate": "db upgrade", "initdb": "db init"},
    "2.4.3": {"db migrate -n 2.4.2": "db upgrade -n 2.4.2"},
    "1.10.12": {
        "dags trigger x -e 2021-01-01 -r 'a b'": "trigger_dag x -e 2021-01-01 -r 'a b'",
        "variables set k v": "variables --set k v",
        "pools set p 5 'd e'": "pool --set p 5 'd e'",
        "connections add x --conn-uri a://b": "connections --add --conn_id x --conn_uri a://b",
        "connections list": "connections --list",
        "dags report": "list_dags --report",
        "dags list-runs --dag-id x": "list_dag_runs x",
        "tasks clear -y x": "clear -c x",
        "db migrate": "upgradedb",
    },
}


BACKFILL = "backfill create --dag-id x --from-date 2021-01-01 --to-date 2021-01-02"


def is_complete(found: Translation) -> bool:
    """Whether the notes name nothing that has no place."""
    return found.text is not None and not any("left out" in note or "left as it is" in note for note in found.notes)


def runs(found: Translation, target: str) -> bool:
    return found.text is not None and problem(found.text, tree(target)) is None


@pytest.mark.parametrize(("target", "line"), [(target, line) for target, lines in WHOLE.items() for line in lines])
def test_what_is_said_in_full(target: str, line: str) -> None:
    expected = WHOLE[target][line]
    found = translate(line, tree(target))
    assert (found.text if found else "") == expected
    assert found is None or (is_complete(found) and runs(found, target) and found.notes)


@pytest.mark.parametrize(
    ("target", "line", "text", "note"),
    [
        ("3.3.1", "list_tasks x -t", "tasks list x", "-t is left out: tasks list has nothing for it"),
        ("3.3.1", "list_dags -sd y", "dags list", "-sd is left out: dags list has nothing for it"),
        (
            "3.3.1",
            "trigger_dag x --bogus y",
            "dags trigger x --bogus y",
            "Unknown option '--bogus' of dags trigger in Airflow",
        ),
        ("3.3.1", "backfill x", "backfill create --dag-id x ", "backfill create requires --from-date and --to-date"),
        ("3.3.1", "clear x -sd y -x", "tasks clear x", "-sd and -x are left out: tasks clear has nothing for them"),
        ("2.0.2", "dags list -v", "dags list", "-v is left out: dags list has nothing for it in Airflow 2.0.2"),
        ("1.10.12", "dags list -o json", "list_dags", "Airflow 1 prints tables and lines of text only"),
        ("1.10.12", "tasks state a b run__1", "task_state a b run__1", "execution_date must be a date"),
        ("1.10.12", "variables set k -- -v", "variables --set k -v", "--set requires 2 values"),
        (
            "3.3.1",
            "tasks run a b 2021-01-01",
            None,
            "tasks run is not in Airflow 3.3.1: of MWAA's versions, 2.11.2 was",
        ),
        ("3.3.1", "serve_logs", None, "Workers serve their logs"),
        ("2.10.3", "assets list", None, "of MWAA's versions, 3.0.6 is the first to have it"),
    ],
)
def test_what_is_said_in_part(target: str, line: str, text: str | None, note: str) -> None:
    found = translate(line, tree(target))
    assert found is not None
    assert found.text == text
    assert not (is_complete(found) and runs(found, target))
    assert any(note in one for one in (*found.notes, *found.details))


MORE = "more would be done than was asked"


@pytest.mark.parametrize(
    ("target", "line", "why"),
    [
        ("3.3.1", "dags backfill x -s 2021-01-01 -t '^a'", MORE),
        ("3.3.1", "dags backfill x -s 2021-01-01 -m", MORE),
        ("3.3.1", "dags backfill x -s 2021-01-01 --disable-retry", MORE),
        ("3.3.1", "dags backfill x -s 2021-01-01 --pool p", "more could run at once than was asked"),
        ("3.3.1", "backfill x -s 2021-01-01 --rerun_failed_tasks", "failed tasks would not run again"),
        (
            "3.3.1",
            "dags backfill x -s 2021-01-01 --treat-dag-id-as-regex",
            "the name would be taken for that of one DAG",
        ),
        ("3.3.1", "tasks test a b 2021-01-01 --dry-run", MORE),
        ("3.3.1", "dags reserialize -S x", MORE),
        ("3.3.1", "scheduler -d x", MORE),
        ("3.3.1", "clear -dx '^x' -sd y", "DAGs of other files could be cleared too"),
        ("3.3.1", "variables -s k v -x k", "only half would be done, so write a line for each"),
        ("3.3.1", "connections --list --add", "only half would be done, so write a line for each"),
        ("3.0.6", "db clean --clean-before-timestamp 2021-01-01 --dag-ids x", MORE),
        ("3.0.6", "connections list --hide-sensitive", "secrets would be shown"),
        ("3.2.1", "pools set p 5 d --team-name t", "it would be for everybody"),
        ("2.10.3", f"{BACKFILL} --reprocess-behavior failed", "runs that exist would not start over"),
        ("2.10.3", f"{BACKFILL} --reprocess-behavior completed", "runs that exist would not start over"),
        ("2.10.3", f"{BACKFILL} --max-active-runs 1", "more could run at once than was asked"),
        ("2.10.3", f"{BACKFILL} --no-run-on-latest-version", "the code would not be what was asked for"),
        ("2.10.3", "dags reserialize -B b", MORE),
        ("2.10.3", "tasks clear -R x -B b", "DAGs of other files could be cleared too"),
        ("2.9.2", "dags test x --mark-success-pattern 'load.*'", MORE),
        ("2.7.2", "variables import f -a skip", "existing ones would be overwritten"),
        ("2.4.3", "kerberos -o", MORE),
        ("2.4.3", "db migrate --no-reserialize-dags", MORE),
        ("2.4.3", "pools set p 5 d --include-deferred", "more could run at once than was asked"),
        ("2.2.2", "connections add c --conn-json '{}'", "the connection would be another one"),
        ("2.2.2", "connections export f --serialization-format json", "the secrets would be written in another form"),
        ("2.2.2", "dags test x 2021-01-01 -c '{}'", "the code would be given something else"),
        ("2.0.2", "db migrate --show-sql-only", MORE),
        ("2.0.2", "users delete -e a", "nothing says whose account is meant"),
        ("2.0.2", "celery stop --pid f", "another worker could be stopped"),
        ("1.10.12", "connections add c --conn-json '{}'", "the connection would be another one"),
        ("1.10.12", "tasks test a b 2021-01-01 --env-vars '{}'", "the code would be given something else"),
        ("1.10.12", "variables import f -a skip", "existing ones would be overwritten"),
    ],
)
def test_what_would_do_something_else_is_not_said(target: str, line: str, why: str) -> None:
    found = translate(line, tree(target))
    assert found is not None
    assert found.text is None
    assert found.notes[0].endswith(f": without it, {why}")


def test_where_nothing_is_said_the_reason_comes_first_and_nothing_that_was_not_done() -> None:
    found = translate("dags backfill x -s 2020-01-01 -t a -i", tree("3.3.1"))
    assert found is not None
    reason = "backfill create has nothing for -t in Airflow 3: without it, more would be done than was asked"
    assert found.notes == (reason, table().advice_without("--task-regex", "backfill create", 3))
    found = translate("dags backfill x -s 2020-01-01 -m -t a --pool p", tree("3.3.1"))
    assert found is not None
    assert found.notes[0].startswith("backfill create has nothing for -m and -t in Airflow 3: without them, more would")
    assert found.notes[1].startswith("backfill create has nothing for --pool in Airflow 3: without it, ")


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("3.3.1", "tasks clear x -S y"),
        ("3.3.1", "db migrate --no-reserialize-dags"),
        ("2.7.2", "variables import f -a overwrite"),
        ("3.3.1", "dags backfill x -s 2021-01-01 --dry-run -t a"),
    ],
)
def test_what_does_no_more_without_a_flag_is_said_without_it(target: str, line: str) -> None:
    found = translate(line, tree(target))
    assert found is not None
    assert found.text is not None
    assert runs(found, target)
    assert not is_complete(found)


@pytest.mark.parametrize(
    ("target", "line", "expected"),
    [
        ("3.3.1", "list_tasks x", True),
        ("3.3.1", "list_tasks", False),
        ("3.3.1", "trigger_dag x -c '{a'", False),
        ("3.3.1", "trigger_dag x --bogus", False),
        ("3.3.1", "tasks state a b 2021-01-01 | jq .", None),
        ("3.3.1", "task_state a b 2021-01-01 | jq .", True),
        ("1.10.12", "tasks state a b run__1", False),
        ("3.3.1", "trigger_dag --help", True),
    ],
)
def test_what_cannot_run_yet_is_known(target: str, line: str, expected: bool | None) -> None:
    found = translate(line, tree(target))
    assert (runs(found, target) if found else None) == expected


def test_what_is_missing_is_told_too() -> None:
    found = translate("list_tasks", tree("3.3.1"))
    assert found is not None
    assert found.notes[1:] == ("tasks list requires dag_id",)
    found = translate("trigger_dag x -c '{a'", tree("3.3.1"))
    assert found is not None
    assert found.notes[1].startswith("The JSON of --conf is malformed")


@pytest.mark.parametrize(
    ("target", "line", "note"),
    [
        ("3.3.1", "dags backfill x -s 2021-01-01", "Up to 10 runs at once (--max-active-runs), none while the DAG is"),
        (
            "3.3.1",
            "backfill x -s 2021-01-01",
            "Up to 10 runs at once (--max-active-runs), none while the DAG is paused",
        ),
        ("2.10.3", f"{BACKFILL}", "It also does what is unfinished in runs that exist"),
        ("2.10.3", "initdb", "connections create-default-connections"),
        ("3.3.1", "db init", "connections create-default-connections"),
        ("3.3.1", "resetdb -y", "connections create-default-connections"),
    ],
)
def test_what_means_something_else_is_told_in_few_words(target: str, line: str, note: str) -> None:
    found = translate(line, tree(target))
    assert found is not None
    assert is_complete(found)
    assert note in found.notes[1]
    assert len("; ".join(found.notes)) <= 2 * 80


def test_what_makes_the_same_database_needs_no_word() -> None:
    for target, line in (("2.4.3", "initdb"), ("2.4.3", "resetdb -y"), ("3.3.1", "db upgrade")):
        found = translate(line, tree(target))
        assert found is not None
        assert len(found.notes) == 1
        assert not found.details


@pytest.mark.parametrize(
    ("line", "text"),
    [("trigger_dag", "dags trigger "), ("variables -s k", "variables set k "), ("backfill", "backfill create ")],
)
def test_what_is_missing_may_follow(line: str, text: str) -> None:
    found = translate(line, tree("3.3.1"))
    assert found is not None
    assert found.text == text


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("3.3.1", "dags list"),
        ("3.3.1", "dags triger x"),
        ("3.3.1", "dags list --bogus"),
        ("3.3.1", "dags trigger"),
        ("3.3.1", "config lst"),
        ("3.3.1", "variables sett a b"),
        ("3.3.1", "qqqq"),
        ("3.3.1", "airflow"),
        ("3.3.1", ""),
        ("3.3.1", "# trigger_dag x"),
        ("3.3.1", ".use trigger_dag"),
        ("3.3.1", "trigger_dag 'x"),
        ("3.3.1", "trigger_dag x |"),
        ("2.10.3", "dags --help backfill"),
        ("1.10.12", "variables nope"),
        ("2.0.2", "dags test x"),
    ],
)
def test_what_no_other_version_understands_better(target: str, line: str) -> None:
    assert translate(line, tree(target)) is None


def test_notes_have_the_new_names() -> None:
    assert translate("trigger_dag -e 2021-01-01 x --run_id y", tree("3.3.1")) == Translation(
        "dags trigger -l 2021-01-01 x --run-id y",
        ("trigger_dag is called dags trigger in Airflow 3", "-e is -l, flags have hyphens"),
    )
    found = translate("dags list-runs -d x", tree("3.3.1"))
    assert found is not None
    assert found.notes == ("-d is the argument dag_id in Airflow 3",)
    found = translate("dags backfill x -s 2021-01-01", tree("3.3.1"))
    assert found is not None
    assert "dag_id is --dag-id, -s is --from-date" in found.details
    assert "--to-date has the value of --from-date, as dags backfill takes it" in found.details


@pytest.mark.parametrize("behind", [" | jq .", "|jq '.[] | .a'", " > 'a b'", " >> f"])
def test_what_stands_behind_is_kept(behind: str) -> None:
    found = translate(f"list_dags{behind}", tree("3.3.1"))
    assert found is not None
    assert found.text == f"dags list{behind}"


def test_most_lines_are_found_without_reading_every_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Version] = []

    def load(version: Version) -> Grammar:
        read.append(version)
        return grammar.load_grammar(version)

    # The package has a function of this name, which hides the module from an ordinary import.
    module = importlib.import_module("mwaa_shell.airflow.translation")
    monkeypatch.setattr(module, "load_grammar", load)
    for target in ("2.10.3", "3.3.1"):
        read.clear()
        assert translate("trigger_dag x", tree(target)) is not None
        assert len(read) <= 3


# -- every command and flag of every version ---------------------------------------------------------------------------

SAMPLES = {"int": "5", "positive_int": "5", "float": "5", "json.loads": '{"a": 1}'}


def sample(argument: Option | Positional) -> str:
    """A value that argparse takes."""
    key = key_of(argument)
    if argument.choices:
        return str(argument.choices[0])
    if "date" in key or "timestamp" in key or argument.type == "parsedate":
        return "2021-01-01"
    return SAMPLES.get((argument.type or "").partition("(")[0]) or ("{}" if "conf" in key else "x y")


def words(argument: Option | Positional, flag: str = "") -> list[str]:
    """An argument with as many values as it needs; of several for one option, the first."""
    count = max(fewest(argument.nargs), 0 if argument.nargs == 0 else 1)
    typed = [flag or argument.flags[-1]] if isinstance(argument, Option) else []
    return typed + [quote(sample(argument))] * count


def needed(command: Command) -> list[str]:
    """A line with all that the command cannot do without."""
    positionals = [word for one in command.positionals if one.required for word in words(one)]
    options = [word for one in command.options if one.required for word in words(one)]
    either = [group.members[0] for group in command.exclusive if group.required]
    chosen = [word for key in either if isinstance(one := command.option(key), Option) for word in words(one)]
    return [command.name, *positionals, *options, *chosen]


@cache
def lines_of(version: Version) -> tuple[str, ...]:
    """A line a command, and a line a flag, that the version takes."""
    here = grammar.load_grammar(version)
    lines = [line for command in here.commands() for line in _lines(command)]
    return tuple(line for line in lines if problem(line, here) is None)


def _lines(command: Command) -> Iterator[str]:
    yield " ".join(needed(command))
    for option in command.options:
        if not option.required:
            yield from (" ".join([*needed(command), *words(option, flag)]) for flag in option.flags)


@cache
def every_line() -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for version in VERSIONS for line in lines_of(version)))


def test_the_samples_are_taken_by_the_version_that_they_are_made_from() -> None:
    for version in VERSIONS:
        here = grammar.load_grammar(version)
        assert all(problem(" ".join(needed(command)), here) is None for command in here.commands())


@cache
def answers(version: Version) -> dict[str, Translation | None]:
    """Every line of every version, and what it is here."""
    return {line: translate(line, grammar.load_grammar(version)) for line in every_line()}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_line_of_every_version_has_an_answer(version: Version) -> None:
    """What another version takes is taken here too, or translated; once is enough; or the notes say why not."""
    target, found = grammar.load_grammar(version), answers(version)
    for line, said in found.items():
        if said is None or said.text is None:
            assert said is None or said.notes, line
            continue
        refused = problem(said.text, target)
        assert refused is None or refused.message in said.notes, (line, said)
        left = " ".join(note.partition(" left out: ")[0] for note in said.notes if " left out: " in note).split()
        named = not left or set(left).intersection(word for word in line.split() if word.startswith("-"))
        assert is_complete(said) or (left and named) or refused, (line, said)
        assert translate(said.text, target) is None, (line, said)
    told = [said for said in found.values() if said is not None]
    whole, none = sum(is_complete(said) for said in told), sum(said.text is None for said in told)
    print(f"{version}: of {len(found)} lines {len(told)} are told of: {whole} in full, {none} with nothing to run")


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_no_word_of_another_version_is_refused_in_silence(version: Version) -> None:
    """Only choices, and arguments that another version may do without, are left to the check before sending."""
    silent = [line for line, said in answers(version).items() if said is None]
    assert not [line for line in silent if _strange(line, grammar.load_grammar(version))]


def _strange(line: str, target: Grammar) -> bool:
    understood = understand(parse(line), target)
    return understood.command is None or any(part.role.value == "extra" for part in understood.parts)


@pytest.mark.parametrize("target", ["2.0.2", "2.10.3", "3.0.6", "3.3.1"])
def test_every_command_of_airflow_1_has_an_answer(target: str) -> None:
    here, gone = tree(target), set()
    for command in tree("1.10.12").commands():
        line = " ".join(needed(command))
        found = translate(line, here)
        assert (problem(line, here) is None) == (found is None), line
        if found is not None and found.text is None:
            gone.add(command.name)
            assert len(found.notes) > 1  # that there is nothing, and what to do instead
    assert gone == {"serve_logs"} | ({"run"} if target.startswith("3") else set())


@pytest.mark.parametrize("target", ["3.0.6", "3.2.1", "3.3.1"])
@pytest.mark.parametrize("source", [version for version in VERSIONS if version.major == 2], ids=str)
def test_every_command_that_airflow_3_removed_is_explained(source: Version, target: str) -> None:
    here, gone = tree(target), set()
    for command in grammar.load_grammar(source).commands():
        found = translate(" ".join(needed(command)), here)
        if found is not None and found.text is None:
            gone.add(command.name)
            assert table().advice(command.name, 3) in found.notes
    assert gone <= {"tasks run", "providers auth", "kubernetes cleanup-pods", "kubernetes generate-dag-yaml"} | {
        name for name in here.names if name not in tree("3.0.6").names
    } | {"celery remove-all-queues"}


# -- values ------------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXT, TEXT)
@settings(deadline=None)
def test_values_survive(one: str, two: str) -> None:
    line = f"variables --set {shlex.quote(one)} {shlex.quote(two)}"
    found = translate(line, tree("3.3.1"))
    if parse(line).values[2:] != (one, two) or problem(line, tree("1.10.12")) is not None:
        return
    assert found is not None
    assert found.text is not None
    given_back = [part.value for part in understand(parse(found.text), tree("3.3.1")).parts if part.argument]
    assert given_back == [one, two]
    assert all(typed in found.text for typed in (shlex.quote(one), shlex.quote(two)))


@pytest.mark.parametrize(
    "typed",
    ['\'{"a": "b  c"}\'', '"{\\"a\\": [1, 2]}"', "{}", '\'{"a": "x|y>z"}\'', '{\\"a\\":1}', "'{\"a\":\n1}'"],
)
@pytest.mark.parametrize("form", ["trigger_dag -c {} x", "trigger_dag --conf={} x", "trigger_dag x --con {} | jq ."])
def test_json_is_typed_as_it_was(form: str, typed: str) -> None:
    found = translate(form.replace("{}", typed, 1), tree("3.3.1"))
    assert found is not None
    assert found.text is not None
    assert typed in found.text
    assert is_complete(found)


WORDS = [
    *("airflow", "trigger_dag", "dags", "trigger", "backfill", "variables", "--set", "-s", "-e", "--conf=x", "--conf"),
    *("connections", "--add", "--conn_id", "pool", "--", "roles", "add-perms", "-a", "-r", "--re", "-fc", "-h", "x"),
    *("tasks", "clear", "2021-01-01", "''", "'", '"', "|", ">", "\\", "--no", "--conn_id=-x", "-sd", "create"),
]


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(WORDS),
            max_size=8,
        ).map(" ".join),
    ),
    st.sampled_from(VERSIONS),
)
@settings(max_examples=200, deadline=None)  # the first example reads the trees
def test_translation_never_raises(text: str, version: Version) -> None:
    found = translate(text, grammar.load_grammar(version))
    assert found is None or found.notes
    translate_file(text.splitlines(), grammar.load_grammar(version))


# -- files -------------------------------------------------------------------------------------------------------------

RUNBOOK = """\
# Trigger and look
trigger_dag x \\
  -e 2021-01-01

  airflow list_dags -r | grep x
dags list
.use other
dags backfill x \\
  -t '^a' -s 2021-01-01
dags lst
variables -s k 'a
b'
"""
TRANSLATED = """\
# Trigger and look
# trigger_dag is called dags trigger in Airflow 3
# -e is -l
dags trigger x -l 2021-01-01

  # list_dags --report is called dags report in Airflow 3
  airflow dags report | grep x
dags list
.use other
"""


def file_lines(lines: list[TranslatedLine]) -> Iterator[str]:
    return (line for one in lines for line in one.lines)


def test_a_file() -> None:
    lines = translate_file(RUNBOOK.splitlines(keepends=True), tree("3.3.1"))
    text = "\n".join(file_lines(lines)) + "\n"
    assert text.startswith(TRANSLATED)
    assert "\n# dags backfill x \\\n#   -t '^a' -s 2021-01-01\ndags lst\n" in text
    assert text.endswith("\n# variables --set is called variables set in Airflow 3\nvariables set k 'a\nb'\n")
    assert [line.number for line in lines] == [1, 2, 4, 5, 6, 7, 8, 10, 11]
    assert [line.number for line in lines if line.problem] == [8, 10]


def test_a_file_that_is_translated_stays_as_it_is() -> None:
    once = list(file_lines(translate_file(RUNBOOK.splitlines(), tree("3.3.1"))))
    assert list(file_lines(translate_file(once, tree("3.3.1")))) == once
    assert translate_file([], tree("3.3.1")) == []


# -- the data ----------------------------------------------------------------------------------------------------------


@cache
def commands(name: str) -> tuple[Command, ...]:
    found = (grammar.load_grammar(version).named(name) for version in VERSIONS)
    return tuple(command for command in found if command is not None)


def test_every_name_in_the_data_is_known() -> None:
    for deed in table().operations:
        every = [command for name in deed.names for command in commands(name.command)]
        for name in deed.names:
            assert commands(name.command), name
            for selector in name.selectors:
                assert any(argument_of(command, selector) for command in commands(name.command)), name
        keys = [
            word for same in (*deed.arguments, *deed.onward) for text in same for word in text.partition("=")[0].split()
        ]
        for key in [*keys, *deed.fill, *deed.fill.values()]:
            assert any(argument_of(command, key) for command in every), (deed.names, key)


def test_every_value_in_the_data_is_a_choice() -> None:
    for deed in table().operations:
        for key, value in (text.split("=") for same in (*deed.arguments, *deed.onward) for text in same if "=" in text):
            every = [argument_of(command, key) for name in deed.names for command in commands(name.command)]
            assert all(value in (one.choices or ()) for one in every if one is not None)


def test_every_flag_in_the_data_is_known_and_missed_somewhere() -> None:
    everywhere = [command for version in VERSIONS for command in grammar.load_grammar(version).commands()]
    known = {key_of(option, flag) for command in everywhere for option in command.options for flag in option.flags}
    for need in table().needs:
        assert known >= {flag.partition("=")[0] for flag in (*need.flags, *need.beside)}, need
        trees = [grammar.load_grammar(version) for version in VERSIONS if version.major in (need.majors or (1, 2, 3))]
        found = [
            command
            for here in trees
            for command in here.commands()
            if command.name in need.commands or not need.commands
        ]
        for flag in need.flags:
            assert any(argument_of(command, flag.partition("=")[0]) is None for command in found), (need, flag)
    assert known >= {key for same in table().arguments for key in same if key.startswith("-")}
    for advice in table().without:
        assert known >= set(advice.flags)
        for name in advice.commands:
            assert any(command.name == name for command in everywhere)
            have = [
                command for version in VERSIONS if (command := grammar.load_grammar(version).named(name)) is not None
            ]
            assert any(argument_of(command, flag) is None for command in have for flag in advice.flags), advice


#: What may be left out of a command that changes something: it says how that is printed, logged or spread over machines
#: and processes, what its files may be, or has less done without it; the other servers are none that MWAA lets start.
HARMLESS = {
    *("--access-logfile", "--access-logformat", "--batch-size", "--bundle-name", "--color", "--conn-description"),
    *(
        "--continue-on-failures",
        "--default",
        "--delay-on-limit",
        "--depends-on-past",
        "--description",
        "--dev",
        "--do-pickle",
    ),
    *("--donot-pickle", "--error-file", "--error-logfile", "--error-on-cleanup-failure", "--exclude-parentdag"),
    *("--exclude-subdags", "--ignore-dependencies", "--ignore-first-depends-on-past", "--include-dags", "--json"),
    *("--local", "--log-config", "--min-pending-minutes", "--no-replace-microseconds", "--no-reserialize-dags"),
    *("--no-shut-down-logging", "--only-idle", "--output", "--overwrite", "--proxy-headers", "--read-from-db"),
    *("--run-on-latest-version", "--subdir", "--umask", "--use-executor", "--use-migration-files", "--verbose"),
    *("--without-gossip", "--without-mingle", "--workerclass", "--yes"),
}


def dropped(command: Command, version: Version) -> Iterator[str]:
    """The flags that a version has nothing for, and that nothing in the data keeps from being dropped."""
    here = grammar.load_grammar(version)
    for deed in (one for one in table().operations if any(name.command == command.name for name in one.names)):
        yield from _dropped(command, deed, next(one for one in deed.names if one.command == command.name), here)
    if all(name.command != command.name for deed in table().operations for name in deed.names):
        yield from _dropped(command, *table().operation(command.name, frozenset()), here)


def _dropped(command: Command, deed: Operation, name: CommandName, here: Grammar) -> Iterator[str]:
    found = deed.name_in(here)
    if found is None or knowledge.danger(found[1].name, here.version).level is knowledge.Level.READ:
        return
    for option in command.options:
        key, values = key_of(option), map(str, option.choices or ("",))
        lost = [value for value in values if deed.place(key, value, found[1]) is None]
        names = (name.command, found[0].command)
        keep = [table().need(names, key, value, here.version.major, frozenset()) for value in lost]
        if lost and not any(keep) and not table().is_verb(command.name, key):
            yield key


def test_somebody_has_thought_of_every_flag_that_is_dropped() -> None:
    for source in VERSIONS:
        for command in grammar.load_grammar(source).commands():
            for target in VERSIONS:
                strange = set(dropped(command, target)) - HARMLESS
                unused = strange and command.name == "connections"  # a host with --delete: Airflow 1 refuses it
                assert not strange or unused, (str(source), command.name, str(target), strange)


def test_advice_is_for_commands_that_are_missed() -> None:
    for advice in table().instead:
        for name in advice.commands:
            assert commands(name), name
        for major in advice.majors:
            trees = [grammar.load_grammar(version) for version in VERSIONS if version.major == major]
            assert any(here.named(name) is None for here in trees for name in advice.commands), advice


NAMES = ("Airflow", "AWS", "DAG", "MWAA")


def begins_a_sentence(text: str) -> bool:
    """Return whether a text begins with a capital, or as a command or an argument is written."""
    first = text.split(maxsplit=1)[0].rstrip(",")
    return first[0].isupper() or first.startswith("-") or first in first_words()


@cache
def first_words() -> frozenset[str]:
    """Return the first words of all commands, and the positionals."""
    commands = [command for version in VERSIONS for command in grammar.load_grammar(version).commands()]
    positionals = {one.name for command in commands for one in command.positionals}
    return frozenset({command.name.split()[0] for command in commands} | positionals)


def test_notes_read_well_in_a_row() -> None:
    sentences = [one.text for one in (*table().instead, *table().without)]
    sentences += [note for deed in table().operations for notes in deed.notes.values() for note in notes]
    ends = [one.text for one in table().needs]
    assert all(text[-1].isalnum() or text[-1] == "_" for text in (*sentences, *ends))
    assert not [text for text in sentences if not begins_a_sentence(text)]
    assert all(not text[0].isupper() or text.startswith(NAMES) for text in ends)


def test_every_note_reads_well_in_a_row() -> None:
    said = [one for one in answers(VERSIONS[-1]).values() if one is not None]
    notes = {note for one in said for note in (*one.notes, *one.details)}
    assert not [note for note in notes if not begins_a_sentence(note)]


def test_notes_are_for_names_that_differ() -> None:
    for deed in table().operations:
        for name in deed.notes:
            assert name in {one.command for one in deed.names} or int(name) in {1, 2, 3}


def test_a_comment_behind_a_command_stays() -> None:
    lines = ["trigger_dag x  # nightly", "dags list # all"]
    assert list(file_lines(translate_file(lines, tree("2.10.3"))))[-2:] == [
        "dags trigger x  # nightly",
        "dags list # all",
    ]
