"""Validation of a line: what Airflow would refuse before it does anything.

Only what argparse is certain to refuse is a problem, in every Python that an Airflow may run on: words, numbers, dates
and choices. So is malformed JSON, which Airflow finds later, where it is certain to read it. A line with ``--help`` is
sent as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mwaa_shell.airflow.arguments import (
    HELP,
    ArgumentSpan,
    ParsedCommand,
    Role,
    candidates,
    fewest,
    flags_of,
    looks_like_flag,
    names_of,
    understand,
)
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, Problem, parse, quote
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional
from mwaa_shell.airflow.knowledge import mwaa_support
from mwaa_shell.airflow.matching import ENOUGH, INSIDE, WORDS, best, rank
from mwaa_shell.airflow.odd_characters import description_of
from mwaa_shell.airflow.versions import Version
from mwaa_shell.suggestions import join_choices, must_be, shorten_word, suggest

#: The hint for a word without a similar one.
LIST_COMMANDS = "List the commands with .help."
#: The same for several words in quotes.
NO_QUOTES = "Leave out the quotes around the command."
#: The end of the message, and the hint, for JSON whose double quotes the line removes.
LOSES_QUOTES = "loses its double quotes"
QUOTE_JSON = "Put the JSON in single quotes."
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
#: Options of these whose JSON must be an object.
OBJECTS = frozenset({"--conn-json", "--conn-extra"})
NO_DATE = re.compile(r"\d{4}-(00|[2-9]\d|1[3-9]-1[3-9]|1[3-9]-[2-9]\d|\d\d-(00|3[2-9]|[4-9]\d))")


def first_valid(forms: Iterable[str], grammar: Grammar, **names: str) -> ParsedLine | None:
    """Return the first form that this Airflow takes, with ``{names}`` filled in."""
    quoted = {name: quote(text) for name, text in names.items()}
    lines = (parse(form.format(**quoted)) for form in forms)
    return next((line for line in lines if validate(understand(line, grammar)) is None), None)


def validate(understanding: ParsedCommand, *, lenient: bool = False) -> Problem | None:
    """Return the first mistake in a command; ``None`` if Airflow takes it.

    ``lenient`` leaves out what a newer Airflow may have: commands, flags, arguments and choices.
    """
    line, parts = understanding.line, understanding.parts
    if line.problem is not None or line.kind is not InputKind.AIRFLOW:
        return line.problem
    if any(part.argument is HELP for part in parts):
        return None
    both = _refused_at_once(understanding), _refused_in_the_end(understanding)
    firsts = [next((one for one in found if not (lenient and one.lacking)), None) for found in both]
    return min((found for found in firsts if found), key=lambda problem: problem.position, default=None)


# -- mistakes that argparse finds while it reads -----------------------------------------------------------------------


def _refused_at_once(understanding: ParsedCommand) -> Iterator[Problem]:
    """Yield the mistake in each part."""
    seen: dict[str, str] = {}
    parts = understanding.parts
    flags_end = _flags_end(parts)
    read = {id(part.argument): part for part in parts if part.role is Role.VALUE}  # the last of each
    for index, part in enumerate(parts):
        message = None
        if part.role is Role.UNKNOWN:
            message = _unknown_command(understanding, part)
        elif part.role is Role.EXTRA:
            command = understanding.command if any(one.role is Role.COMMAND for one in parts[:index]) else None
            message = _unclear_flag(command, parts[max(index - 1, 0) : index + 1], index < flags_end)
        elif part.role is Role.FLAG and isinstance(part.argument, Option):
            message = _missing_value(part.argument, part, parts[index + 1 :])
        elif part.argument is not None:
            message = _refused_value(part.argument, part.value)
            if message is None and read.get(id(part.argument)) is part:
                message = _refused_json(understanding, part)
        if message is None and part.role in (Role.FLAG, Role.POSITIONAL):
            message = _excluded(understanding.command, part, seen)
        if message is not None:
            has_choices = part.role is not Role.FLAG and part.argument is not None and bool(part.argument.choices)
            lacking = part.role is Role.UNKNOWN or has_choices
            yield Problem(message, _malformed_at(understanding, part), lacking=lacking, hint=_hint(part, message))


def _hint(part: ArgumentSpan, message: str) -> str:
    if message.endswith(LOSES_QUOTES):
        return QUOTE_JSON
    if part.role is not Role.UNKNOWN or message.endswith("?"):
        return ""
    return NO_QUOTES if len(part.value.split()) > 1 else LIST_COMMANDS


def _unknown_command(understanding: ParsedCommand, part: ArgumentSpan) -> str:
    grammar, words = understanding.grammar, understanding.line.words
    groups = [one.value for one in understanding.parts if one.role is Role.GROUP]
    if part.value == "airflow" and len(words) == 1:
        return "A command is missing after airflow"
    following = [word.value for word in words if word.start > part.start]
    meant = suggest_command(grammar, groups, part.value, following[0] if following else "")
    typed = " ".join([*groups, shorten_word(part.value)])
    quoted = meant is not None and part.value.split()[: len(meant.split())] == meant.split()
    return f"Unknown command '{typed}' in Airflow {grammar.tree}{suggest(None if quoted else meant)}"


def _unclear_flag(command: Command | None, parts: Sequence[ArgumentSpan], may_be: bool) -> str | None:
    """Return why the last part, a flag, is ambiguous or takes no value.

    ``may_be`` says whether flags can be there.
    """
    part = parts[-1]
    joined = len(parts) > 1 and parts[-2].word is part.word
    if command is None or not (joined or (may_be and _like_flag(part))):
        return None
    if joined:
        return f"{shorten_word(part.word.value.partition('=')[0])} takes no value" if "=" in part.word.value else None
    found = [flag for flag, _ in candidates(flags_of(command), part.value)]
    return f"'{shorten_word(part.value)}' is ambiguous: {join_choices(found)}" if len(found) > 1 else None


def _like_flag(part: ArgumentSpan) -> bool:
    return len(part.value) > 1 and part.value[0] == "-"


def _flags_end(parts: Sequence[ArgumentSpan]) -> int:
    """Return the number of parts before a separator that follows the command."""
    firsts = [
        next((index for index, part in enumerate(parts) if part.role is role), len(parts))
        for role in (Role.COMMAND, Role.SEPARATOR)
    ]
    return max(firsts)


def _missing_value(option: Option, part: ArgumentSpan, following: Sequence[ArgumentSpan]) -> str | None:
    wanted = fewest(option.nargs)
    values = [one for one in following[:wanted] if one.role is Role.VALUE and one.argument is option]
    if len(values) == wanted:
        return None
    kind = f": {join_choices(option.choices)}" if option.choices else ""
    flag = part.value if part.value.startswith("-") else f"-{part.value}"
    return f"{flag} requires a value{kind}" if wanted == 1 else f"{flag} requires {wanted} values{kind}"


def _excluded(command: Command | None, part: ArgumentSpan, seen: dict[str, str]) -> str | None:
    """Return the message if an argument excludes an earlier one, by name in ``seen``."""
    if command is None or part.argument is None:
        return None
    names = names_of(part.argument)
    for group in command.exclusive:
        other = next((seen[name] for name in group.members if name in seen and name not in names), None)
        if other is not None and not set(names).isdisjoint(group.members):
            return f"{other} and {names[-1]} cannot be combined"
    seen |= dict.fromkeys(names, names[-1])
    return None


# -- mistakes that argparse finds at the end ---------------------------------------------------------------------------


def _refused_in_the_end(understanding: ParsedCommand) -> Iterator[Problem]:
    parts, end = understanding.parts, max((word.end for word in understanding.line.words), default=0)
    for index, part in enumerate(parts):
        if part.role is Role.EXTRA:
            yield Problem(_extra(understanding, parts[: index + 1]), part.start, lacking=True)
    if understanding.command is None:
        if all(part.role is not Role.UNKNOWN for part in parts):
            yield Problem(_incomplete(understanding), end)
        return
    name = understanding.command.name
    if understanding.missing:
        wanted = [names_of(one)[-1] for one in understanding.missing]
        yield Problem(f"{name} requires {' and '.join(wanted)}", end)
    for group in understanding.command.exclusive:
        if group.required and understanding.given.isdisjoint(group.members):
            yield Problem(f"{name} requires {join_choices(group.members)}", end)


def _extra(understanding: ParsedCommand, parts: Sequence[ArgumentSpan]) -> str:
    part, command = parts[-1], understanding.command
    if command is None or all(one.role is not Role.COMMAND for one in parts):
        return f"'{shorten_word(part.value)}' must follow a command"
    joined = len(parts) > 1 and parts[-2].word is part.word
    if joined or (_like_flag(part) and len(parts) <= _flags_end(parts) and looks_like_flag(part.value)):
        flag = f"-{part.value[:1]}" if joined else part.value.partition("=")[0]
        near = closest(flag, flags_of(command), 0.6) if flag.startswith("--") else None
        version = understanding.grammar.tree
        return f"Unknown option '{shorten_word(flag)}' of {command.name} in Airflow {version}{suggest(near)}"
    return f"Unexpected argument '{shorten_word(part.value)}' for {command.name}"


def _incomplete(understanding: ParsedCommand) -> str:
    group = [part.value for part in understanding.parts if part.role is Role.GROUP]
    if not group:
        return "There is no command in this line"
    below = understanding.grammar.words_after(group)
    more = f" and {len(below) - 4} more" if len(below) > 5 else ""
    return f"{' '.join(group)} requires a command: {', '.join(below[: 4 if more else 5])}{more}"


# -- values ------------------------------------------------------------------------------------------------------------


def _refused_value(argument: Option | Positional, text: str) -> str | None:
    """Return why a value is refused. argparse ignores a separator as a value."""
    if text == "--":
        return None
    name = names_of(argument)[-1]
    read, kind = TYPES.get(argument.type or "", (str, ""))
    try:
        value = read(text)
    except json.JSONDecodeError as error:
        return _malformed(name, error)
    except (ValueError, RecursionError, OverflowError):
        return must_be(name, kind, text) if kind else None
    if argument.choices and value not in argument.choices:
        return must_be(name, argument.choices, text)
    return None


def _refused_json(understanding: ParsedCommand, part: ArgumentSpan) -> str | None:
    """Return why JSON is refused. Of a repeated flag, Airflow reads the last value."""
    option = part.argument
    if part.role is not Role.VALUE or not part.value or not isinstance(option, Option):
        return None
    if not _reads_json(understanding, option):
        return None
    try:
        value = json.loads(part.value)
    except json.JSONDecodeError as error:
        name, written = option.flags[-1], understanding.line.text[part.start : part.end]
        if '"' in written and '"' not in part.value:
            return f"The JSON of {name} {LOSES_QUOTES}"
        return _malformed(name, error)
    except (ValueError, RecursionError):  # a number, or a depth, beyond what this Python reads
        return None
    wrong = not isinstance(value, dict) and not OBJECTS.isdisjoint(option.flags)
    return must_be(option.flags[-1], "a JSON object", part.value) if wrong else None


def _reads_json(understanding: ParsedCommand, option: Option) -> bool:
    version = understanding.grammar.version
    first = next((JSON_FLAGS[flag] for flag in option.flags if flag in JSON_FLAGS), None)
    if "--dag-run-conf" in option.flags and version < Version(3, 3) and "--dry-run" in understanding.given:
        return False  # 3.2 only prints it
    return first is not None and version >= first


def _malformed(name: str, error: json.JSONDecodeError) -> str:
    char = error.doc[error.pos : error.pos + 1]
    odd = "a backslash" if char == "\\" else description_of(char)
    return f"The JSON of {name} is malformed: {f'{odd} is not part of JSON' if odd else error.msg}"


def _malformed_at(understanding: ParsedCommand, part: ArgumentSpan) -> int:
    """Return the place for the cursor: the JSON error, a flag's end, else the part."""
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
    """Raise ``ValueError`` for text that pendulum and dateutil certainly cannot read."""
    words = re.findall(r"[^\W\d_]+", text)
    known = [word for word in words if word.lower() in DATE_WORDS]
    strange = any(word.lower() not in DATE_WORDS and not (word.isupper() and len(word) <= 5) for word in words)
    has_digits = any(char.isdigit() for char in text)
    is_duration = text.startswith("P") or "/" in text
    if NO_DATE.match(text) or (strange and not is_duration) or not (has_digits or known):
        raise ValueError(text)
    return text


