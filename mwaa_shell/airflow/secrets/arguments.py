"""Secrets among the words of one command: of Airflow, or of this machine behind ``|``.

Airflow: a flag, or the name of a variable, makes the words after it secret. With a grammar, flags are read as argparse
reads them, abbreviated or joined to their values. A word that no grammar explains is judged by its form, so that a
mistake in a line does not show its secrets.

This machine: a few rules hold for all programs, and only what is certainly a secret counts:

- the value of a flag with a secret's name, passwords in URIs, JSON members: as in an Airflow command;
- the password of ``name:password`` after ``-u`` and similar flags, as curl takes it, and of ``name:password@host``;
- the value of ``Name: value`` and of ``NAME=value`` where the name is a secret's: headers, variables, form fields;
- passwords in SQL;
- for programs in ``data/secret_programs.toml``, what each takes in its own way.

A quoted command, as after ``sh -c``, is read by the same rules. A reference is no secret: ``$TOKEN``, or a path of jq
such as ``.password``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from mwaa_shell.airflow.arguments import Role, looks_like_flag
from mwaa_shell.airflow.command_line import Word, split
from mwaa_shell.airflow.grammar import Option, Positional, data_of
from mwaa_shell.airflow.secrets.values import Named, SecretPart, Why, is_data, moved, secrets_of, sensitive

#: Flags whose whole value is secret, named as Airflow 1.10 writes them. What stands in the JSON of a connection is its
#: provider's to name: a secret may have any name there.
WHOLE = ("password", "conn_password", "conn_uri", "conn_extra", "conn_json")
#: What has a secret's name and no value.
SWITCH = "use_random_password"
#: Flags that no Airflow has, and that were meant for a password; "past" is not among them.
MISSPELT = re.compile(r"pas+w|pass$|pswd|pwd")
#: A name in JSON whose value is the next word, because the blank behind the colon is not quoted.
LOOSE_NAME = re.compile(r"[{,]\s*[\"']?([\w.-]+)[\"']?:$")


class Piece(NamedTuple):
    """A word or the end of one, as in ``Part``; what nothing is known of is extra."""

    word: Word
    value: str
    role: Role = Role.EXTRA
    argument: Option | Positional | None = None


def secret_arguments(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of one command in the order of its words, by their place in the word's value."""
    reader = _ArgumentReader(named)
    for piece in pieces:
        yield from reader.read(piece)


class _ArgumentReader:
    """Reads the pieces of one command, and keeps what one says of the next."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._known = False  #: whether the command is known
        self._group = ""  #: the command's first word, as far as it matters
        self._flag = ""  #: the flag with a secret whose value comes next
        self._keys: list[str] | None = None  #: the words behind "variables set"
        self._before: tuple[str, bool] = "", False  #: the value before, and whether it was secret as a whole

    def read(self, piece: Piece) -> Iterator[tuple[Word, SecretPart]]:
        """Yield the secrets of the next piece."""
        if piece.value == "--" and piece.role in (Role.SEPARATOR, Role.EXTRA):  # the next word is still the next value
            return
        found = tuple(self._piece(piece))
        offset = len(piece.word.value) - len(piece.value)  # a piece with a secret is the end of its word
        yield from ((piece.word, moved(one, offset)) for one in found)
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
        elif piece.role is Role.EXTRA and piece.word.value == piece.value and _flag_like(piece.value):
            yield from self._unknown_flag(piece.value)
        elif option is not None and "--set" not in option.flags:
            self._flag = ""
            yield from self._of_flag(secret_flag(option.flags), piece.value)
        elif piece.role not in (Role.FLAG, Role.SEPARATOR):
            yield from self._value(piece)

    def _is_command_word(self, value: str) -> bool:
        """Return whether a word is one of those that say what the command is; notes it."""
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

    def _unknown_flag(self, value: str) -> Iterator[SecretPart]:
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

    def _value(self, piece: Piece) -> Iterator[SecretPart]:
        """Yield a value that belongs to no known flag: a positional, or the word after an unknown flag."""
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

    def _of_flag(self, flag: str, value: str) -> Iterator[SecretPart]:
        if flag:
            return self._whole(value, Why.FLAG, flag)
        return secrets_of(value, self._named)

    def _whole(self, value: str, why: Why, name: str) -> Iterator[SecretPart]:
        if value:
            yield SecretPart(0, len(value), why, name, value)


@lru_cache(4096)
def secret_flag(flags: tuple[str, ...]) -> str:
    """Return the flag, among those of one option, whose value is secret; empty for none."""
    return next((flag for flag in flags if _plain_name(flag) in WHOLE or sensitive(flag)), "")


@lru_cache(4096)
def _flag_by_name(written: str) -> str:
    """Return an unknown flag whose value is secret by its name, abbreviated or misspelt; empty for none."""
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


# -- commands of this machine ------------------------------------------------------------------------------------------


class SecretSyntax(NamedTuple):
    """Where the secrets stand in the words of one program; several flags are separated by blanks."""

    takes: str = ""  #: the value of these is secret: the next word, or what is joined
    joins: str = ""  #: what is joined to these is secret; the next word is none
    logins: str = ""  #: these take NAME:PASSWORD, or one of ``%/,`` in the place of the colon
    pairs: str = ""  #: behind these stand a name and, in the next word, its value
    assigns: str = ""  #: these take NAME=VALUE, and any value is secret; ``*`` is any word of that form
    words: Sequence[int] = ()  #: which of the words behind the key are secret, from 1; flags do not count
    prefix: str = ""  #: what stands behind this in a word is secret
    switches: str = ""  #: letters of flags without a value, which may stand in one word before a flag that has one


#: What holds for any program: letters of switches are those of curl.
ANY = SecretSyntax(
    logins="-u -U --user --proxy-user --basic-auth --auth --creds --userpass",
    pairs="--arg --argjson",
    switches="0123456aBfgGiIjJklLMnNOpqRsSvVZ#",
)
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


@cache
def programs() -> Mapping[str, SecretSyntax]:
    """Return the table of programs, by their names and the words of their subcommands."""
    table: dict[str, SecretSyntax] = {}
    for entry in data_of("secret_programs.toml")["programs"]:
        syntax = SecretSyntax(**{name: value for name, value in entry.items() if name != "names"})
        table.update(dict.fromkeys(entry["names"], syntax))
    return table


def secrets_of_local_command(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of one command of this machine, by their places in each word's value; they may overlap."""
    words = tuple(pieces)
    found = [*secret_arguments(words, named), *_by_rules([(piece.word, piece.value) for piece in words], named)]
    yield from ((word, one) for word, one in found if not REFERENCE.fullmatch(one.value))


