"""Masks for secrets in outputs: of connections, variables and configurations.

Airflow prints connections in clear up to 3.1, and exports them in clear in every version. They are masked in records
before these are drawn, and in the text of a configuration. The output of ``variables get`` is not masked: that value is
what the user asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.output_lines import HEAD
from mwaa_shell.airflow.secrets.output import mask_options, secret_pairs, shows_options
from mwaa_shell.airflow.secrets.values import NAMES_OF_NUMBERS, mask_secrets, secrets_of, sensitive
from mwaa_shell.output.records import Records, is_export
from mwaa_shell.output.tables.cells import plain
from mwaa_shell.result import Body

#: Columns of connections that are masked whole; the second row has the names of 1.10.
COLUMNS = frozenset({"password", "get_uri", "uri", "extra", "extra_dejson",
                     "Password", "Extra"})  # fmt: skip
#: Values with nothing in them.
EMPTY = ("", "None", "''", "{}", "[]", MASK)
#: Groups of commands that handle logins.
ACCOUNTS = (("connections",), ("users",), ("create_user",))
#: Exports that may be told to write to standard error.
EXPORTS = (("variables", "export"), ("variables", "--export"))
LISTS = frozenset({("connections", "list"), ("connections", "get"), ("connections", ".rest"), ("variables", ".rest")})


def has_secrets(words: tuple[str, ...]) -> bool:
    """Return whether the output of a command may hold passwords."""
    # -l or --list of 1.10, which argparse takes abbreviated
    lists = any(word == "-l" or (len(word) > 2 and "--list".startswith(word)) for word in words[1:])
    if words[:2] in LISTS or (lists and words[:1] == ("connections",)):
        return True
    return words[:1] in (("connections",), ("variables",)) and is_export(words)


def is_masked(words: tuple[str, ...]) -> bool:
    """Return whether masks apply to the outputs of a command."""
    return has_secrets(words) or words[:1] in ACCOUNTS or words[:2] in EXPORTS or shows_options(words)


def mask_message(message: str, words: tuple[str, ...]) -> str:
    """Return a message on a command, which may quote its output, with masks."""
    return _without_pairs(mask_text(message)) if message and is_masked(words) else message


def mask_output(text: str, words: tuple[str, ...]) -> str:
    """Return the text that a command printed, with a mask for each secret."""
    return mask_options(text, words) if shows_options(words) else _without_pairs(mask_text(text))


def shows_secrets(words: tuple[str, ...], stdout: Body) -> bool:
    """Return whether an output holds secrets that are masked on a terminal."""
    if has_secrets(words) or not shows_options(words):
        return has_secrets(words)
    text = bytes(stdout).decode("utf-8", "replace")
    return mask_options(text, words) != text


def mask_records(found: Records, words: tuple[str, ...]) -> Records:
    """Return records with masks; the same object without secrets."""
    if not has_secrets(words) and not shows_options(words):
        return found
    whole = COLUMNS if words[0] == "connections" else frozenset()
    records = tuple(_record(record, whole) for record in found.records)
    before, after = mask_text(found.before), mask_text(found.after)
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
    return mask_text(value) if isinstance(value, str) else value


def mask_text(text: str) -> str:
    """Return text with masks for passwords in URIs and for secret JSON members.

    The head of a log line holds no secret, though it looks like JSON: ``[date] {secrets_masker.py:497} WARNING - ``.
    """
    if ":" not in text:
        return text
    made, start = [], 0
    for line in LINE.finditer(text):
        head = HEAD.match(line[0])
        if head:
            made += [_mask_text(text[start : line.start()]), head[0], _mask_text(line[0][head.end() :])]
            start = line.end()
    return "".join([*made, _mask_text(text[start:])])


LINE = re.compile(r"[^\n]+\n?")


def _mask_text(text: str) -> str:
    return mask_secrets(text, secrets_of(text, partial(sensitive)))


def _without_pairs(text: str) -> str:
    """Return text with masks for ``password=value`` in a sentence."""
    return mask_secrets(text, secret_pairs(text, partial(sensitive)))
