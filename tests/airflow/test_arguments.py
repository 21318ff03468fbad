"""Held here: how a line is read against a version's commands, and what is wanted where the cursor stands (``^``)."""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.arguments import HELP, ParsedCommand, names_of, understand
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.completion import (
    CursorContext,
    ExpectsCommand,
    ExpectsFlag,
    ExpectsValue,
    cursor_context,
)
from mwaa_shell.airflow.grammar import Grammar, Option, Positional
from mwaa_shell.airflow.versions import Version
from tests import grammars

V1, V2, V3 = (grammar.load_grammar(version) for version in (Version(1, 10, 12), Version(2, 10, 3), Version(3, 3, 1)))


ADD = "group:roles command:add-perms"


def read(text: str, tree: Grammar = V2) -> ParsedCommand:
    return understand(parse(text), tree)


def roles(understanding: ParsedCommand) -> str:
    """Each part as in "flag:--conf"."""
    text = understanding.line.text
    return " ".join(f"{part.role.value}:{text[part.start : part.end]}" for part in understanding.parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("# dags list", ""),
        (".use dags", ""),
        ("dags", "group:dags"),
        ("airflow dags list", "group:dags command:list"),
        ("version x", "command:version extra:x"),
        ("dags triger x -c", "group:dags unknown:triger"),
        ("'dags list' x", "unknown:'dags list'"),
        ("-x dags -h list", "extra:-x group:dags flag:-h command:list"),
        ("dags trigger x --conf y", "group:dags command:trigger positional:x flag:--conf value:y"),
        ("dags trigger --con=y x", "group:dags command:trigger flag:--con value:y positional:x"),
        ("dags trigger --conf='{\"a\":1}' x", "group:dags command:trigger flag:--conf value:'{\"a\":1}' positional:x"),
        ("dags trigger --conf= x", "group:dags command:trigger flag:--conf value: positional:x"),
        ("dags trigger -cy x", "group:dags command:trigger flag:-c value:y positional:x"),
        ("dags trigger -c=y x", "group:dags command:trigger flag:-c value:y positional:x"),
        ("dags trigger -c -1 x", "group:dags command:trigger flag:-c value:-1 positional:x"),
        ("dags trigger -c '-a b' x", "group:dags command:trigger flag:-c value:'-a b' positional:x"),
        ("dags trigger -c --nope x", "group:dags command:trigger flag:-c extra:--nope positional:x"),
        ("dags trigger -- -c x", "group:dags command:trigger separator:-- positional:-c extra:x"),
        ("dags list -vojson", "group:dags command:list flag:-v flag:o value:json"),
        ("dags list -vZ", "group:dags command:list flag:-v extra:Z"),
        ("dags list --verbose=1", "group:dags command:list flag:--verbose extra:1"),
        ("tasks test a -S b 2021", "group:tasks command:test positional:a flag:-S value:b positional:2021"),
        ("dags test x -S y 2021", "group:dags command:test positional:x flag:-S value:y positional:2021"),
        ("celery worker --pid", "group:celery command:worker flag:--pid"),
        ("celery worker --pid x y", "group:celery command:worker flag:--pid value:x extra:y"),
        ("roles add-perms a -a c d -r e", f"{ADD} positional:a flag:-a value:c value:d flag:-r value:e"),
        ("connections add x --conn-p y", "group:connections command:add positional:x extra:--conn-p extra:y"),
        ("dags list | jq .", "group:dags command:list"),
        ("dags trigger 'open", "group:dags command:trigger positional:'open"),
    ],
)  # fmt: skip
def test_the_parts_of_a_line(text: str, expected: str) -> None:
    assert roles(read(text)) == expected


def test_the_first_version_has_other_words_and_odd_flags() -> None:
    assert roles(read("trigger_dag x -sd y", V1)) == "command:trigger_dag positional:x flag:-sd value:y"
    assert roles(read("list_dags -sdy", V1)) == "command:list_dags extra:-sdy"
    assert roles(read("run a b -int c", V1)) == "command:run positional:a positional:b flag:-int positional:c"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("dags trigger", ["dag_id"]),
        ("dags trigger x", []),
        ("tasks test a", ["task_id"]),
        ("dags list-runs", ["--dag-id"]),
        ("dags list-runs --dag=x", []),
        ("dags list-runs -dx", []),
        ("dags", []),
    ],
)
def test_what_is_missing(text: str, missing: list[str]) -> None:
    assert [names_of(one)[-1] for one in read(text).missing] == missing


def test_what_is_given() -> None:
    assert read("dags trigger x --con {}").given == {"-c", "--conf", "dag_id"}


# -- the cursor --------------------------------------------------------------------------------------------------------


def place(marked: str, tree: Grammar = V2) -> CursorContext:
    before, _, after = marked.partition("^")
    return cursor_context(read(before + after, tree), len(before))


def wants(found: CursorContext) -> str:
    words = []
    for want in found.expects:
        match want:
            case ExpectsCommand(before):
                words.append(f"command:{' '.join(before)}")
            case ExpectsFlag():
                words.append("flag")
            case ExpectsValue(Option(flags)):
                words.append(f"value:{flags[-1]}")
            case ExpectsValue(Positional(name)):
                words.append(f"positional:{name}")
    return ", ".join(words)


