"""Held here: no output shows a password unless it is told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records, find_records
from mwaa_shell.output.render import render_lines
from mwaa_shell.output.tables.secrets import has_secrets, mask_records, mask_text, shows_secrets
from mwaa_shell.output.tables.table import draw_records
from mwaa_shell.result import Outcome, Result

FOLDERS = (Path(__file__).parents[2] / "samples", Path(__file__).parents[1] / "rows")
LIST = ("connections", "list", "-o", "json")
CONNECTION = {
    "id": "1", "conn_id": "wh", "conn_type": "postgres", "host": "db.example.com", "password": "pw", "port": "5432",
    "is_encrypted": "False", "extra_dejson": {"region": "eu"}, "get_uri": "postgres://user:pw@db.example.com:5432/wh",
}  # fmt: skip


def hidden(*rows: dict[str, Any], words: tuple[str, ...] = LIST, before: str = "") -> Records:
    return mask_records(Records(tuple(rows[0]), rows, before, ""), words)


@pytest.mark.parametrize(
    "line",
    [
        "connections list", "connections get wh -o json", "connections --list", "connections -l", "connections --li",
        "connections export -", "connections export /dev/stdout", "variables export -", "variables -e /dev/stdout",
    ],
)  # fmt: skip
def test_outputs_that_may_hold_secrets(line: str) -> None:
    assert has_secrets(tuple(line.split()))


@pytest.mark.parametrize(
    "line",
    [
        "connections add wh --conn-type x", "connections export file.json", "connections", "variables list",
        "dags list", "variables get password", "variables export file.json", "list_dags", "pools list", "",
        "connections delete list",
    ],
)  # fmt: skip
def test_outputs_that_hold_none(line: str) -> None:
    words = tuple(line.split())
    assert not has_secrets(words)
    found = Records(tuple(CONNECTION), (CONNECTION,), "", "")
    assert mask_records(found, words) is found


def test_a_connection_shows_no_password() -> None:
    (record,) = hidden(CONNECTION).records
    assert record == CONNECTION | {"password": "***", "extra_dejson": "***", "get_uri": "***"}


def test_nothing_is_masked_where_there_is_nothing() -> None:
    row: dict[str, Any] = CONNECTION | {"password": None, "extra_dejson": {}, "get_uri": "", "extra": "None"}
    found = Records(tuple(row), (row,), "", "")
    assert mask_records(found, LIST) is found


def test_secrets_elsewhere_in_a_connection() -> None:
    row = CONNECTION | {
        "host": "https://ann:pw@x.example.com",
        "description": '{"token": "geheim", "a": "b"}',
        "note": {"secret": "x"},
    }
    (record,) = hidden(row).records
    assert record["host"] == "https://ann:***@x.example.com"
    assert record["description"] == '{"token": "***", "a": "b"}'
    assert record["note"] == {"secret": "***"}


def test_text_around_the_records() -> None:
    assert hidden(CONNECTION, before="trying db://u:pw@h/x\n").before == "trying db://u:***@h/x\n"


def test_variables_are_hidden_by_their_names() -> None:
    rows: tuple[dict[str, Any], ...] = (
        {"key": "api_token", "value": "t"},
        {"key": "region", "value": "eu"},
        {"key": "conf", "value": {"password": "pw", "max": 3, "list": [{"secret": 5}]}},
        {"key": "dsn", "value": {"a": 1}},
    )
    assert [row["value"] for row in hidden(*rows, words=("variables", "export", "-")).records] == [
        "***", "eu", {"password": "***", "max": 3, "list": [{"secret": "***"}]}, "***",
    ]  # fmt: skip


def cases() -> list[Any]:
    found = []
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.json")):
            for name, case in json.loads(path.read_text()).items():
                if has_secrets(tuple(case["argv"])):
                    found.append(pytest.param(case, id=f"{folder.name}-{path.stem}-{name}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_recorded_outputs_show_none(case: dict[str, Any]) -> None:
    words = tuple(case["argv"])
    if "plain" in words:
        for outcome in (Outcome.OK, Outcome.FAILED):
            result = Result(stdout=case["stdout"].encode(), words=words, remote=True, outcome=outcome)
            assert "may hold passwords" in "".join(render_lines(result, DisplayOptions()))
        return
    found = find_records(case["stdout"], words)
    assert found is not None
    for form in ("table", "vertical", "json", "csv"):
        text = "\n".join(draw_records(mask_records(found, words), form, DisplayOptions(width=300)))
        assert ":pw@" not in text
        assert '"pw"' not in text
        assert "gAAAA" not in text
        assert not any(cell == "pw" for cell in text.replace(",", " ").split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[2026-11-22T13:01:48.288+0000] {secrets_masker.py:497} WARNING - a://u:pw@h\n", None),
        ('[2026-11-22 13:01:48,288] {x.py:1} INFO - text\n[{"password": "pw"}]\n', None),
        ("see http://h/?token=pw&u=1 and a://u:pw@h", None),
        ("a://u:p?token=b@h/x", "a://u:***"),
        ("nothing: here", None),
    ],
)
def test_text_is_covered_where_it_holds_secrets_and_nowhere_else(text: str, shown: str | None) -> None:
    assert mask_text(text) == (text.replace("pw", "***") if shown is None else shown)


def test_a_configuration_with_a_secret_is_not_shown_as_it_came() -> None:
    assert shows_secrets(("config", "list"), b"fernet_key = k\n")
    assert not shows_secrets(("config", "list"), b"# fernet_key = \n")
    assert not shows_secrets(("dags", "list"), b"fernet_key = k\n")


CONFIG = Result(stdout=b"[core]\nfernet_key = k3y\nparallelism = 32\n", remote=True, words=("config", "list"))


def shown(result: Result, **settings: Any) -> str:
    return "".join(render_lines(result, DisplayOptions(width=80, **settings)))


@pytest.mark.parametrize("form", ["auto", "raw", "json"])
def test_a_configuration_on_a_terminal(form: str) -> None:
    text = shown(CONFIG, format=form)
    assert text == "[core]\nfernet_key = ***\nparallelism = 32\n*** masks secrets (.set reveal on)\n"
    assert "k3y" in shown(CONFIG, format=form, reveal=True)
    assert shown(CONFIG._replace(stdout=b"parallelism = 32\n")) == "parallelism = 32\n"
