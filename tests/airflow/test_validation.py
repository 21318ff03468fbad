"""Held here: what is found wrong with a line before it is sent, in which words, and where the cursor is put."""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow import grammar, knowledge
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import Problem, parse
from mwaa_shell.airflow.completion import suggest
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.validation import JSON_FLAGS, suggest_command, validate
from mwaa_shell.airflow.versions import Version
from tests import grammars

V1, V2, V3 = (grammar.load_grammar(version) for version in (Version(1, 10, 12), Version(2, 10, 3), Version(3, 3, 1)))


def check(text: str, tree: Grammar = V2) -> Problem | None:
    return validate(understand(parse(text), tree))


NO = "in Airflow 2.10.3"
DATE = "must be a date such as 2026-01-31 or 2026-01-31T12:00"
BRACE = "Expecting property name enclosed in double quotes"
UNQUOTED = "loses its double quotes"
FINE = {
    V1: ["list_dags", "trigger_dag x -c '{\"a\": 1}'", "run a b 2021-01-01 -int", "clear x -sd y", "test a b now -dr"],
    V2: [
        *("dags list", "dags trigger x -c {}", "dags trigger --con '{\"a\": [1]}' x", "variables set -- -a -b"),
        *(
            "dags trigger x --conf ''",
            "dags list -o=json -v",
            "tasks test a b monday",
            "dags list-runs -dx -s 2021-W10",
        ),
        *(
            "dags --help nope",
            "-h",
            "dags trigger -h",
            "dags trigger --nope -h",
            "tasks clear -yd x",
            "airflow version",
        ),
        *("dags next-execution x -n 3", "pools set p -5 d", "connections export -- -", "celery worker --pid"),
        *("connections export x --serialization-format ' JSON'", "tasks test a b --env-vars '{}'", "", "# x", ".nope"),
    ],
    V3: [
        "dags trigger x -l 2021-01-01",
        "dags list-runs x",
        "backfill create --dag-id x --from-date P1D --to-date now",
    ],
}


