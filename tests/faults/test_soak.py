"""A thousand commands with faults in one session keep all promises."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest

from mwaa_shell.job import Job
from mwaa_shell.result import Outcome
from mwaa_shell.session import Session
from tests.double import Behave, Double, Request, command_response, cut_off, never, refusal, response
from tests.faults import behaviours as b
from tests.faults.conftest import Make
from tests.sessions import execute

COMMANDS = 1000
SEED = 20261122
LINES = ("dags list", "version", "dags trigger daily", "variables set k v", "dags pause daily", "tasks list daily")
DONE = command_response(b"done\n" * 20, b"careful\n")
HTML = b"<html><title>no</title></html>"


def hop(request: Request) -> bytes:
    return DONE if request.path.endswith("/") else b.redirect(307, request.path + "/")


#: What the web server does, and how often out of a thousand; the rest of the time nothing is wrong.
WEB: tuple[tuple[int, Behave], ...] = (
    (20, b.always(response(503, HTML))),
    (10, b.always(response(429, b""))),
    (10, b.always(response(403, {"message": "Forbidden"}))),
    (10, b.always(response(404, b""))),
    (10, b.always(response(500, HTML))),
    (10, b.always(response(504, HTML))),
    (10, b.reset),
    (10, b.reset_after(DONE[:60])),
    (10, cut_off(DONE, 90)),
    (10, cut_off(DONE, len(DONE))),  # a whole answer, and the connection ends
    (10, b.always(b.streams("b2s"))),
    (10, b.always(response(200, HTML))),
    (20, hop),
)
#: The same for the token call.
AWS: tuple[tuple[int, Behave], ...] = (
    (5, b.always(refusal(429, "ThrottlingException", "Rate exceeded"))),
    (5, b.always(refusal(403, "AccessDeniedException", "not you"))),
    (5, b.always(refusal(403, "ExpiredTokenException", "over"))),
    (5, b.always(refusal(500, "InternalServerException", "x"))),
    (5, b.reset),
)
#: Out of a thousand commands, how many are given up with Ctrl-C while they run.
STOPPED = 10


@dataclass
class Soak:
    """Both sides with their dice, and what they saw."""

    double: Double
    dice: random.Random
    stop: bool = False  #: the running command is to be given up
    hanging: bool = False  #: it has arrived, and waits
    open: int = 0
    most_open: int = 0
    used: Counter[str] = field(default_factory=Counter)  #: tokens that arrived with a command, without hops
    hopping: str = ""  #: whose command comes once more
    lock: threading.Lock = field(default_factory=threading.Lock)
    gone: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def web(self, request: Request) -> bytes | None:
        if request.method == "HEAD":  # a connection that is opened ahead after a failure
            return response(302, b"")
        token, stop = request.headers["authorization"], self.stop
        behave = self._hang if stop else self._drawn(WEB) or b.always(DONE)
        with self.lock:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            if self.hopping != token:
                self.used[token] += 1
            self.hopping = token if behave is hop and not request.path.endswith("/") else ""
            self.open -= not stop  # before the response, which the next command may follow
        return behave(request)

    def aws(self, request: Request) -> bytes | None:
        chosen = self._drawn(AWS) if "clitoken" in request.path else None
        return (chosen or self.double.answer_aws)(request)

    def _hang(self, request: Request) -> bytes | None:
        self.hanging = True
        never(request)
        with self.lock:
            self.open -= 1
        self.gone.release()
        return None

    def _drawn(self, table: tuple[tuple[int, Behave], ...]) -> Behave | None:
        number = self.dice.randrange(1000)
        for share, behave in table:
            number -= share
            if number < 0:
                return behave
        return None

    # -- the one who waits -------------------------------------------------------------------------------------------

    def tick(self, job: Job[Any]) -> None:
        if self.hanging:  # the request has arrived, not only left
            self.hanging = False
            raise KeyboardInterrupt

    def over(self) -> None:
        pass


def burden() -> dict[str, int]:
    """What must not grow with the number of commands."""
    gc.collect()
    return {
        "blocks of memory": sys.getallocatedblocks(),
        "descriptors": len(os.listdir("/dev/fd")),
        "threads": threading.active_count(),
    }


def run(session: Session, soak: Soak, count: int) -> Counter[Outcome]:
    """So many commands; how they ended."""
    ended: Counter[Outcome] = Counter()
    for _ in range(count):
        soak.stop = soak.dice.randrange(1000) < STOPPED
        result = execute(session, soak.dice.choice(LINES))
        if soak.stop and result.outcome is Outcome.INTERRUPTED and result.remote:
            assert soak.gone.acquire(timeout=30)
        ended[result.outcome] += 1
        for side in (soak.double.aws, soak.double.web):
            side.seen.clear()
    return ended


def test_a_thousand_commands(double: Double, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
    soak = Soak(double, random.Random(SEED))
    double.web.behave, double.aws.behave = soak.web, soak.aws
    session = make(watcher=soak)
    first = run(session, soak, COMMANDS // 4)  # until everything that is kept is there
    before = burden()
    ended = first + run(session, soak, COMMANDS - COMMANDS // 4)
    after = burden()
    assert sum(ended.values()) == COMMANDS
    assert set(ended) == set(Outcome) - {Outcome.FAILED}
    assert ended[Outcome.OK] > COMMANDS * 0.7
    assert soak.most_open == 1
    assert set(soak.used.values()) == {1}
    assert after["descriptors"] <= before["descriptors"] + 4
    assert after["threads"] <= before["threads"] + 4
    assert (
        after["blocks of memory"] - before["blocks of memory"] < COMMANDS * 6
    )  # the tokens in this test are most of it