#: The function that reads each type while argparse parses the line, and the name of its values.
TYPES: dict[str, tuple[Callable[[str], object], str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "positive_int": (lambda text: _above(text, 1), "a whole number above 0"),
    "positive_int(allow_zero=False)": (lambda text: _above(text, 1), "a whole number above 0"),
    "positive_int(allow_zero=True)": (lambda text: _above(text, 0), "a whole number from 0 up"),
    "parsedate": (_date, "a date such as 2026-01-31 or 2026-01-31T12:00"),
    "json.loads": (json.loads, "JSON"),
    "string_lower_type": (lambda text: text.strip().lower(), "a word"),
}


# -- suggestions for an unknown command --------------------------------------------------------------------------------

#: The least similarity to a word of a group: of four letters, two may have changed places.
ALIKE = 0.7


def suggest_command(grammar: Grammar, groups: Sequence[str], word: str, following: str = "") -> str | None:
    """Return the command or group that an unknown word may mean.

    Names that begin with the word come first, as in the menu, then similar ones.
    """
    group, word = " ".join(groups), word.lower()[:60]
    below = {name.removeprefix(f"{group} "): name for name in grammar.below(group)} if group else {}
    keys = {_key(name.removeprefix(f"{group} ")): name for name in (grammar.below(group) if group else grammar.names)}
    last = {name.rpartition(" ")[2]: name for name in grammar.names if not _is_doubtful(grammar, name)}
    tops = {name: name for name in grammar.groups}
    searches: tuple[tuple[str, Mapping[str, str], float], ...] = (
        (word, below, ALIKE),
        (_key(word), keys, 0.75),
        (word, {} if group else tops, 0.6),
        (word, last, 0.85),
    )
    both = keys.get(closest(_key(f"{word} {following}"), keys, 0.8) or "") if following and not group else None
    alike = (known.get(closest(text, known, cutoff) or "") for text, known, cutoff in searches)
    found = both or _begun(grammar, group, word) or next((one for one in alike if one is not None), None)
    found = found or next(iter(_menu(grammar, group, word)), None)
    return None if found and not group and _is_far_fetched(grammar, found, word) else found


def _is_far_fetched(grammar: Grammar, name: str, word: str) -> bool:
    """Return whether a word is rather of another shell, such as ``cd`` or ``ps``."""
    if word in name.split()[1:]:
        return _is_doubtful(grammar, name)
    fit = rank(word, name)
    return len(word) == 2 and fit is not None and fit[0] == WORDS


def _begun(grammar: Grammar, group: str, word: str) -> str | None:
    """Return the shortest name with a word that begins so. Refused commands come last."""
    count = len(group.split())
    found = [name for name in _menu(grammar, group, word) if any(one.startswith(word) for one in name.split()[count:])]
    return min(found, key=lambda name: (_is_doubtful(grammar, name), len(name)), default=None)


def _menu(grammar: Grammar, group: str, word: str) -> list[str]:
    """Return the names in the menu for a word of two letters or more, the best first."""
    most = INSIDE if len(word) >= ENOUGH else INSIDE - 1
    if len(word) < 2:
        return []
    start = f"{group} " if group else ""
    words = [f"{start}{one}" for one in grammar.words_after(group.split())]
    names = words if group else [*words, *(name for name in grammar.names if " " in name)]
    found = best(word, names, lambda name: name.removeprefix(start))
    return [name for name in found if (rank(word, name.removeprefix(start)) or (most + 1,))[0] <= most]


def _is_doubtful(grammar: Grammar, name: str) -> bool:
    known = [mwaa_support(one, grammar.version) for one in grammar.below(name) or (name,)]
    return all(one.refused or one.senseless for one in known)


def _key(name: str) -> str:
    """Return a name in a form that is alike for ``list_dags`` and ``dags list``."""
    return " ".join(sorted(re.split(r"[\s_-]+", name.strip())))


def closest(text: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the most similar of the known words, if any is similar."""
    from difflib import get_close_matches  # heavy: only for a mistake

    return next(iter(get_close_matches(text, known, 1, cutoff)), None)
