"""Fifty environments with faults mixed in: no command twice, and never two at a time on one."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest

from mwaa_shell.history import Search
from mwaa_shell.result import Outcome
from mwaa_shell.session import Session, UserInterface
from mwaa_shell.settings import Settings
from tests.double import HEAD_RESPONSE, Behave, Double, Request, command_response
from tests.faults.test_soak import AWS, WEB, hop
from tests.sessions import execute

ENVIRONMENTS, ROUNDS, SEED = 50, 3, 20261130
#: How much more often faults come than in the soak of one environment.
OFTEN = 3
#: Seconds that a command stays open for another one, which is on its way to the same environment.
OPEN = 0.5


class Faults:
    """Both sides with their dice, and what arrived."""

    def __init__(self, double: Double) -> None:
        self.double, self.dice = double, random.Random(SEED)
        self.lock = threading.Lock()
        self.owners: dict[str, str] = {}  #: environments by token
        self.tokens: Counter[str] = Counter()
        self.commands: Counter[tuple[str, str]] = Counter()
        self.open: Counter[str] = Counter()
        self.overlaps = {name: threading.Event() for name in double.names}
        self.on_the_way = {name: threading.Event() for name in double.names}  #: of a second command
        self.twice = False  #: two commands go to each environment

    def aws(self, request: Request) -> bytes | None:
        with self.lock:
            name = request.path.split("?")[0].rsplit("/", 1)[-1]
            chosen = self._drawn(AWS) if "clitoken" in request.path else None
            answer = (chosen or self.double.answer_aws)(request)
            if self.twice and name in self.on_the_way and "clitoken" not in request.path:
                self.on_the_way[name].set()
            if "clitoken" in request.path and chosen is None:
                self.owners[f"Bearer {self.double.tokens[-1]}"] = name
            return answer

    def web(self, request: Request) -> bytes | None:
        if request.method == "HEAD":
            return HEAD_RESPONSE
        token = request.headers["authorization"]
        with self.lock:
            name = self.owners[token]
            self.tokens[token] += 1
            self.commands[name, request.body.decode()] += 1
            self.open[name] += 1
            if self.open[name] > 1:
                self.overlaps[name].set()
            behave = self._drawn(WEB)
        if self.twice:
            self.on_the_way[name].wait(60)
            self.overlaps[name].wait(OPEN)
        with self.lock:
            self.open[name] -= 1  # before the answer, as the next command may come before anything after it
        return behave(request) if behave not in (None, hop) else command_response(b"done\n")

    def _drawn(self, table: tuple[tuple[int, Behave], ...]) -> Behave | None:
        number = self.dice.randrange(1000)
        for share, behave in table:
            number -= share * OFTEN
            if number < 0:
                return behave
        return None


def test_fifty_environments_with_faults(
    double: Double, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
    double.names = tuple(f"etl-{number:02}" for number in range(ENVIRONMENTS))
    faults = Faults(double)
    double.aws.behave, double.web.behave = faults.aws, faults.web
    session = Session(Settings(access=double.access(bundle)), UserInterface())
    for number in range(ROUNDS):
        result = execute(session, f".on all variables set round_{number} x")
        assert not result.ok
    assert set(faults.commands.values()) == {1}
    sent = session.recorder.history.find(Search(), 1000)
    assert len(sent) == ENVIRONMENTS * ROUNDS
    arrived = Counter((one.environment, one.line) for one in sent if one.outcome is Outcome.OK)
    assert arrived.keys() <= faults.commands.keys()
    assert {one.outcome for one in sent} >= {Outcome.OK, Outcome.NOT_RUN, Outcome.UNKNOWN}
    faults.twice = True  # through a second profile, with which AWS has not described them yet
    execute(session, ".on --jobs 100 all,dev/* version")
    assert sum(command == "version" for _, command in faults.commands.elements()) > ENVIRONMENTS
    assert [name for name, event in faults.overlaps.items() if event.is_set()] == []
    assert set(faults.tokens.values()) == {1}
