"""Variables, connections and pools in bulk: Airflow's files and requests. Pure.

The files are those of ``variables|connections|pools export``: one JSON object (YAML for connections too) with a member
for each name. The REST API returns no passwords of connections, and ``***`` in place of what Airflow hides by name:
such values are never taken for the real ones. The CLI exports everything, but reads values of variables as JSON first:
``1.10`` comes back as ``1.1``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.rest import RestRequest, post
from mwaa_shell.airflow.versions import Version

Entry = Mapping[str, object]
#: Entries in one request to Airflow 3.
BATCH = 100
#: The commands that print what they would write to a file, by the first version that has them. With ``-``, Airflow
#: 2.10 closes its standard output before it has said how many connections there were, and fails.
PRINTING = {
    "variables": {Version(2, 0): "variables export /dev/stdout", Version(1, 0): "variables --export /dev/stdout"},
    "connections": {
        Version(2, 4): "connections export /dev/stdout --file-format json",
        Version(2, 0): "connections export -",
    },
    "pools": {Version(2, 0): "pools export /dev/stdout", Version(1, 0): "pool --export /dev/stdout"},
}
#: The first Airflow whose CLI exports descriptions of variables.
DESCRIBED_SINCE = Version(3, 0)
#: The first Airflow whose pools may count deferred tasks.
DEFERRED_SINCE = Version(2, 7)


@dataclass(frozen=True, slots=True)
class BulkKind:
    """A kind of entries, as the REST API has them."""

    name: str  #: in the plural, which is also its path and the member of a list
    key: str  #: the member with the name of an entry
    fields: tuple[str, ...]  #: the other members of a body
    required: tuple[str, ...]  #: members that an entry in a file must have


KINDS = {
    kind.name: kind
    for kind in (
        BulkKind("variables", "key", ("value", "description"), ("value",)),
        BulkKind(
            "connections",
            "connection_id",
            ("conn_type", "description", "host", "login", "password", "schema", "port", "extra"),
            ("conn_type",),
        ),
        BulkKind("pools", "name", ("slots", "description", "include_deferred"), ("slots",)),
    )
}


class EntryState(Enum):
    """The difference between an entry of a file and the environment."""

    NEW = "new"
    CHANGED = "different"
    HIDDEN = "not comparable"  #: equal but for members that Airflow hides
    SAME = "same"


#: The entries of a file by their states.
Comparison = Mapping[EntryState, Sequence[Entry]]


# -- files -------------------------------------------------------------------------------------------------------------


def read_entries(kind: BulkKind, content: object) -> list[Entry]:
    """Return the entries of a file's JSON or YAML. Raise ``ValueError``, which quotes no value."""
    if not isinstance(content, dict):
        raise ValueError(f"the file must have one object with a member for each of the {kind.name}")
    return [_entry(kind, str(name), value) for name, value in content.items()]


def _entry(kind: BulkKind, name: str, value: object) -> Entry:
    if kind.name == "variables":
        described = isinstance(value, dict) and "value" in value and value.keys() <= {"value", "description"}
        members: Mapping[str, Any] = value if described and isinstance(value, dict) else {"value": value}
        text = members["value"]
        members = {**members, "value": text if isinstance(text, str) else json.dumps(text)}
    elif isinstance(value, dict):
        members = value
    elif kind.name == "connections" and isinstance(value, str):
        members = _connection(name, value)
    else:
        raise ValueError(f"{name} must be an object with {', '.join(kind.fields)}")
    unknown = members.keys() - set(kind.fields)
    missing = [one for one in kind.required if members.get(one) in (None, "") and kind.name != "variables"]
    if unknown or missing:
        what = f"has an unknown member {min(unknown)}" if unknown else f"lacks {missing[0]}"
        raise ValueError(f"{name} {what}")
    extra = members.get("extra")
    if extra is not None and not isinstance(extra, str):
        members = {**members, "extra": json.dumps(extra)}
    kept = {one: members[one] for one in kind.fields if members.get(one) is not None}
    if kind.name != "variables":
        kept = {one: value for one, value in kept.items() if value != ""}
    return {kind.key: name, **kept}


