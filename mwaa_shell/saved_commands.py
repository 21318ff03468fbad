"""Saved commands: commands with names and parameters in ``commands.toml``.

The file, ``commands.toml``, has one table, ``[commands]``, with a command for each name:
``nightly = "dags trigger {dag}"``. tomlkit changes one entry and keeps the user's comments, order and quotes. A change
is written only if the new text reads as intended.

A parameter is ``{name}`` with nothing else in its braces. JSON, Airflow's templates (``{{ds}}``), ``\\{name}`` and
everything after ``|`` (the braces of jq and awk) hold no parameters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mwaa_shell import paths
from mwaa_shell.airflow.command_line import quote, split
from mwaa_shell.airflow.secrets.redaction import secrets_in
from mwaa_shell.errors import ShellError, UsageError
from mwaa_shell.output import write_file
from mwaa_shell.paths import check_owner, make_folder

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.secrets.redaction import Span

_NAME = r"[a-z_][a-z0-9_-]*"
#: A parameter in the first group; after a backslash and in two braces it is text.
PARAMETER = re.compile(rf"\\.|\{{\{{{_NAME}\}}\}}|\{{({_NAME})\}}", re.DOTALL)
#: A parameter while its word is parsed, in characters of the private use area.
FILLED = "\ue000{}\ue000"
FILLED_FORM = re.compile(FILLED.format(f"({_NAME})"))
#: Names that ``.save`` accepts. The user can write others in quotes.
GOOD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
TABLE = "commands"
HEAD = f"# Commands that .do runs by name. {{dag}} is a parameter: .do NAME dag=...\n[{TABLE}]\n"
#: A value in place of a parameter that shows whether the parameter is a secret.
PROBE = "probe-for-a-secret"


@dataclass(frozen=True, slots=True)
class SavedCommand:
    """A command and the name that the user gave it."""

    name: str
    line: str

    @property
    def usage(self) -> str:
        """The command line that runs the saved command, such as ``.do nightly dag=DAG``."""
        return " ".join([".do", quote(self.name), parameter_usage(self.line)]).rstrip()


# -- parameters --------------------------------------------------------------------------------------------------------


class ParameterSpan(NamedTuple):
    """A parameter in a command: where it starts and ends, braces included."""

    name: str
    start: int
    end: int


def parameters(line: str) -> tuple[str, ...]:
    """Return the names of a command's parameters in their order, each once."""
    return tuple(dict.fromkeys(place.name for place in parameter_spans(line)))


def parameter_usage(line: str) -> str:
    """Return the usage of a command's parameters, such as ``dag=DAG conf=CONF``."""
    return " ".join(f"{name}={name.upper()}" for name in parameters(line))


def parameter_spans(line: str) -> list[ParameterSpan]:
    """Return the parameters of a command with their positions, in their order."""
    found = (one for start, end in _words(line) for one in PARAMETER.finditer(line, start, end) if one[1])
    return [ParameterSpan(one[1], *one.span()) for one in found]


def _words(line: str) -> list[tuple[int, int]]:
    """Return the span of each word and of a file name, but of no local command."""
    words, end, _ = split(line)
    after = end + len(line[end:]) - len(line[end:].lstrip(">"))
    names = split(line[after:])[0]
    return [(word.start, word.end) for word in words] + [(after + word.start, after + word.end) for word in names]


def fill_parameters(line: str, values: Mapping[str, str]) -> str:
    """Return a command with a value for each parameter, each quoted as one word.

    Raises ``UsageError`` for a missing value and for an unknown parameter.
    """
    wanted = parameters(line)
    wrong = [f"{name} is missing" for name in wanted if name not in values]
    wrong += [f"there is no parameter {name}" for name in values if name not in wanted]
    if wrong:
        usage = parameter_usage(line)
        raise UsageError(", ".join(wrong), hint=f"Write {usage}." if usage else "Write no parameters.")
    problem = split(line)[2]
    if problem is not None:
        raise UsageError(f"{problem.message} (column {problem.position + 1})", hint=problem.hint)
    return quote_parameters(line, values)


def quote_parameters(line: str, values: Mapping[str, str]) -> str:
    """Return a command with the given values, quoted; other parameters stay."""
    for start, end in reversed(_words(line)):
        marked = PARAMETER.sub(lambda one: FILLED.format(one[1]) if one[1] in values else one[0], line[start:end])
        if marked != line[start:end]:
            value = FILLED_FORM.sub(lambda one: values.get(one[1], one[0]), split(marked)[0][0].value)
            line = line[:start] + quote(value) + line[end:]
    return line


# -- secrets -----------------------------------------------------------------------------------------------------------


