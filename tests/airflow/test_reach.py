"""What a command reaches, in words: over all command trees, and however the words are typed."""

from __future__ import annotations

import random

import pytest

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import Grammar, load_grammar, versions
from mwaa_shell.airflow.reach import What, join_names, reach_of
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version

V1, V2, V3 = (load_grammar(Version(*numbers)) for numbers in ((1, 10, 12), (2, 10, 3), (3, 3, 1)))
TREES = [load_grammar(version) for version in versions()]

SENTENCES = {
    "tasks clear a": "Clears all task instances of all runs of a, failed or not. They run again.",
    "tasks clear -f a": "Clears the failed task instances of all runs of a. They run again.",
    "tasks clear -r a": "Clears the running task instances of all runs of a. They run again.",
    "tasks clear -fr a": "Clears the failed and running task instances of all runs of a. They run again.",
    "tasks clear a -s 2024-05-01": (
        "Clears all task instances of the runs of a from 2024-05-01 on, failed or not. They run again."
    ),
    "tasks clear a -e 2024-05-01": (
        "Clears all task instances of the runs of a up to 2024-05-01, failed or not. They run again."
    ),
    "tasks clear a -f -s 2024-05-01 -e 2024-05-02": (
        "Clears the failed task instances of the runs of a from 2024-05-01 to 2024-05-02. They run again."
    ),
    "tasks clear -R '^a b'": (
        "Clears all task instances of all runs of all DAGs that match '^a b', failed or not. They run again."
    ),
    "dags delete a": "Deletes all runs, task instances and history of a.",
    "dags delete 'a b'": "Deletes all runs, task instances and history of 'a b'.",
    "dags trigger a": "Starts a run of a.",
    "dags pause --treat-dag-id-as-regex '^a'": "Pauses all DAGs that match '^a'. Their schedules stop.",
    "dags unpause --treat-dag-id-as-regex '^a'": (
        "Unpauses all DAGs that match '^a'. Airflow starts the runs that are due."
    ),
    "db clean --clean-before-timestamp 2026-01-01": (
        "Deletes all rows older than 2026-01-01 from all tables. A copy stays in the database."
    ),
    "db clean --clean-before-timestamp 2026-01-01 -t log,xcom --skip-archive": (
        "Deletes all rows older than 2026-01-01 from the tables log and xcom. No copy stays."
    ),
}
OF_TWO = {
    "tasks clear a -t ^l -d": (
        "Clears all task instances of tasks that match '^l' and all downstream of them, in all runs of a, "
        "failed or not. They run again."
    ),
    "tasks clear -R ^a -S /dags/x": (
        "Clears all task instances of all runs of all DAGs in /dags/x that match '^a', failed or not. They run again."
    ),
    "dags backfill a -s 2024-05-01": "Runs a for 2024-05-01.",
    "dags backfill a -s 2024-05-01 -e 2024-05-02 --reset-dagruns": (
        "Clears the runs of a from 2024-05-01 to 2024-05-02 that exist. Runs a from 2024-05-01 to 2024-05-02."
    ),
    "dags backfill a -s 2024-05-01 -t l --rerun-failed-tasks": (
        "Runs the tasks that match 'l' of a for 2024-05-01. Failed tasks run again."
    ),
    "dags backfill a -e 2024-05-01 -m": "Marks as successful a for 2024-05-01.",
    "dags trigger a -e 2024-05-01": "Starts a run of a for 2024-05-01.",
}
OF_THREE = {
    "tasks clear a -t l -ud": (
        "Clears all task instances of tasks with 'l' in their ID and all upstream and downstream of them, "
        "in all runs of a, failed or not. They run again."
    ),
    "dags trigger a -l 2024-05-01": "Starts a run of a for 2024-05-01.",
    "backfill create --dag-id a --from-date 2026-01-01 --to-date 2026-01-07": (
        "Creates the missing runs of a from 2026-01-01 to 2026-01-07."
    ),
    "backfill create --dag-id a --from-date 2026-01-01 --to-date 2026-01-07 --reprocess-behavior failed": (
        "Creates the missing runs of a from 2026-01-01 to 2026-01-07, and clears those that failed."
    ),
    "backfill create --dag-id a --from-date 2026-01-01 --to-date 2026-01-07 --reprocess-b=completed": (
        "Creates the missing runs of a from 2026-01-01 to 2026-01-07, and clears those that ended, failed or not."
    ),
}
OF_THE_NEWEST = {
    "dags clear a --run-id r": "Clears all task instances of the run r of a, failed or not. They run again.",
    "dags clear a --partition-key k -f": (
        "Clears the failed task instances of the runs of a with the partition key k. They run again."
    ),
    "dags clear a --partition-date-start 2026-01-01 --partition-date-end 2026-01-02": (
        "Clears all task instances of the runs of a with partition dates from 2026-01-01 to 2026-01-02, "
        "failed or not. They run again."
    ),
    "db clean --clean-before-timestamp 2026-01-01 --dag-ids a,b": (
        "Deletes all rows older than 2026-01-01 from all tables, only of a and b. A copy stays in the database."
    ),
    "db clean --clean-before-timestamp 2026-01-01 --exclude-dag-ids a": (
        "Deletes all rows older than 2026-01-01 from all tables, but not of a. A copy stays in the database."
    ),
}
OF_ONE = {
    "clear a": SENTENCES["tasks clear a"],
    "clear -dx ^a -c": (
        "Clears all task instances of all runs of all DAGs that match '^a', failed or not. They run again."
    ),
    "delete_dag a": SENTENCES["dags delete a"],
    "trigger_dag a -e 2020-05-01": "Starts a run of a for 2020-05-01.",
    "backfill a -s 2020-05-01 --reset_dagruns": (
        "Clears the runs of a for 2020-05-01 that exist. Runs a for 2020-05-01."
    ),
}
#: Where one Airflow has the words and another one has not, or takes other flags.
TABLES = ((TREES, SENTENCES), (TREES[1:], OF_TWO), (TREES, OF_THREE), ([V3], OF_THE_NEWEST), ([V1], OF_ONE))


