"""Reach of a command in words: the runs, DAGs and states that it changes. Pure.

Words are read as argparse reads them, ``--`` and abbreviated flags included. A sentence states the effect as Airflow's
own source has it: from Airflow 3 on, ``--task-regex`` is a part of a task ID and no regular expression
(``partial_subset`` of 3.0.6 and 3.3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple

from mwaa_shell.airflow.arguments import HELP, Role, understand
from mwaa_shell.airflow.command_line import ParsedLine, quote
from mwaa_shell.airflow.grammar import Grammar, Option, load_grammar, majors
from mwaa_shell.airflow.validation import validate

#: Names that are written out in a sentence; of more, only their number.
NAMED = 5
#: Characters of a regular expression that no ID contains.
SPECIAL = frozenset("^$*+?|()[]\\")
#: States of task instances that ``--only-failed`` and ``--only-running`` select.
FAILED, RUNNING = ("failed", "upstream_failed"), ("running",)


class What(Enum):
    """A kind of object that can be counted."""

    TASKS = "task instance"
    RUNS = "run"
    DATES = "date"  #: of runs that a backfill creates
    DAGS = "DAG"


class Selection(NamedTuple):
    """The objects that a command selects, as a filter of Airflow's REST API. Dates are as typed."""

    what: tuple[What, ...]
    dags: tuple[str, ...] = ()
    dag_regex: str = ""
    paused: bool | None = None  #: of the DAGs that match, only those
    tasks: str = ""  #: a part of a task ID, or a regular expression before Airflow 3
    upstream: bool = False  #: of these tasks, too
    downstream: bool = False
    runs: tuple[str, ...] = ()  #: run IDs
    since: str = ""  #: logical dates
    until: str = ""
    until_now: bool = False  #: Airflow leaves out future dates
    started_before: str = ""
    states: tuple[str, ...] = ()
    reprocess: str = ""  #: the effect of a backfill on runs that exist


class Reach(NamedTuple):
    """The effect of a command and the objects that it affects."""

    effect: str  #: sentences that start with a verb
    selection: Selection | None = None  #: ``None`` where nothing can be counted
    starts_in: str = ""  #: the DAG whose runs or tasks would start; none of them does while it is paused
    hint: str = ""  #: a sentence: how to see more beforehand


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a line, by the names that argparse gives them."""

    values: Mapping[str, Sequence[str]]  #: an empty sequence for a flag that takes none
    version: int  #: the major one

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def of(self, *names: str) -> str:
        """Return the value of the first of these that is given."""
        return next((self.values[name][-1] for name in names if self.values.get(name)), "")

    def list_of(self, name: str) -> tuple[str, ...]:
        """Return the members of a value that is a list with commas."""
        return tuple(part.strip() for part in self.of(name).split(",") if part.strip())


def reach_of(line: ParsedLine, grammar: Grammar | None) -> Reach | None:
    """Return the reach of a line; ``None`` for other commands and mistakes.

    While the version is unknown, the newest Airflow that takes the line decides, and nothing is counted.
    """
    if grammar is not None:
        return _reach_in(line, grammar)
    found = (_reach_in(line, load_grammar(version)) for version in reversed(majors()))
    reach = next((one for one in found if one is not None), None)
    return reach and reach._replace(selection=None)


def _reach_in(line: ParsedLine, grammar: Grammar) -> Reach | None:
    understanding = understand(line, grammar)
    if understanding.command is None or understanding.command.name not in _READERS or validate(understanding):
        return None
    values: dict[str, list[str]] = {}
    for part in understanding.parts:
        argument = part.argument
        if argument is HELP:
            return None
        if isinstance(argument, Option):
            if part.role is Role.FLAG and (argument.action != "append" or argument.dest not in values):
                values[argument.dest] = []  # the last one wins
            elif part.role is Role.VALUE:
                values[argument.dest].append(part.value)
        elif argument is not None and part.role is Role.POSITIONAL:
            values.setdefault(argument.name, []).append(part.value)
    return _READERS[understanding.command.name](Given(values, grammar.version.major))


# -- words -------------------------------------------------------------------------------------------------------------


def with_noun(number: int, what: str) -> str:
    """Return a number with its noun: ``1 run``, ``1,204 runs``."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def join_names(names: Sequence[str]) -> str:
    """Return names in a sentence, the first few of many."""
    shown = [quote(name) for name in names[:NAMED]]
    if len(names) > NAMED:
        return f"{', '.join(shown)} and {len(names) - NAMED:,} more"
    *first, last = shown
    return f"{', '.join(first)} and {last}" if first else last


