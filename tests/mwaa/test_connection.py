"""The connection to one environment: what is opened while the user types, and that nothing else is sent."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.config import Config
from mwaa_shell.durations import IDLE_LIMIT
from mwaa_shell.mwaa.command_runner import run_command
from mwaa_shell.mwaa.connection import Connection, ConnectionPool, EnvironmentRef
from mwaa_shell.mwaa.environment import EnvironmentInfo
from tests.double import Double


@pytest.fixture
def connection(double: Double, bundle: str) -> Connection:
    return Connection(EnvironmentRef("my-env", double.access(bundle)))


def opened() -> None:
    """Wait for what is being opened on threads."""
    for thread in threading.enumerate():
        if thread.name == "open":
            thread.join(60)


def test_the_web_server_is_reached_as_soon_as_its_name_is_known(double: Double, connection: Connection) -> None:
    double.more = {"WebserverUrl": double.host}
    connection.load_info()
    connection.open_web_server()
    connection.open_web_server()
    assert [(request.method, request.path) for request in double.web.seen] == [("HEAD", "/")]
    assert double.tokens == []  # one is made for a command when it is sent, never before
    assert run_command(connection, parse("version")).ok
    assert [request.connection for request in double.web.seen] == [1, 1]
    assert len(double.tokens) == 1


@pytest.mark.parametrize("url", [None, "", "http://somewhere", "https://me:secret@host", "host/path", "ho st"])
def test_without_a_name_nothing_is_opened(url: str | None, double: Double, connection: Connection) -> None:
    double.more = {} if url is None else {"WebserverUrl": url}
    connection.load_info()
    connection.open_web_server()
    assert (connection.web_server, double.web.seen) == ("", [])


@pytest.mark.parametrize(
    ("url", "host"), [("host.example", "host.example"), ("https://host.example/", "host.example"), ("h:8443", "h:8443")]
)
def test_how_aws_writes_the_name(url: str, host: str, connection: Connection) -> None:
    connection.info = EnvironmentInfo("my-env", details={"WebserverUrl": url})
    assert connection.web_server == host


def test_idle_connection_reopens_while_the_token_is_created(
    double: Double, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(connection, parse("version")).ok
    assert connection.web_server == double.host
    monkeypatch.setattr("mwaa_shell.mwaa.transport.idle_since", lambda used: IDLE_LIMIT + 1)
    aws = double.aws.behave
    opening = threading.Event()

    def once_it_opens(request: Any) -> bytes | None:
        assert opening.wait(60)
        return aws(request)

    def answer(request: Any) -> bytes | None:
        opening.set()
        return web(request)

    web, double.web.behave, double.aws.behave = double.web.behave, answer, once_it_opens
    assert run_command(connection, parse("version")).ok
    opened()
    assert [request.method for request in double.web.seen] == ["POST", "HEAD", "POST"]


def test_nothing_is_opened_before_a_token_names_the_host(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening: list[str] = []
    monkeypatch.setattr(connection, "open_web_server", lambda: opening.append("it"))
    assert run_command(connection, parse("version")).ok
    opened()
    assert opening == []


def test_info_is_loaded_after_an_answer(double: Double, connection: Connection) -> None:
    assert not connection.info_is_loaded
    connection.load_info()
    assert connection.info_is_loaded


def test_environments_of_a_region_share_aws_and_locks(double: Double, bundle: str) -> None:
    access = double.access(bundle)
    pool = ConnectionPool(Config())
    here, other = pool.get(EnvironmentRef("etl", access)), pool.get(EnvironmentRef("sales", access))
    elsewhere = pool.get(EnvironmentRef("etl", access._replace(region="us-east-1")))
    slower = pool.get(EnvironmentRef("etl", access._replace(timeout=3.0)))
    assert here.api is other.api is not elsewhere.api
    assert here.command_lock is slower.command_lock
    assert len({id(one.command_lock) for one in (here, other, elsewhere)}) == 3


def test_the_region_of_the_user_names_the_lock(bundle: str, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    access = double.access(bundle)
    pool = ConnectionPool(Config())
    unsaid = pool.get(EnvironmentRef("etl", access._replace(region=None)))
    assert unsaid.command_lock is pool.get(EnvironmentRef("etl", access)).command_lock
