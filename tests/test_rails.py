"""What is asked before something changes: by danger, by environment, and by who can answer."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.knowledge import Danger, Level
from mwaa_shell.errors import RefusedByRule
from mwaa_shell.prompt_text import is_protected
from mwaa_shell.session.confirmation import Answers, Need, need, pass_rails
from mwaa_shell.settings import Protection

READ, CHANGE, DESTROY = Danger(Level.READ, ""), Danger(Level.CHANGE, "it runs"), Danger(Level.DESTROY, "rows are gone")
OPEN, GUARDED = Protection("staging"), Protection("prod", protected=True)


@pytest.mark.parametrize(
    ("danger", "place", "wanted"),
    [
        (READ, OPEN, Need.NOTHING),
        (READ, GUARDED, Need.NOTHING),
        (READ, Protection("prod", protected=True, read_only=True), Need.NOTHING),
        (CHANGE, OPEN, Need.NOTHING),
        (CHANGE, GUARDED, Need.YES),
        (DESTROY, OPEN, Need.YES),
        (DESTROY, GUARDED, Need.NAME),
    ],
)
def test_what_is_wanted(danger: Danger, place: Protection, wanted: Need) -> None:
    assert need(danger, place) is wanted


@pytest.mark.parametrize("danger", [CHANGE, DESTROY])
def test_a_read_only_session_sends_reads_alone_whoever_says_yes(danger: Danger) -> None:
    place = Protection("staging", read_only=True)
    answers = Answers("staging", lambda question: True, lambda question: "staging")
    with pytest.raises(RefusedByRule, match="only reads"):
        pass_rails("a line", danger, place, answers)


def test_the_question_says_what_would_happen_and_where() -> None:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return True

    assert pass_rails("dags delete x", DESTROY, OPEN, Answers(ask=ask, ask_name=lambda question: None))
    assert asked == ["dags delete x destroys something: rows are gone. Run it on staging?"]


class Known:
    """What is known of one command."""

    words = "Deletes a row."

    def in_full(self) -> str:
        return "Deletes a row. Airflow counts 1 row."


def test_an_effect_is_said_in_the_place_of_the_danger() -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "yes"

    answers = Answers(ask=lambda question: bool(answer(question)), ask_name=answer)
    assert pass_rails("x", DESTROY, OPEN, answers, effect=Known())
    with pytest.raises(RefusedByRule, match="That is not prod"):
        pass_rails("x", DESTROY, GUARDED, answers, effect=Known())
    assert asked == [
        "Deletes a row. Airflow counts 1 row. Run it on staging?",
        "Deletes a row. Airflow counts 1 row. prod is protected: type its name to run it",
    ]
    with pytest.raises(RefusedByRule) as refused:
        pass_rails("x", DESTROY, OPEN, Answers(), effect=Known())
    said = "x was not confirmed on staging. It deletes a row. --yes lets it run; the line was not sent"
    assert str(refused.value) == said


def test_nothing_is_asked_about_what_runs_anyway() -> None:
    def never(question: str) -> bool:
        raise AssertionError(question)

    answers = Answers(ask=never, ask_name=lambda question: str(never(question)))
    assert not pass_rails("a", READ, GUARDED, answers)
    assert not pass_rails("a", CHANGE, OPEN, answers)


def test_a_no_is_a_refusal() -> None:
    with pytest.raises(RefusedByRule, match="Not confirmed, the line was not sent"):
        pass_rails("a", DESTROY, OPEN, Answers(ask=lambda question: False, ask_name=lambda question: "staging"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [(None, "Not confirmed"), ("", "Not confirmed"), ("staging", "That is not prod"), ("PROD", "That is not prod")],
)
def test_another_name_is_a_refusal(typed: str | None, said: str) -> None:
    answers = Answers(ask=lambda question: True, ask_name=lambda question: typed)
    with pytest.raises(RefusedByRule, match=said):
        pass_rails("a", DESTROY, GUARDED, answers)


def test_the_name_lets_it_run() -> None:
    answers = Answers(ask=lambda question: False, ask_name=lambda question: " prod\n")
    assert pass_rails("a", DESTROY, GUARDED, answers)


@pytest.mark.parametrize(
    ("danger", "place", "said", "passes"),
    [
        (DESTROY, OPEN, None, False),
        (DESTROY, OPEN, "", True),
        (DESTROY, OPEN, "staging", True),
        (DESTROY, OPEN, "prod", False),
        (DESTROY, GUARDED, "", False),
        (DESTROY, GUARDED, "prod", True),
        (CHANGE, GUARDED, None, False),
        (CHANGE, GUARDED, "", False),
        (CHANGE, GUARDED, "staging", False),
        (CHANGE, GUARDED, "prod", True),
        (CHANGE, OPEN, None, True),
    ],
)
def test_what_is_said_beforehand(danger: Danger, place: Protection, said: str | None, passes: bool) -> None:
    if passes:
        assert pass_rails("a", danger, place, Answers(said)) is (need(danger, place) is not Need.NOTHING)
        return
    flag = "--yes=prod" if place.protected else "--yes"
    with pytest.raises(RefusedByRule, match=f"{flag} lets it run; the line was not sent"):
        pass_rails("a", danger, place, Answers(said))


@pytest.mark.parametrize(
    ("name", "patterns", "protected"),
    [
        ("prod", "*prod*", True),
        ("my-PROD-eu", "*prod*", True),
        ("staging", "*prod*", False),
        ("staging", "", False),
        ("live", "*prod*, live ", True),
        ("alive", "live", False),
        ("prod", ",", False),
    ],
)
def test_names_that_are_protected(name: str, patterns: str, protected: bool) -> None:
    assert is_protected(name, patterns) is protected
