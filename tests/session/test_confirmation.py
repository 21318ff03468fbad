"""What is asked before something changes: by danger, by environment, and by who can answer."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.knowledge import Danger, Level
from mwaa_shell.errors import RefusedByRule, State
from mwaa_shell.prompt_text import is_protected
from mwaa_shell.session.confirmation import Confirmation, Confirmer, confirm, confirmation_for
from mwaa_shell.settings import Protection

READ, CHANGE, DESTROY = Danger(Level.READ, ""), Danger(Level.CHANGE, "runs"), Danger(Level.DESTROY, "deletes rows")
OPEN, GUARDED = Protection("staging"), Protection("prod", protected=True)


@pytest.mark.parametrize(
    ("danger", "place", "wanted"),
    [
        (READ, OPEN, Confirmation.NOTHING),
        (READ, GUARDED, Confirmation.NOTHING),
        (READ, Protection("prod", protected=True, read_only=True), Confirmation.NOTHING),
        (CHANGE, OPEN, Confirmation.NOTHING),
        (CHANGE, GUARDED, Confirmation.YES),
        (DESTROY, OPEN, Confirmation.YES),
        (DESTROY, GUARDED, Confirmation.NAME),
    ],
)
def test_what_is_wanted(danger: Danger, place: Protection, wanted: Confirmation) -> None:
    assert confirmation_for(danger, place) is wanted


@pytest.mark.parametrize("danger", [CHANGE, DESTROY])
def test_a_read_only_session_sends_reads_alone_whoever_says_yes(danger: Danger) -> None:
    place = Protection("staging", read_only=True)
    answers = Confirmer("staging", lambda question: True, lambda question: "staging")
    with pytest.raises(RefusedByRule, match="Read-only mode refused a line: it "):
        confirm("a line", danger, place, answers)


def test_the_question_says_what_would_happen_and_where() -> None:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return True

    assert confirm("dags delete x", DESTROY, OPEN, Confirmer(ask=ask, ask_name=lambda question: None))
    assert asked == ["Deletes rows. Run it on staging?"]


def test_an_effect_is_said_in_the_place_of_the_danger() -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "yes"

    answers = Confirmer(ask=lambda question: bool(answer(question)), ask_name=answer)
    assert confirm("x", DESTROY, OPEN, answers, effect="Deletes a row.")
    with pytest.raises(RefusedByRule, match="The typed name is not prod"):
        confirm("x", DESTROY, GUARDED, answers, effect="Deletes a row.")
    assert asked == [
        "Deletes a row. Run it on staging?",
        "Deletes a row. prod is protected: type its name to run it",
    ]
    with pytest.raises(RefusedByRule) as refused:
        confirm("x", DESTROY, OPEN, Confirmer(), effect="Deletes a row.")
    assert (str(refused.value), refused.value.hint) == ("x needs confirmation: it deletes a row.", "Pass --yes.")


@pytest.mark.parametrize("typed", ["", "n", "No ", None])
def test_no_cancels_where_a_name_is_asked_for(typed: str | None) -> None:
    with pytest.raises(RefusedByRule, match=r"^Canceled$"):
        confirm("x", DESTROY, GUARDED, Confirmer(ask=bool, ask_name=lambda question: typed), effect="Deletes a row.")


def test_nothing_is_asked_about_what_runs_anyway() -> None:
    def never(question: str) -> bool:
        raise AssertionError(question)

    answers = Confirmer(ask=never, ask_name=lambda question: str(never(question)))
    assert not confirm("a", READ, GUARDED, answers)
    assert not confirm("a", CHANGE, OPEN, answers)


def test_a_no_is_a_refusal() -> None:
    with pytest.raises(RefusedByRule, match="Canceled"):
        confirm("a", DESTROY, OPEN, Confirmer(ask=lambda question: False, ask_name=lambda question: "staging"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [(None, "Canceled"), ("", "Canceled"), ("staging", "name is not prod"), ("PROD", "name is not prod")],
)
def test_another_name_is_a_refusal(typed: str | None, said: str) -> None:
    answers = Confirmer(ask=lambda question: True, ask_name=lambda question: typed)
    with pytest.raises(RefusedByRule, match=said):
        confirm("a", DESTROY, GUARDED, answers)


def test_yes_of_another_environment_names_both() -> None:
    with pytest.raises(RefusedByRule) as refused:
        confirm("a", CHANGE, GUARDED, Confirmer(beforehand="staging"))
    assert refused.value.hint == "Pass --yes=prod (you passed --yes=staging)."


def test_typed_name_lets_the_command_run() -> None:
    answers = Confirmer(ask=lambda question: False, ask_name=lambda question: " prod\n")
    assert confirm("a", DESTROY, GUARDED, answers)


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
        assert confirm("a", danger, place, Confirmer(said)) is (
            confirmation_for(danger, place) is not Confirmation.NOTHING
        )
        return
    flag = "--yes=prod" if place.protected else "--yes"
    with pytest.raises(RefusedByRule, match="a needs confirmation: it ") as refused:
        confirm("a", danger, place, Confirmer(said))
    assert refused.value.hint.startswith(f"Pass {flag}")
    assert refused.value.state is State.NOT_SENT


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
