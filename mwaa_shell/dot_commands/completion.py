"""What could be typed where the cursor stands in any line: directives and their arguments here, Airflow's words there.

Answers from memory and, for a path, from the folder that it names; asks nobody.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mwaa_shell.airflow.command_line import line_at, quote, split
from mwaa_shell.airflow.grammar import versions
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.matching import best
from mwaa_shell.airflow.suggestions import Names, Suggestion, no_names, suggest
from mwaa_shell.dot_commands import DIRECTIVES
from mwaa_shell.dot_commands.registry import ArgumentKind, DotCommand, command_start, find
from mwaa_shell.dot_commands.saved_commands import candidates
from mwaa_shell.monitor.runs import STATES
from mwaa_shell.names.fetch import TITLES
from mwaa_shell.names.refresher import name_candidates
from mwaa_shell.preferences import PREFERENCES, preference
from mwaa_shell.session import Session

#: How many entries of a folder are looked at, at most.
ENTRIES = 2000


def complete(session: Session, text: str, cursor: int, *, asked: bool = False) -> list[Suggestion]:
    """The candidates for the word under the cursor, best first; ``asked`` by a key that does nothing else."""
    begins, line = line_at(text, cursor)
    found = _in_line(session, line, cursor - begins, asked=asked)
    return [one._replace(start=one.start + begins, end=one.end + begins) for one in found] if begins else found


def _in_line(session: Session, text: str, cursor: int, *, asked: bool) -> list[Suggestion]:
    path = _file_behind_operator(text, cursor)
    if path is not None:
        return list(_paths(*path))
    if text.lstrip().startswith("."):
        return _in_directive(session, text, cursor, asked=asked)
    return _airflow(session, text, cursor, 0, _names(session, asked=asked))


def _names(session: Session, *, asked: bool) -> Names:
    """The environment's own names."""
    live = session.live
    return lambda kind, dag, fragment: name_candidates(live, kind, dag, fragment, asked=asked)


def _airflow(session: Session, text: str, cursor: int, offset: int, names: Names) -> list[Suggestion]:
    """Airflow's words from ``offset`` on, and names."""
    grammar = session.grammar
    if grammar is None or cursor < offset:
        return []
    found = suggest(text[offset:], cursor - offset, grammar, names)
    return [one._replace(start=one.start + offset, end=one.end + offset) for one in found] if offset else found


@dataclass(frozen=True, slots=True)
class _Spot:
    """The word under the cursor as far as it is typed, where it stands, and the words before it."""

    fragment: str
    start: int
    end: int
    before: tuple[str, ...]

    def offer(self, text: str, shown: str, summary: str = "") -> Suggestion:
        return Suggestion(text, self.start, self.end, shown, summary)


def _in_directive(session: Session, text: str, cursor: int, *, asked: bool) -> list[Suggestion]:
    words, _, problem = split(text[:cursor])
    values = tuple(word.value for word in words)
    spot = _Spot("", cursor, cursor, values)
    if words and (words[-1].end == cursor or problem is not None):
        spot = _Spot(values[-1], words[-1].start, cursor, values[:-1])
    if not spot.before:
        return _directives(spot)
    directive = find(DIRECTIVES, spot.before[0])
    if directive is None:
        return []
    if directive.takes[:1] == (ArgumentKind.SAVED,):
        return _saved(session, spot, asked=asked)
    if directive.takes[:1] in ((ArgumentKind.COMMAND,), (ArgumentKind.TOPIC,)):
        topics = directive.takes == (ArgumentKind.TOPIC,) and len(spot.before) == 1 and spot.fragment.startswith(".")
        first = command_start(directive, words)
        if len(spot.before) < first or (len(spot.before) == first and spot.fragment.startswith("-")):
            return _arguments(session, directive, spot)
        offset = words[first].start if first < len(words) else cursor
        is_help = directive.takes == (ArgumentKind.TOPIC,)  # about commands, not about what there is
        names = no_names if is_help else _names(session, asked=asked)
        return _directives(spot) if topics else _airflow(session, text, cursor, offset, names)
    return _arguments(session, directive, spot)


def _saved(session: Session, spot: _Spot, *, asked: bool) -> list[Suggestion]:
    """The commands that the user has named, then their parameters and what goes there."""
    found = candidates(session, list(spot.before), spot.fragment, asked=asked)
    made = [spot.offer(quote(text), text, summary) for text, summary in found]
    return best(spot.fragment, made, lambda one: one.display)


