"""Held here: there is a tree for every Airflow of MWAA, with the facts that are known of it; how a tree is asked."""

from __future__ import annotations

import argparse
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.grammar import Command, ExclusiveGroup, Grammar, Option, Positional
from mwaa_shell.airflow.versions import Version
from mwaa_shell.local.recipes import recipes
from tests import grammars

#: groups, commands, options without --help, positionals; counted in an Airflow's parser by another program
COUNTS = {
    Version(1, 10, 12): (0, 39, 158, 28),
    Version(2, 0, 2): (12, 75, 196, 56),
    Version(2, 2, 2): (13, 82, 248, 57),
    Version(2, 4, 3): (13, 91, 297, 60),
    Version(2, 5, 1): (13, 93, 355, 62),
    Version(2, 6, 3): (13, 97, 371, 64),
    Version(2, 7, 2): (12, 101, 391, 62),
    Version(2, 8, 1): (12, 102, 396, 62),
    Version(2, 9, 2): (12, 104, 414, 62),
    Version(2, 10, 1): (12, 104, 416, 62),
    Version(2, 10, 3): (12, 104, 416, 62),
    Version(2, 11, 0): (12, 106, 428, 62),
    Version(2, 11, 2): (12, 112, 436, 62),
    Version(3, 0, 6): (15, 114, 405, 59),
    Version(3, 2, 1): (18, 124, 458, 64),
    Version(3, 3, 1): (20, 128, 483, 65),
}
VERSIONS = grammar.versions()
V1, V2, V3 = Version(1, 10, 12), Version(2, 10, 3), Version(3, 3, 1)
each_version = pytest.mark.parametrize("version", VERSIONS, ids=str)


def command(version: Version, name: str) -> Command:
    found = grammar.load_grammar(version).named(name)
    assert found is not None
    return found


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys left aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def test_there_is_a_tree_for_each_version_that_mwaa_has_offered() -> None:
    made_by = "python -m tests.grammars VERSION makes the tree of a version in local/recipes.toml"
    assert tuple(recipe.version for recipe in recipes()) == VERSIONS, made_by


@pytest.mark.parametrize("version", COUNTS, ids=str)
def test_counts(version: Version) -> None:
    tree = grammar.load_grammar(version)
    commands = list(tree.commands())
    options = sum(len(one.options) for one in commands)
    positionals = sum(len(one.positionals) for one in commands)
    assert tree.version == version
    assert (len(tree.groups), len(commands), options, positionals) == COUNTS[version]


@each_version
def test_a_file_has_one_command_a_line_sorted_by_name(version: Version) -> None:
    text = grammars.data_file(version).read_text()
    head, groups, opening, *lines, closing, nothing = text.split("\n")
    assert json.loads(head.rstrip(",") + "}") == {"version": str(version)}
    assert groups.startswith('"groups": [')
    assert (opening, closing, nothing) == ('"commands": {', "}}", "")
    names = [name for line in lines for name in json.loads("{" + line.rstrip(",") + "}")]
    assert names == sorted(names) == list(grammar.load_grammar(version).names)


@each_version
def test_a_file_holds_facts_only(version: Version) -> None:
    data = json.loads(grammars.data_file(version).read_text())
    for text in strings(data):
        assert "/" not in text, f"{text} looks like a path"
        assert len(text) <= 45, f"{text} looks like a help text"
    assert '"help"' not in grammars.data_file(version).read_text()


@each_version
def test_every_argument_is_whole(version: Version) -> None:
    for one in grammar.load_grammar(version).commands():
        for option in one.options:
            assert option.flags
            assert all(flag.startswith("-") for flag in option.flags)
            assert option.takes_value == (option.action in ("store", "append"))
        assert all(positional.name.isidentifier() for positional in one.positionals)


def test_the_first_major_has_commands_of_one_word() -> None:
    tree = grammar.load_grammar(V1)
    trigger = command(V1, "trigger_dag")
    assert all(" " not in name for name in tree.names)
    assert trigger.positionals == (Positional("dag_id"),)
    assert trigger.option("--exec_date") == Option(("-e", "--exec_date"), "exec_date", type="parsedate")
    pools = command(V1, "pool").option("-s")
    assert pools is not None
    assert (pools.nargs, pools.metavar) == (3, ("NAME", "SLOT_COUNT", "POOL_DESCRIPTION"))


