"""What Airflow would refuse in the values of a line: what its parser reads as numbers, dates and choices; and JSON.

Only what is certain to be refused is a problem, in every Python that an Airflow may run on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, names_of
from mwaa_shell.airflow.grammar import Option, Positional
from mwaa_shell.airflow.spelling import closest
from mwaa_shell.airflow.versions import Version
from mwaa_shell.airflow.wording import did_you_mean, either, shown

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


def refused_value(argument: Option | Positional, text: str) -> str | None:
    """Why a value is refused; argparse takes the separator for no value at all, where it lets it stand."""
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


def refused_json(understanding: ParsedCommand, part: Part) -> str | None:
    """Why JSON is refused that is read when the line is parsed; of a flag that is given twice, only the last value."""
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


def malformed_at(understanding: ParsedCommand, part: Part) -> int:
    """Where the cursor is wanted: where JSON breaks, behind a flag whose value is missing, else where the part is."""
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