def describe_paused(dag: str, command: str = "dags unpause") -> str:
    """Return sentences on a paused DAG and how to unpause it, without a full stop."""
    return f"{quote(dag)} is paused. Its runs wait for {command} {quote(dag)}"


def _quoted(text: str) -> str:
    return f"'{text}'"


def _between(since: str, until: str, *, alone: str = "") -> str:
    """Return the dates, with a blank before them; empty without dates."""
    if since and until:
        return f" from {since} to {until}"
    if since or until:
        return f" {alone or ('from' if since else 'up to')} {since or until}{'' if alone or until else ' on'}"
    return ""


def _dags(given: Given, *, regex: bool) -> str:
    dag = given.of("dag_id")
    if not regex:
        return quote(dag)
    folder = given.of("subdir")
    return f"all DAGs{f' in {quote(folder)}' if folder else ''} that match {_quoted(dag)}"


def _kind_of_tasks(given: Given) -> tuple[str, str, tuple[str, ...]]:
    """Return task instances, as words before and after the place, and their states."""
    failed, running = "only_failed" in given, "only_running" in given
    if failed and running:
        return "the failed and running task instances", "", (*FAILED, *RUNNING)
    if failed:
        return "the failed task instances", "", FAILED
    if running:
        return "the running task instances", "", RUNNING
    return "all task instances", ", failed or not", ()


# -- what starts over --------------------------------------------------------------------------------------------------


def _clear(given: Given) -> Reach:
    """``tasks clear``, and ``clear`` of Airflow 1."""
    which, behind, states = _kind_of_tasks(given)
    regex, pattern = "dag_regex" in given, given.of("task_regex")
    since, until, dag = given.of("start_date"), given.of("end_date"), given.of("dag_id")
    related = [name for name in ("upstream", "downstream") if name in given and pattern]
    tasks = ""
    if pattern:
        says = f"with {_quoted(pattern)} in their ID" if given.version >= 3 else f"that match {_quoted(pattern)}"
        more = f" and all {' and '.join(related)} of them" if related else ""
        tasks = f" of tasks {says}{more},"
    dates = _between(since, until)
    runs = f"{'in' if pattern else 'of'} {'the' if dates else 'all'} runs"
    where = f"{runs} of {_dags(given, regex=regex)}{dates}"
    selection = Selection(
        (What.DAGS, What.TASKS) if regex else (What.TASKS,),
        dags=() if regex else (dag,),
        dag_regex=dag if regex else "",
        tasks=pattern,
        upstream="upstream" in related,
        downstream="downstream" in related,
        since=since,
        until=until,
        until_now=given.version < 3 and not until,
        states=states,
    )
    return Reach(
        f"Clears {which}{tasks} {where}{behind}. They run again.",
        None if regex and "subdir" in given else selection,
        "" if regex else dag,
        "Airflow 3 takes --task-regex as plain text." if given.version >= 3 and set(pattern) & SPECIAL else "",
    )


def _clear_runs(given: Given) -> Reach | None:
    """``dags clear``, which Airflow refuses with several selections of runs."""
    dag, run, key = given.of("dag_id"), given.of("run_id"), given.of("partition_key")
    dates = _between(given.of("partition_date_start"), given.of("partition_date_end"))
    if sum(map(bool, (run, key, dates))) != 1:
        return None
    partitions = f"the partition key {quote(key)}" if key else f"partition dates{dates}"
    runs = f"the run {quote(run)} of {quote(dag)}" if run else f"the runs of {quote(dag)} with {partitions}"
    which, behind, states = _kind_of_tasks(given)
    selection = Selection((What.TASKS,), dags=(dag,), runs=(run,), states=states) if run else None
    return Reach(f"Clears {which} of {runs}{behind}. They run again.", selection, dag)


# -- backfills ---------------------------------------------------------------------------------------------------------


