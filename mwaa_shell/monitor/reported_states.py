"""Which states the replies of a command tell of, so that nobody waits for one that never comes. Pure."""

from __future__ import annotations

from collections.abc import Collection

from mwaa_shell.airflow.versions import Version
from mwaa_shell.monitor.runs import STATES

#: States that not every Airflow has: from which version on, and up to which one (of its ``airflow.utils.state``).
ALWAYS, NEVER = Version(0, 0, 0), Version(99, 0, 0)
SPANS = {
    "deferred": (Version(2, 2, 0), NEVER),
    "restarting": (Version(2, 2, 0), NEVER),
    "sensing": (Version(2, 0, 0), Version(2, 4, 0)),
    "shutdown": (ALWAYS, Version(3, 0, 0)),
    "awaiting_input": (Version(3, 3, 0), NEVER),
}
#: The states of a run; ``none`` is what ``dags state`` says where there is no run.
OF_RUNS = ("none", "queued", "running", "success", "failed")
#: Commands whose replies tell of states, in the words of any Airflow.
TELLING = {
    "dags list-runs": OF_RUNS,
    "list_dag_runs": OF_RUNS,
    "dags state": OF_RUNS,
    "dag_state": OF_RUNS,
    "dags list-jobs": STATES,
    "tasks state": STATES,
    "task_state": STATES,
    "tasks states-for-dag-run": STATES,
    "dags next-execution": ("none",),
    "next_execution": ("none",),
}
#: Commands that print a text of the user's, which may be the word of a state.
ANYTHING = ("variables get", "variables", "config get-value", "tasks render", "render")


def never(states: Collection[str], command: str, version: Version) -> tuple[str, ...]:
    """Those of the states of which no reply of a command ever tells."""
    if command in ANYTHING:
        return ()
    told = _told(command, version)
    return tuple(state for state in states if state not in told)


def why_never(states: Collection[str], command: str, version: Version) -> str:
    """Why these never come, as a sentence."""
    told = _told(command, version)
    if not told:
        return f"the replies of {command} tell of no state; --until waits for a text"
    return f"{command} of Airflow {version} never tells of {' or '.join(states)}, but of {', '.join(told)}"


def _told(command: str, version: Version) -> tuple[str, ...]:
    return tuple(state for state in TELLING.get(command, ()) if _has(version, state))


def _has(version: Version, state: str) -> bool:
    since, until = SPANS.get(state, (ALWAYS, NEVER))
    return since <= version < until
