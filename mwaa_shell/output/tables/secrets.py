"""What a reply holds that nobody should see over a shoulder: passwords of connections, and variables with such names.

Airflow prints connections in clear up to 3.1, and exports them in clear in every version. Here they are covered in the
records before these are drawn, and in the text of what prints the configuration. The reply to ``variables get`` is left
alone: that value is what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from mwaa_shell.airflow.output_lines import HEAD
from mwaa_shell.airflow.secrets.output import mask_options, shows_options
from mwaa_shell.airflow.secrets.values import MASK, NAMES_OF_NUMBERS, secrets_of, sensitive
from mwaa_shell.output.records.reader import Found, is_export
from mwaa_shell.output.tables.cells import plain
from mwaa_shell.reply_bytes import Body

#: Columns of connections that are covered whole; the second row is what 1.10 calls them.
COLUMNS = frozenset({"password", "get_uri", "uri", "extra", "extra_dejson",
                     "Password", "Extra"})  # fmt: skip
#: Values with nothing in them.
EMPTY = ("", "None", "''", "{}", "[]", MASK)
#: Groups of commands that handle logins.
ACCOUNTS = (("connections",), ("users",), ("create_user",))
#: Exports that may be told to write to standard error.
EXPORTS = (("variables", "export"), ("variables", "--export"))
CONNECTIONS = frozenset({("connections", "list"), ("connections", "get")})


def has_secrets(words: tuple[str, ...]) -> bool:
    """Whether the reply to a command may hold passwords."""
    if words[:2] in CONNECTIONS or (words[:1] == ("connections",) and any(map(_lists, words[1:]))):
        return True
    return words[:1] in (("connections",), ("variables",)) and is_export(words)


def is_covered(words: tuple[str, ...]) -> bool:
    """Whether something may have to be covered: in records, in what is no table, and on standard error."""
    return has_secrets(words) or words[:1] in ACCOUNTS or words[:2] in EXPORTS or shows_options(words)


def covered_message(message: str, words: tuple[str, ...]) -> str:
    """What is said of a command, in which its output may be quoted, with a mask for each secret."""
    return covered(message) if message and is_covered(words) else message


def covered_text(text: str, words: tuple[str, ...]) -> str:
    """What a command printed as text, with a mask for each secret."""
    return mask_options(text, words) if shows_options(words) else covered(text)


def shows_any(words: tuple[str, ...], stdout: Body) -> bool:
    """Whether a reply is not to be shown as it came."""
    if has_secrets(words) or not shows_options(words):
        return has_secrets(words)
    text = bytes(stdout).decode("utf-8", "replace")
    return mask_options(text, words) != text


def _lists(word: str) -> bool:
    """Whether it is ``-l`` or ``--list`` of 1.10, shortened as argparse lets people."""
    return word == "-l" or (len(word) > 2 and "--list".startswith(word))


def masked(found: Found, words: tuple[str, ...]) -> Found:
    """The same with a mask for each secret; the very same where there is none to hide."""
    if not has_secrets(words) and not shows_options(words):
        return found
    whole = COLUMNS if words[0] == "connections" else frozenset()
    records = tuple(_record(record, whole) for record in found.records)
    before, after = covered(found.before), covered(found.after)
    if (records, before, after) == (found.records, found.before, found.after):
        return found
    return replace(found, records=records, before=before, after=after)


def _record(record: Mapping[str, object], whole: frozenset[str]) -> Mapping[str, object]:
    key = record.get("key")
    named = isinstance(key, str) and sensitive(key)
    return {name: _value(name, own, name in whole or (named and name == "value")) for name, own in record.items()}


def _value(name: str, value: object, whole: bool) -> object:
    if value is None or isinstance(value, bool) or value in ({}, []) or plain(value).strip() in EMPTY:
        return value
    if whole or (sensitive(name) and (isinstance(value, str) or any(one in name for one in NAMES_OF_NUMBERS))):
        return MASK
    if isinstance(value, dict):
        return {key: _value(str(key), own, False) for key, own in value.items()}
    if isinstance(value, list):
        return [_value(name, item, False) for item in value]
    return covered(value) if isinstance(value, str) else value


def covered(text: str) -> str:
    """Text with masks for passwords in URIs and for members of JSON that have a secret's name.

    What begins a log line holds none, though it looks like JSON: ``[date] {secrets_masker.py:497} WARNING - ``.
    """
    if ":" not in text:
        return text
    made, start = [], 0
    for line in LINE.finditer(text):
        head = HEAD.match(line[0])
        if head:
            made += [_covered(text[start : line.start()]), head[0], _covered(line[0][head.end() :])]
            start = line.end()
    return "".join([*made, _covered(text[start:])])


LINE = re.compile(r"[^\n]+\n?")


def _covered(text: str) -> str:
    made, end = [], 0
    for found in sorted(secrets_of(text, partial(sensitive))):
        if found.first >= end:
            made += [text[end : found.first], MASK]
        end = max(end, found.last)
    return "".join([*made, text[end:]])
