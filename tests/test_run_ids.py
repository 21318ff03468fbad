"""The ids of runs: one for each line, kept while nobody knows how it ended."""

from __future__ import annotations

import re
from itertools import count

import pytest

from mwaa_shell.result import Outcome
from mwaa_shell.session.run_ids import OPEN, RunIds, new_run_id

LINE = ("dags", "trigger", "daily")
#: Airflow's own ``allowed_run_id_pattern``.
ALLOWED = r"[A-Za-z0-9_.~:+-]+"


@pytest.fixture
def ids() -> RunIds:
    numbers = count(1)
    return RunIds(lambda: f"id-{next(numbers)}")


def test_a_line_keeps_its_id_until_it_has_ended(ids: RunIds) -> None:
    first = ids.of("env", LINE)
    assert ids.of("env", LINE) == first
    ids.settle("env", LINE, Outcome.OK)
    assert ids.of("env", LINE) != first


@pytest.mark.parametrize("outcome", list(Outcome))
def test_who_does_not_know_asks_with_the_same_id(outcome: Outcome, ids: RunIds) -> None:
    first = ids.of("env", LINE)
    ids.settle("env", LINE, outcome)
    assert (ids.of("env", LINE) == first) == (outcome in OPEN)
    assert set(OPEN) == {Outcome.UNKNOWN, Outcome.INTERRUPTED}


def test_other_lines_and_environments_have_others(ids: RunIds) -> None:
    made = {ids.of("env", LINE), ids.of("other", LINE), ids.of("env", ("dags", "trigger", "weekly"))}
    assert len(made) == 3


def test_an_id_is_one_that_airflow_takes_and_nobody_has() -> None:
    made = {new_run_id() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"mwaa-shell__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00__[0-9a-f]{6}", one) for one in made)
    assert all(re.fullmatch(ALLOWED, one) for one in made)