def read_env(text: str) -> dict[str, object]:
    """Return the content of a file with lines ``ID=URI`` or ``ID=JSON``. Raise ``ValueError``."""
    content: dict[str, object] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals:
            raise ValueError(f"line {number} is not ID=URI")
        content[name] = value
    return content


def _connection(name: str, text: str) -> Mapping[str, Any]:
    """Return the members of a connection, from JSON or a URI, as Airflow reads them."""
    if text.lstrip().startswith("{"):
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"{name} has no valid JSON") from None
        return dict(members)
    scheme, separator, rest = text.partition("://")
    protocol, inner, address = rest.partition("://")
    try:
        parts = urlsplit(f"//{address if inner else rest}")
        port = parts.port
    except ValueError:
        raise ValueError(f"{name} has no valid URI") from None
    if not separator or "://" in address:
        raise ValueError(f"{name} has no valid URI")
    host = unquote(parts.hostname or "")
    if "/" in host:  # a path, whose capitals count
        host = unquote(re.sub(r"^.*@", "", parts.netloc).removesuffix(f":{port}"))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "conn_type": "postgres" if scheme == "postgresql" else scheme.replace("-", "_"),
        "host": f"{protocol}://{host}" if inner else host,
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "schema": unquote(parts.path[1:]),
        "port": port,
        "extra": query.get("__extra__", json.dumps(query)) if query else None,
    }


def file_content(kind: BulkKind, entries: Iterable[Entry]) -> tuple[dict[str, object], list[str]]:
    """Return the content of a file, and the names of entries with hidden members. These are left out."""
    content: dict[str, object] = {}
    hidden: list[str] = []
    for entry in entries:
        name = str(entry[kind.key])
        members = {one: entry.get(one) for one in kind.fields if one in entry or one == "password"}
        masked = [one for one, value in members.items() if _is_masked(value)]
        if masked:
            hidden.append(name)
        if kind.name == "variables":
            if not masked:
                content[name] = _variable(members)
            continue
        if kind.name == "pools":
            members = {one: value for one, value in members.items() if value is not None or one == "description"}
        content[name] = {one: None if one in masked else value for one, value in members.items()}
    return content, hidden


def _is_masked(value: object) -> bool:
    return isinstance(value, str) and MASK in value


def _variable(members: Entry) -> object:
    """Return the value of a variable as Airflow exports it. It is text if JSON would change it."""
    text = str(members.get("value") or "")
    value: object = text
    try:
        read = json.loads(text)
        if not isinstance(read, str) and json.dumps(read) == text and not (isinstance(read, dict) and "value" in read):
            value = read
    except (ValueError, RecursionError):
        pass
    description = members.get("description")
    return {"value": value, "description": description} if description else value


# -- what the CLI prints -----------------------------------------------------------------------------------------------


def printing_command(kind: BulkKind, version: Version) -> str:
    """Return the command that prints all entries; empty where the CLI has none."""
    return next((command for since, command in PRINTING[kind.name].items() if version >= since), "")


def read_printed(kind: BulkKind, text: str, version: Version) -> list[Entry] | None:
    """Return the entries in the output of the command that prints all. ``None``: no JSON object.

    Log lines may be around the object, and be JSON themselves: the longest object is the one.
    """
    content: dict[str, Any] | None = None
    longest = end = 0
    for match in re.finditer(r"^\{", text, re.MULTILINE):
        if match.start() < end:
            continue
        try:
            value, end = json.JSONDecoder().raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if end - match.start() > longest:
            content, longest = value, end - match.start()
    return None if content is None else [_printed(kind, name, value, version) for name, value in content.items()]


def _printed(kind: BulkKind, name: str, value: Any, version: Version) -> Entry:
    if kind.name != "variables":
        return {kind.key: name, **value}
    members: dict[str, Any] = {"value": value}
    if version >= DESCRIBED_SINCE and isinstance(value, dict) and value.keys() == {"value", "description"}:
        members = value
    text = members["value"]
    return {kind.key: name, **members, "value": text if isinstance(text, str) else json.dumps(text)}


