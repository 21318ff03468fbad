"""Secrets inside one value: JSON members with a secret's name, passwords in URIs.

JSON is read as far as it goes, because it may not be typed to its end, and because a shell may have removed its quotes:
strings in either quotes or in none, and nothing has to be closed. A string that holds JSON or a URI is read in its
turn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from mwaa_shell.addresses import MASK, SHORTEST

#: Parts of names whose values any Airflow from 1.10.12 to 3.3.1 hides by default.
_NAMES = (
    "access_key access_token account_key api_key apikey auth_header authorization bearer connection_string dsn"
    " keyfile_dict passphrase passwd password private_key proxies proxy secret service_account service_key token"
    " webhook_url"
)
NAMES = tuple(_NAMES.split())
#: Numbers are hidden under these names alone: tokens and keys are no numbers, ``max_tokens`` and ``proxy_port`` are.
NAMES_OF_NUMBERS = ("pass", "secret")
CONSTANTS = ("true", "false", "null", "none")
URI_PASSWORD = "URI password"

#: The text before JSON in a word: a joined flag or name, or nothing.
DATA = re.compile(r"(?:-\w=?|[\w.-]+=)?\s*(?=[{\[])")
#: Text in either quotes, or up to the end where they are not closed.
QUOTED = r"(?P<quote>[\"'])(?P<text>(?:(?!(?P=quote))[^\\]|\\.)*)(?:(?P=quote)|\\?\Z)"
ITEM = re.compile(rf"(?:{QUOTED}|(?P<bare>[^\s{{}}\[\],:\"']+))(?P<colon>\s*:\s*)?|.", re.DOTALL)
VALUE = re.compile(rf"{QUOTED}|(?P<open>[{{\[])|(?P<bare>[^\s,}}\]]+)", re.DOTALL)
BRACKET = re.compile(rf"{QUOTED}|[{{}}\[\]]", re.DOTALL)
SURROGATES = r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"
CHARACTER = re.compile(rf"{SURROGATES}|\\u[\da-fA-F]{{4}}|\\.|.", re.DOTALL)
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
#: ``user:password@``. A number up to the path is a port. A slash in the password is a mistake, but part of it.
URI = re.compile(r"://[^\s/?#:@\[]*:(?!\d*(?:[/?]|$)|\d+#)([^\s/?#]+(?=@)|\S+?(?=@))")
QUERY = re.compile(r"[?&]([\w.-]+)=((?:(?!['\"](?:\s|\Z))[^&#\s])+)")
#: Names in the query of a presigned URL, whose owner needs no other secret: S3, Google Cloud Storage, Azure.
SIGNATURE = re.compile(r"(?i)sig|signature|x-(?:amz|goog)-signature")

#: Whether a name is a secret's.
Named = Callable[[str], bool]


class SecretPart(NamedTuple):
    """A secret, by where it is in a value."""

    first: int
    last: int
    name: str  #: of the flag, variable or member; empty for a mask in a place without a name
    value: str  #: without quotes and escapes
    coding: tuple[str, ...] = ()  #: how it is written in the value, innermost first


def secret_end(value: str, start: int, name: str) -> SecretPart:
    """Return the end of a value, from a position on, as a secret."""
    return SecretPart(start, len(value), name, value[start:])


@lru_cache(4096)
def sensitive(name: str, patterns: tuple[str, ...] = ()) -> bool:
    """Return whether Airflow or the user hides values of this name.

    A pattern is part of a name, or all of it where it holds ``*``, ``?`` or ``[``; case does not count.
    """
    plain = re.sub(r"\W+", "_", name.strip().lower())
    return any(one in plain for one in NAMES) or any(_fits(name.lower(), one.lower()) for one in patterns if one)


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) if re.search(r"[*?[]", pattern) else pattern in name


def is_data(value: str) -> bool:
    """Return whether a value is read as JSON, or is a flag or a name joined to JSON."""
    return DATA.match(value) is not None


def secrets_of(value: str, named: Named) -> Iterator[SecretPart]:
    """Yield the secrets inside a value that is not a secret as a whole."""
    if value == MASK:
        yield secret_end(value, 0, "")
    elif data := DATA.match(value):
        yield from (shift(one, data.end()) for one in secrets_of_data(value[data.end() :], named))
    elif "://" in value:
        yield from _in_uris(value, named)


def _in_uris(value: str, named: Named) -> Iterator[SecretPart]:
    for found in _passwords(value):
        yield SecretPart(*found.span(1), URI_PASSWORD, found[1], ("uri",))
    for found in QUERY.finditer(value):
        if named(found[1]) or SIGNATURE.fullmatch(found[1]) or found[2] == MASK:
            yield SecretPart(*found.span(2), found[1], found[2], ("uri",))


def _passwords(value: str) -> Iterator[re.Match[str]]:
    """Yield passwords in URIs. The search ends at the last ``@`` of a word: linear time."""
    for run in re.finditer(r"\S+", value):
        end = value.rfind("@", *run.span()) + 1
        if end:
            yield from URI.finditer(value, run.start(), end)


def secrets_of_data(value: str, named: Named) -> Iterator[SecretPart]:
    """Yield members with a secret's name in a text with JSON or similar data."""
    position = 0
    while item := ITEM.match(value, position):
        position = item.end()
        if not item["colon"]:
            if item["text"] is not None:
                yield from _in_string(value, item, named)
            continue
        name = item["bare"] or _plain(item["text"] or "")
        member = VALUE.match(value, position)
        if member is None:
            continue
        found = list(_member(value, member, name, named))
        yield from found
        if member["open"] is None:
            position = member.end()
        elif found:
            position = found[-1].last


def _member(value: str, member: re.Match[str], name: str, named: Named) -> Iterator[SecretPart]:
    """Yield the secrets of a member: all of a value with a secret's name."""
    bare, text = member["bare"], member["text"]
    if text is not None:
        if text and (named(name) or text == MASK):
            yield SecretPart(*member.span("text"), name, _plain(text), ("json",))
        else:
            yield from _in_string(value, member, named)
    elif bare is not None:
        if bare == MASK or (named(name) and may_be_secret(bare, name)):
            yield SecretPart(*member.span("bare"), name, bare, ("member",))
        elif "@" in bare or "=" in bare:  # most values are numbers
            yield from (shift(found, member.start()) for found in _in_uris(bare, named))
    elif named(name):
        start, end = member.start(), _closing(value, member.start())
        if re.search(r"\w|\*", value[start:end]):
            yield SecretPart(start, end, name, value[start:end], ("member",))


def may_be_secret(bare: str, name: str) -> bool:
    """Return whether a bare value is a secret: never ``true``, seldom a number."""
    if bare.lower() in CONSTANTS:
        return False
    return not NUMBER.fullmatch(bare) or any(one in name.lower() for one in NAMES_OF_NUMBERS)


def _closing(value: str, start: int) -> int:
    """Return the end of the object or list that starts here, or of the text."""
    depth = 0
    for found in BRACKET.finditer(value, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth <= 0:
            return found.end()
    return len(value)


def _in_string(value: str, item: re.Match[str], named: Named) -> Iterator[SecretPart]:
    """Yield secrets in a string that may contain JSON or a URI."""
    start, end = item.span("text")
    characters = [found.span() for found in CHARACTER.finditer(value, start, end)] if "\\" in item["text"] else []
    for found in secrets_of(_plain(item["text"]), named):
        coding = (*found.coding, "json")
        if characters:
            first, last = characters[found.first][0], characters[found.last - 1][1]
            yield found._replace(first=first, last=last, coding=coding)
        else:
            yield shift(found, start)._replace(coding=coding)


def shift(found: SecretPart, offset: int) -> SecretPart:
    """Return the secret in a value that begins earlier by this many characters."""
    return found._replace(first=found.first + offset, last=found.last + offset)


def _plain(text: str) -> str:
    """Return a JSON string without escapes, with one character for each escape."""
    return CHARACTER.sub(lambda found: _unescaped(found[0]), text) if "\\" in text else text


def _unescaped(written: str) -> str:
    if len(written) == 1:
        return written
    try:
        return str(json.loads(f'"{written}"'))
    except ValueError:
        return written[1:2]


def mask_secrets(text: str, secrets: Iterable[SecretPart]) -> str:
    """Return the text with masks. Secrets that overlap share one."""
    made, end = [], 0
    for one in sorted(secrets, key=lambda one: (one.first, -one.last)):
        if one.first >= end:
            made += [text[end : one.first], MASK]
        end = max(end, one.last)
    return "".join([*made, text[end:]])


def quotable(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the forms in which a response may quote secrets, the longest first."""
    long = [one for one in secrets if len(one) >= SHORTEST]
    forms = {form for one in long for form in (one, json.dumps(one)[1:-1], _for_string(one), repr(one)[1:-1])}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def mask_quoted(text: str, quoted: Iterable[str]) -> str:
    """Return a text with a mask for each of these, which ``quotable`` has returned."""
    for one in quoted:
        text = text.replace(one, MASK)
    return text


# -- writing -----------------------------------------------------------------------------------------------------------


def encode_secret(answer: str, coding: Sequence[str]) -> str:
    """Return the text to write for a secret in a value with these codings."""
    for step in coding:
        answer = {"uri": _for_uri, "json": _for_string, "member": _for_member}[step](answer)
    return answer


def _for_string(answer: str) -> str:
    return json.dumps(answer, ensure_ascii=False)[1:-1]


def _for_member(answer: str) -> str:
    """Return a number, an object or a list as it is, and a string of all else."""
    try:
        json.loads(answer)
    except (ValueError, RecursionError):
        return json.dumps(answer, ensure_ascii=False)
    return answer


def _for_uri(answer: str) -> str:
    """Return a password escaped for a URI; escapes that it has already stay."""
    return quote(re.sub(r"%(?![\da-fA-F]{2})", "%25", answer), safe="%~")
