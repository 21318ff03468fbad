"""The colors of Airflow's states, as its own pages have them, in the sixteen colors of the terminal.

The names of colors are those of pygments and prompt_toolkit.
"""

from __future__ import annotations

from collections.abc import Mapping

from mwaa_shell.output import ansi

#: States of task instances, DAG runs and jobs; a color that a terminal lacks is the nearest one.
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
#: Columns that hold states.
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
    """Return the escape sequence for the color of a state; empty for any other text."""
    return CODES.get(STATES.get(state, ""), "")
