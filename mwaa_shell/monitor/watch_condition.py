"""What somebody waits for: a text in a reply, or a state. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import data_lines
from mwaa_shell.errors import UsageError
from mwaa_shell.monitor.runs import STATES, newest, state
from mwaa_shell.output.records import Row, read_rows
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.result import Result


@dataclass(frozen=True, slots=True)
class WatchCondition:
    """A text, some states, both (then either will do) or nothing."""

    text: str = ""
    states: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.states)

    def __str__(self) -> str:
        wanted = [f"state {' or '.join(self.states)}"] if self.states else []
        return " or ".join([*wanted, *([repr(sanitise(self.text))] if self.text else [])])

    def met(self, result: Result) -> bool:
        """Whether a reply shows it."""
        text = result.stdout.decode("utf-8", "replace")
        wanted = output_format(result.words)
        rows = read_rows(text, wanted)
        if self.text and (any(self.text in line for line in data_lines(text)) or _in_cells(self.text, rows)):
            return True
        return bool(self.states) and result.ok and shown_state(text, rows) in self.states


#: Nothing is waited for.
NOTHING = WatchCondition()


def read_states(text: str) -> tuple[str, ...]:
    """The states of ``success`` or ``success,failed``; raises ``UsageError`` for what is none."""
    states = tuple(word.strip().lower() for word in text.split(","))
    unknown = next((state for state in states if state not in STATES), None)
    if unknown is not None:
        raise UsageError(f"{unknown or 'An empty text'} is no state of Airflow's; there are {', '.join(STATES)}")
    return states


def _in_cells(text: str, rows: list[Row] | None) -> bool:
    return any(text in value for row in rows or () for value in row.values())


def shown_state(text: str, rows: list[Row] | None) -> str | None:
    """The state that a reply is about.

    Of a list of runs that of the newest one, of another list that which all rows have, and of a reply that is no list
    (``dags state``, ``tasks state``) the word that it ends with.
    """
    if rows is None:
        return _last_word(text)
    stateful = [row for row in rows if "state" in row]
    if any("run_id" in row for row in stateful):
        latest = newest(stateful)
        stateful = [row for row in stateful if row is latest]
    found = {state(row["state"]) for row in stateful}
    return found.pop() if len(found) == 1 else None


def _last_word(text: str) -> str | None:
    """Of ``running, {"conf": 1}`` the part before the comma."""
    lines = [line for line in data_lines(text) if line.strip()]
    word = lines[-1].partition(",")[0].strip().lower() if lines else ""
    return word if word in STATES else None
