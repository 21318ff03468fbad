"""Named commands: lines with parameters, kept in one file that a person can read, edit and keep in git.

The file is TOML with one table, ``[commands]``, where each name is one line: ``nightly = "dags trigger {dag}"``. What a
person wrote in it stays: a change touches the one entry, and is made only if the file then reads as it should.

A parameter is ``{name}``, with nothing else in its braces: JSON is none, nor is ``{{ds}}`` (a template of Airflow's)
nor, outside quotes, ``\\{name}``. There are none behind ``|``: the braces there are those of jq, awk and the like.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell.airflow.command_line import quote, split
from mwaa_shell.errors import ShellError, UsageError
from mwaa_shell.private_files import check, make_folder

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.secrets.redaction import Span

_NAME = r"[a-z_][a-z0-9_-]*"
PARAMETER = re.compile(rf"\{{\{{{_NAME}\}}\}}|\{{({_NAME})\}}")
#: What the shell gives a command for a name; a person can write others in quotes.
GOOD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
TABLE = "commands"
HEAD = f"# Lines that .do runs by their names; {{dag}} is a parameter: .do NAME dag=...\n[{TABLE}]\n"
#: Stands for a value, to see whether it would be a secret.
MARK = "mark-of-a-value"
#: An entry that spans more lines than this is not changed here.
LONGEST = 20
#: A value on the line of its name, and what a person wrote behind it.
VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*')"""


@dataclass(frozen=True, slots=True)
class Saved:
    """A line with a name."""

    name: str
    line: str

    @property
    def usage(self) -> str:
        """How it is run, such as ``.do nightly dag=DAG``."""
        return " ".join([".do", quote(self.name), takes(self.line)]).rstrip()


# -- parameters --------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a parameter stands in a line, its braces included, and the quotes that it stands in, or nothing."""

    name: str
    start: int
    end: int
    quotes: str


def parameters(line: str) -> tuple[str, ...]:
    """The names of a line's parameters in their order, each once."""
    return tuple(dict.fromkeys(place.name for place in places(line)))


def takes(line: str) -> str:
    """What has to be given for the parameters: ``dag=DAG conf=CONF``."""
    return " ".join(f"{name}={name.upper()}" for name in parameters(line))


def places(line: str) -> list[Place]:
    """Where parameters stand in a line, in their order."""
    quotes = _quotes(line)
    found = (one for start, end in _words(line) for one in PARAMETER.finditer(line, start, end) if one[1])
    return [Place(one[1], *one.span(), quotes[one.start()]) for one in found if quotes[one.start()] != "\\"]


def _quotes(text: str) -> list[str]:
    """For each character the quotes that it stands in, or the backslash that escapes it."""
    states: list[str] = []
    inside, escaped = "", False
    for index, char in enumerate(text):
        states.append("\\" if escaped else inside)
        if escaped:
            escaped = False
        elif char == inside:
            inside = ""
        elif inside != "'" and char == "\\":
            escaped = not inside or text[index + 1 : index + 2] in ("\\", '"')
        elif not inside and char in "'\"":
            inside = char
    return states


def _words(line: str) -> list[tuple[int, int]]:
    """Where the words of a line stand, its file's name among them, but nothing that goes to a local command."""
    words, end, _ = split(line)
    behind = end + len(line[end:]) - len(line[end:].lstrip(">"))
    names = split(line[behind:])[0]
    return [(word.start, word.end) for word in words] + [(behind + word.start, behind + word.end) for word in names]


def filled(line: str, values: Mapping[str, str]) -> str:
    """The line with values for its parameters, each one argument, or a part of one, whatever it holds.

    Raises ``UsageError`` for a value that is missing or for a parameter that there is not.
    """
    wanted = parameters(line)
    wrong = [f"{name} is missing" for name in wanted if name not in values]
    wrong += [f"there is no parameter {name}" for name in values if name not in wanted]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}; it takes {takes(line) or 'none'}")
    problem = split(line)[2]
    if problem is not None:
        raise UsageError(f"{problem.message} (column {problem.position + 1})")
    return put_in(line, values)


