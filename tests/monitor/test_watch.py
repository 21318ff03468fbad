"""A repeated command: what is shown of them, and when they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from mwaa_shell.airflow.output_lines import SGR
from mwaa_shell.errors import ExitCode, NothingRan, OutcomeUnknown, UsageError
from mwaa_shell.job import Job
from mwaa_shell.monitor.watch import RedrawOnTick, Watch, WatchCondition, WatchOptions
from mwaa_shell.result import Outcome, Result, failed, from_error, interrupted
from tests.monitor.canvas import FakeCanvas

LIST = ("dags", "list-runs", "-d", "x", "-o", "json")
Send = Callable[[int, RedrawOnTick], Result]


def runs(state: str) -> Result:
    return Result(stdout=f'[{{"run_id": "r1", "state": "{state}"}}]\n'.encode(), words=LIST, added="-o json")


class Counted:
    """Each of the results in turn, the last one from then on."""

    def __init__(self, *results: Result) -> None:
        self.results = results
        self.asked = 0

    def __call__(self, number: int, pulse: RedrawOnTick) -> Result:
        self.asked += 1
        assert number == self.asked
        return self.results[min(number, len(self.results)) - 1]


def outputs(*results: Result) -> Send:
    """A sender of prepared results, the last one repeated."""
    return Counted(*results)


def watched(plan: WatchOptions, send: Send, canvas: FakeCanvas) -> Result:
    return Watch(plan, send, canvas, canvas.clock).run()[0]


def drawn(lines: Iterable[str]) -> str:
    return SGR.sub("", "\n".join(lines))


def test_watch_ends_when_the_state_is_reached() -> None:
    canvas = FakeCanvas()
    plan = WatchOptions(every=2, until=WatchCondition(states=("success",)), bell=True)
    ended = watched(plan, outputs(runs("queued"), runs("running"), runs("success")), canvas)
    assert ended == Result()
    assert canvas.spent == 4
    assert canvas.bells == 1
    assert "reached state success after 4.0 s" in drawn((canvas.last or [])[:1])
    assert "* r1      success" in drawn(canvas.last or [])


def test_what_was_asked_for_is_the_last_output() -> None:
    canvas = FakeCanvas()
    last = Watch(WatchOptions(times=2), outputs(runs("queued"), runs("running")), canvas).run()[1]
    assert last == runs("running")


def test_a_limit_is_a_failure_only_where_something_was_waited_for() -> None:
    assert watched(WatchOptions(times=3), outputs(runs("running")), FakeCanvas()).ok
    ended = watched(WatchOptions(times=3, until=WatchCondition("success")), outputs(runs("running")), FakeCanvas())
    assert (ended.exit_code, ended.message) == (ExitCode.FAILED, "'success' did not appear within 3 repetitions")


def test_time_is_a_limit_too() -> None:
    canvas = FakeCanvas()
    ended = watched(WatchOptions(every=10, seconds=60, until=WatchCondition("x")), outputs(runs("running")), canvas)
    assert ended.message == "'x' did not appear within 1 min"
    assert canvas.spent == 50


def test_nobody_watches_for_ever() -> None:
    canvas = FakeCanvas(live=False)
    send = Counted(runs("running"))
    assert watched(WatchOptions(), send, canvas).ok
    assert send.asked == 1000
    assert canvas.told[-1] == "Stopped after 1,000 repetitions. Watch longer with --times."


def test_watch_continues_with_a_failure_in_the_header() -> None:
    canvas = FakeCanvas()
    busy = from_error(NothingRan("HTTP 503: busy\x1b[2J"))
    send = outputs(runs("running"), busy, busy, busy, busy, runs("success"))
    assert watched(WatchOptions(until=WatchCondition(states=("success",))), send, canvas).ok
    pictures = [drawn(lines) for lines in canvas.pictures]
    during = next(text for text in pictures if "503" in text)
    assert "not run: HTTP 503: busy^[[2J. Nothing ran. · next in" in during
    assert "r1      running" in during  # what was there before stays


@pytest.mark.parametrize(
    ("results", "count"),
    [
        ([from_error(NothingRan("no"))], 3),
        ([from_error(OutcomeUnknown("no"))], 3),
        ([runs("running"), failed("no")], 21),
        ([from_error(UsageError("no"))], 1),
    ],
)
def test_watch_gives_up_after_failures(results: list[Result], count: int) -> None:
    send = Counted(*results)
    ended = watched(WatchOptions(), send, FakeCanvas())
    assert send.asked == count
    assert (ended.outcome, ended.exit_code) == (results[-1].outcome, results[-1].exit_code)
    assert ended.message == f"no (repetition {count}, the watch ends)"


def test_ctrl_c_between_two_repetitions() -> None:
    canvas = FakeCanvas(waits=12)
    ended = watched(WatchOptions(bell=True), outputs(runs("running")), canvas)
    assert (ended.exit_code, ended.message) == (ExitCode.INTERRUPTED, "Stopped after 3 repetitions")
    assert canvas.last is not None
    assert canvas.bells == 0


def test_ctrl_c_while_a_request_is_on_its_way() -> None:
    canvas = FakeCanvas()
    ended = watched(WatchOptions(), outputs(runs("running"), interrupted("Stopped waiting", remote=True)), canvas)
    assert (ended.outcome, ended.message) == (Outcome.INTERRUPTED, "Stopped waiting (repetition 2)")
    assert "r1      running" in drawn(canvas.last or [])


def test_ctrl_c_in_the_first_repetition_leaves_no_picture() -> None:
    canvas = FakeCanvas()
    ended = watched(WatchOptions(), outputs(interrupted(remote=True)), canvas)
    assert (ended.message, canvas.last) == ("Stopped (repetition 1)", [])


def test_ctrl_c_at_any_other_moment() -> None:
    def strike(number: int, pulse: RedrawOnTick) -> Result:
        raise KeyboardInterrupt

    canvas = FakeCanvas()
    assert watched(WatchOptions(), strike, canvas).outcome is Outcome.INTERRUPTED
    assert canvas.last is not None


def test_clock_runs_while_a_command_runs() -> None:
    canvas = FakeCanvas()

    def send(number: int, pulse: RedrawOnTick) -> Result:
        pulse.tick(Job(lambda job: None))
        return runs("running")

    watched(WatchOptions(times=1), send, canvas)
    assert "asking " in drawn(canvas.pictures[-1])


def test_lines_are_printed_only_for_changes_without_a_picture() -> None:
    canvas = FakeCanvas(live=False)
    logged = [
        Result(stdout=f"2026-01-01T00:00:0{second}.5Z [info     ] hello [x]\n2.10.3\n".encode(), words=("version",))
        for second in range(3)
    ]
    watched(WatchOptions(times=4), outputs(*logged, failed("no")), canvas)
    assert canvas.came == [logged[0].stdout, b""]
    assert [line.split(" at ")[0] for line in canvas.told] == ["repetition 1", "repetition 4"]
    assert canvas.told[1].endswith("failed: no.")
    assert canvas.pictures == []


def test_a_output_without_end_is_cut_off_and_says_so() -> None:
    canvas = FakeCanvas()
    long = Result(stdout=b"word " * 20 + b"\n" + b"x y z\n" * 400_000, words=("version",))
    watched(WatchOptions(times=2), outputs(long), canvas)
    assert "too long to show here" in drawn((canvas.last or [])[-2:])
