"""How a run and its tasks look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mwaa_shell.airflow.output_lines import SGR
from mwaa_shell.monitor.follow import changes_since, progress, render_full, render_live, summarize_run
from mwaa_shell.monitor.runs import Run, Snapshot, Task, in_order, latest_run, parse_time, task_of
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import width
from mwaa_shell.output.style import state_code

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
RUN = Run("sales", "r1", "running", NOW - timedelta(seconds=72))
VIEW = DisplayOptions(width=79, height=24, zone=UTC)


def task(name: str, state: str, start: float | None = None, took: float | None = None, tries: int = 0) -> Task:
    began = NOW - timedelta(seconds=start) if start is not None else None
    return Task(name, state, began, began + timedelta(seconds=took) if began and took is not None else None, tries)


SNAPSHOT = Snapshot(
    RUN,
    (
        task("report", "none"),
        task("load", "running", 12, tries=2),
        task("extract", "success", 70, 41.24, tries=1),
        task("check", "failed", 30, 5, tries=1),
    ),
)


def test_what_goes_on() -> None:
    assert render_live(SNAPSHOT, VIEW, NOW, "next in 2 s") == [
        "sales  r1  running  1 min 12 s",
        "██████░░░░░░██████░░░░░░"[:0] + "██████" + "██████" + "░" * 12 + "  2 of 4 tasks done, 1 failed, 1 running",
        "task     state         start        duration  try",
        "extract  success       12:58:50         41 s    1",
        "check    failed        12:59:30        5.0 s    1",
        "load     running       12:59:48         12 s    2",
        "report   waiting",
        "next in 2 s",
    ]


def test_remarks_wrap_at_words_and_leave_room_for_tasks() -> None:
    remark = "sales is paused: nothing of it begins until dags unpause sales"
    many = tuple(task(f"t{number}", "none") for number in range(9))
    view = replace(VIEW, width=39, height=12)
    lines = render_live(Snapshot(RUN, many, (remark,)), view, NOW, "next in 2 s")
    assert lines[-3:] == ["sales is paused: nothing of it begins", "until dags unpause sales", "next in 2 s"]
    assert len(lines) < view.height


def test_a_running_task_counts_up() -> None:
    later = render_live(SNAPSHOT, VIEW, NOW + timedelta(seconds=3), "")
    assert "load     running       12:59:48         15 s    2" in later


def test_colors_are_those_of_the_states() -> None:
    lines = render_live(SNAPSHOT, replace(VIEW, color=True), NOW, "")
    assert "\x1b[31;01mfailed\x1b[0m" in lines[4]
    assert "\x1b[32m██████\x1b[0m\x1b[31;01m██████\x1b[0m\x1b[90m" in lines[1]
    assert [SGR.sub("", line) for line in lines] == render_live(SNAPSHOT, VIEW, NOW, "")
    monokai = render_live(SNAPSHOT, replace(VIEW, color=True, style="monokai"), NOW, "")
    assert f"{state_code('failed', DisplayOptions(color=True, style='monokai'))}failed\x1b[0m" in monokai[4]


@pytest.mark.parametrize("height", [8, 12, 24])
def test_many_tasks_are_folded_and_counted(height: int) -> None:
    many = [task(f"t{number:03}", "success", 100 - number / 10, 1) for number in range(150)]
    many += [task("bad", "failed", 50, 1), task("busy", "running", 2), *(task(f"w{n}", "none") for n in range(48))]
    lines = render_live(Snapshot(RUN, tuple(many)), replace(VIEW, height=height), NOW, "tail")
    assert len(lines) == height - 1
    assert any(line.startswith("bad ") for line in lines)
    assert any(line.startswith("busy ") for line in lines)
    shown = sum(line.split()[0] in {one.name for one in many} for line in lines)
    assert lines[-2].startswith(f"and {200 - shown} more: ")
    assert "150 success" in lines[-2]


def test_last_picture_has_all_tasks_with_whole_names() -> None:
    name = "a_very_long_name_of_a_task_" * 4
    many = (task(name, "success", 9, 1), *(task(f"t{number}", "success", 5, 1) for number in range(100)))
    lines = render_full(Snapshot(RUN, many), VIEW, NOW)
    assert len([line for line in lines if "success" in line]) == 101 + 0
    assert "".join(lines[3:6]).replace(" ", "").startswith(name[:20])
    pieces = [line.split("  ")[0].strip() for line in lines]
    assert name in "".join(pieces)
    assert max(map(width, lines)) <= 79


def test_a_narrow_screen_cuts_names_and_says_so() -> None:
    long = Snapshot(RUN, (task("x" * 60, "running", 1),))
    row = render_live(long, replace(VIEW, width=59), NOW, "")[3]
    assert width(row) <= 59
    assert "x…  running" in row


def test_nothing_that_a_name_holds_reaches_the_terminal() -> None:
    odd = Snapshot(
        RUN._replace(run_id="r\x1b[2J\n1"),
        (task_of({"task_id": "a\x1b]0;x\x07\tb\n", "state": "odd\x9b", "start_date": "x"}),),
        ("why\r\n?",),
    )
    text = "".join(render_live(odd, VIEW, NOW, ""))
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in text)


def test_no_tasks_and_tasks_that_cannot_be_seen() -> None:
    assert progress(Snapshot(RUN)) == "no tasks yet"
    assert progress(Snapshot(RUN, None)) == "its tasks are unknown"
    assert render_live(Snapshot(RUN._replace(state="queued", start=None), (), ("It waits",)), VIEW, NOW, "tail") == [
        "sales  r1  queued",
        "no tasks yet",
        "It waits",
        "tail",
    ]


def test_the_ending_names_what_failed() -> None:
    over = RUN._replace(state="failed", end=NOW)
    tasks = (
        task("a", "failed", 9, 1),
        task("b", "upstream_failed"),
        *(task(f"c{n}", "failed", 5, 1) for n in range(6)),
    )
    said = summarize_run(Snapshot(over, tasks), NOW)
    assert said == "sales r1 failed after 1 min 12 s: a, c0, c1, c2, c3 and 2 more failed"


def test_one_task_is_singular() -> None:
    assert progress(Snapshot(RUN, (task("a", "success"),))) == "1 of 1 task done"


def test_what_has_happened_since() -> None:
    assert changes_since(SNAPSHOT, None) == ["r1 is running, 2 of 4 tasks done, 1 failed, 1 running"]
    tasks = tuple(one._replace(state="success") if one.name == "load" else one for one in SNAPSHOT.tasks or ())
    assert changes_since(Snapshot(RUN, tasks, ("It is paused",)), SNAPSHOT) == ["load success", "It is paused"]


def test_times_and_order_of_any_version() -> None:
    assert parse_time("2026-11-22 12:56:25+00:00") == parse_time("2026-11-22T12:56:25Z")
    assert parse_time("2026-11-22T12:56:25").tzinfo is UTC  # type: ignore[union-attr]
    assert [parse_time(odd) for odd in (None, "", "now", 7, "0001-01-01T00:00:00+23:59", "9999-12-31")] == [None] * 6
    assert latest_run([]) is None
    assert latest_run([{"run_id": "a"}, {"run_id": "b"}]) == {"run_id": "a"}
    assert [one.name for one in in_order(SNAPSHOT.tasks or ())] == ["extract", "check", "load", "report"]


def test_a_mapped_task_has_its_number() -> None:
    assert task_of({"task_id": "a", "map_index": 3, "state": None}) == Task("a[3]", "none")
    assert task_of({"task_id": "a", "map_index": "3", "state": "None", "try_number": "x"}) == Task("a[3]", "none")
    assert task_of({"task_id": "a", "map_index": -1, "state": "", "try_number": 2}) == Task("a", "none", tries=2)
    assert task_of({}) == Task("?", "none")


@pytest.mark.parametrize("state", ["queued", "scheduled", None])
def test_a_cleared_task_has_no_times_until_it_begins_again(state: str | None) -> None:
    before = {"start_date": "2026-11-22T12:00:00+00:00", "end_date": "2026-11-22T12:00:09+00:00"}
    assert task_of({"task_id": "a", "state": state, "try_number": 2, **before}) == Task("a", state or "none", tries=2)
    assert task_of({"task_id": "a", "state": "running", **before}).start is not None
