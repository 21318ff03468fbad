"""A run to its end, with any source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mwaa_shell.airflow.output_lines import SGR
from mwaa_shell.errors import ExitCode, NothingRan, PermissionMissing
from mwaa_shell.monitor.follow import FollowOptions, RunFollower
from mwaa_shell.monitor.run_sources import RunNotFound, RunSource
from mwaa_shell.monitor.runs import Run, Snapshot, Task
from mwaa_shell.result import Result
from tests.monitor.canvas import FakeCanvas

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


class Told:
    """A source of prepared snapshots and errors, the last one repeated."""

    def __init__(self, *looks: Snapshot | Exception, name: str = "REST") -> None:
        self.name = name
        self.looks = list(looks)
        self.asked = 0

    def ask(self) -> Snapshot:
        self.asked += 1
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return look


def look(state: str, *tasks: tuple[str, str]) -> Snapshot:
    return Snapshot(Run("sales", "r1", state, NOW, NOW if state == "success" else None),
                    tuple(Task(name, how, NOW, NOW) for name, how in tasks))  # fmt: skip


RUNNING, DONE = look("running", ("a", "running")), look("success", ("a", "success"))
FAILED = look("failed", ("a", "failed"))


def followed(canvas: FakeCanvas, *sources: Told, pace: FollowOptions | None = None) -> Result:
    found: list[RunSource] = list(sources)
    return RunFollower(pace or FollowOptions(), lambda pulse: found, canvas, canvas.clock, lambda: NOW).run()


def test_to_a_good_end() -> None:
    canvas = FakeCanvas()
    ended = followed(canvas, Told(RUNNING, RUNNING, DONE), pace=FollowOptions(bell=True))
    assert ended.ok
    assert ended.stdout.decode().splitlines()[0] == "sales  r1  success  0.0 s"
    assert canvas.spent == 6
    assert canvas.bells == 1
    ending = "sales r1 success after 0.0 s"
    assert [SGR.sub("", line) for line in canvas.last or []] == [*ended.stdout.decode().splitlines(), ending]
    assert "next in 3 s · REST · Ctrl-C stops watching, not the run" in canvas.pictures[-3][-1]


def test_to_a_bad_end() -> None:
    ended = followed(FakeCanvas(), Told(RUNNING, FAILED))
    assert (ended.exit_code, ended.message) == (ExitCode.FAILED, "sales r1 failed: a failed")
    assert b"a     failed" in bytes(ended.stdout)


def test_lines_instead_of_pictures() -> None:
    canvas = FakeCanvas(live=False)
    assert followed(canvas, Told(RUNNING, RUNNING, DONE)).ok
    assert canvas.pictures == []
    assert canvas.told == [
        "r1 is running, 0 of 1 task done, 1 running",
        "a success",
        "r1 is success, 1 of 1 task done",
        "sales r1 success after 0.0 s",
    ]


def test_ctrl_c_ends_follow_and_the_run_continues() -> None:
    canvas = FakeCanvas(waits=4)
    ended = followed(canvas, Told(RUNNING))
    assert (ended.exit_code, ended.message) == (
        ExitCode.INTERRUPTED,
        "Stopped following: r1 continues without being watched",
    )
    assert canvas.last is not None


def test_ctrl_c_before_anything_is_known() -> None:
    class Strikes(Told):
        def ask(self) -> Snapshot:
            raise KeyboardInterrupt

    canvas = FakeCanvas()
    assert followed(canvas, Strikes(RUNNING)).exit_code is ExitCode.INTERRUPTED
    assert canvas.last == []


def test_cli_is_used_for_good_when_rest_is_not_permitted() -> None:
    rest, cli = Told(PermissionMissing("no", "airflow:InvokeRestApi")), Told(RUNNING, DONE, name="the CLI")
    canvas = FakeCanvas()
    assert followed(canvas, rest, cli).ok
    assert (rest.asked, cli.asked) == (1, 2)
    assert any("· the CLI ·" in lines[-1] for lines in canvas.pictures)


def test_where_rest_breaks_off_the_cli_goes_on() -> None:
    rest = Told(RUNNING, NothingRan("HTTP 502"))
    cli = Told(DONE, name="the CLI")
    assert followed(FakeCanvas(), rest, cli).ok
    assert (rest.asked, cli.asked) == (4, 1)


def test_trouble_that_passes_is_said_and_nothing_else() -> None:
    canvas = FakeCanvas()
    busy = NothingRan("HTTP 503: busy\x1b[2J", hint="Wait a moment.")
    assert followed(canvas, Told(RUNNING, busy, busy, RUNNING, DONE)).ok
    pictures = ["\n".join(lines) for lines in canvas.pictures]
    assert any("HTTP 503: busy^[[2J. Wait a moment.\n" in text for text in pictures)
    assert "503" not in pictures[-1]


@pytest.mark.parametrize(("looks", "asked"), [((NothingRan("no"),), 3), ((RUNNING, NothingRan("no")), 21)])
def test_follow_gives_up_without_responses(looks: tuple[Snapshot | Exception, ...], asked: int) -> None:
    told = Told(*looks)
    ended = followed(FakeCanvas(), told)
    assert (ended.exit_code, ended.message, told.asked) == (ExitCode.NOTHING_RAN, "no", asked)


def test_a_run_that_is_not_there_ends_it_at_once() -> None:
    told = Told(RunNotFound("sales has no run r7"))
    ended = followed(FakeCanvas(), told)
    assert (ended.exit_code, ended.message, told.asked) == (ExitCode.FAILED, "sales has no run r7", 1)


def test_a_run_without_end() -> None:
    canvas = FakeCanvas()
    ended = followed(canvas, Told(RUNNING), pace=FollowOptions(every=10, seconds=60))
    assert ended.exit_code is ExitCode.UNKNOWN
    assert ended.message == "The run has not ended after 1 min: sales r1 running after 0.0 s"
    assert canvas.spent == 50


def test_the_sources_can_draw_while_they_wait() -> None:
    canvas = FakeCanvas()
    ticks: list[Callable[[], None]] = []

    class Slow(Told):
        def ask(self) -> Snapshot:
            ticks[0]()
            return super().ask()

    def make(pulse: object) -> list[RunSource]:
        from mwaa_shell.job import Job

        ticks.append(lambda: pulse.tick(Job(lambda job: None)))  # type: ignore[attr-defined]
        return [Slow(RUNNING, DONE)]

    assert RunFollower(FollowOptions(), make, canvas, canvas.clock, lambda: NOW).run().ok
    assert canvas.pictures[0][-1].startswith("asking ")