@each_version
def test_which_dag_runs_are_listed(version: Version) -> None:
    runs = command(version, "dags list-runs" if version.major > 1 else "list_dag_runs")
    flag = runs.option("-d")
    if version.major == 2:
        assert flag is not None
        assert flag.required == (version >= (2, 4, 3))
        assert runs.positionals == ()
    else:
        assert flag is None
        assert [(one.name, one.required) for one in runs.positionals] == [("dag_id", True)]


@each_version
def test_what_triggering_a_dag_takes(version: Version) -> None:
    trigger = command(version, "dags trigger" if version.major > 1 else "trigger_dag")
    assert (trigger.option("-o") is not None) == (version >= (2, 6, 3))
    assert [one.name for one in trigger.positionals] == ["dag_id"]


@each_version
def test_the_choices_of_a_set_are_sorted(version: Version) -> None:
    color = command(version, "config list" if version.major > 1 else "config").option("--color")
    assert color is not None
    assert color.choices == ("auto", "off", "on")


def test_what_has_its_usual_value_is_put_back() -> None:
    delete = command(V2, "dags delete")
    assert delete.option("-y") == Option(("-y", "--yes"), "yes", nargs=0, default=False, action="store_true")
    replace = command(V2, "dags trigger").option("--no-replace-microseconds")
    assert replace is not None
    assert (replace.dest, replace.default, replace.action) == ("replace_microseconds", True, "store_false")


def test_values_have_the_type_that_the_parser_gives_them() -> None:
    assert command(V2, "tasks test").option("--map-index") == Option(
        ("--map-index",), "map_index", None, None, "int", -1
    )
    limit = command(V3, "dags next-execution").option("-n")
    assert limit is not None
    assert limit.type == "positive_int(allow_zero=False)"


@pytest.mark.parametrize(
    ("words", "name", "count"),
    [
        ("dags trigger", "dags trigger", 2),
        ("dags trigger my_dag -c {}", "dags trigger", 2),
        ("version", "version", 1),
        ("version dags list", "version", 1),
        ("tasks list tree", "tasks list", 2),
    ],
)
def test_the_command_that_words_begin_with(words: str, name: str, count: int) -> None:
    assert grammar.load_grammar(V2).command(words.split()) == (command(V2, name), count)


@pytest.mark.parametrize("words", [[], [""], ["dags"], ["dags list"], ["trigger_dag"], ["dags", "lst"], ["-h"]])
def test_words_that_begin_with_no_command(words: list[str]) -> None:
    assert grammar.load_grammar(V2).command(words) is None


@settings(deadline=None)
@given(st.lists(st.sampled_from(["dags", "list", "trigger", "version", "x", "", "dags list"]) | st.text()))
def test_any_words_are_a_command_or_none(words: list[str]) -> None:
    found = grammar.load_grammar(V3).command(words)
    assert found is None or found[0].name.split() == words[: found[1]]


def test_a_command_is_made_once() -> None:
    tree = grammar.load_grammar(V3)
    assert tree.named("dags list") is tree.named("dags list")
    assert tree is grammar.load_grammar(V3)


def test_what_is_in_a_group() -> None:
    tree = grammar.load_grammar(V2)
    assert tree.below("pools") == tuple(f"pools {one}" for one in ("delete", "export", "get", "import", "list", "set"))
    assert tree.below("pool") == tree.below("version") == ()
    assert tree.words_after(["pools"]) == ("delete", "export", "get", "import", "list", "set")
    assert tree.words_after(["version"]) == tree.words_after(["nope"]) == ()
    assert set(tree.groups) < set(tree.words_after([]))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        *((version, version) for version in VERSIONS),
        (Version(2, 10, 2), Version(2, 10, 1)),
        (Version(2, 12, 0), Version(2, 11, 2)),
        (Version(2, 0, 1), Version(2, 0, 2)),
        (Version(3, 1, 8), Version(3, 0, 6)),
        (Version(3, 10, 0), VERSIONS[-1]),
        (Version(3, 0, 0), Version(3, 0, 6)),
        (Version(1, 8, 0), Version(1, 10, 12)),
        (Version(4, 0, 0), None),
        (Version(0, 1, 0), None),
    ],
    ids=str,
)
def test_the_nearest_version(asked: Version, answer: Version | None) -> None:
    assert grammar.nearest(asked) == answer