@pytest.mark.parametrize(("tree", "text"), [(tree, text) for tree, texts in FINE.items() for text in texts])
def test_what_airflow_takes(tree: Grammar, text: str) -> None:
    assert check(text, tree) is None


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("dags triger x", f"Unknown command 'dags triger' {NO}. Did you mean 'dags trigger'?", 5),
        ("dag trigger x", f"Unknown command 'dag' {NO}. Did you mean 'dags trigger'?", 0),
        ("dag", f"Unknown command 'dag' {NO}. Did you mean 'dags'?", 0),
        ("trigger_dag x", f"Unknown command 'trigger_dag' {NO}. Did you mean 'dags trigger'?", 0),
        (
            "list-import-errors",
            f"Unknown command 'list-import-errors' {NO}. Did you mean 'dags list-import-errors'?",
            0,
        ),
        ("qqqq", f"Unknown command 'qqqq' {NO}", 0),
        ("'dags list'", f"Unknown command 'dags list' {NO}", 0),
        ("'dags lst'", f"Unknown command 'dags lst' {NO}. Did you mean 'dags list'?", 0),
        ("'' x", f"Unknown command '' {NO}", 0),
        ("airflow", "A command is missing after airflow", 0),
        ("pools", "pools requires a command: delete, export, get, import and 2 more", 5),
        ("cheat-sheet x", "Unexpected argument 'x' for cheat-sheet", 12),
        ("-x dags list", "'-x' must follow a command", 0),
        ("-v dags list", "'-v' must follow a command", 0),
        ("dags -v list", "'-v' must follow a command", 5),
        ("--", "There is no command in this line", 2),
        ("dags trigger", "dags trigger requires dag_id", 12),
        ("tasks test", "tasks test requires dag_id and task_id", 10),
        ("dags list-runs", "dags list-runs requires --dag-id", 14),
        ("dags trigger x y", "Unexpected argument 'y' for dags trigger", 15),
        (
            "dags trigger x --cnof {}",
            "Unknown option '--cnof' of dags trigger in Airflow 2.10.3. Did you mean '--conf'?",
            15,
        ),
        ("dags trigger --nope", "Unknown option '--nope' of dags trigger in Airflow 2.10.3", 13),
        ("dags list -vZ", "Unknown option '-Z' of dags list in Airflow 2.10.3", 12),
        ("dags trigger x -c", "-c requires a value", 17),
        ("dags list -vo", "-o requires a value: table, json, yaml or plain", 13),
        ("dags list --output=qq", "--output must be table, json, yaml or plain, not 'qq'", 19),
        ("dags list --verbose=1", "--verbose takes no value", 20),
        ("connections add x --conn-p y", "'--conn-p' is ambiguous: --conn-password or --conn-port", 18),
        ("tasks test a b --map-index x", "--map-index must be a whole number, not 'x'", 27),
        ("dags next-execution x -n 0", "--num-executions must be a whole number above 0, not 0", 25),
        ("dags list-runs -d x -s yesterday", f"--start-date {DATE}, not 'yesterday'", 23),
        ("dags list-runs -d x -s 2021-13-32", f"--start-date {DATE}, not '2021-13-32'", 23),
        ("dags trigger x -c '{\"a\": }'", "The JSON of --conf is malformed: Expecting value", 25),
        ('dags trigger x -c {"a": 1}', f"The JSON of --conf {UNQUOTED}", 18),
        ('dags trigger x --conf="{"a": 1}"', f"The JSON of --conf {UNQUOTED}", 22),
        ('dags trigger x -c "{\\"a\\" 1}"', "The JSON of --conf is malformed: Expecting ':' delimiter", 18),
        ("dags trigger x --conf={a}", f"The JSON of --conf is malformed: {BRACE}", 23),
        ("tasks test a b --env-vars nope", "The JSON of --env-vars is malformed: Expecting value", 26),
        ("dags trigger 'x", "The quote ' is not closed", 13),
    ],
)
def test_what_is_wrong(text: str, message: str, position: int) -> None:
    problem = check(text)
    assert problem is not None
    assert (problem.message, problem.position) == (message, position)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("qqqq", "List the commands with .help."),
        ("dags triger", ""),
        ('dags trigger x -c {"a": 1}', "Put the JSON in single quotes."),
        ("dags trigger x -c {a}", ""),
    ],
)
def test_hints(text: str, hint: str) -> None:
    problem = check(text)
    assert problem is not None
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("tree", "text", "message"),
    [
        (V1, "trigger_dag x -c {", f"The JSON of --conf is malformed: {BRACE}"),
        (V1, "dags list", "Unknown command 'dags' in Airflow 1.10.12. Did you mean 'list_dags'?"),
        (V1, "lst_dags", "Unknown command 'lst_dags' in Airflow 1.10.12. Did you mean 'list_dags'?"),
        (V3, "dags list-runs -d x", "Unknown option '-d' of dags list-runs in Airflow 3.3.1"),
        (
            V3,
            "dags show-dependencis",
            "Unknown command 'dags show-dependencis' in Airflow 3.3.1. Did you mean 'dags show-dependencies'?",
        ),
    ],
)
def test_what_is_wrong_in_other_versions(tree: Grammar, text: str, message: str) -> None:
    found = check(text, tree)
    assert found is not None
    assert found.message == message


ADD = "connections add c --conn-type http"
BACKFILL = "backfill create --dag-id x --from-date now --to-date now --dag-run-conf"
V30, V32 = (grammar.load_grammar(version) for version in (Version(3, 0, 6), Version(3, 2, 1)))


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (V1, "connections --add --conn_id c --conn_extra {a"),
        (V2, f"{ADD} --conn-extra {{a"),
        (V2, f"{ADD} --conn-extra [1]"),
        (V3, f"{ADD} --conn-extra ''"),
        (V3, f"{ADD} --conn-extra '{{}}'"),
        (V2, "connections add c --conn-json ''"),
        (V2, "tasks test a b --task-params ''"),
        (V2, "tasks test a b --task-params [1]"),
        (V2, "dags trigger x -c {a -c {}"),
        (V3, f"{BACKFILL} ''"),
        (V30, f"{BACKFILL} {{a"),
        (V32, f"{BACKFILL} {{a --dry-run"),
        (V3, "variables set k {a"),
        (V3, "dags trigger x -c {a -h"),
    ],
)
def test_text_that_airflow_does_not_read_as_json_or_not_yet(tree: Grammar, text: str) -> None:
    assert check(text, tree) is None


