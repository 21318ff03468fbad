"""The ids of runs: one for each line, kept while nobody knows how it ended."""

from __future__ import annotations

import re
from itertools import count

import pytest

from mwaa_shell.mwaa import EnvironmentRef
from mwaa_shell.result import Outcome
from mwaa_shell.session.session import OPEN, RunIds, new_run_id
from mwaa_shell.settings import Access

HERE = EnvironmentRef("env", Access(region="us-east-1"))
LINE = ("dags", "trigger", "daily")
#: Airflow's own ``allowed_run_id_pattern``.
ALLOWED = r"[A-Za-z0-9_.~:+-]+"


@pytest.fixture
def ids() -> RunIds:
    numbers = count(1)
    return RunIds(lambda: f"id-{next(numbers)}")


def test_a_line_keeps_its_id_until_it_has_ended(ids: RunIds) -> None:
    first = ids.of(HERE, LINE)
    assert ids.of(HERE, LINE) == first
    ids.settle(HERE, LINE, Outcome.OK)
    assert ids.of(HERE, LINE) != first


@pytest.mark.parametrize("outcome", list(Outcome))
def test_who_does_not_know_asks_with_the_same_id(outcome: Outcome, ids: RunIds) -> None:
    first = ids.of(HERE, LINE)
    ids.settle(HERE, LINE, outcome)
    assert (ids.of(HERE, LINE) == first) == (outcome in OPEN)
    assert set(OPEN) == {Outcome.UNKNOWN, Outcome.INTERRUPTED}


def test_other_lines_and_environments_have_others(ids: RunIds) -> None:
    made = {
        ids.of(HERE, LINE),
        ids.of(HERE._replace(access=Access(region="eu-west-1")), LINE),
        ids.of(HERE, ("dags", "trigger", "weekly")),
    }
    assert len(made) == 3


def test_an_id_is_one_that_airflow_takes_and_nobody_has() -> None:
    made = {new_run_id() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"mwaa-shell__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00__[0-9a-f]{6}", one) for one in made)
    assert all(re.fullmatch(ALLOWED, one) for one in made)