def test_the_nearest_tree_has_the_name_of_the_version() -> None:
    newer = Version(VERSIONS[-1].major, VERSIONS[-1].minor + 1)
    near, known = grammar.tree_for(newer), grammar.load_grammar(VERSIONS[-1])
    assert near is not None
    assert (near.version, near.tree, near.is_exact, near.names) == (newer, known.version, False, known.names)
    assert grammar.tree_for(VERSIONS[-1]) is known
    assert known.is_exact
    assert grammar.tree_for(Version(99)) is None


def test_a_version_that_we_do_not_have() -> None:
    with pytest.raises(FileNotFoundError):
        grammar.load_grammar(Version(2, 10, 2))


def test_the_tree_for_other_programs() -> None:
    made = grammar.as_json(grammar.load_grammar(V3))
    assert json.loads(json.dumps(made)) == made
    assert set(made) == {"version", "commands"}
    assert (made["version"], len(made["commands"])) == ("3.3.1", 128)
    runs = made["commands"]["dags list-runs"]
    assert runs["positionals"] == [{"name": "dag_id", "nargs": None, "choices": None}]
    assert {"flags": ["-v", "--verbose"], "nargs": 0, "choices": None, "required": False} in runs["options"]
    output = next(option for option in runs["options"] if "-o" in option["flags"])
    assert output["choices"] == ["table", "json", "yaml", "plain"]


# -- reading a parser ------------------------------------------------------------------------------------------------


def made_up_parser() -> argparse.ArgumentParser:
    """What argparse can do, whether or not an Airflow of today does it."""
    parser = argparse.ArgumentParser()
    top = parser.add_subparsers()
    group = top.add_parser("dags", aliases=["d"]).add_subparsers()
    run = group.add_parser("run", aliases=["r"])
    run.add_argument("dag_id")
    run.add_argument("rest", nargs="...")
    run.add_argument("-s", "--state", choices={"b", "a"}, default=str(Path(__file__)))
    run.add_argument("--many", action="append", type=int, nargs="+", metavar=("A", "B"), required=True)
    run.add_argument("--really", action=argparse.BooleanOptionalAction, default=False)
    run.add_argument("-V", action="count", dest="loud")
    either = run.add_mutually_exclusive_group(required=True)
    either.add_argument("-a", "--all", action="store_true")
    either.add_argument("one", nargs="?", default="x")
    run.set_defaults(func=made_up_parser)
    top.add_parser("info").set_defaults(func=made_up_parser)
    return parser


@pytest.fixture(scope="module")
def made_up() -> Grammar:
    reader = runpy.run_path(str(Path(grammars.__file__).parent / "read_parser.py"))
    return grammar.read_grammar(grammars.render(Version(9), reader["tree"](made_up_parser())))


def test_a_parser_is_read_and_read_back(made_up: Grammar) -> None:
    assert (made_up.version, made_up.groups, made_up.names) == (Version(9), ("dags",), ("dags run", "info"))
    assert made_up.named("info") == Command("info", (), (), ())
    assert made_up.named("dags run") == Command(
        "dags run",
        (Positional("dag_id"), Positional("rest", "..."), Positional("one", "?", default="x")),
        (
            Option(("-s", "--state"), "state", choices=("a", "b")),
            Option(("--many",), "many", "+", type="int", required=True, action="append", metavar=("A", "B")),
            Option(("--really", "--no-really"), "really", 0, default=False, action="BooleanOptionalAction"),
            Option(("-V",), "loud", 0, action="count"),
            Option(("-a", "--all"), "all", 0, default=False, action="store_true"),
        ),
        (ExclusiveGroup(("--all", "one"), required=True),),
    )


@pytest.mark.parametrize("words", ["dags run", "d run", "dags r", "d r"])
def test_an_alias_is_as_good_as_the_name(made_up: Grammar, words: str) -> None:
    assert made_up.command([*words.split(), "x"]) == (made_up.named("dags run"), 2)
    assert made_up.words_after([]) == ("d", "dags", "info")