@pytest.mark.parametrize(
    ("tree", "text", "flag"),
    [
        (V1, "test a b now -tp {a", "--task_params"),
        (V1, "backfill x -c {a", "--conf"),
        (V2, "dags backfill x -c {a", "--conf"),
        (V2, "dags trigger x -c {} -c {a", "--conf"),
        (V2, "dags test x -c {a", "--conf"),
        (V2, "tasks test a b -t {a", "--task-params"),
        (V2, "tasks test a b --env-vars {a", "--env-vars"),
        (V2, "connections add c --conn-json {a", "--conn-json"),
        (V30, f"{ADD} --conn-extra {{a", "--conn-extra"),
        (V3, f"{ADD} --conn-extra {{a", "--conn-extra"),
        (V3, f"{BACKFILL} {{a", "--dag-run-conf"),
        (V3, f"{BACKFILL} {{a --dry-run", "--dag-run-conf"),
        (V32, f"{BACKFILL} {{a", "--dag-run-conf"),
    ],
)
def test_malformed_json(tree: Grammar, text: str, flag: str) -> None:
    found = check(text, tree)
    assert found == Problem(f"The JSON of {flag} is malformed: {BRACE}", text.rindex("{a") + 1)


@pytest.mark.parametrize(
    ("tree", "text", "flag"),
    [(V2, "connections add c --conn-json [1]", "--conn-json"), (V3, f"{ADD} --conn-extra [1]", "--conn-extra")],
)
def test_json_that_has_to_be_an_object(tree: Grammar, text: str, flag: str) -> None:
    assert check(text, tree) == Problem(f"{flag} must be a JSON object, not '[1]'", text.rindex("[1]"))


def test_everything_that_takes_json_is_known() -> None:
    """What the completion calls JSON is read as JSON, by argparse or after it."""
    for version in grammar.versions():
        for command in grammar.load_grammar(version).commands():
            for option in command.options:
                is_json = knowledge.argument_kind(command.name, option) is knowledge.Kind.JSON
                known = not JSON_FLAGS.keys().isdisjoint(option.flags) or option.type == "json.loads"
                assert is_json == (known or "--conn_extra" in option.flags), (command.name, option.flags)


def test_no_value_is_too_much() -> None:
    assert check(f"dags trigger x -c '{'[' * 100_000}'") is None
    found = check("pools set p " + "9" * 10_000 + " d")
    assert found == Problem(f"slots must be a whole number, not '{'9' * 37}...'", 12)


def test_what_was_meant_by_a_word() -> None:
    assert suggest_command(V2, [], "tasks_test") == "tasks test"
    assert suggest_command(V2, ["dags"], "trig") == "dags trigger"
    assert suggest_command(V2, ["dags"], "zzz") is None
    assert suggest_command(V2, [], "t") is None


@pytest.mark.parametrize(
    ("tree", "text", "meant"),
    [
        (V1, "tr", "trigger_dag"),
        (V1, "trig", "trigger_dag"),
        (V1, "list_dag", "list_dags"),
        (V1, "conn", "connections"),
        (V2, "tr", "dags trigger"),
        (V2, "trig", "dags trigger"),
        (V2, "dtr", "dags trigger"),
        (V2, "dags tr", "dags trigger"),
        (V2, "roles add", "roles add-perms"),
        (V2, "conn", "connections"),
        (V2, "pause", "dags pause"),
        (V2, "list", "dags list"),
        (V2, "vars", "variables"),
        (V2, "pols", "pools"),
        (V3, "dags tr", "dags trigger"),
        (V3, "bac", "backfill"),
    ],
)
def test_what_a_word_begins_is_meant_as_the_menu_has_it(tree: Grammar, text: str, meant: str) -> None:
    found = check(text, tree)
    assert found is not None
    assert found.message.endswith(f". Did you mean '{meant}'?")


@pytest.mark.parametrize("word", ["nope", "stop", "foo", "none", "resume"])
@pytest.mark.parametrize("group", ["dags", "pools", "variables", "connections"])
def test_no_guess_is_better_than_a_wild_one(group: str, word: str) -> None:
    assert suggest_command(V2, [group], word) is None


