"""Names of real Airflows: the same whether learned from an output, asked for over REST or listed by the CLI."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names import refresher as live_names
from mwaa_shell.names.refresher import NameRefresher
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from
from tests.sessions import execute

pytestmark = pytest.mark.airflow


@pytest.fixture
def session(served: Served, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(live_names, "PAUSE", 0.0)
    monkeypatch.setattr(live_names, "SAVE_AFTER", 0.0)
    made = Session(Settings(environment=served.name, access=access_from(served.environ), yes=""))
    made.ui.keeps_names = True
    made.connection.load_info()
    return made


def live_of(session: Session) -> NameRefresher:
    assert session.cached_names is not None
    return session.cached_names


def known(session: Session, kind: Kind, dag: str = "") -> set[str]:
    return {name.text for name in live_of(session).catalogue.names(kind, dag)}


def refreshed(session: Session, kind: Kind, dag: str = "") -> set[str]:
    live_of(session).refresh(kind, dag)
    assert live_of(session).wait(120)
    assert live_of(session).notice == ""
    return known(session, kind, dag)


def test_all_ways_tell_the_same_names(served: Served, session: Session) -> None:
    assert execute(session, served.grammar.trigger_run("run_of_names")).ok
    for kind, dag in ((Kind.DAG, ""), (Kind.TASK, "hello_world"), (Kind.RUN, "hello_world"), (Kind.POOL, "")):
        first = refreshed(session, kind, dag)  # over REST where the version has it
        assert first
        assert kind is not Kind.RUN or "run_of_names" in first
        live_of(session).catalogue.forget()
        live_of(session).rest_denied = True
        assert refreshed(session, kind, dag) == first  # through the CLI
        live_of(session).rest_denied = False
    live_of(session).catalogue.forget()
    session.preferences.set("names", "learn")
    assert execute(session, served.grammar.list_dags).ok
    assert live_of(session).wait()
    assert {"hello_world", "sales_daily", "inventory_sync"} <= known(session, Kind.DAG)


def test_names_follow_what_commands_do(served: Served, session: Session) -> None:
    session.preferences.set("names", "learn")
    made, gone = {
        "1": ("variables -s names_key value", "variables -x names_key"),
        "2": ("variables set names_key value", "variables delete names_key"),
        "3": ("variables set names_key value", "variables delete names_key"),
    }[served.version[0]]
    assert execute(session, made).ok
    assert live_of(session).wait()
    assert known(session, Kind.VARIABLE) == {"names_key"}
    assert execute(session, gone).ok
    assert live_of(session).wait()
    assert known(session, Kind.VARIABLE) == set()
    live_of(session).catalogue.forget()


def test_a_name_that_is_none_leaves(served: Served, session: Session) -> None:
    from mwaa_shell.names.model import Name, NamesFound

    session.preferences.set("names", "learn")
    live_of(session).catalogue.apply([NamesFound(Kind.DAG, (Name("no_such_dag"), Name("hello_world")))], "REST", 1.0)
    assert not execute(session, served.grammar.missing).ok
    assert live_of(session).wait()
    assert known(session, Kind.DAG) == {"hello_world"}