def as_printed(value: str) -> str:
    """Return the value of a variable as the output of the CLI would return it."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return read if isinstance(read, str) else json.dumps(read)


# -- comparison --------------------------------------------------------------------------------------------------------


def compare(kind: BulkKind, wanted: Iterable[Entry], there: Iterable[Entry]) -> Comparison:
    """Compare the entries of a file to those of the environment."""
    existing = {str(one.get(kind.key)): one for one in there}
    found: dict[EntryState, list[Entry]] = {state: [] for state in EntryState}
    for entry in wanted:
        found[_state(kind, entry, existing.get(str(entry[kind.key])))].append(entry)
    return found


def _state(kind: BulkKind, entry: Entry, there: Entry | None) -> EntryState:
    if there is None:
        return EntryState.NEW
    hidden = False
    for name in kind.fields:
        if name not in entry:
            continue
        if name not in there and not entry[name]:
            continue
        if name not in there or _is_masked(there[name]) or (name == "password" and not there[name]):
            hidden = True
        elif not _equal(entry[name], there[name]):
            return EntryState.CHANGED
    return EntryState.HIDDEN if hidden else EntryState.SAME


def _equal(one: object, other: object) -> bool:
    """Compare values; Airflow 3 returns JSON written again."""
    if one == other or (not one and not other and not isinstance(one, bool | int)):
        return True
    try:
        return isinstance(one, str) and isinstance(other, str) and bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return False


# -- requests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """One request, and the names of the entries that it carries."""

    request: RestRequest
    names: tuple[str, ...]


def requests_for(
    kind: BulkKind, new: Sequence[Entry], changed: Sequence[Entry], version: Version
) -> Iterator[BulkRequest]:
    """Yield the requests that create entries and overwrite others, in order."""
    path = f"/{kind.name}"
    if version.major < 3:
        yield from (BulkRequest(post(path, _body(kind, one, version)), (str(one[kind.key]),)) for one in new)
    else:
        yield from _batches(kind, new, "fail")
    if version.major >= 3 and kind.name != "connections":
        yield from _batches(kind, changed, "overwrite")
        return
    for one in changed:
        name = str(one[kind.key])
        mask = {} if kind.name == "variables" else {"update_mask": _mask(kind, one, version)}
        yield BulkRequest(RestRequest(entry_path(kind, name), mask, _body(kind, one, version), "PATCH"), (name,))


def entry_path(kind: BulkKind, name: str) -> str:
    """Return the path of one entry, which may be too long."""
    return f"/{kind.name}/{quote(name, safe='')}"


def _mask(kind: BulkKind, entry: Entry, version: Version) -> object:
    names = [name for name in _body(kind, entry, version) if name != kind.key]
    return names if version.major >= 3 else ",".join(names)


def _batches(kind: BulkKind, entries: Sequence[Entry], on_existence: str) -> Iterator[BulkRequest]:
    for start in range(0, len(entries), BATCH):
        some = entries[start : start + BATCH]
        action = {"action": "create", "entities": [dict(one) for one in some], "action_on_existence": on_existence}
        names = tuple(str(one[kind.key]) for one in some)
        yield BulkRequest(RestRequest(f"/{kind.name}", {}, {"actions": [action]}, "PATCH"), names)


def _body(kind: BulkKind, entry: Entry, version: Version) -> Mapping[str, object]:
    old = kind.name == "pools" and version < DEFERRED_SINCE
    return {name: value for name, value in entry.items() if not (old and name == "include_deferred")}


def problem_in(response: object) -> str:
    """Return the failures in a response of Airflow 3 with a success status, or empty."""
    created = response.get("create") if isinstance(response, dict) else None
    errors = created.get("errors") if isinstance(created, dict) else None
    if not errors:
        return ""
    first = errors[0] if isinstance(errors, list) else errors
    return str(first.get("error") if isinstance(first, dict) else first)
