"""Secrets among the words of a command of this machine, as one behind ``|``.

Nobody knows every program, so a few rules hold for all of them, and only what is surely a secret is one:

- what a flag with a secret's name takes, passwords in URIs, JSON members: as in an Airflow command;
- the password of ``name:password`` behind ``-u`` and its like, as curl takes it, and of ``name:password@host``;
- the value of ``Name: value`` and of ``NAME=value`` where the name is a secret's: headers, variables, form fields;
- passwords in SQL;
- where the table has the program, what it is told in its own way.

A quoted command, as behind ``sh -c``, is read by the same rules. What is only a reference is none: ``$TOKEN``, and a
path of jq's such as ``.password``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from mwaa_shell.airflow.command_line import Word, split
from mwaa_shell.airflow.secret_program_table import ANY, PROGRAMS, Telling
from mwaa_shell.airflow.secret_values import Found, Named, Why, moved
from mwaa_shell.airflow.secret_words import MISSPELT, Piece, read

#: NAME:PASSWORD behind a flag in a quoted command, or joined to it.
JOINED_LOGIN = re.compile(
    rf"(?:\A|\s)(?:-[{ANY.switches}]{{0,9}}[uU]\s*|--(?:proxy-)?user[=\s]|--basic-auth[=\s])"
    r"(?P<name>[^\s:]+):(?!//)(?P<secret>\S+)"
)
LOGIN_AT_HOST = re.compile(r"[^\s/:@=]+:(?!//)(?P<secret>[^\s@]+)@(?!sha\d)[\w.-]+(?::\d+)?(?:/\S*)?")
IDS = re.compile(r"\d+:\d+")
HEADER = re.compile(r"\s*(?:--?[A-Za-z]+=)?(?P<name>[\w-]+):[ \t]*(?P<secret>\S.*)", re.DOTALL)
COOKIES = ("cookie", "set-cookie")
#: The rest of the word, but for the next field of a form.
VARIABLE = re.compile(r"(?P<name>[\w.-]+)=(?P<secret>(?:(?!&[\w.-]+=).)+)(?:&.*)?", re.DOTALL)
FIELD = re.compile(r"(?<![\w.-])(?P<name>[\w.-]+)=(?=(?P<secret>[^\s&;]+))")
SQL = re.compile(
    r"(?i)\b(?:password|identified\s+(?:with\s+\S+\s+)?by)\s+(?:=\s*)?(?P<quote>['\"])(?P<secret>.+?)(?P=quote)"
)
#: A long flag behind one dash, by the end of its name.
ONE_DASH = re.compile(
    r"-[A-Za-z][\w-]*(?:password|passwd|passphrase|pass|token|secret|apikey|pwd)|-(?:pass|token|secret)"
)
REFERENCE = re.compile(r"(?:\w+ )?[.$][\w.\[\]{}()$]*|(?:env|file|fd):\S*|-|stdin")


def read_local(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, Found]]:
    """The secrets of one command of this machine, by their place in each word's value; some may stand over others."""
    words = tuple(pieces)
    found = [*read(words, named), *_by_rules([(piece.word, piece.value) for piece in words], named)]
    yield from ((word, one) for word, one in found if not REFERENCE.fullmatch(one.value))


def _by_rules(words: Sequence[tuple[Word, str]], named: Named, depth: int = 0) -> Iterator[tuple[Word, Found]]:
    reader = _Reader(named)
    for word, value in words:
        found = [*_named(value, named), *reader.read(value)]
        if " " in value and depth < 2:
            found += _in_command(value, named, depth)
        yield from ((word, one) for one in found if one.value)


def _in_command(text: str, named: Named, depth: int) -> Iterator[Found]:
    """The secrets of a word that may be a command itself; a word of it that has quotes is one secret if it has one."""
    inner = [(word, word.value) for word in split(text)[0]]
    for word, found in _by_rules(inner, named, depth + 1):
        if word.end - word.start == len(word.value):
            yield moved(found, word.start)
        else:
            yield Found(word.start, word.end, found.why, found.name, text[word.start : word.end])


