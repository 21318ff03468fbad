"""Secrets among the words of one command: of Airflow, or of this machine after ``|``.

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

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote

from mwaa_shell.airflow.arguments import Role, looks_like_flag
from mwaa_shell.airflow.command_line import Word, split
from mwaa_shell.airflow.grammar import Option, Positional, data_of
from mwaa_shell.airflow.rest import path_of
from mwaa_shell.airflow.secrets.values import MASK, Named, SecretPart, is_data, secret_end, secrets_of, sensitive, shift

#: Flags whose whole value is secret, named as Airflow 1.10 writes them. What is in the JSON of a connection is its
#: provider's to name: a secret may have any name there.
WHOLE = ("password", "conn_password", "conn_uri", "conn_extra", "conn_json")
#: What has a secret's name and no value.
SWITCH = "use_random_password"
#: Flags that no Airflow has, and that were meant for a password; "past" is not among them.
MISSPELT = re.compile(r"pas+w|pass$|pswd|pwd")
#: A name in JSON whose value is the next word, because the blank after the colon is not quoted.
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
    """The reader of the pieces of one command; one piece may make the next a secret."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._known = False  #: whether the command is known
        self._group = ""  #: the command's first word, as far as it matters
        self._flag = ""  #: the flag with a secret whose value comes next
        self._keys: list[str] | None = None  #: the words after "variables set"
        self._before: tuple[str, bool] = "", False  #: the value before, and whether it was secret as a whole

    def read(self, piece: Piece) -> Iterator[tuple[Word, SecretPart]]:
        """Yield the secrets of the next piece."""
        if piece.value == "--" and piece.role in (Role.SEPARATOR, Role.EXTRA):  # the next word is still the next value
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
            yield from (shift(one, 2) for one in secrets_of(value[2:], self._named))
        if equals:
            found = self._of_flag(flag, joined)
            start = len(value) - len(joined)
            yield from (shift(one, start) for one in found)
        self._flag = "" if equals else flag

    def _value(self, piece: Piece) -> Iterator[SecretPart]:
        """Yield a value that belongs to no known flag: a positional, or the word after an unknown flag."""
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
        """Yield the value of a flag, or of what else makes it a secret; without such a name, the secrets in it."""
        if not flag:
            yield from secrets_of(value, self._named)
        elif value:
            yield secret_end(value, 0, flag)


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
# Patterns of several words are looked for in all words of a command, each with a NUL in front of it.


class SecretSyntax(NamedTuple):
    """The places of secrets in the words of one program; several flags are separated by blanks."""

    takes: str = ""  #: the value of these is secret: the next word, or what is joined
    joins: str = ""  #: what is joined to these is secret; the next word is none
    logins: str = ""  #: these take NAME:PASSWORD, or one of ``%/,`` in the place of the colon
    pairs: str = ""  #: after these are a name and, in the next word, its value
    assigns: str = ""  #: these take NAME=VALUE, and any value is secret; ``*`` is any word of that form
    words: Sequence[int] = ()  #: which of the words after the key are secret, from 1; flags do not count
    prefix: str = ""  #: what follows this in a word is secret
    switches: str = ""  #: letters of flags without a value, which may be in one word before a flag that has one