def said(line: str, grammar: Grammar | None) -> str | None:
    reach = reach_of(parse(line), grammar)
    return reach.effect if reach else None


@pytest.mark.parametrize("grammar", TREES, ids=lambda grammar: str(grammar.version))
def test_sentences_hold_in_every_tree_that_takes_the_line(grammar: Grammar) -> None:
    told = 0
    for trees, table in TABLES:
        if grammar not in trees or (table is OF_THREE and grammar.version.major < 3):
            continue
        if table is OF_TWO and grammar.version.major != 2:
            continue
        for line, sentence in table.items():
            taken = validate(understand(parse(line), grammar)) is None
            assert said(line, grammar) == (sentence if taken else None), line
            told += taken
    assert told >= len(OF_ONE)


def test_every_sentence_is_taken_by_some_tree() -> None:
    for trees, table in TABLES:
        for line in table:
            assert any(validate(understand(parse(line), grammar)) is None for grammar in trees), line


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("tasks clear -- a", "tasks clear a"),
        ("tasks -- clear a", "tasks clear a"),
        ("-- tasks clear a", "tasks clear a"),
        ("tasks clear --only-f a", "tasks clear -f a"),
        ("tasks clear a --start-date=2024-05-01", "tasks clear a -s 2024-05-01"),
        ("tasks clear a -s2024-05-01", "tasks clear a -s 2024-05-01"),
        ("tasks clear a -s 2023-01-01 -s 2024-05-01", "tasks clear a -s 2024-05-01"),
        ("tasks clear -Ry '^a b'", "tasks clear -R '^a b'"),
        ("airflow dags delete -y -- a", "dags delete a"),
        ("dags delete -- a", "dags delete a"),
    ],
)
@pytest.mark.parametrize("grammar", [V2, V3])
def test_words_count_as_argparse_counts_them(line: str, plain: str, grammar: Grammar) -> None:
    assert said(line, grammar) == SENTENCES[plain]
    assert reach_of(parse(line), grammar) == reach_of(parse(plain), grammar)


@pytest.mark.parametrize(
    ("line", "grammar"),
    [
        ("dags list", V2),
        ("dags delete", V2),
        ("dags delete a b", V2),
        ("dags delete a --help", V2),
        ("dags clear a", V3),
        ("dags pause a", V3),
        ("variables delete a", V3),
        ("dags clear a --run-id r --partition-key k", V3),
        ("my-plugin do", V2),
        ("", V2),
        ("my-plugin do", None),
    ],
)
def test_what_has_no_sentence(line: str, grammar: Grammar | None) -> None:
    assert reach_of(parse(line), grammar) is None


@pytest.mark.parametrize("table", [SENTENCES, OF_ONE])
def test_an_unknown_version_says_what_the_newest_says_and_counts_nothing(table: dict[str, str]) -> None:
    for line, sentence in table.items():
        reach = reach_of(parse(line), None)
        assert reach is not None
        assert (reach.effect, reach.selection) == (sentence, None), line


def test_reading_never_raises() -> None:
    chance = random.Random(16)
    words = [
        "--",
        "-",
        "",
        "a",
        "'",
        "-s",
        "2024-05-01",
        "-t",
        "^a",
        "-Rfy",
        "--start-date=",
        "--task-regex=[",
        "--help",
    ]
    names = sorted({line.rpartition(" a")[0] or line for _, table in TABLES for line in table})
    for _ in range(3000):
        line = " ".join([chance.choice(names), *chance.choices(words, k=chance.randrange(5))])
        reach = reach_of(parse(line), chance.choice([*TREES, None]))
        assert reach is None or reach.effect.endswith("."), line


def test_a_dry_run_is_proposed() -> None:
    hints = {
        "db clean --clean-before-timestamp 2026-01-01": "With --dry-run, Airflow counts the rows of each table.",
        "backfill create --dag-id a --from-date 2026-01-01 --to-date 2026-01-07": (
            "With --dry-run, Airflow lists their dates."
        ),
        "tasks clear a -t ^l": "Airflow 3 takes --task-regex as plain text.",
        "tasks clear a -t l_2": "",
    }
    for line, hint in hints.items():
        reach = reach_of(parse(line), V3)
        assert reach is not None
        assert reach.hint == hint, line


def test_what_starts_something_names_its_dag() -> None:
    starts = {"dags trigger a", "tasks clear a", "dags clear a --run-id r"}
    for line in (*starts, "tasks clear -R a", "dags delete a"):
        reach = reach_of(parse(line), V3)
        assert reach is not None
        assert reach.starts_in == ("a" if line in starts else ""), line


def test_a_clear_is_counted_by_its_own_filters() -> None:
    reach = reach_of(parse("tasks clear a -t l -d -f -s 2024-05-01"), V2)
    assert reach is not None
    assert reach.selection is not None
    given = {name: value for name, value in reach.selection._asdict().items() if value}
    assert given == {
        "what": (What.TASKS,),
        "dags": ("a",),
        "tasks": "l",
        "downstream": True,
        "since": "2024-05-01",
        "until_now": True,
        "states": ("failed", "upstream_failed"),
    }


def test_of_many_names_the_first_are_listed() -> None:
    assert join_names(["a"]) == "a"
    assert join_names(["a", "b c", "d"]) == "a, 'b c' and d"
    assert join_names([str(number) for number in range(1500)]) == "0, 1, 2, 3, 4 and 1,495 more"
