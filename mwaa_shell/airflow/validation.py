"""Validation of a line before it is sent: what Airflow would refuse before it does anything.

Only what argparse is certain to refuse is a problem, in every Python that an Airflow may run on: words, numbers, dates
and choices. So is malformed JSON, which Airflow finds later, where it is certain to read it. argparse stops at
``--help``: with it a line is as good as what stands before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from mwaa_shell.airflow.arguments import (
    HELP,
    ParsedCommand,
    Part,
    Role,
    candidates,
    fewest,
    flags_of,
    looks_like_flag,
    names_of,
)
from mwaa_shell.airflow.command_line import InputKind, Problem
from mwaa_shell.airflow.grammar import Command, Option, Positional
from mwaa_shell.airflow.spelling import closest, did_you_mean, either, shown, suggested
from mwaa_shell.airflow.versions import Version

#: Words that dates are written with; dateutil, which Airflow falls back on, refuses all others but names of zones.
_DATE_WORDS = (
    "january february march april may june july august september october november december sept jan feb mar apr jun jul"
    " aug sep oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun now"
    " a p am pm h hour hours m minute minutes s second seconds ad t z w y d of at on and st nd rd th utc gmt"
)
DATE_WORDS = frozenset(_DATE_WORDS.split())
#: Options whose text Airflow reads as JSON once the line is parsed, and the first version that does.
JSON_FLAGS: dict[str, Version] = {
    "--conf": Version(1),
    "--task_params": Version(1),
    "--task-params": Version(2),
    "--conn-json": Version(2),
    "--conn-extra": Version(3),  # any text before
    "--dag-run-conf": Version(3, 2),
}
#: Of these, what has to be an object.
OBJECTS = frozenset({"--conn-json", "--conn-extra"})
NO_DATE = re.compile(r"\d{4}-(00|[2-9]\d|1[3-9]-1[3-9]|1[3-9]-[2-9]\d|\d\d-(00|3[2-9]|[4-9]\d))")


def validate(understanding: ParsedCommand) -> Problem | None:
    """Return the first mistake in a line; ``None`` where Airflow takes it, and for all but its commands."""
    line, parts = understanding.line, understanding.parts
    if line.problem is not None or line.kind is not InputKind.AIRFLOW:
        return line.problem
    asks = next((index for index, part in enumerate(parts) if part.argument is HELP), None)
    if asks is not None:
        return next(_refused_at_once(understanding, asks), _refused_beside_help(understanding, asks))
    firsts = next(_refused_at_once(understanding, len(parts)), None), next(_refused_in_the_end(understanding), None)
    return min((found for found in firsts if found), key=lambda problem: problem.position, default=None)


# -- what argparse refuses while it reads ------------------------------------------------------------------------------


def _refused_at_once(understanding: ParsedCommand, stop: int) -> Iterator[Problem]:
    """Return what is wrong with the first parts."""
    seen: dict[str, str] = {}
    parts = understanding.parts
    flags_end = _flags_end(parts)
    asks = stop < len(parts)  # for help: then no value is read but by the parser
    read = {} if asks else {id(part.argument): part for part in parts if part.role is Role.VALUE}  # the last of each
    for index, part in enumerate(parts[:stop]):
        message = None
        if part.role is Role.UNKNOWN:
            message = _unknown_command(understanding, part)
        elif part.role is Role.EXTRA:
            command = understanding.command if any(one.role is Role.COMMAND for one in parts[:index]) else None
            message = _unclear_flag(command, parts[max(index - 1, 0) : index + 1], index < flags_end)
        elif part.role is Role.FLAG and isinstance(part.argument, Option):
            message = _missing_value(part.argument, part, _behind(part.argument, parts, index))
        elif part.argument is not None:
            message = _refused_value(part.argument, part.value)
            if message is None and read.get(id(part.argument)) is part:
                message = _refused_json(understanding, part)
        if message is None and part.role in (Role.FLAG, Role.POSITIONAL):
            message = _excluded(understanding.command, part, seen)
        if message is not None:
            yield Problem(message, _malformed_at(understanding, part))


def _refused_beside_help(understanding: ParsedCommand, asks: int) -> Problem | None:
    """In ``-hx`` argparse looks for the value of ``-x`` before it shows the help."""
    parts = understanding.parts
    last = max(index for index, part in enumerate(parts) if part.word is parts[asks].word)
    part, option = parts[last], parts[last].argument
    if last == asks or part.role is not Role.FLAG or not isinstance(option, Option):
        return None
    message = _missing_value(option, part, _behind(option, parts, last))
    return None if message is None else Problem(message, part.end)


def _unknown_command(understanding: ParsedCommand, part: Part) -> str:
    grammar, words = understanding.grammar, understanding.line.words
    groups = [one.value for one in understanding.parts if one.role is Role.GROUP]
    if part.value == "airflow" and len(words) == 1:
        return "There is no command behind airflow"
    following = [word.value for word in words if word.start > part.start]
    meant = suggested(grammar, groups, part.value, following[0] if following else "")
    typed = " ".join([*groups, shown(part.value)])
    return f"{typed} is no command of Airflow {grammar.version}{did_you_mean(meant)}"


def _unclear_flag(command: Command | None, parts: Sequence[Part], may_be: bool) -> str | None:
    """Return why a flag is refused, the last of the parts: short for several, or with a value it does not take.

    ``may_be`` says whether flags can stand there.
    """
    part = parts[-1]
    joined = len(parts) > 1 and parts[-2].word is part.word
    if command is None or not (joined or (may_be and _like_flag(part))):
        return None
    if joined:
        return f"{shown(part.word.value.partition('=')[0])} takes no value" if "=" in part.word.value else None
    found = [flag for flag, _ in candidates(flags_of(command), part.value)]
    return f"{shown(part.value)} may be {either(found)}: write it out" if len(found) > 1 else None


def _like_flag(part: Part) -> bool:
    return len(part.value) > 1 and part.value[0] == "-"


def _flags_end(parts: Sequence[Part]) -> int:
    """Return how many of the parts may be flags: behind a command and a separator there are none."""
    firsts = [
        next((index for index, part in enumerate(parts) if part.role is role), len(parts))
        for role in (Role.COMMAND, Role.SEPARATOR)
    ]
    return max(firsts)


def _behind(option: Option, parts: Sequence[Part], index: int) -> Sequence[Part]:
    """Return as many parts as the option takes."""
    return parts[index + 1 : index + 1 + fewest(option.nargs)]


def _missing_value(option: Option, part: Part, following: Sequence[Part]) -> str | None:
    wanted = fewest(option.nargs)
    values = [one for one in following[:wanted] if one.role is Role.VALUE and one.argument is option]
    if len(values) == wanted:
        return None
    kind = f": {either(option.choices)}" if option.choices else ""
    flag = part.value if part.value.startswith("-") else f"-{part.value}"
    return f"{flag} needs a value{kind}" if wanted == 1 else f"{flag} needs {wanted} values{kind}"


def _excluded(command: Command | None, part: Part, seen: dict[str, str]) -> str | None:
    """Return whether an argument excludes one that was given before it; ``seen`` has those, under their names."""
    if command is None or part.argument is None:
        return None
    names = names_of(part.argument)
    for group in command.exclusive:
        other = next((seen[name] for name in group.members if name in seen and name not in names), None)
        if other is not None and not set(names).isdisjoint(group.members):
            return f"{other} and {names[-1]} exclude each other"
    seen |= dict.fromkeys(names, names[-1])
    return None


# -- what argparse refuses when it has read all ------------------------------------------------------------------------


def _refused_in_the_end(understanding: ParsedCommand) -> Iterator[Problem]:
    parts, end = understanding.parts, max((word.end for word in understanding.line.words), default=0)
    for index, part in enumerate(parts):
        if part.role is Role.EXTRA:
            yield Problem(_extra(understanding, parts[: index + 1]), part.start)
    if understanding.command is None:
        if all(part.role is not Role.UNKNOWN for part in parts):
            yield Problem(_incomplete(understanding), end)
        return
    name = understanding.command.name
    if understanding.missing:
        wanted = [names_of(one)[-1] for one in understanding.missing]
        yield Problem(f"{name} needs {' and '.join(wanted)}", end)
    for group in understanding.command.exclusive:
        if group.required and understanding.given.isdisjoint(group.members):
            yield Problem(f"{name} needs {either(group.members)}", end)


def _extra(understanding: ParsedCommand, parts: Sequence[Part]) -> str:
    part, command = parts[-1], understanding.command
    if command is None or all(one.role is not Role.COMMAND for one in parts):
        return f"{shown(part.value)} is no flag that may stand before a command"
    joined = len(parts) > 1 and parts[-2].word is part.word
    if joined or (_like_flag(part) and len(parts) <= _flags_end(parts) and looks_like_flag(part.value)):
        flag = f"-{part.value[:1]}" if joined else part.value.partition("=")[0]
        near = closest(flag, flags_of(command), 0.6) if flag.startswith("--") else None
        version = understanding.grammar.version
        return f"{shown(flag)} is no flag of {command.name} in Airflow {version}{did_you_mean(near)}"
    takes = "one argument too many for" if command.positionals else "too much: there are no arguments to"
    return f"{shown(part.value)} is {takes} {command.name}"


def _incomplete(understanding: ParsedCommand) -> str:
    group = [part.value for part in understanding.parts if part.role is Role.GROUP]
    if not group:
        return "There is no command in this line"
    below = understanding.grammar.words_after(group)
    more = f" and {len(below) - 4} more" if len(below) > 5 else ""
    return f"{' '.join(group)} alone is no command; it has {', '.join(below[: 4 if more else 5])}{more}"


# -- values ------------------------------------------------------------------------------------------------------------


def _refused_value(argument: Option | Positional, text: str) -> str | None:
    """Return why a value is refused; argparse takes the separator for no value at all, where it lets it stand."""
    if text == "--":
        return None
    name = names_of(argument)[-1]
    read, kind = TYPES.get(argument.type or "", (str, ""))
    try:
        value = read(text)
    except json.JSONDecodeError as error:
        return _malformed(name, error)
    except (ValueError, RecursionError, OverflowError):
        return f"{name} takes {kind}, not {shown(text)}" if kind else None
    if argument.choices and value not in argument.choices:
        near = closest(text.lower(), map(str, argument.choices), 0.6)
        return f"{name} takes {either(argument.choices)}, not {shown(text)}{did_you_mean(near)}"
    return None


def _refused_json(understanding: ParsedCommand, part: Part) -> str | None:
    """Return why JSON is refused; of a flag that is given twice, only the last value is read."""
    option = part.argument
    if part.role is not Role.VALUE or not part.value or not isinstance(option, Option):
        return None
    if not _reads_json(understanding, option):
        return None
    try:
        value = json.loads(part.value)
    except json.JSONDecodeError as error:
        return _malformed(option.flags[-1], error)
    except (ValueError, RecursionError):  # a number, or a depth, beyond what this Python reads
        return None
    wrong = not isinstance(value, dict) and not OBJECTS.isdisjoint(option.flags)
    return f"{option.flags[-1]} takes a JSON object, not {shown(part.value)}" if wrong else None


def _reads_json(understanding: ParsedCommand, option: Option) -> bool:
    version = understanding.grammar.version
    first = next((JSON_FLAGS[flag] for flag in option.flags if flag in JSON_FLAGS), None)
    if "--dag-run-conf" in option.flags and version < Version(3, 3) and "--dry-run" in understanding.given:
        return False  # 3.2 only prints it
    return first is not None and version >= first


def _malformed(name: str, error: json.JSONDecodeError) -> str:
    return f"The JSON of {name} is malformed: {error.msg}"


def _malformed_at(understanding: ParsedCommand, part: Part) -> int:
    """Return where the cursor belongs: where JSON breaks, after a flag without its value, else at the part."""
    if part.role is Role.FLAG:
        return part.end
    option = part.argument
    if isinstance(option, Option) and (_reads_json(understanding, option) or option.type == "json.loads"):
        begins = understanding.line.text.find(part.value, part.start, part.end)
        try:
            json.loads(part.value)
        except json.JSONDecodeError as error:
            return min(begins + error.pos, part.end) if begins >= 0 else part.start
        except (ValueError, RecursionError):
            pass
    return part.start


def _above(text: str, least: int) -> int:
    number = int(text)
    if number < least:
        raise ValueError(number)
    return number


def _date(text: str) -> str:
    """Refuses only what neither pendulum nor dateutil can read; what else they refuse is theirs to say."""
    words = re.findall(r"[^\W\d_]+", text)
    known = [word for word in words if word.lower() in DATE_WORDS]
    strange = any(word.lower() not in DATE_WORDS and not (word.isupper() and len(word) <= 5) for word in words)
    has_digits = any(char.isdigit() for char in text)
    if NO_DATE.match(text) or (strange and not _is_duration(text)) or not (has_digits or known):
        raise ValueError(text)
    return text


def _is_duration(text: str) -> bool:
    return text.startswith("P") or "/" in text


def _lower(text: str) -> str:
    return text.strip().lower()


#: What reads the text of each type that is read while the line is parsed, and what it wants.
TYPES: dict[str, tuple[Callable[[str], object], str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "positive_int": (lambda text: _above(text, 1), "a whole number above 0"),
    "positive_int(allow_zero=False)": (lambda text: _above(text, 1), "a whole number above 0"),
    "positive_int(allow_zero=True)": (lambda text: _above(text, 0), "a whole number from 0 up"),
    "parsedate": (_date, "a date such as 2026-01-31 or 2026-01-31T12:00"),
    "json.loads": (json.loads, "JSON"),
    "string_lower_type": (_lower, "a word"),
}