@pytest.mark.parametrize(
    ("marked", "fragment", "expected"),
    [
        ("^", "", "command:"),
        ("dtr^", "dtr", "command:"),
        ("airflow ^", "", "command:"),
        ("airflow dags ^", "", "command:dags"),
        ("dags tr^i x", "tr", "command:dags"),
        ("dags -^", "-", "command:dags"),
        ("dags nope ^", "", ""),
        ("dags trigger ^", "", "positional:dag_id, flag"),
        ("dags trigger -^", "-", "flag"),
        ("dags trigger --con^", "--con", "flag"),
        ("dags trigger x ^", "", "flag"),
        ("dags trigger x -c ^", "", "value:--conf"),
        ("dags trigger x -c -^", "-", "value:--conf"),
        ("dags list --output=js^", "js", "value:--output"),
        ("dags list --output=^", "", "value:--output"),
        ("dags list --output=j^son -v", "j", "value:--output"),
        ("dags list --out^put=json", "--out", "flag"),
        ("dags list -ojs^", "js", "value:--output"),
        ("dags list -vo^", "-vo", "flag"),
        ("dags list -vojs^", "js", "value:--output"),
        ("dags list -^vojson", "-", "flag"),
        ("dags list --verbose=x^", "x", ""),
        ("dags trigger 'my d^", "my d", "positional:dag_id, flag"),
        ("dags trigger --conf '{\"a^", '{"a', "value:--conf"),
        ("dags trigger --conf='{\"a^\": 1}' x", '{"a', "value:--conf"),
        ("tasks test a -m ^", "", "positional:task_id, flag"),
        ("tasks test a ^ c", "", "positional:task_id, flag"),
        ("tasks test a ^b c", "", "positional:task_id, flag"),
        ("dags trigger -- ^", "", "positional:dag_id"),
        ("dags trigger -- -^", "-", "positional:dag_id"),
        ("celery worker --pid ^", "", "value:--pid, flag"),
        ("roles add-perms x -a b ^", "", "value:--action, flag"),
        (".use ^", "", ""),
        ("# dags ^", "", ""),
        ("dags list > ^", "", ""),
        ("dags list^ | jq", "list", "command:dags"),
        ("airfl^ow dags", "airfl", ""),
    ],
)
def test_what_is_wanted_at_the_cursor(marked: str, fragment: str, expected: str) -> None:
    found = place(marked)
    assert (found.fragment, wants(found)) == (fragment, expected)


@pytest.mark.parametrize(
    ("marked", "start", "end", "quote"),
    [
        ("dags tri^g x", 5, 9, ""),
        ("dags ^ x", 5, 5, ""),
        ("dags ^trigger", 5, 12, ""),
        ("dags list --output=j^s", 19, 21, ""),
        ("dags list --out^put=js", 10, 18, ""),
        ("dags trigger 'a b^", 13, 17, "'"),
        ('dags trigger "a b^" -v', 13, 18, '"'),
        ("dags trigger 'a b'^", 13, 18, ""),
        ("dags trigger a\\^", 13, 15, ""),
    ],
)
def test_where_the_cursors_word_is(marked: str, start: int, end: int, quote: str) -> None:
    found = place(marked)
    assert (found.start, found.end, found.quote) == (start, end, quote)


def test_the_line_without_the_cursors_word_is_known() -> None:
    found = place("dags trigger x -^ --run-id y")
    assert found.without.given == {"dag_id", "-r", "--run-id"}


# -- argparse's odder arities, which no Airflow has so far -------------------------------------------------------------


@pytest.fixture(scope="module")
def made_up() -> Grammar:
    parser = argparse.ArgumentParser()
    top = parser.add_subparsers()
    group = top.add_parser("g", aliases=["gg"]).add_subparsers().add_parser("deep", aliases=["d"])
    run = group.add_subparsers().add_parser("run")
    run.add_argument("two", nargs=2)
    run.add_argument("more", nargs="+")
    run.add_argument("--pair", nargs=2)
    run.add_argument("--plus", nargs="+")
    rest = top.add_parser("rest")
    rest.add_argument("one")
    rest.add_argument("all", nargs="...")
    number = top.add_parser("number")
    number.add_argument("-1", action="store_true", dest="first")
    reader = runpy.run_path(str(Path(grammars.__file__).parent / "read_parser.py"))
    return grammar.read_grammar(grammars.render(Version(9), reader["tree"](parser)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gg d run a b c", "group:gg group:d command:run positional:a positional:b positional:c"),
        ("g deep run a", "group:g group:deep command:run extra:a"),
        ("g deep run --pair a b c", "group:g group:deep command:run flag:--pair value:a value:b extra:c"),
        ("g deep run --pair=a", "group:g group:deep command:run flag:--pair extra:a"),
        ("g deep run --plus a b", "group:g group:deep command:run flag:--plus value:a value:b"),
        ("rest a -x --y", "command:rest positional:a positional:-x positional:--y"),
        ("number -1 -2", "command:number flag:-1 extra:-2"),
    ],
)
def test_what_else_argparse_can_do(made_up: Grammar, text: str, expected: str) -> None:
    assert roles(read(text, made_up)) == expected


# -- anything ----------------------------------------------------------------------------------------------------------

PIECES = ["dags", "list", "trigger", "tasks", "test", "airflow", " ", " ", " ", "-", "--", "--conf", "--out", "=", "'",
          '"', "\\", "|", ">", "-vo", "x", "-1", "#", ".use", "variables set", "celery worker --pid"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join)


@settings(deadline=None, max_examples=500)
@given(TEXTS, st.integers(-2, 80), st.sampled_from([V1, V2, V3]))
def test_any_text_and_any_cursor_can_be_understood(text: str, cursor: int, tree: Grammar) -> None:
    understanding = read(text, tree)
    last = 0
    for part in understanding.parts:
        assert last <= part.start <= part.end
        assert part.word.start <= part.start <= part.end <= part.word.end
        assert part.word in understanding.line.words
        last = part.end
    found = cursor_context(understanding, cursor)
    assert 0 <= found.start <= max(0, min(cursor, len(text))) <= found.end <= len(text)


def test_help_is_an_option_like_any_other() -> None:
    assert [part.argument for part in read("dags list -vh").parts][-1] is HELP