def secrets_of(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> list[Span]:
    """Return the secret places of a line, for one Airflow and for an unknown one."""
    grammars = (grammar, None) if grammar is not None else (None,)
    return [span for one in grammars for span in secrets_in(line, one, secret_words)]


def parameter_in(span: Span) -> str:
    """Return the parameter that alone makes up a secret, or an empty name."""
    inside = parameters(span.value)
    return inside[0] if inside and span.value == f"{{{inside[0]}}}" else ""


def secret_parameters_of(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    """Return the parameters of a saved line that are in a secret's place."""
    return {parameter_in(span) for span in secrets_of(line, grammar, secret_words)} - {""}


def secret_parameters(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    """Return the secret parameters of a line with ``.do``; never raises.

    A value may make a secret of another one, as the key of a variable does.
    """
    words = split(line.lstrip())[0]
    try:
        found = load(default_path()).get(words[1].value) if len(words) > 1 and words[0].value == ".do" else None
    except UsageError:
        return set()
    if found is None:
        return set()
    given = dict(word.value.split("=", 1) for word in words[2:] if "=" in word.value)
    secret: set[str] = set()
    for name in parameters(found.line):
        marked = quote_parameters(found.line, {**given, name: PROBE})
        if any(PROBE in span.value for span in secrets_in(marked, grammar, secret_words)):
            secret.add(name)
    return secret


# -- the file ----------------------------------------------------------------------------------------------------------


def default_path() -> Path:
    """Return the path of ``commands.toml`` in the user's configuration folder."""
    return paths.config_folder() / "commands.toml"


def load(path: Path) -> dict[str, SavedCommand]:
    """Return the saved commands in the file's order; raise ``UsageError``."""
    return dict(_read(_text(path), path))


def save(path: Path, name: str, line: str) -> SavedCommand | None:
    """Save a command; return the one it replaces. Raises ``ShellError``."""
    if not GOOD_NAME.fullmatch(name):
        raise UsageError(f"'{name}' is not a name for a command", hint="Use letters, digits, - and _.")
    return _change(path, name, line.strip())


def remove(path: Path, name: str) -> SavedCommand | None:
    """Delete a saved command and return it, or ``None``. Raises ``ShellError``."""
    return _change(path, name, None) if name in load(path) else None


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error})") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: this is not UTF-8 text") from None


@lru_cache(1)  # read at each key that is typed after .do
def _read(text: str, path: Path) -> Mapping[str, SavedCommand]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        at_line = re.match(r"line (\d+)", place)
        number = int(at_line[1]) if at_line else text.count("\n") + 1  # an error at the end has no line
        raise UsageError(f"{path}:{number}: {reason}") from None
    except RecursionError:
        raise UsageError(f"{path}:1: this is nested too deeply") from None
    wrong = next(_mistakes(data), None)
    if wrong is not None:
        raise UsageError(f"{path}:{_line_of(wrong[0], text)}: '{wrong[0]}' {wrong[1]}")
    return {name: SavedCommand(name, line.strip()) for name, line in data.get(TABLE, {}).items()}


def _mistakes(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each wrong key with the end of a sentence about it."""
    for key, value in data.items():
        if key != TABLE:
            yield key, f"is not [{TABLE}], the only table of this file"
        elif not isinstance(value, dict):
            yield key, f"must be a table: write [{TABLE}]"
    for name, line in data.get(TABLE, {}).items():
        if not isinstance(line, str):
            yield name, "must be text in quotes"
        elif not line.strip() or re.search(r"[\r\n]", line.strip()):
            yield name, "must be one line"


def _line_of(key: str, text: str) -> int:
    """Return the line number of a key, 1 if the key cannot be located."""
    begins = re.compile(rf"""\s*\[*\s*(?:{TABLE}\s*\.\s*)?(["']?){re.escape(key)}\1\s*[\].=]""")
    return next((number for number, line in enumerate(text.split("\n"), 1) if begins.match(line)), 1)


# -- changing it -------------------------------------------------------------------------------------------------------


def _change(path: Path, name: str, line: str | None) -> SavedCommand | None:
    """Write the file with another command for a name, or none; return the old one."""
    text = _text(path)
    commands = dict(_read(text, path))
    before = commands.pop(name, None)
    if line is not None:
        commands[name] = SavedCommand(name, line)
    if before != commands.get(name):
        changed = _edited(text, name, line)
        try:
            is_right = changed is not None and _read(changed, Path()) == commands
        except UsageError:
            is_right = False
        if changed is None or not is_right:
            raise UsageError(f"{name} cannot be changed without changing other lines", hint=f"Edit {path}.")
        _write(path, changed)
    return before


def _edited(text: str, name: str, line: str | None) -> str | None:
    """Return a file's text with one changed entry; ``None`` if tomlkit cannot."""
    import tomlkit  # takes 30 ms, and only a save needs it

    try:
        document = tomlkit.parse(text or HEAD)
        table = cast("dict[str, object]", document.setdefault(TABLE, tomlkit.table()))
        if line is None:
            del table[name]
        else:
            literal = "'" not in line and ('"' in line or "\\" in line) and line.isprintable()
            entry = tomlkit.string(line, literal=literal)
            entry.trivia.trail = "\r\n" if "\r\n" in text else "\n"
            table[name] = entry
        return tomlkit.dumps(document)
    except tomlkit.exceptions.TOMLKitError:
        return None


def _write(path: Path, text: str) -> None:
    """Replace the file in one step, through a link; raise ``ShellError``."""
    try:
        check_owner(path)
        make_folder(path.resolve().parent, tighten=False)
        write_file(path, text.encode(), private=not path.exists())
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself
        raise ShellError(f"{path} could not be written ({getattr(error, 'strerror', None) or error})") from None