#: What holds for any program: letters of switches are those of curl.
ANY = SecretSyntax(
    logins="-u -U --user --proxy-user --basic-auth --auth --creds --userpass",
    pairs="--arg --argjson",
    switches="0123456aBfgGiIjJklLMnNOpqRsSvVZ#",
)
LOGIN_AT_HOST = re.compile(r"[^\s/:@=]+:(?!//)(?P<secret>[^\s@]+)@(?!sha\d)[\w.-]+(?::\d+)?(?:/\S*)?")
HEADER = re.compile(r"\s*(?:--?[A-Za-z]+=)?(?P<name>[\w-]+):[ \t]*(?P<secret>\S.*)", re.DOTALL)
COOKIES = ("cookie", "set-cookie")
#: The rest of the word, but for the next field of a form.
VARIABLE = re.compile(r"(?P<name>[\w.-]+)=(?P<secret>(?:(?!&[\w.-]+=).)+)(?:&.*)?", re.DOTALL)
FIELD = re.compile(r"(?<![\w.-])(?P<name>[\w.-]+)=(?=(?P<secret>[^\s&;]+))")
SQL = re.compile(
    r"(?i)\b(?:password|identified\s+(?:with\s+\S+\s+)?by)\s+(?:=\s*)?(?P<quote>['\"])(?P<secret>.+?)(?P=quote)"
)
#: A long flag after one dash, by the end of its name, and its value.
ONE_DASH = re.compile(
    r"\0(?P<flag>-(?:[A-Za-z][\w-]*(?:password|passwd|passphrase|pass|token|secret|apikey|pwd)|pass|token|secret))"
    r"(?=\0(?P<secret>[^-\0][^\0]*))"
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


@cache
def _keys() -> dict[str, list[str]]:
    """Return the keys of the table by their programs."""
    found: dict[str, list[str]] = {}
    for key in programs():
        found.setdefault(key.partition(" ")[0], []).append(key)
    return found


class _Rule(NamedTuple):
    """A pattern of a secret, and what that is called."""

    pattern: re.Pattern[str]
    name: str = "the password"  #: with the names of groups in braces


@cache
def _rules(key: str) -> tuple[_Rule, ...]:
    """Return the rules for a key of the table; for none, those that hold for any program.

    The first one finds the key itself, from the program up to its last word.
    """
    syntax = programs().get(key, ANY)
    forms = [(form, flag) for flag, form in _flags(syntax.takes, syntax.switches)]
    forms += [(rf"\0{flag}{'=' if flag.startswith('--') else '=?'}", flag) for flag in syntax.joins.split()]
    login = r"(?P<login>[^:\0]*):" if syntax is ANY else r"(?P<login>[^\s:%/,\0]+)[:%/,]"
    for _, form in _flags(syntax.logins, syntax.switches):
        no_ids_or_uri = r"(?!\d+:\d+(?:\0|\Z))(?![^\0]*://)"
        forms.append((rf"{form}{no_ids_or_uri}{login}(?!//)", "the password of {login}"))
    forms += [(rf"{form}(?P<name>[^\0]+)\0", "{name}") for _, form in _flags(syntax.pairs, "")]
    assigning = [r"\0(?!-)"] if syntax.assigns == "*" else [form for _, form in _flags(syntax.assigns, syntax.switches)]
    forms += [(rf"{form}(?P<variable>[^=\0]*)=", "{variable}") for form in assigning]
    if syntax.prefix:
        start = r"[^/\0]*/" if syntax.prefix == "/" else re.escape(syntax.prefix)
        forms.append((rf"\0{start}", "the password"))
    between = r"(?:\0[^\0]*){0,20}?\0"
    whole = rf"\0(?:[^\0]*/)?{between.join(map(re.escape, key.split()))}(?=\0|\Z)"
    word = r"(?:\0-[^\0]*)*\0(?!-)"
    forms += [(rf"{whole}(?:{word}[^\0]*){{{number - 1}}}{word}", "the password") for number in syntax.words]
    rules = (_Rule(re.compile(rf"(?={form}(?P<secret>[^\0]+))"), name) for form, name in forms)
    return (_Rule(re.compile(whole)), *rules)


def _flags(flags: str, switches: str) -> Iterator[tuple[str, str]]:
    """Yield flags, or words, each with a pattern up to its value."""
    bundle = f"[{re.escape(switches)}]*" if switches else ""
    for flag in flags.split():
        if re.fullmatch("-.", flag):
            yield flag, rf"\0-{bundle}{flag[1]}[=\0]?"
        else:
            yield flag, rf"\0{flag}[=\0]" if flag.startswith("-") else rf"\0{flag}\0"


def secrets_of_local_command(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of one command of this machine, by their places in each word's value; they may overlap."""
    words = tuple(pieces)
    found = [*secret_arguments(words, named), *_by_rules([(piece.word, piece.value) for piece in words], named)]
    yield from ((word, one) for word, one in found if not REFERENCE.fullmatch(one.value))


def _by_rules(words: Sequence[tuple[Word, str]], named: Named, depth: int = 0) -> Iterator[tuple[Word, SecretPart]]:
    text = "".join(f"\0{value}" for _, value in words)
    starts = [0, *accumulate(len(value) + 1 for _, value in words)]
    for one in _by_programs(text, [value for _, value in words], starts, named):
        number = bisect_left(starts, one.first) - 1
        yield words[number][0], shift(one, -starts[number] - 1)
    for word, value in words:
        found = list(_by_form(value, named))
        if " " in value and depth < 2:
            found += _in_command(value, named, depth)
        yield from ((word, one) for one in found)


def _by_programs(text: str, values: Sequence[str], starts: Sequence[int], named: Named) -> Iterator[SecretPart]:
    """Yield secrets by the syntax of programs: each applies to the words after it, until the next program."""
    for rule in (*_rules("")[1:], _Rule(ONE_DASH, "{flag}")):
        yield from _by_rule(rule, text, 0, len(text), named)
    end = len(text)
    for value, start in reversed(list(zip(values, starts, strict=False))):
        keys = _keys().get(value.rpartition("/")[2], []) if not value.startswith("-") else []
        for key in keys:
            whole, *rules = _rules(key)
            if whole.pattern.match(text, start, end):
                for rule in rules:
                    yield from _by_rule(rule, text, start, end, named)
        end = start if keys else end


def _by_rule(rule: _Rule, text: str, start: int, end: int, named: Named) -> Iterator[SecretPart]:
    for one in rule.pattern.finditer(text, start, end):
        if "name" not in rule.pattern.groupindex or _secret(one["name"], named):
            yield _found(one, rule.name.format_map(one.groupdict()))


def _in_command(text: str, named: Named, depth: int) -> Iterator[SecretPart]:
    """Yield the secrets of a word that may be a command; a quoted word in it is secret as a whole."""
    inner = [(word, word.value) for word in split(text)[0]]
    for word, found in _by_rules(inner, named, depth + 1):
        if word.end - word.start == len(word.value):
            yield shift(found, word.start)
        else:
            yield SecretPart(word.start, word.end, found.name, text[word.start : word.end])


def _by_form(value: str, named: Named) -> Iterator[SecretPart]:
    """Yield what says itself what it is: a login, a header, a variable, the fields of a form, SQL."""
    forms = [LOGIN_AT_HOST.fullmatch(value), HEADER.fullmatch(value), VARIABLE.fullmatch(value)]
    for one in (*forms, *FIELD.finditer(value), *SQL.finditer(value)):
        name = one.groupdict().get("name") if one else None
        if one and (name is None or _secret(name, named)):
            yield _found(one, name or "the password")


def _secret(name: str, named: Named) -> bool:
    return named(name) or name.lower() in COOKIES or bool(MISSPELT.search(name.lower()))


def _found(one: re.Match[str], name: str) -> SecretPart:
    return SecretPart(*one.span("secret"), name, one["secret"])


# -- .rest -------------------------------------------------------------------------------------------------------------

#: Members of a connection that are secret as a whole.
CONNECTION = ("password", "extra", "uri")
#: The flags of ``.rest`` that take a value.
FLAGS = ("-f", "-q", "-d")


def secrets_of_request(words: Sequence[Word], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of a request by their places in the words, which follow ``.rest``.

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
    """Return the texts of a body that are secret, so that nothing that quotes the body shows them.

    The value of any variable is one: who writes a response down does not know its name.
    """
    whole = CONNECTION if path.startswith("/connections") else ("value",) if path.startswith("/variables") else ()
    return [own for name, own in _members(body) if isinstance(own, str) and (name in whole or named(name))]


def _path(words: Sequence[Word]) -> str:
    """Return the path of a request: the last word that is neither a flag nor the value of one."""
    path, before = "", ""
    for word in words:
        if before not in FLAGS and not word.value.startswith("-"):
            path = word.value
        before = word.value
    return path_of(path)


def _keys_of_variables(path: str, words: Sequence[Word]) -> Iterator[str]:
    """Yield the names of variables in a request; "password" for a body that cannot be read and may hold anything."""
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
