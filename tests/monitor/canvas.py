"""A canvas that keeps what it is given, on which time passes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.result import Result


@dataclass
class FakeCanvas:
    """Ctrl-C is pressed when ``waits`` have passed, if a number is given."""

    live: bool = True
    seen: DisplayOptions = field(default_factory=lambda: DisplayOptions(width=79, zone=UTC))
    waits: int | None = None
    pictures: list[list[str]] = field(default_factory=list)
    last: list[str] | None = None
    told: list[str] = field(default_factory=list)
    came: list[bytes] = field(default_factory=list)
    bells: int = 0
    spent: float = 0.0
    meanwhile: Callable[[], None] = lambda: None

    def view(self) -> DisplayOptions:
        return self.seen

    def draw(self, lines: Sequence[str]) -> None:
        self.pictures.append(list(lines))

    def finish(self, lines: Sequence[str]) -> None:
        assert self.last is None, "it has ended before"
        self.last = list(lines)

    def notice(self, text: str) -> None:
        self.told.append(text)

    def write_result(self, result: Result) -> None:
        self.came.append(bytes(result.stdout))

    def bell(self) -> None:
        self.bells += 1

    def sleep(self, seconds: float) -> bool:
        self.meanwhile()
        self.spent += seconds
        if self.waits is not None:
            self.waits -= 1
            return self.waits >= 0
        return True

    def clock(self) -> float:
        """The time that has been waited for."""
        return self.spent
