"""The bar of an import."""

from __future__ import annotations

from typing import Any

import pytest

from mwaa_shell.dot_commands.bulk_cli import ProgressBar, bar_text
from mwaa_shell.job import Job


@pytest.mark.parametrize(
    ("done", "elapsed", "text"),
    [
        (0, 9.0, "[>             ]  0 of 1,000"),
        (500, 2.0, "[=======>      ]  500 of 1,000"),
        (500, 60.0, "[=======>      ]  500 of 1,000  60 s left"),
        (100, 60.0, "[=>            ]  100 of 1,000  9 min left"),
        (1000, 60.0, "[==============]  1,000 of 1,000"),
    ],
)
def test_a_bar_says_how_much_is_done_and_left(done: int, elapsed: float, text: str) -> None:
    assert bar_text(done, 1000, elapsed) == text


def test_a_bar_stays_between_the_jobs_of_an_import() -> None:
    events: list[str] = []

    class Watcher:
        def tick(self, job: Job[Any]) -> None:
            events.append(job.phase)

        def over(self) -> None:
            events.append("over")

    with ProgressBar(Watcher(), 2) as bar:
        for bar.done in range(2):
            bar.tick(Job(lambda job: None))
            bar.over()
    assert events == ["[>             ]  0 of 2", "[=======>      ]  1 of 2", "over"]
