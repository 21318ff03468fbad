"""Secrets among the words of a command of this machine, as one behind ``|``.

Nobody knows every program, so a few rules hold for all of them, and only what is surely a secret is one:

- what a flag with a secret's name takes, passwords in URIs, JSON members: as in an Airflow command;
- the password of ``name:password`` behind ``-u`` and its like, as curl takes it;
- the value of ``Name: value`` and of ``NAME=value`` where the name is a secret's: headers, variables, form fields;
- what ``-p`` and its like take where the program is one of a short list, as mysql.

What is only a reference is none: ``$TOKEN``, and a path of jq's such as ``.password``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from mwaa_shell.airflow.command_line import Word
from mwaa_shell.airflow.secret_values import Found, Named, Why
from mwaa_shell.airflow.secret_words import MISSPELT, Piece, read

#: Flags that take ``name:password``, for any program.
LOGIN = ("-u", "-U", "--user", "--proxy-user")
JOINED_LOGIN = re.compile(r"(?:\A|\s)(?:-[uU]\s*|--(?:proxy-)?user[=\s])(?P<name>[^\s:]+):(?!//)(?P<secret>\S+)")
#: The flag for a password of programs that have a short one, and whether it may be the next word.
PROGRAMS: Mapping[str, tuple[str, bool]] = {
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump"), ("-p", False)),
    "sshpass": ("-p", True),
    "redis-cli": ("-a", True),
    "ldapsearch": ("-w", True),
}
HEADER = re.compile(r"\s*(?:--?[A-Za-z]+=)?(?P<name>[\w-]+):[ \t]*(?P<secret>\S.*)", re.DOTALL)
COOKIES = ("cookie", "set-cookie")
#: The rest of the word, but for the next field of a form.
VARIABLE = re.compile(r"(?P<name>[\w.-]+)=(?P<secret>(?:(?!&[\w.-]+=).)+)(?:&.*)?", re.DOTALL)
FIELD = re.compile(r"(?<![\w.-])(?P<name>[\w.-]+)=(?P<secret>[^\s&;]+)")
REFERENCE = re.compile(r"(?:\w+ )?[.$][\w.\[\]{}()$]*")


def read_local(pieces: Iterable[Piece], named: Named) -> Iterator[tuple[Word, Found]]:
    """The secrets of one command of this machine, by their place in each word's value; some may stand over others."""
    words = tuple(pieces)
    found = [*read(words, named), *_by_rules(words, named)]
    yield from ((word, one) for word, one in found if not REFERENCE.fullmatch(one.value))


def _by_rules(words: tuple[Piece, ...], named: Named) -> Iterator[tuple[Word, Found]]:
    flag, apart = "", False
    for previous, piece in zip(("", *(word.value for word in words)), words, strict=False):
        flag, apart = PROGRAMS.get(piece.value.rpartition("/")[2], (flag, apart))
        found = [*_login(piece.value, previous), *_named(piece.value, named)]
        if flag and apart and previous == flag:
            found.append(_whole(piece.value, 0, flag))
        elif flag and piece.value.startswith(flag):
            found.append(_whole(piece.value, len(flag), flag))
        yield from ((piece.word, one) for one in found if one.value)


def _login(value: str, flag: str) -> Iterator[Found]:
    """The password in ``name:password``, where a flag before it says that it is one; also inside a quoted command."""
    if flag in LOGIN and "://" not in value and ":" in value:
        name = value.partition(":")[0]
        yield _whole(value, len(name) + 1, f"the password of {name}")
    for one in JOINED_LOGIN.finditer(value):
        yield _found(one, f"the password of {one['name']}")


def _named(value: str, named: Named) -> Iterator[Found]:
    """What a name before it makes a secret: in a header, a variable, the fields of a form."""
    for form in (HEADER, VARIABLE):
        one = form.fullmatch(value)
        if one is not None and _secret(one["name"], named):
            yield _found(one, one["name"])
    for one in FIELD.finditer(value):
        if _secret(one["name"], named):
            yield _found(one, one["name"])


def _secret(name: str, named: Named) -> bool:
    return named(name) or name.lower() in COOKIES or bool(MISSPELT.search(name.lower()))


def _found(one: re.Match[str], name: str) -> Found:
    return Found(*one.span("secret"), Why.FLAG, name, one["secret"])


def _whole(value: str, start: int, name: str) -> Found:
    return Found(start, len(value), Why.FLAG, name, value[start:])
