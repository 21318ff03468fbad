"""Secrets among the words of an Airflow command, and of a request of ``.rest``.

A flag, or the name of a variable, makes the words after it secret. With a grammar, flags are read as argparse reads
them, abbreviated or joined to their values. A word that no grammar explains is judged by its form, so that a mistake
in a line does not show its secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.arguments import Role, looks_like_flag
from mwaa_shell.airflow.command_line import Word
from mwaa_shell.airflow.grammar import Option, Positional
from mwaa_shell.airflow.rest import path_of
from mwaa_shell.airflow.secrets.values import Named, SecretPart, is_data, secret_end, secrets_of, sensitive, shift

#: Flags whose whole value is secret, named as Airflow 1.10 writes them. What is in the JSON of a connection is its
#: provider's to name: a secret may have any name there.
WHOLE = ("password", "conn_password", "conn_uri", "conn_extra", "conn_json")
#: A flag with a secret's name and no value.
SWITCH = "use_random_password"
#: Flags that no Airflow has, and that were meant for a password; "past" is not among them.
MISSPELT = re.compile(r"pas+w|pass$|pswd|pwd|(?:^|[_-])pw$|(?:auth|app|application)_?key$")
#: A word that is more likely a flag than a password.
FLAG = re.compile(r"-\w|--?[a-z][a-z-]*")
#: A name in JSON whose value is the next word, because the blank after the colon is not quoted.
LOOSE_NAME = re.compile(r"[{,]\s*[\"']?([\w.-]+)[\"']?:$")


class Piece(NamedTuple):
    """A word, or the end of a word. Unknown words are extra."""

    word: Word
    value: str
    role: Role = Role.EXTRA
    argument: Option | Positional | None = None


def secret_arguments(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of one command in the order of its words."""
    reader = _ArgumentReader(named)
    for piece in pieces:
        yield from reader.read(piece)


class _ArgumentReader:
    """The reader of the pieces of one command; one piece may make the next a secret."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._known = False  #: whether the command is known
        self._group = ""  #: the command's first word, as far as it matters
        self._flag = ""  #: the flag with a secret whose value comes next
        self._keys: list[str] | None = None  #: the words after "variables set"
        self._before: tuple[str, bool] = "", False  #: the value before, and whether it was secret as a whole
        self._separated = False  #: whether ``--`` has ended the flags

    def read(self, piece: Piece) -> Iterator[tuple[Word, SecretPart]]:
        """Yield the secrets of the next piece."""
        if piece.value == "--" and piece.role in (Role.SEPARATOR, Role.EXTRA):  # the next word is still the next value
            self._separated = True
            return
        found = tuple(self._piece(piece))
        offset = len(piece.word.value) - len(piece.value)  # a piece with a secret is the end of its word
        yield from ((piece.word, shift(one, offset)) for one in found)
        whole = bool(piece.value) and any(one.last - one.first == len(piece.value) for one in found)
        self._before = piece.value, whole
        self._known = self._known or piece.role is Role.COMMAND

    def _piece(self, piece: Piece) -> Iterator[SecretPart]:
        option = piece.argument if isinstance(piece.argument, Option) else None
        if piece.role in (Role.GROUP, Role.COMMAND, Role.UNKNOWN, Role.EXTRA) and self._is_command_word(piece.value):
            return
        if piece.role is Role.FLAG and option is not None:
            self._flag = secret_flag(option.flags) if option.takes_value else ""
            self._notes_setting(option.flags)
        elif piece.word.value == piece.value and self._is_unknown_flag(piece):
            yield from self._unknown_flag(piece.value)
        elif option is not None and "--set" not in option.flags:
            self._flag = ""
            yield from self._of_flag(secret_flag(option.flags), piece.value)
        elif piece.role not in (Role.FLAG, Role.SEPARATOR):
            yield from self._value(piece)

    def _is_command_word(self, value: str) -> bool:
        """Return whether a word names a command or group with secrets, and note it."""
        if self._flag or self._keys is not None:
            return False
        if value in ("variables", "users", "create_user"):
            self._group = value
            return True
        if self._group == "variables" and value == "set":
            self._keys = []
        return self._keys is not None

    def _is_unknown_flag(self, piece: Piece) -> bool:
        """Return whether a word is a flag of another Airflow, or a flag and its value."""
        # argparse takes an unknown flag for a value if the value of the flag has a blank.
        if piece.role in (Role.POSITIONAL, Role.UNKNOWN):
            name, equals, _ = piece.value.partition("=")
            return bool(equals and _flag_by_name(name)) and self._keys is None
        if piece.role is not Role.EXTRA:
            return False
        if self._separated and self._keys is not None:  # the value of a variable
            return False
        return looks_like_flag(piece.value) or bool(re.match(r"--.*=|-p.", piece.value, re.DOTALL))

    def _notes_setting(self, flags: Sequence[str]) -> None:
        """In Airflow 1.10 it is a flag that sets a variable."""
        if self._group == "variables" and any(flag in ("-s", "--s", "--se", "--set") for flag in flags):
            self._keys = []

    def _unknown_flag(self, value: str) -> Iterator[SecretPart]:
        name, equals, joined = value.partition("=") if value.startswith("--") else (value[:2], "", value[2:])
        if self._flag and not equals and (self._known or not FLAG.fullmatch(value)):
            flag, self._flag = self._flag, ""
            if not _flag_by_name(name):  # a password that begins with a dash
                yield from self._of_flag(flag, value)
                return
        self._notes_setting((name,))
        flag = _flag_by_name(name)
        if self._group in ("users", "create_user") and (
            name == "-p" or (name > "--" and "--password".startswith(name))
        ):
            flag = "--password"
        joined = joined if equals else joined.removeprefix("=")
        start = len(value) - len(joined)
        yield from (shift(one, start) for one in self._of_flag(flag if joined else "", joined))
        self._flag = "" if equals or joined else flag

    def _value(self, piece: Piece) -> Iterator[SecretPart]:
        """Yield the secrets of a positional, or of the word after an unknown flag."""
        flag, self._flag = self._flag, ""
        value = piece.value
        loose = LOOSE_NAME.search(self._before[0]) if ":" in self._before[0] else None
        name = ""
        if flag:
            yield from self._of_flag(flag, value)
            return
        if self._keys is not None:
            known = self._keys[: 2 if piece.role is Role.EXTRA else 1]  # an unknown flag's value may be before it
            name = next((key for key in known if self._named(key) and not is_data(key)), "")
            self._keys.append(value)
        if not name and loose and self._named(loose[1]):
            name = loose[1]
        if not name and self._known and piece.role is Role.EXTRA and self._before[1]:
            name = "the word before"
        yield from self._of_flag(name, value)

    def _of_flag(self, flag: str, value: str) -> Iterator[SecretPart]:
        """Yield the whole value of a secret name. Without a name, yield the secrets in it."""
        if not flag:
            yield from secrets_of(value, self._named)
        elif value:
            yield secret_end(value, 0, flag)


@lru_cache(4096)
def secret_flag(flags: tuple[str, ...]) -> str:
    """Return the flag of an option whose value is secret; empty for none."""
    return next((flag for flag in flags if _plain_name(flag) in WHOLE or sensitive(flag)), "")


@lru_cache(4096)
def _flag_by_name(written: str) -> str:
    """Return an unknown flag with a secret's name, perhaps misspelt; else empty."""
    name = _plain_name(written)
    if not written.startswith("--") or (name and SWITCH.startswith(name)):
        return ""
    if name in WHOLE:
        return written
    for one in WHOLE:
        if one.startswith(name) and len(name) >= (len("conn_x") if one.startswith("conn") else len("pas")):
            return "--" + one.replace("_", "-")
    return written if MISSPELT.search(name) or sensitive(name) else ""


