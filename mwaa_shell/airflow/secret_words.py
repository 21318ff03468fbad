"""Secrets among the words of one command: what a flag, or the name of a variable, says of the words that follow it.

With a grammar flags are known as argparse knows them, abbreviated or joined to their values. A word that no grammar
explains is judged by what it looks like, so that a mistake in a line does not show its secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from mwaa_shell.airflow.arguments import Role, looks_like_flag
from mwaa_shell.airflow.command_line import Word
from mwaa_shell.airflow.grammar import Option, Positional
from mwaa_shell.airflow.secret_values import Found, Named, Why, is_data, moved, secrets_of, sensitive

#: Flags whose whole value is secret, named as Airflow 1.10 writes them. What stands in the JSON of a connection is its
#: provider's to name: a secret may have any name there.
WHOLE = ("password", "conn_password", "conn_uri", "conn_extra", "conn_json")
#: What has a secret's name and no value.
SWITCH = "use_random_password"
#: Flags that no Airflow has, and that were meant for a password; "past" is not among them.
MISSPELT = re.compile(r"pas+w|pass$|pswd|pwd")
#: A name in JSON whose value is the next word, because nobody quoted the blank behind the colon.
LOOSE_NAME = re.compile(r"[{,]\s*[\"']?([\w.-]+)[\"']?:$")


class Piece(NamedTuple):
    """A word or the end of one, as in ``Part``; what nothing is known of is extra."""

    word: Word
    value: str
    role: Role = Role.EXTRA
    argument: Option | Positional | None = None


def read(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, Found]]:
    """The secrets of one command in the order of its words, by their place in the word's value."""
    reader = _Reader(named)
    for piece in pieces:
        yield from reader.read(piece)


class _Reader:
    """Reads the pieces of one command, and keeps what one says of the next."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._known = False  #: whether the command is known
        self._group = ""  #: the command's first word, as far as it matters
        self._flag = ""  #: the flag with a secret whose value comes next
        self._keys: list[str] | None = None  #: the words behind "variables set"
        self._before: tuple[str, bool] = "", False  #: the value before, and whether it was secret as a whole

    def read(self, piece: Piece) -> Iterator[tuple[Word, Found]]:
        """The secrets of the next piece."""
        if piece.value == "--" and piece.role in (Role.SEPARATOR, Role.EXTRA):  # the next word is still the next value
            return
        found = tuple(self._piece(piece))
        offset = len(piece.word.value) - len(piece.value)  # a piece with a secret is the end of its word
        yield from ((piece.word, moved(one, offset)) for one in found)
        whole = bool(piece.value) and any(one.last - one.first == len(piece.value) for one in found)
        self._before = piece.value, whole
        self._known = self._known or piece.role is Role.COMMAND

    def _piece(self, piece: Piece) -> Iterator[Found]:
        option = piece.argument if isinstance(piece.argument, Option) else None
        if piece.role in (Role.GROUP, Role.COMMAND, Role.UNKNOWN, Role.EXTRA) and self._is_command_word(piece.value):
            return
        if piece.role is Role.FLAG and option is not None:
            self._flag = secret_flag(option.flags) if option.takes_value else ""
            self._notes_setting(option.flags)
        elif piece.role is Role.EXTRA and piece.word.value == piece.value and _flag_like(piece.value):
            yield from self._unknown_flag(piece.value)
        elif option is not None and "--set" not in option.flags:
            self._flag = ""
            yield from self._of_flag(secret_flag(option.flags), piece.value)
        elif piece.role not in (Role.FLAG, Role.SEPARATOR):
            yield from self._value(piece)

    def _is_command_word(self, value: str) -> bool:
        """Whether a word is one of those that say what the command is; notes it."""
        if self._flag or self._keys is not None:
            return False
        if value in ("variables", "users", "create_user"):
            self._group = value
            return True
        if self._group == "variables" and value == "set":
            self._keys = []
        return self._keys is not None

    def _notes_setting(self, flags: Sequence[str]) -> None:
        """In Airflow 1.10 it is a flag that sets a variable."""
        if self._group == "variables" and ("--set" in flags or "-s" in flags):
            self._keys = []

    def _unknown_flag(self, value: str) -> Iterator[Found]:
        name, equals, joined = value.partition("=")
        if self._flag and self._known and not equals:  # a password that begins with a dash
            flag, self._flag = self._flag, ""
            if not _flag_by_name(name):
                yield from self._of_flag(flag, value)
                return
        self._notes_setting((name,))
        flag = _flag_by_name(name)
        if self._group in ("users", "create_user") and re.match("-p(?!-)", value):
            name, joined = "-p", value[2:].removeprefix("=")
            flag, equals = "--password", joined
        if not equals and not name.startswith("--"):  # whatever is joined to a flag of one letter
            yield from (moved(one, 2) for one in secrets_of(value[2:], self._named))
        if equals:
            found = self._of_flag(flag, joined)
            start = len(value) - len(joined)
            yield from (moved(one, start) for one in found)
        self._flag = "" if equals else flag

    def _value(self, piece: Piece) -> Iterator[Found]:
        """A value that belongs to no known flag: a positional, or whatever follows a flag that nobody knows."""
        flag, self._flag = self._flag, ""
        value, why = piece.value, Why.VARIABLE
        loose = LOOSE_NAME.search(self._before[0])
        name = ""
        if flag:
            yield from self._of_flag(flag, value)
            return
        if self._keys is not None:
            known = self._keys[: 2 if piece.role is Role.EXTRA else 1]  # an unknown flag's value may stand before it
            name = next((key for key in known if self._named(key) and not is_data(key)), "")
            self._keys.append(value)
        if not name and loose and self._named(loose[1]):
            name, why = loose[1], Why.MEMBER
        if not name and self._known and piece.role is Role.EXTRA and self._before[1]:
            name, why = "the word before", Why.FLAG
        yield from self._whole(value, why, name) if name else secrets_of(value, self._named)

    def _of_flag(self, flag: str, value: str) -> Iterator[Found]:
        if flag:
            return self._whole(value, Why.FLAG, flag)
        return secrets_of(value, self._named)

    def _whole(self, value: str, why: Why, name: str) -> Iterator[Found]:
        if value:
            yield Found(0, len(value), why, name, value)


@lru_cache(4096)
def secret_flag(flags: tuple[str, ...]) -> str:
    """The flag, among those of one option, whose value is secret; empty for none."""
    return next((flag for flag in flags if _plain_name(flag) in WHOLE or sensitive(flag)), "")


@lru_cache(4096)
def _flag_by_name(written: str) -> str:
    """The same for what somebody wrote, where nothing else is known of it: a beginning will do, or near enough."""
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


def _flag_like(value: str) -> bool:
    return looks_like_flag(value) or (value.startswith("--") and "=" in value) or bool(re.match(r"-p.|-\w[{\[]", value))
