"""The colours of states, as Airflow's own pages have them, in the sixteen that every terminal theme has chosen itself.

The names are those of pygments and prompt_toolkit.
"""

from __future__ import annotations

from collections.abc import Mapping

from mwaa_shell.output import ansi

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
    "ansired": ansi.RED,
    "ansigreen": ansi.GREEN,
    "ansiyellow": ansi.YELLOW,
    "ansiblue": ansi.BLUE,
    "ansimagenta": ansi.MAGENTA,
    "ansicyan": ansi.CYAN,
    "ansibrightblack": ansi.DIM,
}


def code(state: str) -> str:
    """What turns a terminal to the colour of a state; empty for what is none."""
    return CODES.get(STATES.get(state, ""), "")