def _plain_name(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_").lower()


# -- .rest -------------------------------------------------------------------------------------------------------------

#: Members of a connection that are secret as a whole.
CONNECTION = ("password", "extra", "uri")
#: The flags of ``.rest`` that take a value.
FLAGS = ("-f", "-q", "-d")


def secrets_of_request(words: Sequence[Word], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of a request by their places in the words after ``.rest``.

    As with ``--conn-json``, the JSON of a connection is secret as a whole, and so are its extras. A variable's value is
    secret if the name of the variable is one.
    """
    path = _path(words)
    connection = path.startswith("/connections")
    secret_variable = path.startswith("/variables") and any(map(named, _keys_of_variables(path, words)))
    flag = ""
    for word in words:
        value, start = word.value, 0
        if not flag and value[:2] in FLAGS:
            flag, value, start = value[:2], value[2:], 2
            if not value:
                continue
        name, whole = "body", connection or secret_variable
        if flag in ("-f", "-q"):
            name, _, value = value.partition("=")
            start += len(name) + 1
            whole = (connection and name in CONNECTION) or (secret_variable and name == "value") or named(name)
        if flag and value and not (flag == "-d" and (value == "-" or value.startswith("@"))):
            if whole or value == MASK:
                yield word, secret_end(word.value, start, name)
            else:
                yield from ((word, shift(one, start)) for one in secrets_of(value, named))
        flag = ""


def secrets_of_body(path: str, body: object, named: Named) -> list[str]:
    """Return the secret texts of a body, to mask them in quotations.

    The value of any variable is one: who writes a response down does not know its name.
    """
    whole = CONNECTION if path.startswith("/connections") else ("value",) if path.startswith("/variables") else ()
    return [own for name, own in _members(body) if isinstance(own, str) and (name in whole or named(name))]


def _path(words: Sequence[Word]) -> str:
    """Return the path of a request: the last word that is no flag and no flag's value."""
    path, before = "", ""
    for word in words:
        if before not in FLAGS and not word.value.startswith("-"):
            path = word.value
        before = word.value
    return path_of(path)


def _keys_of_variables(path: str, words: Sequence[Word]) -> Iterator[str]:
    """Yield the names of variables in a request; ``password`` for an unreadable body."""
    yield unquote(path.removeprefix("/variables").strip("/"))
    for word in words:
        text = word.value.removeprefix("-f").removeprefix("-d")
        if text.startswith("key="):
            yield text.removeprefix("key=")
        elif text.startswith("{"):
            try:
                members = list(_members(json.loads(text)))
            except (ValueError, RecursionError):
                members = [("key", "password")]
            yield from (own for name, own in members if name == "key" and isinstance(own, str))


def _members(value: object) -> Iterator[tuple[str, object]]:
    """Yield the members of all objects in a JSON value."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            yield from one.items()
            todo += one.values()
        elif isinstance(one, list):
            todo += one
