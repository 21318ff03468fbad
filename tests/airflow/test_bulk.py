"""Files of variables, connections and pools, their comparison to an environment, and the requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.bulk import (
    KINDS,
    EntryState,
    compare,
    file_content,
    problem_in,
    read_entries,
    read_env,
    requests_for,
)
from mwaa_shell.airflow.versions import Version

VARIABLES, CONNECTIONS, POOLS = KINDS["variables"], KINDS["connections"], KINDS["pools"]
V2, V3 = Version(2, 10, 3), Version(3, 3, 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(min_size=1), st.text() | JSON.map(json.dumps)), st.text())
def test_variables_come_back_the_same(values: dict[str, str], description: str) -> None:
    entries = [{"key": key, "value": value, "description": description} for key, value in values.items()]
    content, hidden = file_content(VARIABLES, entries)
    read = read_entries(VARIABLES, json.loads(json.dumps(content)))
    whole = {one["key"]: one["value"] for one in read}
    assert whole == {key: value for key, value in values.items() if key not in hidden}
    assert all("***" in values[key] or "***" in description for key in hidden)


def test_the_files_are_those_of_airflow() -> None:
    found = read_entries(VARIABLES, {"a": "x", "b": {"c": 1}, "d": 3, "e": {"value": [1], "description": "why"}})
    assert found == [
        {"key": "a", "value": "x"},
        {"key": "b", "value": '{"c": 1}'},
        {"key": "d", "value": "3"},
        {"key": "e", "value": "[1]", "description": "why"},
    ]
    connection = {"conn_type": "http", "host": "h", "login": "", "password": None, "port": 80, "extra": {"x": 1}}
    assert read_entries(CONNECTIONS, {"c": connection}) == [
        {"connection_id": "c", "conn_type": "http", "host": "h", "port": 80, "extra": '{"x": 1}'}
    ]
    pool = {"slots": 3, "description": "", "include_deferred": False}
    assert read_entries(POOLS, {"p": pool}) == [{"name": "p", "slots": 3, "include_deferred": False}]


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("variables", [1], "one object"),
        ("connections", {"c": 3}, "c must be an object"),
        ("connections", {"c": "s3cret"}, "c has no valid URI"),
        ("connections", {"c": "http://host:s3cret/"}, "c has no valid URI"),
        ("connections", {"c": "{s3cret"}, "c has no valid JSON"),
        ("connections", {"c": {"host": "h"}}, "c lacks conn_type"),
        ("pools", {"p": {"slots": 1, "color": "s3cret"}}, "p has an unknown member color"),
        ("pools", {"p": {}}, "p lacks slots"),
    ],
)
def test_what_is_wrong_with_a_file(kind: str, content: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        read_entries(KINDS[kind], content)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("http://", {"conn_type": "http"}),
        (
            "postgresql://me:a%40b@h.example:5432/db%2F1?sslmode=on&x=",
            {"conn_type": "postgres", "login": "me", "password": "a@b", "host": "h.example", "port": 5432,
             "schema": "db/1", "extra": '{"sslmode": "on", "x": ""}'},
        ),
        ("google-cloud-platform://?__extra__=%7B%22a%22%3A+1%7D",
         {"conn_type": "google_cloud_platform", "extra": '{"a": 1}'}),
        ("http://https://Host.example:443/path",
         {"conn_type": "http", "host": "https://host.example", "port": 443, "schema": "path"}),
        ('{"conn_type": "http", "extra": {"a": 1}}', {"conn_type": "http", "extra": '{"a": 1}'}),
    ],
)  # fmt: skip
def test_connections_of_env_files(text: str, members: dict[str, object]) -> None:
    content = read_env(f"# a comment\n\nc={text}\n")
    assert read_entries(CONNECTIONS, content) == [{"connection_id": "c", **members}]


def test_a_line_of_an_env_file_without_a_value() -> None:
    with pytest.raises(ValueError, match="line 2 is not ID=URI"):
        read_env("a=b://\ns3cret\n")


def test_hidden_values_are_left_out_and_passwords_are_empty() -> None:
    variables: list[dict[str, object]] = [
        {"key": "api_token", "value": "***"},
        {"key": "a", "value": "b", "description": None},
    ]
    assert file_content(VARIABLES, variables) == ({"a": "b"}, ["api_token"])
    connection: dict[str, object] = {"connection_id": "c", "conn_type": "http", "host": "h"}
    connection["extra"] = '{"token": "***"}'
    content, hidden = file_content(CONNECTIONS, [connection])
    assert content == {"c": {"conn_type": "http", "host": "h", "extra": None, "password": None}}
    assert hidden == ["c"]
    assert read_entries(CONNECTIONS, content) == [{"connection_id": "c", "conn_type": "http", "host": "h"}]


@pytest.mark.parametrize(
    ("entry", "there", "state"),
    [
        ({"key": "a", "value": "1"}, None, EntryState.NEW),
        ({"key": "a", "value": "1"}, {"key": "a", "value": "1", "description": "x"}, EntryState.SAME),
        ({"key": "a", "value": '{"x":1}'}, {"key": "a", "value": '{"x": 1}'}, EntryState.SAME),
        ({"key": "a", "value": ""}, {"key": "a", "value": None}, EntryState.SAME),
        ({"key": "a", "value": "1"}, {"key": "a", "value": "2"}, EntryState.CHANGED),
        ({"key": "a", "value": "1"}, {"key": "a", "value": "***"}, EntryState.HIDDEN),
    ],
)
def test_an_entry_is_compared(entry: dict[str, Any], there: dict[str, Any] | None, state: EntryState) -> None:
    found = compare(VARIABLES, [entry], [there] if there else [])
    assert found[state] == [entry]


def test_a_password_cannot_be_compared() -> None:
    entry = {"connection_id": "c", "conn_type": "http", "password": "x"}
    for there in ({"connection_id": "c", "conn_type": "http"}, {**entry, "password": "***"}):
        assert compare(CONNECTIONS, [entry], [there])[EntryState.HIDDEN] == [entry]
    assert compare(CONNECTIONS, [entry], [{**entry, "conn_type": "ftp"}])[EntryState.CHANGED] == [entry]


def entries(number: int) -> list[dict[str, object]]:
    return [{"key": f"k{one}", "value": "v"} for one in range(number)]


def test_airflow_3_takes_a_hundred_entries_in_a_request() -> None:
    found = list(requests_for(VARIABLES, entries(150), entries(2), V3))
    assert [len(one.names) for one in found] == [100, 50, 2]
    assert [one.request.method for one in found] == ["PATCH"] * 3
    actions = [(one.request.body or {})["actions"] for one in found]
    assert [action[0]["action_on_existence"] for action in actions] == ["fail", "fail", "overwrite"]  # type: ignore[index]


def test_airflow_2_takes_one_entry_in_a_request() -> None:
    found = list(requests_for(VARIABLES, entries(2), [{"key": "a/b", "value": "v"}], V2))
    assert [(one.request.method, one.request.path) for one in found] == [
        ("POST", "/variables"), ("POST", "/variables"), ("PATCH", "/variables/a%2Fb"),
    ]  # fmt: skip


@pytest.mark.parametrize(("version", "mask"), [(V2, "conn_type,host"), (V3, ["conn_type", "host"])])
def test_an_overwritten_connection_keeps_what_the_file_lacks(version: Version, mask: object) -> None:
    (found,) = requests_for(CONNECTIONS, [], [{"connection_id": "c", "conn_type": "http", "host": "h"}], version)
    assert found.request.path == "/connections/c"
    assert found.request.query == {"update_mask": mask}


def test_old_pools_do_not_count_deferred_tasks() -> None:
    pool = {"name": "p", "slots": 1, "include_deferred": False}
    (found,) = requests_for(POOLS, [pool], [], Version(2, 4, 3))
    assert found.request.body == {"name": "p", "slots": 1}


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ({"create": {"success": ["a"], "errors": []}}, ""),
        ({"create": {"success": [], "errors": [{"error": "exists", "status_code": 409}]}}, "exists"),
        ({"key": "a"}, ""),
        (None, ""),
    ],
)
def test_errors_of_a_bulk_request(response: object, words: str) -> None:
    assert problem_in(response) == words
