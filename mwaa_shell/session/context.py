"""The context of one line: passed down from Enter to the last step, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Destination, ParsedLine, parse
from mwaa_shell.history.entries import TYPED

if TYPE_CHECKING:
    from mwaa_shell.job import ProgressListener


@dataclass(frozen=True, slots=True)
class LineContext:
    """One line, where it came from and what happens to its output."""

    line: ParsedLine
    origin: str = TYPED  #: where the line came from, in the words of the history
    private: bool = False  #: begins with a blank: kept in no history
    destination: Destination | None = None  #: the file or local command that its output goes to, secrets filled in
    as_it_is: bool = False  #: sent without checks and additions (``.send``)
    recorded: bool = True  #: kept in the history; polls of ``.watch`` and ``.follow`` are not
    watcher: ProgressListener | None = None  #: shows the waiting instead of the user interface's own

    @classmethod
    def of(cls, text: str, origin: str = TYPED) -> LineContext:
        """Return the context of a line as it was typed."""
        line = parse(text)
        return cls(line, origin, text.startswith(" "), line.destination)
