"""Held here: a job ends in its value, its error, a deadline or Ctrl-C, and the watcher hears of the end once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mwaa_shell import job as module
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.job import Interrupted, Job, PhaseTimeout

#: Seconds after which a test that hangs fails instead.
PATIENCE = 30.0


@pytest.fixture(autouse=True)
def short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK", 0.001)


@pytest.fixture
def end() -> Iterator[threading.Event]:
    """What the work of a test waits on; it is always let go at the end."""
    event = threading.Event()
    yield event
    event.set()


class Watching:
    """A watcher that counts, and does something at each tick."""

    def __init__(self, at_tick: Callable[[], None] = lambda: None) -> None:
        self.at_tick = at_tick
        self.ticks = 0
        self.overs = 0
        self.thread: threading.Thread | None = None

    def tick(self, job: Job[Any]) -> None:
        self.ticks += 1
        self.thread = threading.current_thread()
        assert self.overs == 0
        self.at_tick()

    def over(self) -> None:
        self.overs += 1


def stop() -> None:
    raise KeyboardInterrupt


def begun(end: threading.Event, limit: float | None = None, phase: str = "working") -> Job[str]:
    """A job that is in a phase of its own and waits for ``end``."""
    entered = threading.Event()

    def work(job: Job[str]) -> str:
        job.begin_phase(phase, limit)
        entered.set()
        end.wait(PATIENCE)
        return "done"

    job = Job(work).start()
    assert entered.wait(PATIENCE)
    return job


def test_the_value_of_the_work_is_the_result() -> None:
    given: list[object] = []

    def work(job: Job[str]) -> str:
        given.append(job)
        return "value"

    job = Job(work).start()
    assert job.wait() == "value"
    assert job.done
    assert job.result() == "value"
    assert given == [job]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_what_the_work_raises_is_raised_where_it_is_waited_for(error: BaseException) -> None:
    def work(job: Job[None]) -> None:
        raise error

    watching = Watching()
    with pytest.raises(type(error)) as raised:
        Job(work).start().wait(watching)
    assert raised.value is error
    assert watching.overs == 1


def test_the_work_runs_on_a_daemon_thread_of_its_name() -> None:
    def of_whom(job: Job[tuple[threading.Thread, str, bool]]) -> tuple[threading.Thread, str, bool]:
        worker = threading.current_thread()
        return worker, worker.name, worker.daemon

    worker, *what = Job(of_whom, "command").start().wait()
    assert what == ["command", True]
    assert worker is not threading.current_thread()


def test_the_watcher_ticks_on_the_thread_that_waits_and_is_over_once(end: threading.Event) -> None:
    watching = Watching(end.set)
    job = begun(end)
    assert job.phase == "working"
    assert job.wait(watching) == "done"
    assert watching.ticks >= 1
    assert watching.overs == 1
    assert watching.thread is threading.current_thread()


def test_a_job_that_is_done_is_over_once_too() -> None:
    watching = Watching()
    job = Job(lambda job: 1).start()
    assert job.join(PATIENCE)
    assert job.wait(watching) == 1
    assert (watching.ticks, watching.overs) == (0, 1)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_a_tick_raises_ends_the_waiting_and_not_the_job(error: type[BaseException], end: threading.Event) -> None:
    def at_tick() -> None:
        raise error

    watching = Watching(at_tick)
    job = begun(end)
    with pytest.raises(error):
        job.wait(watching)
    assert (watching.ticks, watching.overs) == (1, 1)
    assert not job.done
    end.set()
    assert job.wait() == "done"


def test_a_phase_past_its_deadline_is_given_up(end: threading.Event) -> None:
    watching = Watching()
    job = begun(end, limit=0.0001, phase="asking AWS")
    with pytest.raises(PhaseTimeout) as raised:
        job.wait(watching)
    assert (raised.value.phase, raised.value.seconds) == ("asking AWS", 0.0001)
    assert watching.overs == 1
    assert job.begin_phase("next") is False
    assert job.phase == "asking AWS"


def test_a_phase_without_a_limit_ends_the_deadline_before_it(end: threading.Event) -> None:
    entered = threading.Event()

    def work(job: Job[str]) -> str:
        assert job.begin_phase("first", 0.0001)
        assert job.begin_phase("second")
        entered.set()
        end.wait(PATIENCE)
        return job.phase

    job = Job(work).start()
    assert entered.wait(PATIENCE)
    watching = Watching(lambda: end.set() if watching.ticks == 5 else None)
    assert job.wait(watching) == "second"


def test_giving_up_closes_what_is_open_and_begins_nothing_more() -> None:
    closed, began = threading.Event(), []

    def work(job: Job[bool]) -> bool:
        job.begin_phase("running", let_go=closed.set)
        began.append(True)
        assert closed.wait(PATIENCE)
        return job.begin_phase("sending", 5, lambda: began.append(False))

    job = Job(work).start()
    watching = Watching(lambda: stop() if began else None)
    with pytest.raises(Interrupted) as stopped:
        job.wait(watching)
    assert stopped.value.phase == "running"
    assert closed.is_set()
    assert job.wait() is False
    assert (job.phase, began) == ("running", [True])


def test_too_late_lets_go_as_well(end: threading.Event) -> None:
    def work(job: Job[bool]) -> bool:
        job.begin_phase("connecting", 0.0001, end.set)
        return end.wait(PATIENCE)

    job = Job(work).start()
    with pytest.raises(PhaseTimeout):
        job.wait()
    assert end.is_set()
    assert job.join(PATIENCE)
    assert job.result() is True


def test_a_job_that_ended_can_still_be_given_up() -> None:
    job = Job(lambda job: job.begin_phase("only", 9)).start()
    assert job.wait() is True
    assert job.give_up() == "only"
    assert job.begin_phase("later") is False


def test_a_pause_ends_by_itself() -> None:
    job = Job(lambda job: (job.pause("waiting", 0.0), job.phase))
    assert job.wait() == (True, "waiting")


def test_a_pause_ends_at_once_when_the_job_is_given_up() -> None:
    job = Job(lambda job: job.pause("waiting", 3600.0))

    def at_tick() -> None:
        if job.phase == "waiting":
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        job.wait(Watching(at_tick))
    assert stopped.value.phase == "waiting"
    assert job.join(PATIENCE)
    assert job.result() is False


def test_ctrl_c_pressed_twice_is_one_interrupt(end: threading.Event) -> None:
    job = begun(end)

    def press() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    try:
        with pytest.raises(Interrupted) as stopped:
            job.wait(Watching(press))
        os.kill(os.getpid(), signal.SIGINT)  # without effect until somebody minds it again
        assert stopped.value.phase == "working"
    finally:
        INTERRUPTS.restore()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_noted_ctrl_c_begins_nothing() -> None:
    begun: list[bool] = []
    with INTERRUPTS.defer():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted) as stopped:
            Job(lambda job: begun.append(True)).wait()
    INTERRUPTS.restore()
    assert (stopped.value.phase, begun) == ("", [])


def test_ctrl_c_is_noted_while_it_is_deferred() -> None:
    with INTERRUPTS.defer() as pressed:
        assert not pressed.is_set()
        with INTERRUPTS.defer() as inner:
            signal.raise_signal(signal.SIGINT)
        assert inner is pressed
        assert pressed.is_set()
    signal.raise_signal(signal.SIGINT)  # without effect until the next command
    INTERRUPTS.restore()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_takes_effect_again_after_a_quiet_deferral() -> None:
    with INTERRUPTS.defer():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