def _directives(spot: _Spot) -> list[Suggestion]:
    return [spot.offer(one.name, one.name, one.summary) for one in DIRECTIVES if one.name.startswith(spot.fragment)]


def _arguments(session: Session, directive: DotCommand, spot: _Spot) -> list[Suggestion]:
    """The value of the flag before the cursor, else a flag or the next positional."""
    takes = directive.flags.get(spot.before[-1])
    if takes is None:
        if spot.fragment.startswith("-"):
            return [spot.offer(one, one) for one in directive.flags if one.startswith(spot.fragment)]
        place = _positionals_in(directive, spot.before[1:])
        takes = directive.takes[place] if place < len(directive.takes) else None
    if takes is ArgumentKind.PATH:
        return list(_paths(spot.fragment, spot.start, spot.end))
    made = [
        spot.offer(quote(text), text, summary)
        for text, summary in _known(session, takes, spot.before[-1], spot.fragment)
    ]
    return made if takes is ArgumentKind.DAG else best(spot.fragment, made, lambda one: one.display)


def _positionals_in(directive: DotCommand, words: tuple[str, ...]) -> int:
    count, skip = 0, False
    for word in words:
        if skip or word in directive.flags:
            skip = not skip and directive.flags.get(word) is not None
        else:
            count += 1
    return count


def _known(session: Session, takes: ArgumentKind | None, last: str, fragment: str) -> Iterable[tuple[str, str]]:
    """The values of a kind with a summary each; ``last`` is the word before."""
    if takes is ArgumentKind.ENVIRONMENT:
        return ((name, "") for name in session.known_names)
    if takes is ArgumentKind.PROFILE:
        return ((name, "") for name in session.known_profiles)
    if takes is ArgumentKind.REGION:
        return ((name, "") for name in session.known_regions)
    if takes is ArgumentKind.VERSION:
        return ((str(version), "") for version in reversed(versions()))
    if takes is ArgumentKind.PREFERENCE:
        return ((one.name, f"{one.summary} ({session.preferences[one.name]})") for one in PREFERENCES)
    if takes is ArgumentKind.KIND:
        return ((title.lower(), "") for title in TITLES.values())
    if takes is ArgumentKind.DAG:
        return ((one.text, one.summary) for one in name_candidates(session.live, Kind.DAG, "", fragment)[0])
    if takes in (ArgumentKind.FORMAT, ArgumentKind.STATE):
        return ((word, "") for word in (STATES if takes is ArgumentKind.STATE else preference("output").words))
    if takes is ArgumentKind.VALUE:
        return ((word, "") for one in PREFERENCES if one.name == last for word in one.words)
    return ()


# -- paths of this machine -------------------------------------------------------------------------------------------


def _file_behind_operator(text: str, cursor: int) -> tuple[str, int, int] | None:
    """What is typed of the file behind ``>`` or ``>>``, and where; ``None`` elsewhere."""
    _, end, problem = split(text[:cursor])
    if problem is not None or not text.startswith(">", end) or end >= cursor:
        return None
    behind = end + len(text[end:]) - len(text[end:].lstrip(">"))
    words, stop, _ = split(text[behind:cursor])
    if not words:
        return ("", cursor, cursor) if stop == cursor - behind else None
    if len(words) > 1 or behind + words[0].end < cursor:
        return None
    return words[0].value, behind + words[0].start, cursor


def _paths(fragment: str, start: int, end: int) -> Iterator[Suggestion]:
    """Files and folders that begin so, folders with a slash; hidden ones where a dot was typed."""
    folder, _, begun = fragment.rpartition("/")
    kept = fragment[: len(fragment) - len(begun)]
    try:
        with os.scandir(Path(folder or ("/" if kept else ".")).expanduser()) as entries:
            found = sorted((one.name + "/" * one.is_dir() for one in islice(entries, ENTRIES)), key=str.lower)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return
    for name in found:
        if name.startswith(begun) and (begun or not name.startswith(".")) and name.isprintable():
            yield Suggestion(_quoted_path(kept + name), start, end, name)


def _quoted_path(path: str) -> str:
    """Quoted where it must be; a tilde need not be."""
    return f"~{quote(path[1:])}" if path.startswith("~/") else quote(path)