def put_in(line: str, values: Mapping[str, str]) -> str:
    """The line with the values that there are; its other parameters stay."""
    known = [place for place in places(line) if place.name in values]
    for start, end in reversed(_words(line)):
        inside = [place for place in known if start <= place.start < end]
        word = line[start:end]
        for place in reversed(inside):
            before, behind = word[: place.start - start], word[place.end - start :]
            word = before + _written(values[place.name], place.quotes, before) + behind
        if any(place.quotes == "'" and "'" in values[place.name] for place in inside):
            word = quote(split(word)[0][0].value)  # in a form that is sure to be taken
        line = line[:start] + word + line[end:]
    return line


def _written(value: str, quotes: str, before: str) -> str:
    """A value as it has to be written in these quotes, behind a text."""
    if quotes == "'":
        return value.replace("'", "'\"'\"'")
    if quotes:
        odd = (len(before) - len(before.rstrip("\\"))) % 2  # a backslash that was none before a brace
        return "\\" * odd + value.replace("\\", "\\\\").replace('"', '\\"')
    return quote(value)


# -- the file ----------------------------------------------------------------------------------------------------------


# -- secrets -----------------------------------------------------------------------------------------------------------


def secrets_of(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> list[Span]:
    """Return the secret places of a line, for one Airflow and for an unknown one."""
    from mwaa_shell.airflow.secrets.redaction import secrets_in

    known = {id(grammar): grammar, id(None): None}.values()
    return [span for one in known for span in secrets_in(line, one, secret_words)]


def parameter_in(span: Span) -> str:
    """Return the parameter that is all there is in a secret's place; empty if there is something else."""
    inside = parameters(span.value)
    return inside[0] if inside and span.value == f"{{{inside[0]}}}" else ""


def secret_parameters_of(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    """Return the parameters of a saved line that stand in a secret's place."""
    return {parameter_in(span) for span in secrets_of(line, grammar, secret_words)} - {""}


def secret_parameters(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    """Return the parameters of a line that runs a saved command whose values are secret; never raises.

    A value may make a secret of another one, as the key of a variable does.
    """
    words = split(line.lstrip())[0]
    try:
        found = load(default_path()).get(words[1].value) if len(words) > 1 and words[0].value == ".do" else None
    except UsageError:
        return set()
    if found is None:
        return set()
    from mwaa_shell.airflow.secrets.redaction import secrets_in

    given = dict(word.value.split("=", 1) for word in words[2:] if "=" in word.value)
    secret: set[str] = set()
    for name in parameters(found.line):
        marked = put_in(found.line, {**given, name: MARK})
        if any(MARK in span.value for span in secrets_in(marked, grammar, secret_words)):
            secret.add(name)
    return secret


# -- the file ----------------------------------------------------------------------------------------------------------


def default_path() -> Path:
    """The file: in the user's configuration folder, which ``XDG_CONFIG_HOME`` puts elsewhere on Linux."""
    from mwaa_shell import user_folders

    return user_folders.config() / "commands.toml"


def load(path: Path) -> dict[str, Saved]:
    """What is saved, by name and in the file's order; raises ``UsageError`` for a file that is not as it should be."""
    return dict(_read(_text(path), path))


def save(path: Path, name: str, line: str) -> Saved | None:
    """Keep a line under a name; what had the name before. Raises ``ShellError``, and then the file is as it was."""
    if not GOOD_NAME.fullmatch(name):
        raise UsageError(f"{name} is no name for a command: letters, digits, - and _ make one")
    return _change(path, name, line.strip())


def remove(path: Path, name: str) -> Saved | None:
    """Keep a name no more; what it was, ``None`` if it was not there. Raises ``ShellError`` as ``save`` does."""
    return _change(path, name, None) if name in load(path) else None


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: this is not UTF-8 text") from None


@lru_cache(1)  # read at each key that is typed behind .do
def _read(text: str, path: Path) -> Mapping[str, Saved]:
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        told = re.match(r"line (\d+)", place)
        number = int(told[1]) if told else text.count("\n") + 1  # at the end
        raise UsageError(f"{path}:{number}: {reason}") from None
    except RecursionError:
        raise UsageError(f"{path}:1: this is nested too deeply") from None
    wrong = next(_mistakes(data), None)
    if wrong is not None:
        raise UsageError(f"{path}:{_line_of(wrong[0], text)}: {wrong[0]} {wrong[1]}")
    return {name: Saved(name, line.strip()) for name, line in data.get(TABLE, {}).items()}


def _mistakes(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys that are not as they should be, and what is wrong with each."""
    for key, value in data.items():
        if key != TABLE:
            yield key, f"has no meaning here; there is one table, [{TABLE}]"
        elif not isinstance(value, dict):
            yield key, f"is no table: write [{TABLE}]"
    for name, line in data.get(TABLE, {}).items():
        if not isinstance(line, str):
            yield name, "is no text: put the line in quotes"
        elif not line.strip() or re.search(r"[\r\n]", line.strip()):
            yield name, "is not one line"


def _line_of(key: str, text: str) -> int:
    """The line on which a key stands, the first one if it is not found."""
    begins = re.compile(rf"\s*\[*\s*{_key(key)}\s*[\].=]")
    return next((number for number, line in enumerate(text.split("\n"), 1) if begins.match(line)), 1)


def _key(name: str) -> str:
    return rf"""(?:{TABLE}\s*\.\s*)?(?P<quote>["']?){re.escape(name)}(?P=quote)"""


# -- changing it -------------------------------------------------------------------------------------------------------


def _change(path: Path, name: str, line: str | None) -> Saved | None:
    text = _text(path)
    now = dict(_read(text, path))
    before = now.pop(name, None)
    wanted = {one.name: one.line for one in now.values()} | ({name: line} if line is not None else {})
    if before is None or before.line != line:
        changes = _replaced(text, name, line) if before is not None else _added(text, name, line or "")
        changed = next((one for one in changes if _reads_as(one, wanted)), None)
        if changed is None:
            raise UsageError(f"{name} cannot be changed here without touching other lines: edit {path}")
        _write(path, text, changed)
    return before


def _reads_as(text: str, wanted: Mapping[str, str]) -> bool:
    try:
        return {name: one.line for name, one in _read(text, Path()).items()} == wanted
    except UsageError:
        return False


def _added(text: str, name: str, line: str) -> Iterator[str]:
    """The text with a new last entry: in the table that there is, or in a new one."""
    newline = "\r\n" if "\r\n" in text else "\n"
    whole = text if not text or text.endswith("\n") else text + newline
    entry = f"{name} = {_literal(line)}{newline}"
    yield whole + entry
    yield f"{whole}{newline}[{TABLE}]{newline}{entry}" if whole else HEAD + entry


def _replaced(text: str, name: str, line: str | None) -> Iterator[str]:
    """The text with another value for an entry, or without it, for all that could be the entry."""
    lines = text.split("\n")
    begins = re.compile(rf"\s*{_key(name)}\s*=\s*")
    for index, head in ((index, found[0]) for index, one in enumerate(lines) if (found := begins.match(one))):
        short = re.fullmatch(rf"{VALUE}(\s*(?:#.*)?)", lines[index][len(head) :])
        for end in range(index + 1, min(index + LONGEST, len(lines)) + 1):
            behind = short[1] if short and end == index + 1 else "\r" * lines[index].endswith("\r")
            entry = [f"{head}{_literal(line)}{behind}"] if line is not None else []
            yield "\n".join([*lines[:index], *entry, *lines[end:]])


def _literal(line: str) -> str:
    """A line as TOML, in the quotes that need no escapes if there are such."""
    if "'" not in line and ('"' in line or "\\" in line):
        return f"'{line}'"
    escaped = line.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write(path: Path, before: str, text: str) -> None:
    """Replace the file as a whole, through a link and with the mode that it has; for its owner only if it is new."""
    import tempfile

    part = ""
    try:
        check(path)
        target = path.resolve()
        make_folder(target.parent, tighten=False)
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        if target.exists():
            os.chmod(part, stat.S_IMODE(target.stat().st_mode))
        if _text(path) != before:
            raise ShellError(f"{path} was changed by somebody else in this moment; it was left alone: try again")
        os.replace(part, target)
        part = ""
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself
        raise ShellError(f"{path} could not be written: {getattr(error, 'strerror', None) or error}") from None
    finally:
        if part:
            os.unlink(part)