@pytest.mark.parametrize("word", ["cd", "ps", "reset", "stop"])
@pytest.mark.parametrize("tree", [V2, V3])
def test_a_word_of_another_shell_means_no_command(tree: Grammar, word: str) -> None:
    assert suggest_command(tree, [], word) is None


@pytest.mark.parametrize(
    ("group", "word", "meant"),
    [("dags", "shwo", "show"), ("dags", "puase", "pause"), ("pools", "lits", "list"), ("users", "craete", "create")],
)
def test_letters_that_have_changed_places(group: str, word: str, meant: str) -> None:
    assert suggest_command(V2, [group], word) == f"{group} {meant}"


@pytest.mark.parametrize("text", ["dags lsit", "dags puase", "tasks CLAER", "variables lst"])
def test_the_menu_begins_with_what_a_misspelled_word_means(text: str) -> None:
    group, word = text.split()
    assert f"{group} {suggest(text, len(text), V2)[0].text}" == suggest_command(V2, [group], word)


@pytest.mark.parametrize("tree", [V1, V2, V3])
def test_where_the_menu_has_one_item_it_is_meant(tree: Grammar) -> None:
    for group in ("", *tree.groups):
        start = [*group.split()]
        for word in tree.words_after(start):
            for count in range(2, len(word)):
                typed = " ".join([*start, word[:count]])
                items = [one.text for one in suggest(typed, len(typed), tree)]
                if len(items) == 1 and items[0] != word[:count]:
                    assert suggest_command(tree, start, word[:count]) == " ".join([*start, items[0]])


@pytest.fixture(scope="module")
def made_up() -> Grammar:
    """Groups of arguments that exclude each other, which no Airflow has so far."""
    parser = argparse.ArgumentParser()
    run = parser.add_subparsers().add_parser("run")
    either = run.add_mutually_exclusive_group(required=True)
    either.add_argument("-a", "--all", action="store_true")
    either.add_argument("--some")
    either.add_argument("one", nargs="?")
    run.add_argument("--pair", nargs=2, type=int)
    reader = runpy.run_path(str(Path(grammars.__file__).parent / "read_parser.py"))
    return grammar.read_grammar(grammars.render(Version(9), reader["tree"](parser)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run -a", None),
        ("run x", None),
        ("run -aa", None),
        ("run", Problem("run requires --all, --some or one", 3)),
        ("run -a --some x", Problem("--all and --some cannot be combined", 13)),
        ("run --some x y", Problem("--some and one cannot be combined", 13)),
        ("run -a --pair 1", Problem("--pair requires 2 values", 13)),
        ("run -a --pair 1 2", None),
        ("run -a --pair 1 x", Problem("--pair must be a whole number, not 'x'", 16)),
    ],
)
def test_arguments_that_exclude_each_other(made_up: Grammar, text: str, expected: Problem | None) -> None:
    assert check(text, made_up) == expected


PIECES = ["dags", "list", "trigger", "tasks", "test", "airflow", " ", " ", " ", "-", "--", "--conf", "--out", "=", "'",
          '"', "\\", "|", "-vo", "x", "-1", "-h", "{", "variables set", "celery worker --pid", "-s"]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join), st.sampled_from([V1, V2, V3]))
def test_any_line_can_be_checked(text: str, tree: Grammar) -> None:
    found = check(text, tree)
    assert found is None or (0 <= found.position <= len(text) and found.message and "\n" not in found.message)


@pytest.mark.parametrize("text", ["dags freeze x", "dags list --frozen", "dags list one", "dags list -o xml"])
def test_a_newer_airflow_may_have_what_this_one_lacks(text: str) -> None:
    problem = check(text)
    assert problem is not None
    assert problem.lacking
    assert validate(understand(parse(text), V2), lenient=True) is None


@pytest.mark.parametrize("text", ["dags trigger --frozen", "dags trigger x --frozen --conf {", "dags", "dags list -o"])
def test_a_newer_airflow_refuses_what_is_wrong_in_any(text: str) -> None:
    assert validate(understand(parse(text), V2), lenient=True) is not None
