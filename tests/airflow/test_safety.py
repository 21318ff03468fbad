"""What whole lines do, in each Airflow and in one that nobody knows, and the yes that is said beforehand."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.additions import with_yes_flag
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import Grammar, load_grammar
from mwaa_shell.airflow.knowledge import Level, danger_of, question_in, reads
from mwaa_shell.airflow.line_rules import problem_in
from mwaa_shell.airflow.versions import Version

V1, V2, V3 = (load_grammar(Version(*numbers)) for numbers in ((1, 10, 12), (2, 10, 3), (3, 3, 1)))


@pytest.mark.parametrize(
    ("line", "grammar", "level"),
    [
        ("dags list", V2, Level.READ),
        ("airflow dags list -o json", V3, Level.READ),
        ("dags delete --help", V2, Level.READ),
        ("dags trigger a", V2, Level.CHANGE),
        ("dags delete a", V2, Level.DESTROY),
        ("delete_dag a", V1, Level.DESTROY),
        ("variables -x a", V1, Level.DESTROY),
        ("variables -g a", V1, Level.READ),
        ("my-plugin do", V2, Level.CHANGE),
        ("dags", V2, Level.CHANGE),
        # no version: the worst that any Airflow makes of it
        ("dags list", None, Level.READ),
        ("delete_dag a", None, Level.DESTROY),
        ("dags delete a", None, Level.DESTROY),
        ("my-plugin do", None, Level.CHANGE),
        ("backfill create --dag-id a", None, Level.CHANGE),
        # separators, as the newest Pythons take them
        ("-- dags delete x -y", V2, Level.DESTROY),
        ("dags -- delete -- x", V2, Level.DESTROY),
        ("variables -- delete k", None, Level.DESTROY),
        ("-- dags -- list", V2, Level.READ),
        ("dags delete -- --help", V2, Level.DESTROY),
        ("db clean --clean-before-timestamp 2026-01-01 -- --dry-run", V2, Level.DESTROY),
        # what its Airflow would refuse: the worst that any makes of it, and no read
        ("variables delete k", V1, Level.DESTROY),
        ("delete_dag a", V3, Level.DESTROY),
        ("dags list", V1, Level.CHANGE),
        ("dags list surplus", V2, Level.CHANGE),
        ("dags list --my-flag", V2, Level.CHANGE),
        ("variables get k", None, Level.READ),
        ("dags list-runs a", None, Level.READ),
    ],
)
def test_what_lines_do(line: str, grammar: Grammar | None, level: Level) -> None:
    assert danger_of(parse(line), grammar).level is level
    assert reads(parse(line), grammar) is (level is Level.READ)


@pytest.mark.parametrize(
    ("line", "grammar", "sent"),
    [
        ("dags delete a", V2, "dags delete a -y"),
        ("airflow dags delete a", V2, "dags delete a -y"),
        ("delete_dag a", V1, "delete_dag a -y"),
        ("clear a", V1, "clear a -c"),
        ("tasks clear a | cat", V3, "tasks clear a -y"),
        ("dags delete -- -a", V2, "dags delete -y -- -a"),
        ("-- dags delete a", V2, "-- dags delete a -y"),
        ("dags -- delete -- a", V2, "dags -- delete -y -- a"),
        ("dags delete a --", V2, "dags delete -y a --"),
        ("db clean --clean-before-timestamp 2026-01-01", V2, "db clean --clean-before-timestamp 2026-01-01 -y"),
    ],
)
def test_the_flag_that_says_yes(line: str, grammar: Grammar, sent: str) -> None:
    made = with_yes_flag(parse(line), grammar)
    assert made is not None
    assert made.command == sent
    assert made.destination == parse(line).destination
    assert problem_in(made.command, grammar) is None
    assert question_in(made, grammar) is None


@pytest.mark.parametrize(
    ("line", "grammar"),
    [("dags delete a -y", V2), ("dags delete a --yes", V2), ("variables delete a", V2), ("dags list", V2),
     ("users create --username a", V2)],
)  # fmt: skip
def test_lines_that_would_not_ask_or_take_no_yes(line: str, grammar: Grammar | None) -> None:
    assert with_yes_flag(parse(line), grammar) is None
