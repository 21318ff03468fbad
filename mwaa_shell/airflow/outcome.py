"""Outcome of an Airflow command, read from its output: MWAA returns no exit code.

The rules come from outputs of real Airflow programs whose true exit codes are known, and from Airflow's source; a test
runs every recorded output through ``judge`` and prints how often it is right. That standard error is not empty proves
nothing: Airflow, DAG files, tasks and libraries write there in commands that succeed. What proves a failure:

- argparse's own last line;
- a traceback that begins at the airflow program: that of an exception that was caught begins where it was caught;
- a sentence that this command is known to leave with, on standard error or, of some commands, on standard output;
- a log line of a run that begins, and none that it has ended;
- a sentence or a traceback on standard error of a command that prints something when it succeeds, and has not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from mwaa_shell.airflow.grammar import data_of
from mwaa_shell.airflow.output_lines import LineKind, OutputLine, classify, data_lines, has_data, is_message
from mwaa_shell.airflow.versions import Version, parse_version


class Judgment(NamedTuple):
    """``ok``, and for a failure the one line that says why."""

    ok: bool
    reason: str = ""


#: Columns at which rich wraps without a terminal.
WRAPPED_AT = 80
#: The version to assume for an unknown one.
NEWEST = Version(999, 0)
#: Characters of a stream that are read: whether there is data shows at its beginning, why a command failed at its end.
ENOUGH = 1_000_000
#: Characters at the end of standard output in which a command says there that it failed.
LAST = 20_000
#: Characters of a line that can be a sentence which a command leaves with.
LONGEST_SENTENCE = 10_000
#: The message of an exception group. The lines of its frames are indented further.
GROUP_MESSAGE = re.compile(r"  \| \S")
#: An exception whose message begins on the next line.
NAME_ALONE = re.compile(r"[\w.]+:\s*$")
#: Characters of a complete standard output; a longer one may be cut, as callers pass the first ``ENOUGH`` bytes.
WHOLE = ENOUGH // 4
#: The first version in which ``dags list-import-errors`` exits with 1 if there are any.
IMPORT_ERRORS_FAIL_SINCE = Version(2, 8)
#: Versions, from one on and below another, whose table says ``is_paused`` as it was before the change.
SHOWN_BEFORE = ((Version(2, 9, 0), Version(2, 10, 0)), (Version(3, 1, 0), Version(99, 0, 0)))
#: The state that each command gives a DAG, and the value that Airflow shows for it.
MADE = {"dags unpause": ("unpaused", "True"), "dags pause": ("paused", "False")}


def judge(words: tuple[str, ...], stdout: str, stderr: str, version: Version | None = None) -> Judgment:
    """Return the outcome of a command by its output. ``words`` are its arguments."""
    errors = list(classify(stderr[-ENOUGH:]))
    ending = _ending_of(words, version)
    reason = (
        _usage_error(errors)
        or _crash(errors)
        or _known(ending.sentence, errors)
        or (_known(ending.printed, classify(stdout[-LAST:])) if ending.printed else "")
        or (_unfinished(ending.pair, stdout, errors) if ending.pair else "")
        or _import_errors(words, stdout[:ENOUGH], version)
    )
    quiet = ending.quiet or any(_explains_silence().match(line.text) for line in errors)
    if not reason and not quiet and (said := _caught(errors) or _last_words(errors)):
        reason = "" if has_data(stdout[:ENOUGH]) else said
    return Judgment(not reason, reason)


def last_words(stderr: str) -> str:
    """Return the last sentence on standard error of a command that failed."""
    errors = list(classify(stderr[-ENOUGH:]))
    return _caught(errors) or _last_words(errors)


def _usage_error(errors: list[OutputLine]) -> str:
    """Return argparse's last error. Exit handlers may print after it."""
    spoken = [line.text for line in errors if line.kind is LineKind.USAGE]
    if spoken:
        said, choose, choices = spoken[-1].partition(" (choose from ")
        said += choices.rpartition(")")[2] if ")" in choices else choose + choices
        return said.removesuffix(", see help above.")
    return ""


