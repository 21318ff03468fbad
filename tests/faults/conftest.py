"""The program in this process against the double, with output and exit codes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from mwaa_shell import cli
from mwaa_shell import job as job_module
from mwaa_shell.durations import READ_TIMEOUT
from mwaa_shell.errors import ShellError, sentence
from mwaa_shell.mwaa import cli_client as client_module
from mwaa_shell.mwaa import transport
from mwaa_shell.session import Session
from mwaa_shell.session.session import UserInterface
from mwaa_shell.settings import Settings
from mwaa_shell.streams import Streams
from tests.double import Double


@dataclass(frozen=True)
class Seen:
    """How one run of the program ended."""

    code: int
    stdout: bytes
    stderr: str


Program = Callable[..., Seen]
Make = Callable[..., Session]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all waits for the tests."""
    monkeypatch.setattr(job_module, "TICK", 0.01)
    monkeypatch.setattr(client_module, "WAITS", (0.0,) * len(client_module.WAITS))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Limit the waits for a part of a response, and for all of it.

    AWS has its time, in which boto3 is imported.
    """

    def set_to(seconds: float, whole: float) -> None:
        init = transport.Transport.__init__

        def short(self: transport.Transport, bundles: Sequence[str], read_timeout: float, **more: Any) -> None:
            init(self, bundles, seconds, **more)

        monkeypatch.setattr(transport.Transport, "__init__", short)
        monkeypatch.setattr(client_module, "WHOLE_ANSWER", whole / READ_TIMEOUT)

    return set_to


@pytest.fixture
def program(double: Double, bundle: str, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Run the program against the double with options and commands."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", f"http://127.0.0.1:{double.aws.port}")

    def run(*commands: str, options: tuple[str, ...] = (), bundle: str = bundle) -> Seen:
        stdout, stderr = io.BytesIO(), io.BytesIO()
        streams = Streams(io.StringIO(), stdout, stderr, False, False, False)
        arguments = ["my-env", "--ca-bundle", bundle, *options, *(word for one in commands for word in ("-c", one))]
        try:
            code = cli.run(arguments, streams)
        except ShellError as error:  # what the launcher makes of it
            streams.error(sentence(error.message, error.state), error.hint)
            code = error.exit_code
        return Seen(int(code), stdout.getvalue(), stderr.getvalue().decode())

    return run


@pytest.fixture
def make(double: Double, bundle: str) -> Iterator[Make]:
    """Makes sessions on the double; they are closed."""
    made: list[Session] = []

    def session(**front: Any) -> Session:
        settings = Settings(environment="my-env", access=double.access(bundle, READ_TIMEOUT), yes="")
        made.append(Session(settings, UserInterface(**front)))
        return made[-1]

    yield session
    for one in made:
        one.close()
