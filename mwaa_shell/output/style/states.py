"""The colours of states, as Airflow's own pages have them, in the sixteen that every terminal theme has chosen itself.

The names are those of pygments and prompt_toolkit.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Of task instances, DAG runs and jobs; where Airflow has a colour that a terminal has not, the nearest.
STATES: Mapping[str, str] = {
    "success": "ansigreen",
    "running": "ansicyan",  # Airflow's is a bright green, which few can tell from the other
    "failed": "ansired",
    "upstream_failed": "ansiyellow",
    "up_for_retry": "ansiyellow",
    "up_for_reschedule": "ansicyan",
    "queued": "ansibrightblack",
    "scheduled": "ansibrightblack",
    "skipped": "ansimagenta",
    "deferred": "ansimagenta",
    "restarting": "ansimagenta",
    "shutdown": "ansiblue",
    "removed": "ansibrightblack",
    "none": "ansibrightblack",
}
#: Columns that hold them.
COLUMNS = frozenset(
    {"state", "dag_run_state", "dagrun_state", "last_state", "latest_run_state", "task_state", "run_state"}
)
CODES: Mapping[str, str] = {
    "ansired": "\x1b[31m",
    "ansigreen": "\x1b[32m",
    "ansiyellow": "\x1b[33m",
    "ansiblue": "\x1b[34m",
    "ansimagenta": "\x1b[35m",
    "ansicyan": "\x1b[36m",
    "ansibrightblack": "\x1b[90m",
}


def code(state: str) -> str:
    """What turns a terminal to the colour of a state; empty for what is none."""
    return CODES.get(STATES.get(state, ""), "")
