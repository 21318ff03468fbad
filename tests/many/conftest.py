"""A double of several environments, and the sessions on it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from mwaa_shell.session import Session, UserInterface
from mwaa_shell.settings import Settings
from tests.double import HEAD_RESPONSE, Double, Request, command_response
from tests.sessions import Notes

NAMES = ("etl-a", "etl-b", "etl-c")
#: What an Airflow prints that has failed.
FAILED = command_response(b"", b"Traceback (most recent call last):\nValueError: no\n")
ROWS = b'[{"dag_id": "daily", "owners": "me"}]\n'


@dataclass
class Many:
    """A double of several environments: each one's version, and what its web server answers."""

    double: Double
    versions: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Callable[[Request], bytes | None]] = field(default_factory=dict)
    refusals: dict[str, bytes] = field(default_factory=dict)  #: of AWS
    hosts: dict[str, str] = field(default_factory=dict)  #: of other web servers than the double's
    sent: list[tuple[str, str]] = field(default_factory=list)  #: environments and commands, as they arrived
    tokens: dict[str, str] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)

    def aws(self, request: Request) -> bytes | None:
        name = request.path.split("?")[0].rsplit("/", 1)[-1]
        if name in self.refusals:
            return self.refusals[name]
        self.double.version = self.versions.get(name, "2.10.3")
        self.double.token_host = self.hosts.get(name, "")
        if request.path.startswith("/clitoken"):
            answer = self.double.answer_aws(request)
            self.tokens[self.double.tokens[-1]] = name
            return answer
        return self.double.answer_aws(request)

    def web(self, request: Request) -> bytes | None:
        if request.method == "HEAD":
            return HEAD_RESPONSE
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.used[token] += 1
        name, command = self.tokens[token], request.body.decode()
        self.sent.append((name, command))
        if name in self.answers:
            return self.answers[name](request)
        return command_response(ROWS if "json" in command else b"done\n")


@pytest.fixture
def many(double: Double) -> Many:
    double.names = NAMES
    made = Many(double)
    lock = threading.Lock()

    def aws(request: Request) -> bytes | None:
        with lock:
            return made.aws(request)

    double.aws.behave, double.web.behave = aws, made.web
    return made


@pytest.fixture
def session(many: Many, bundle: str, notes: Notes) -> Session:
    return Session(Settings(access=many.double.access(bundle)), UserInterface(notes))


def at_a_prompt(many: Many, bundle: str, answers: list[str], asked: list[str]) -> Session:
    """A session whose user gives these answers."""

    def ask(question: str) -> bool:
        asked.append(question)
        return answers.pop(0) == "y"

    def ask_name(question: str) -> str | None:
        asked.append(question)
        return answers.pop(0)

    ui = UserInterface(interactive=True, ask=ask, ask_name=ask_name, ask_secret=lambda name: answers.pop(0))
    return Session(Settings(access=many.double.access(bundle)), ui)
