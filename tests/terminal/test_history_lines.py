"""The grey suggestion while a line is typed: one letter more is seldom looked up, and never told wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory

from mwaa_shell.history.entries import EnvironmentKey, HistoryEntry
from mwaa_shell.history.recorder import environment_key
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.history_lines import HistorySuggest

LINES = ("dags list", "dags list-runs -d one", "dags list -o json", "pools list", "dags pause  one")
TYPED_HERE = ("dags list -o yaml", ".find one")


@pytest.fixture
def session() -> Iterator[Session]:
    """One on an environment where some lines have been run before."""
    made = Session(Settings(environment="my-env"))
    for line in LINES:
        made.recorder.history.begin(HistoryEntry(1000.5, "", "", "my-env", line))
    yield made
    made.close()


def suggested(past: HistorySuggest, text: str) -> str | None:
    buffer = Buffer(history=InMemoryHistory(TYPED_HERE))
    list(buffer.history.load_history_strings())
    buffer.history._loaded_strings = list(reversed(TYPED_HERE))
    found = past.get_suggestion(buffer, Document(text))
    return found.text if found else None


def looked_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the history is asked for from now on."""
    asked: list[str] = []
    suggest = session.recorder.history.suggest

    def told(text: str, where: EnvironmentKey) -> str | None:
        asked.append(text)
        return suggest(text, where)

    monkeypatch.setattr(session.recorder.history, "suggest", told)
    return asked


@pytest.mark.parametrize("line", [*LINES, *TYPED_HERE, "dags list -o yam!", "pools listed", "xcom", "  dags list"])
def test_suggestion_is_the_same_for_one_letter_and_a_whole_line(session: Session, line: str) -> None:
    past = HistorySuggest(session)
    for end in range(len(line) + 2):
        text = f"{line} -"[:end]
        assert suggested(past, text) == suggested(HistorySuggest(session), text), text
    for end in range(len(line), -1, -1):
        assert suggested(past, line[:end]) == suggested(HistorySuggest(session), line[:end]), line[:end]


def test_a_letter_that_fits_is_not_looked_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, past = looked_up(session, monkeypatch), HistorySuggest(session)
    shown = [suggested(past, "pools list"[:end]) for end in range(1, 11)]
    assert shown == [*["pools list"[end:] for end in range(1, 10)], None]
    assert asked == ["p", "pools list"]  # whether a longer one begins with all of it


def test_where_nothing_begins_so_nothing_is_looked_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, past = looked_up(session, monkeypatch), HistorySuggest(session)
    assert [suggested(past, "tasks"[:end]) for end in range(1, 6)] == [None] * 5
    assert asked == ["t"]
    assert suggested(past, "tas") is None
    assert asked == ["t", "tas"]  # a letter less is another matter


def test_what_was_run_meanwhile_is_found_by_the_next_line(session: Session) -> None:
    past = HistorySuggest(session)
    assert [suggested(past, "tasks"[:end]) for end in range(1, 6)] == [None] * 5
    where = environment_key(session.connection)
    session.recorder.history.begin(
        HistoryEntry(1001.5, where.account, where.region, where.environment, "tasks list one")
    )
    assert suggested(past, "tas") == "ks list one"
    assert suggested(past, "task") == "s list one"


def test_what_the_file_could_not_tell_is_looked_up_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    past = HistorySuggest(session)
    with monkeypatch.context() as busy:
        busy.setattr(session.recorder.history, "is_off", True)
        assert suggested(past, "p") is None
    assert suggested(past, "po") == "ols list"


def test_another_line_begins_anew(session: Session) -> None:
    past = HistorySuggest(session)
    assert suggested(past, "task") is None
    session.recorder.history.begin(HistoryEntry(1001.5, "", "", "my-env", "tasks list one"))
    past.forget()
    assert suggested(past, "tasks") == " list one"


def test_another_environment_has_other_lines(session: Session) -> None:
    past = HistorySuggest(session)
    assert suggested(past, "pool") == "s list"
    session.recorder.history.begin(HistoryEntry(1001.5, "", "", "other-env", "pools export p.json"))
    session.open("other-env", session.access)
    assert suggested(past, "pools") == " export p.json"
