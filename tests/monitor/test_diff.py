"""What is new in an output is marked, and nothing else."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.monitor.watch import highlight_changes
from mwaa_shell.output.measure import NOT_REVERSE, REVERSE

RUNS = ["run_id  state    end", "──────  ───────  ───", "r2      running", "r1      success  10:00"]


def new_in(lines: list[str], before: list[str]) -> list[list[str]]:
    """The marked pieces of each line."""
    pattern = re.escape(REVERSE) + "(.*?)" + re.escape(NOT_REVERSE)
    return [re.findall(pattern, line) for line in highlight_changes(lines, before, color=True)]


def test_nothing_is_new_at_first() -> None:
    assert highlight_changes(RUNS, None, color=True) == RUNS
    assert highlight_changes(RUNS, None, color=False) == [f"  {line}" for line in RUNS]


def test_a_state_that_changes_is_marked_alone() -> None:
    now = [*RUNS[:2], "r2      success", RUNS[3]]
    assert new_in(now, RUNS) == [[], [], ["success"], []]


def test_a_cell_that_comes_is_new_and_those_beside_it_are_not() -> None:
    now = [*RUNS[:2], "r2      success  10:05", RUNS[3]]
    assert new_in(now, RUNS)[2] == ["success", "10:05"]


def test_a_row_that_comes_on_top_does_not_make_the_others_new() -> None:
    now = [*RUNS[:2], "r3      queued", "r2      failed   10:07", RUNS[3]]
    assert new_in(now, RUNS) == [[], [], ["r3", "queued"], ["failed", "10:07"], []]


def test_columns_that_become_wider_are_not_new() -> None:
    now = ["run_id            state    end", "────────────────  ───────  ───", "r2                running",
           "r1                success  10:00"]  # fmt: skip
    assert new_in(now, RUNS) == [[], [], [], []]


def test_the_same_row_twice_is_new_once() -> None:
    assert new_in(["a  b", "a  b"], ["a  b"]) == [[], ["a", "b"]]


def test_without_color_a_star_stands_before_the_line() -> None:
    now = [*RUNS[:2], "r2      success", RUNS[3]]
    assert [line[:2] for line in highlight_changes(now, RUNS, color=False)] == ["  ", "  ", "* ", "  "]


def test_colors_in_a_cell_stay_and_do_not_end_the_mark() -> None:
    now = "\x1b[1mr2\x1b[0m  \x1b[32msuc\x1b[0mcess"
    was = "\x1b[1mr2\x1b[0m  \x1b[36mrunning\x1b[0m"
    assert highlight_changes([now], [was], color=True) == [
        f"\x1b[1mr2\x1b[0m  \x1b[32m{REVERSE}suc\x1b[0m{REVERSE}cess{NOT_REVERSE}"
    ]


@given(st.lists(st.text("ab |│\x1b[7m"), max_size=12), st.lists(st.text("ab |│\x1b[7m"), max_size=12))
def test_the_text_stays_what_it_is(lines: list[str], before: list[str]) -> None:
    plain = [re.sub(r"\x1b\[[0-9;:]*m", "", line) for line in lines]
    made = highlight_changes(lines, before, color=True)
    assert [re.sub(r"\x1b\[[0-9;:]*m", "", line) for line in made] == plain
    assert highlight_changes(lines, lines, color=True) == lines


def test_many_lines_that_are_nearly_alike() -> None:
    before = [f"same  row {number}" for number in range(20_000)]
    now = [f"same  row {number}!" for number in range(20_000)]
    assert len(highlight_changes(now, before, color=True)) == 20_000