class _Reader:
    """Reads the words of one command and keeps which program they are for; a later program takes its place."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._names: list[str] = []  #: the program, then its words that are no flags
        self._before: tuple[str, str] = "", ""  #: the two words before, the nearest one last

    def read(self, value: str) -> list[Found]:
        """The secrets of the next word."""
        if not value.startswith("-"):
            program = value.rpartition("/")[2]
            self._names = [program] if program in _keys() else [*self._names, value][:12]
        found = list(self._told(ANY, value, 0))
        if self._names and self._names[0] in _keys():
            for key in _keys()[self._names[0]]:
                count = _words_behind(key, self._names)
                if count is not None:
                    found += self._told(PROGRAMS[" ".join(key)], value, count)
        if not found and ONE_DASH.fullmatch(self._before[1]) and not value.startswith("-"):
            found.append(_whole(value, 0, self._before[1]))
        self._before = self._before[1], value
        return found

    def _told(self, telling: Telling, value: str, count: int) -> Iterator[Found]:
        """The secrets of a word as a program is told them; ``count`` is the word's place behind the program's own."""
        for flags, joins_only in ((telling.takes, False), (telling.joins, True)):
            flag, start = self._value_of(flags.split(), value, telling.switches, joins_only=joins_only)
            if flag:
                yield _whole(value, start, flag)
        flag, start = self._value_of(telling.logins.split(), value, telling.switches)
        login = re.compile(r"[^\s:%/,]+[:%/,](?!//)(?=.)" if telling is not ANY else r"[^:]*:(?!//)(?=.)")
        if flag and (name := login.match(value, start)) and "://" not in value and not IDS.fullmatch(value, start):
            yield _whole(value, name.end(), f"the password of {value[start : name.end() - 1]}")
        if self._before[0] in telling.pairs.split() and _secret(self._before[1], self._named):
            yield _whole(value, 0, self._before[1])
        flag, start = self._value_of(telling.assigns.replace("*", "").split(), value, telling.switches)
        if (flag or (telling.assigns == "*" and value[:1] != "-")) and "=" in value[start:]:
            equals = value.index("=", start)
            yield _whole(value, equals + 1, value[start:equals])
        if count in telling.words and value[:1] != "-":
            yield _whole(value, 0, "the password")
        if telling.prefix and telling.prefix in value and value.startswith(telling.prefix[:-1]):
            yield _whole(value, value.index(telling.prefix) + len(telling.prefix), "the password")

    def _value_of(
        self, flags: Sequence[str], value: str, switches: str, *, joins_only: bool = False
    ) -> tuple[str, int]:
        """The flag whose value the word is, or has, and where in it that begins; no flag for none."""
        before = self._before[1]
        for flag in flags:
            short = len(flag) == 2 and flag[0] == "-"
            bundle = _bundle(flag[1], switches) if short and switches else None
            if not joins_only and (before == flag or (bundle and bundle.fullmatch(before))):
                return flag, 0
            if value.startswith(f"{flag}=") and flag.startswith("-"):
                return flag, len(flag) + 1
            joined = bundle.match(value) if bundle else None
            if short and (value.startswith(flag) or joined):
                return flag, joined.end() if joined else len(flag)
            if joins_only and value.startswith(flag) and not flag.startswith("--"):
                return flag, len(flag)
        return "", 0


@cache
def _bundle(letter: str, switches: str) -> re.Pattern[str]:
    """A flag of one letter with switches before it in the same word."""
    return re.compile(f"-[{re.escape(switches)}]*{letter}")


@cache
def _keys() -> dict[str, list[tuple[str, ...]]]:
    """The keys of the table by their programs."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for key in PROGRAMS:
        words = tuple(key.split())
        found.setdefault(words[0], []).append(words)
    return found


def _words_behind(key: Sequence[str], names: Sequence[str]) -> int | None:
    """How many words stand behind those of a key, which are there in their order; ``None`` where they are not."""
    position = 0
    for name in key:
        if name not in names[position:]:
            return None
        position = names.index(name, position) + 1
    return len(names) - position


def _named(value: str, named: Named) -> Iterator[Found]:
    """What says itself what it is: a login, a header, a variable, the fields of a form, SQL."""
    for one in JOINED_LOGIN.finditer(value):
        if not IDS.fullmatch(f"{one['name']}:{one['secret']}"):
            yield _found(one, f"the password of {one['name']}")
    at_host = LOGIN_AT_HOST.fullmatch(value)
    if at_host is not None:
        yield _found(at_host, "the password")
    for form in (HEADER, VARIABLE):
        whole = form.fullmatch(value)
        if whole is not None and _secret(whole["name"], named):
            yield _found(whole, whole["name"])
    for one in FIELD.finditer(value):
        if _secret(one["name"], named):
            yield _found(one, one["name"])
    for one in SQL.finditer(value):
        yield _found(one, "the password")


def _secret(name: str, named: Named) -> bool:
    return named(name) or name.lower() in COOKIES or bool(MISSPELT.search(name.lower()))


def _found(one: re.Match[str], name: str) -> Found:
    return Found(*one.span("secret"), Why.FLAG, name, one["secret"])


def _whole(value: str, start: int, name: str) -> Found:
    return Found(start, len(value), Why.FLAG, name, value[start:])