def _crash(errors: list[OutputLine]) -> str:
    """Return the line of the uncaught exception, also with a message of several lines."""
    last = max((index for index, line in enumerate(errors) if line.fatal), default=-1)
    first = last
    while first > 0 and errors[first - 1].fatal:
        first -= 1
    rest = [line.text for line in errors[first : last + 1]] if last >= 0 else []
    said = [text for text in rest if is_message(text)] or [text[4:] for text in rest if GROUP_MESSAGE.match(text)]
    if not said:
        return rest[-1].strip() if rest else ""
    further = next((line.text for line in errors[last + 1 :] if line.kind is LineKind.DATA), "")
    return _sentence(said[0], further)


def _sentence(said: str, further: str) -> str:
    """Return the first line of a message, and the next after a bare exception name."""
    return f"{said.strip()} {further.strip()}".strip() if NAME_ALONE.match(said) else said.strip().rstrip(":")


def _known(pattern: re.Pattern[str] | None, lines: Iterable[OutputLine]) -> str:
    """Return the last line of data that the pattern is about."""
    texts = [line.text for line in lines if line.kind is LineKind.DATA] if pattern else []
    for text in reversed(texts):
        for said in (text, _behind_bar(text)):
            if pattern and len(said) < LONGEST_SENTENCE and pattern.match(said):
                return said.strip()
    return ""


def _behind_bar(text: str) -> str:
    """Return the text that follows a progress bar on its line."""
    return text.rpartition("%|")[2].partition("]")[2].lstrip() if "%|" in text else ""


def _unfinished(pair: LogPair, stdout: str, errors: list[OutputLine]) -> str:
    """Return the last words of a task without an end; empty if the end may be cut off."""
    if len(stdout) > WHOLE:
        return ""
    begun = max((match.start() for match in pair.begun.finditer(stdout)), default=-1)
    if begun < 0 or pair.ended.search(stdout, begun) or (pair.unless and pair.unless.search(stdout, 0, begun)):
        return ""
    return _last_words(errors) or pair.reason


def _caught(errors: list[OutputLine]) -> str:
    """Return the message of a traceback that only log lines and warnings follow."""
    last = len(errors)
    while last and errors[last - 1].kind in (LineKind.LOG, LineKind.WARNING, LineKind.BLANK):
        last -= 1
    first = last
    while first and errors[first - 1].kind is LineKind.TRACEBACK:
        first -= 1
    frames = [line.text for line in errors[first:last] if line.text.strip()]
    said = [text for text in frames if is_message(text)]
    return _sentence(said[-1], "") if said else frames[-1].strip() if frames else ""


def _import_errors(words: tuple[str, ...], stdout: str, version: Version | None) -> str:
    if _first_words(words) != ("dags", "list-import-errors") or version is None or version < IMPORT_ERRORS_FAIL_SINCE:
        return ""
    rows = data_lines(stdout)
    if not rows or any(row.strip() in ("No data found", "[]") for row in rows):
        return ""
    return f"{_rows(rows)} could not be imported"


def _rows(rows: list[str]) -> str:
    try:
        count = len(json.loads(rows[-1]))
    except (ValueError, TypeError, RecursionError):
        return "DAG files"
    return "1 DAG file" if count == 1 else f"{count} DAG files"


def _last_words(errors: list[OutputLine]) -> str:
    """Return the sentence of ``raise SystemExit('...')`` from a command without data."""
    harmless = _harmless()
    last, before = "", ""  # before: the line before, where it is harmless
    for line in errors:
        if line.kind is not LineKind.DATA:
            before = ""
        elif harmless.match(line.text) or _is_wrapped(before, line.text):
            before = line.text
        else:
            last, before = line.text, ""
    return last.rpartition("\r")[2].strip()  # a progress bar overwrites the text before it


def _is_wrapped(before: str, text: str) -> bool:
    """Return whether rich, which prints some sentences, broke one between two lines."""
    line, word = before.rstrip(), text.partition(" ")[0]
    return bool(line) and len(line) <= WRAPPED_AT < len(line) + 1 + len(word)


# -- how commands end: data/endings.toml -------------------------------------------------------------------------------


