"""Completion of any line: dot-commands, their arguments, paths, Airflow's words.

Reads memory and, for a path, its folder. Sends no request.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from mwaa_shell import monitor
from mwaa_shell.airflow.bulk import KINDS
from mwaa_shell.airflow.command_line import line_at, quote, split
from mwaa_shell.airflow.completion import NameMatch, Names, Suggestion, no_names, suggest
from mwaa_shell.airflow.grammar import versions
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.logs import COMPONENTS, STARTS
from mwaa_shell.airflow.matching import best
from mwaa_shell.docs import TOPICS
from mwaa_shell.dot_commands.bulk import ON_CONFLICT
from mwaa_shell.dot_commands.commands import candidates
from mwaa_shell.dot_commands.registry import ArgumentKind, DotCommand, command_start
from mwaa_shell.dot_commands.rest import request_candidates
from mwaa_shell.dot_commands.table import DOT_COMMANDS, find_dot_command
from mwaa_shell.names import TITLES, name_candidates
from mwaa_shell.preferences import PREFERENCES, preference
from mwaa_shell.session import Session

#: Entries of a folder that are read, at most.
ENTRIES = 2000

#: Fixed words of arguments.
CHOICES: Mapping[ArgumentKind | None, Sequence[str]] = {
    ArgumentKind.BULK: tuple(KINDS),
    ArgumentKind.ON_CONFLICT: ON_CONFLICT,
    ArgumentKind.STATE: monitor.STATES,
    ArgumentKind.COMPONENT: (*COMPONENTS, *STARTS),
    ArgumentKind.FORMAT: preference("output").words,
}


def complete(session: Session, text: str, cursor: int, *, asked: bool = False) -> list[Suggestion]:
    """Return the candidates for the word at the cursor, best first.

    ``asked`` says whether Tab was pressed.
    """
    begins, line = line_at(text, cursor)
    names = partial(name_candidates, session.cached_names, asked=asked)
    return _moved(_in_line(session, line, cursor - begins, names), begins)


def _moved(found: list[Suggestion], offset: int) -> list[Suggestion]:
    return [one._replace(start=one.start + offset, end=one.end + offset) for one in found] if offset else found


def _in_line(session: Session, text: str, cursor: int, names: Names) -> list[Suggestion]:
    path = _file_after_operator(text, cursor)
    if path is not None:
        return list(_paths(*path))
    if text.lstrip().startswith("."):
        return _in_dot_command(session, text, cursor, names)
    return _airflow(session, text, cursor, 0, names)


def _airflow(session: Session, text: str, cursor: int, offset: int, names: Names) -> list[Suggestion]:
    """Return the candidates of an Airflow command that begins at ``offset``."""
    if session.grammar is None or cursor < offset:
        return []
    return _moved(suggest(text[offset:], cursor - offset, session.grammar, names), offset)


@dataclass(frozen=True, slots=True)
class _Spot:
    """The typed part of the word at the cursor, its span, and the words before it."""

    fragment: str
    start: int
    end: int
    before: tuple[str, ...]

    def offer(self, text: str, shown: str, summary: str = "") -> Suggestion:
        return Suggestion(text, self.start, self.end, shown, summary)

    def best(self, values: Iterable[tuple[str, str]], *, head: str = "") -> list[Suggestion]:
        """Return the values that fit what is typed after ``head``, each with its summary."""
        made = [
            self.offer(text if text.endswith("=") else quote(head + text), text, summary) for text, summary in values
        ]
        return best(self.fragment[len(head) :], made, lambda one: one.display)


def _in_dot_command(session: Session, text: str, cursor: int, names: Names) -> list[Suggestion]:
    words, _, problem = split(text[:cursor])
    values = tuple(word.value for word in words)
    spot = _Spot("", cursor, cursor, values)
    if words and (words[-1].end == cursor or problem is not None):
        spot = _Spot(values[-1], words[-1].start, cursor, values[:-1])
    if not spot.before:
        return _dot_commands(spot)
    dot_command = find_dot_command(spot.before[0])
    if dot_command is None:
        return []
    if dot_command.takes[:1] == (ArgumentKind.REQUEST,):
        return spot.best(request_candidates(session, spot.before, spot.fragment, names))
    if dot_command.takes[:1] == (ArgumentKind.SAVED,):
        return spot.best(candidates(session, spot.before, spot.fragment, names))
    if not dot_command.takes_command:
        return _arguments(session, dot_command, spot, names)
    first = command_start(dot_command, words)
    is_missing = len(_positionals_in(dot_command, spot.before[1:])) < len(dot_command.takes) - 1
    is_own = spot.fragment.startswith("-") or dot_command.flags.get(spot.before[-1]) is not None
    if is_missing or len(spot.before) < first or (len(spot.before) == first and is_own):
        return _arguments(session, dot_command, spot, names)
    offset = words[first].start if first < len(words) else cursor
    if dot_command.takes != (ArgumentKind.TOPIC,):
        return _airflow(session, text, cursor, offset, names)
    if len(spot.before) > 1:
        return _airflow(session, text, cursor, offset, no_names)  # help explains commands, and names have no page
    pages = [spot.offer(topic, topic, f"page: {TOPICS[topic]}") for topic in TOPICS if topic.startswith(spot.fragment)]
    about_dot_commands = spot.fragment.startswith(".")
    return [*(_dot_commands(spot) if about_dot_commands else _airflow(session, text, cursor, offset, no_names)), *pages]


def _dot_commands(spot: _Spot) -> list[Suggestion]:
    return [spot.offer(one.name, one.name, one.summary) for one in DOT_COMMANDS if one.name.startswith(spot.fragment)]


def _arguments(session: Session, dot_command: DotCommand, spot: _Spot, names: Names) -> list[Suggestion]:
    """Return values of the flag before the cursor, else flags or the next argument."""
    takes, before = dot_command.flags.get(spot.before[-1]), spot.before[-1]
    positionals = _positionals_in(dot_command, spot.before[1:])
    if takes is None:
        if spot.fragment.startswith("-"):
            flags = [one for one in dot_command.arguments if one.flag.startswith(spot.fragment)]
            return [spot.offer(one.flag, one.flag, one.meaning) for one in flags]
        takes = dot_command.takes[len(positionals)] if len(positionals) < len(dot_command.takes) else None
        before = positionals[-1] if positionals else before
    if takes is ArgumentKind.PATH:
        return list(_paths(spot.fragment, spot.start, spot.end))
    if takes is ArgumentKind.ENVIRONMENTS:
        head = "".join(spot.fragment.rpartition(",")[:2])
        others = [value for value in _values_for(session, takes, before) if value[0] not in head.split(",")]
        return spot.best(others, head=head)
    found = _names_for(session, takes, positionals, spot.fragment, names)
    if found is None:
        return spot.best(_values_for(session, takes, before))
    return [spot.offer(quote(one.text), one.text, one.summary)._replace(state=one.state) for one in found]


def _positionals_in(dot_command: DotCommand, words: tuple[str, ...]) -> list[str]:
    found, skip = [], False
    for word in words:
        if skip or word in dot_command.flags:
            skip = not skip and dot_command.flags.get(word) is not None
        else:
            found.append(word)
    return found


def _names_for(
    session: Session, takes: ArgumentKind | None, before: Sequence[str], fragment: str, names: Names
) -> Sequence[NameMatch] | None:
    """Return the names of an Airflow object that fit a fragment, else ``None``.

    ``before`` are the positional arguments before the cursor: a DAG, a run and a task.
    """
    dag = before[0] if before else ""
    if takes is ArgumentKind.DAG:
        return names(Kind.DAG, "", fragment)[0]
    if takes is ArgumentKind.RUN:
        newest = [NameMatch(monitor.LATEST, "the newest run")] if monitor.LATEST.startswith(fragment) else []
        return [*newest, *names(Kind.RUN, before[-1] if before else "", fragment)[0]]
    if takes is ArgumentKind.TASK:
        return _with_states(names(Kind.TASK, dag, fragment)[0], _instances(session, before), fragment)
    if takes is ArgumentKind.TRY:
        return _tries(_instances(session, before), before[-1], fragment)
    if takes is ArgumentKind.MAP_INDEX:
        return _map_indexes(_instances(session, before), before[2:3], fragment)
    return None


def _instances(session: Session, positionals: Sequence[str]) -> list[monitor.Task]:
    """Return the task instances of the given run, failed ones first.

    There are some only if the session read this run last.
    """
    snapshot = session.snapshot
    if snapshot is None or tuple(positionals[:2]) not in (
        (snapshot.run.dag, snapshot.run.run_id),
        (snapshot.run.dag, monitor.LATEST),
    ):
        return []
    return monitor.by_urgency(snapshot.tasks or ())


def _with_states(found: Sequence[NameMatch], instances: Sequence[monitor.Task], fragment: str) -> list[NameMatch]:
    """Return tasks with their states in a run, and the other tasks of the run."""
    states: dict[str, str] = {}
    for one in instances:
        states.setdefault(one.task_id, one.state)
    texts = {one.text for one in found}
    more = best(fragment, [NameMatch(text) for text in states if text not in texts], lambda one: one.text)
    return [one._replace(state=states.get(one.text, one.state)) for one in (*found, *more)]


def _tries(instances: Sequence[monitor.Task], task: str, fragment: str) -> list[NameMatch]:
    """Return the numbers of the tries of a task, the last first, with its state."""
    most, state = max(((one.tries, one.state) for one in instances if one.task_id == task), default=(0, ""))
    numbers = [NameMatch(str(number), "", state if number == most else "") for number in range(most, 0, -1)]
    return [one for one in numbers if one.text.startswith(fragment)]


def _map_indexes(instances: Sequence[monitor.Task], task: Sequence[str], fragment: str) -> list[NameMatch]:
    """Return the map indexes of a task with their states, failed ones first.

    ``task`` is empty or one task ID.
    """
    found = [(str(one.map_index), one.state) for one in instances if one.task_id in task and one.map_index is not None]
    return [NameMatch(index, state=state) for index, state in found if index.startswith(fragment)]


def _values_for(session: Session, takes: ArgumentKind | None, before: str) -> Iterable[tuple[str, str]]:
    """Return the values of a kind with a summary each.

    ``before`` is the flag or the argument before the cursor.
    """
    match takes:
        case ArgumentKind.ENVIRONMENTS:
            groups = ((f"@{name}", ", ".join(members)) for name, members in session.settings.config.groups.items())
            return [("all", "of this account and region"), *groups, *_plain(session.listed_environments)]
        case ArgumentKind.ENVIRONMENT:
            return _plain(session.listed_environments)
        case ArgumentKind.PROFILE:
            return _plain(session.listed_profiles)
        case ArgumentKind.REGION:
            return _plain(session.listed_regions)
        case ArgumentKind.SAVED:
            return candidates(session, [".do"], "", no_names)
        case ArgumentKind.VERSION:
            return _plain(str(version) for version in reversed(versions()))
        case ArgumentKind.PREFERENCE:
            return ((one.name, f"{one.summary} ({session.preferences[one.name]})") for one in PREFERENCES)
        case ArgumentKind.KIND:
            return _plain(title.lower() for title in TITLES.values())
        case ArgumentKind.VALUE:
            return _plain(word for one in PREFERENCES if one.name == before for word in one.words)
    return _plain(CHOICES.get(takes, ()))


def _plain(words: Iterable[str]) -> list[tuple[str, str]]:
    """Return words without summaries."""
    return [(word, "") for word in words]


# -- paths of this machine -------------------------------------------------------------------------------------------


def _file_after_operator(text: str, cursor: int) -> tuple[str, int, int] | None:
    """Return the fragment of a file name after ``>`` or ``>>`` and its span.

    Elsewhere ``None``.
    """
    _, end, problem = split(text[:cursor])
    if problem is not None or not text.startswith(">", end) or end >= cursor:
        return None
    after = end + len(text[end:]) - len(text[end:].lstrip(">"))
    words, stop, _ = split(text[after:cursor])
    if not words:
        return ("", cursor, cursor) if stop == cursor - after else None
    if len(words) > 1 or after + words[0].end < cursor:
        return None
    return words[0].value, after + words[0].start, cursor


def _paths(fragment: str, start: int, end: int) -> Iterator[Suggestion]:
    """Yield files, and folders with a slash, that begin with a fragment.

    Hidden ones require a dot.
    """
    folder, _, typed = fragment.rpartition("/")
    kept = fragment[: len(fragment) - len(typed)]
    try:
        with os.scandir(Path(folder or ("/" if kept else ".")).expanduser()) as entries:
            found = sorted((one.name + "/" * one.is_dir() for one in islice(entries, ENTRIES)), key=str.lower)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return
    for name in found:
        if name.startswith(typed) and (typed or not name.startswith(".")) and name.isprintable():
            path = kept + name
            quoted = f"~{quote(path[1:])}" if path.startswith("~/") else quote(path)
            yield Suggestion(quoted, start, end, name)