def _create_backfill(given: Given) -> Reach:
    """``backfill create``."""
    dag, since, until = given.of("dag_id"), given.of("from_date"), given.of("to_date")
    behavior = given.of("reprocess_behavior")
    again = {"failed": ", and clears those that failed", "completed": ", and clears those that ended, failed or not"}
    return Reach(
        f"Creates the missing runs of {quote(dag)}{_between(since, until)}{again.get(behavior, '')}.",
        Selection((What.DATES,), dags=(dag,), since=since, until=until, reprocess=behavior or "none"),
        dag,
        "With --dry-run, Airflow lists their dates.",
    )


def _backfill(given: Given) -> Reach:
    """Describe ``dags backfill`` and ``backfill``, which run on the web server."""
    regex = "treat_dag_id_as_regex" in given or "treat_dag_as_regex" in given
    since, until, dag = given.of("start_date"), given.of("end_date"), given.of("dag_id")
    dags, dates = _dags(given, regex=regex), _between(since, until, alone="for")
    pattern = given.of("task_regex")
    tasks = f"the tasks that match {_quoted(pattern)} of " if pattern else ""
    says = "Marks as successful" if "mark_success" in given else "Runs"
    effect = f"{says} {tasks}{dags}{dates}."
    if "reset_dagruns" in given:
        effect = f"Clears the runs of {dags}{dates} that exist. {effect}"
    elif "rerun_failed_tasks" in given:
        effect += " Failed tasks run again."
    selection = Selection((What.DAGS,) if regex else (What.TASKS,), dags=() if regex else (dag,))
    if regex:
        selection = selection._replace(dag_regex=dag)
    else:
        above = bool(pattern) and "ignore_dependencies" not in given
        selection = selection._replace(tasks=pattern, upstream=above, since=since or until, until=until or since)
    counts = "reset_dagruns" in given and not (regex and "subdir" in given)
    return Reach(effect, selection if counts else None)


# -- what is deleted ---------------------------------------------------------------------------------------------------


def _delete_dag(given: Given) -> Reach:
    dag = given.of("dag_id")
    return Reach(
        f"Deletes all runs, task instances and history of {quote(dag)}.",
        Selection((What.RUNS, What.TASKS), dags=(dag,)),
    )


def _clean(given: Given) -> Reach:
    """``db clean``. Of a run and of a task instance, the start counts; the last scheduled run of each DAG stays."""
    before = given.of("clean_before_timestamp")
    tables, dags, but = given.list_of("tables"), given.list_of("dag_ids"), given.list_of("exclude_dag_ids")
    of = f"the table{'s' * (len(tables) != 1)} {join_names(tables)}" if tables else "all tables"
    only = f", only of {join_names(dags)}" if dags else f", but not of {join_names(but)}" if but else ""
    copy = "No copy stays." if "skip_archive" in given else "A copy stays in the database."
    what = {"dag_run": What.RUNS, "task_instance": What.TASKS}
    wanted = tuple(kind for table, kind in what.items() if not tables or table in tables)
    return Reach(
        f"Deletes all rows older than {before} from {of}{only}. {copy}",
        Selection(wanted, dags=dags, started_before=before) if wanted and not but else None,
        hint="With --dry-run, Airflow counts the rows of each table.",
    )


# -- what is started and paused ----------------------------------------------------------------------------------------


def _trigger(given: Given) -> Reach:
    dag, date = given.of("dag_id"), given.of("exec_date", "logical_date")
    return Reach(f"Starts a run of {quote(dag)}{f' for {date}' if date else ''}.", starts_in=dag)


def _pause(given: Given, *, unpause: bool = False) -> Reach | None:
    """``dags pause`` of all DAGs that match a pattern."""
    if "treat_dag_id_as_regex" not in given:
        return None
    pattern = given.of("dag_id")
    effect = "Airflow starts the runs that are due." if unpause else "Their schedules stop."
    return Reach(
        f"{'Unpauses' if unpause else 'Pauses'} all DAGs that match {_quoted(pattern)}. {effect}",
        Selection((What.DAGS,), dag_regex=pattern, paused=unpause),
    )


_READERS: Mapping[str, Callable[[Given], Reach | None]] = {
    "backfill": _backfill,
    "backfill create": _create_backfill,
    "clear": _clear,
    "dags backfill": _backfill,
    "dags clear": _clear_runs,
    "dags delete": _delete_dag,
    "dags pause": _pause,
    "dags trigger": _trigger,
    "dags unpause": partial(_pause, unpause=True),
    "db clean": _clean,
    "delete_dag": _delete_dag,
    "tasks clear": _clear,
    "trigger_dag": _trigger,
}