class LogPair(NamedTuple):
    """Log lines of which the second follows the first, unless the program crashed."""

    begun: re.Pattern[str]
    ended: re.Pattern[str]
    unless: re.Pattern[str] | None  #: before the first, of a command that leaves with 0 without the second
    reason: str  #: the message if the second is missing


class CommandEnding(NamedTuple):
    """The signs by which one command shows how it ended."""

    sentence: re.Pattern[str] | None  #: on standard error, of a command that failed
    printed: re.Pattern[str] | None  #: on standard output, of a command that failed
    quiet: bool  #: success may print nothing
    pair: LogPair | None  #: of log lines on standard output


def _ending_of(words: Sequence[str], version: Version | None = None) -> CommandEnding:
    """Return the ending of the command that ``words`` begin with."""
    named = _first_words(words)
    first = " ".join(named[:1])
    old = version is not None and version.major < 2
    return _ending(first if old else " ".join(named), first, old, version or NEWEST)


def _first_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the two words of a command. Newer Pythons take a ``--`` before each."""
    return tuple(word for word in words if not word.startswith("-"))[:2]


@lru_cache(maxsize=64)
def _ending(name: str, group: str, old: bool, version: Version) -> CommandEnding:
    tables = data_of("endings.toml")
    names = list(dict.fromkeys(("", group, name)))
    return CommandEnding(
        sentence=_any_of(tables["sentences"], names),
        printed=_any_of(tables["printed"], names),
        quiet=name in tables["quiet"]["commands_of_1" if old else "commands"],
        pair=next((_pair(entry) for entry in tables["pairs"] if _is_about(entry, name, version)), None),
    )


def _is_about(entry: Mapping[str, Any], name: str, version: Version) -> bool:
    since, before = (parse_version(entry.get(bound)) for bound in ("since", "before"))
    in_time = (since is None or since <= version) and (before is None or version < before)
    return name in entry["commands"] and in_time


def _pair(entry: Mapping[str, Any]) -> LogPair:
    unless = re.compile(entry["unless"]) if "unless" in entry else None
    return LogPair(re.compile(entry["begun"]), re.compile(entry["ended"]), unless, entry["reason"])


def _any_of(table: Mapping[str, Sequence[str]], names: Sequence[str]) -> re.Pattern[str] | None:
    patterns = [pattern for name in names for pattern in table.get(name, ())]
    return re.compile(f"(?:{'|'.join(patterns)})\\s*$") if patterns else None


@cache
def _harmless() -> re.Pattern[str]:
    """Return the pattern of harmless sentences on standard error."""
    return re.compile("|".join(data_of("endings.toml")["harmless"]["lines"]), re.IGNORECASE)


@cache
def _explains_silence() -> re.Pattern[str]:
    """Return the pattern of sentences that explain an empty output."""
    return re.compile("|".join(data_of("endings.toml")["quiet"]["after_lines"]))


# -- remarks -----------------------------------------------------------------------------------------------------------


def remark_on(words: Sequence[str], version: Version, printed: str) -> str:
    """Return a remark on output that contradicts the exit of its command; else empty."""
    name = " ".join(words[: 1 if version.major < 2 else 2])
    return _about_value_before(name, version, printed) or _about_failed_task(name, version, printed)


def _about_value_before(name: str, version: Version, printed: str) -> str:
    made, before = MADE.get(name, ("", ""))
    if not made or not any(since <= version < until for since, until in SHOWN_BEFORE):
        return ""
    _, heading, table = printed.partition("is_paused")
    if not heading or before not in table:
        return ""
    return f"Airflow {version} shows is_paused as it was before the command. It is {made} now"


def _about_failed_task(name: str, version: Version, printed: str) -> str:
    for entry in data_of("endings.toml")["remarks"]:
        if _is_about(entry, name, version) and _shows(entry, printed):
            return str(entry["text"].format(version=version, name=name))
    return ""


def _shows(entry: Mapping[str, Any], printed: str) -> bool:
    """Return whether a log has the line of an entry, or the first of a pair alone."""
    if "shows" in entry:
        return re.search(entry["shows"], printed) is not None
    begun = max((match.start() for match in re.finditer(entry["begun"], printed)), default=-1)
    return begun >= 0 and not re.search(entry["ended"], printed[begun:])