def _by_rules(words: Sequence[tuple[Word, str]], named: Named, depth: int = 0) -> Iterator[tuple[Word, SecretPart]]:
    reader = _ProgramReader(named)
    for word, value in words:
        found = [*_named(value, named), *reader.read(value)]
        if " " in value and depth < 2:
            found += _in_command(value, named, depth)
        yield from ((word, one) for one in found if one.value)


def _in_command(text: str, named: Named, depth: int) -> Iterator[SecretPart]:
    """Yield the secrets of a word that may be a command; a quoted word in it is secret as a whole."""
    inner = [(word, word.value) for word in split(text)[0]]
    for word, found in _by_rules(inner, named, depth + 1):
        if word.end - word.start == len(word.value):
            yield moved(found, word.start)
        else:
            yield SecretPart(word.start, word.end, found.why, found.name, text[word.start : word.end])


class _ProgramReader:
    """Reads the words of one command and keeps which program they are for; a later program takes its place."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._names: list[str] = []  #: the program, then its words that are no flags
        self._before: tuple[str, str] = "", ""  #: the two words before, the nearest one last

    def read(self, value: str) -> list[SecretPart]:
        """Return the secrets of the next word."""
        if not value.startswith("-"):
            program = value.rpartition("/")[2]
            self._names = [program] if program in _keys() else [*self._names, value][:12]
        found = list(self._told(ANY, value, 0))
        if self._names and self._names[0] in _keys():
            for key in _keys()[self._names[0]]:
                count = _words_behind(key, self._names)
                if count is not None:
                    found += self._told(programs()[" ".join(key)], value, count)
        if not found and ONE_DASH.fullmatch(self._before[1]) and not value.startswith("-"):
            found.append(_whole(value, 0, self._before[1]))
        self._before = self._before[1], value
        return found

    def _told(self, telling: SecretSyntax, value: str, count: int) -> Iterator[SecretPart]:
        """Yield the secrets of a word by a program's syntax; ``count`` is its place after the program's words."""
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
        """Return the flag whose value the word is, or has, and where in it that begins; no flag for none."""
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
    """Return a flag of one letter with switches before it in the same word."""
    return re.compile(f"-[{re.escape(switches)}]*{letter}")


@cache
def _keys() -> dict[str, list[tuple[str, ...]]]:
    """Return the keys of the table by their programs."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for key in programs():
        words = tuple(key.split())
        found.setdefault(words[0], []).append(words)
    return found


def _words_behind(key: Sequence[str], names: Sequence[str]) -> int | None:
    """Return how many words follow those of a key; ``None`` where the key is not there in its order."""
    position = 0
    for name in key:
        if name not in names[position:]:
            return None
        position = names.index(name, position) + 1
    return len(names) - position


def _named(value: str, named: Named) -> Iterator[SecretPart]:
    """Return what says itself what it is: a login, a header, a variable, the fields of a form, SQL."""
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


def _found(one: re.Match[str], name: str) -> SecretPart:
    return SecretPart(*one.span("secret"), Why.FLAG, name, one["secret"])


def _whole(value: str, start: int, name: str) -> SecretPart:
    return SecretPart(start, len(value), Why.FLAG, name, value[start:])
