"""The link to one environment: what is opened while somebody types, and that nothing else is sent then."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.mwaa import idle
from mwaa_shell.mwaa.command_runner import run_command
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef, host_of
from tests.double import Double


@pytest.fixture
def link(double: Double, bundle: str) -> Connection:
    return Connection(EnvironmentRef("my-env", double.access(bundle)))


def opened() -> None:
    """Wait for what is being opened on threads."""
    for thread in threading.enumerate():
        if thread.name == "open":
            thread.join(10)


def test_the_web_server_is_reached_as_soon_as_its_name_is_known(double: Double, link: Connection) -> None:
    double.more = {"WebserverUrl": double.host}
    link.describe()
    link.open_web_server()
    link.open_web_server()
    assert [(request.method, request.path) for request in double.web.seen] == [("HEAD", "/")]
    assert double.tokens == []  # one is made for a command when it is sent, never before
    assert run_command(link, parse("version")).ok
    assert [request.connection for request in double.web.seen] == [1, 1]
    assert len(double.tokens) == 1


@pytest.mark.parametrize("url", [None, "", "http://somewhere", "https://me:secret@host", "host/path", "ho st"])
def test_without_a_name_nothing_is_opened(url: str | None, double: Double, link: Connection) -> None:
    double.more = {} if url is None else {"WebserverUrl": url}
    link.describe()
    link.open_web_server()
    assert (link.web_server, double.web.seen) == ("", [])


@pytest.mark.parametrize(
    ("url", "host"), [("host.example", "host.example"), ("https://host.example/", "host.example"), ("h:8443", "h:8443")]
)
def test_how_aws_writes_the_name(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_connection_that_was_idle_is_opened_again_while_the_token_is_made(
    double: Double, link: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(link, parse("version")).ok
    assert link.web_server == double.host
    monkeypatch.setattr("mwaa_shell.mwaa.transport.idle_since", lambda used: idle.IDLE_LIMIT + 1)
    aws = double.aws.behave
    opening = threading.Event()

    def once_it_opens(request: Any) -> bytes | None:
        assert opening.wait(10)
        return aws(request)

    def answer(request: Any) -> bytes | None:
        opening.set()
        return web(request)

    web, double.web.behave, double.aws.behave = double.web.behave, answer, once_it_opens
    assert run_command(link, parse("version")).ok
    opened()
    assert [request.method for request in double.web.seen] == ["POST", "HEAD", "POST"]


def test_who_is_described_is_known_to_be(double: Double, link: Connection) -> None:
    assert not link.described
    link.describe()
    assert link.described
