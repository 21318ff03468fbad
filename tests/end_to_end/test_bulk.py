"""Files of variables, connections and pools go to real Airflows and come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Served
from tests.end_to_end.test_rest import scripted, warm_up

pytestmark = pytest.mark.airflow

Start = Callable[[str], Served]
WITH_REST = ("2.10.3", "3.3.1")
#: More variables than fit a page of Airflow's REST API.
SEVERAL_PAGES = 110
#: Values that quotes, lines and encodings may spoil.
VALUES = (
    "plain",
    "",
    'it\'s "quoted"',
    "two\nlines",
    "é 漢 🙂",
    " blanks ",
    '{"a": [1, null, "x"]}',
    "123",
    "back\\slash",
    "%(x)s {{ y }}",
)


@pytest.mark.parametrize("version", WITH_REST)
def test_variables_come_back_equal(version: str, serving: Start, tmp_path: Path) -> None:
    served = serving(version)
    warm_up(served)
    wanted = {f"bulk_{number}": VALUES[number % len(VALUES)] for number in range(SEVERAL_PAGES)}
    file, back = tmp_path / "variables.json", tmp_path / "back.json"
    file.write_text(json.dumps(wanted))
    done = scripted(served, f".import variables {file}", f".export variables {back}")
    assert done.returncode == 0, done.stderr
    assert f"{SEVERAL_PAGES} of {SEVERAL_PAGES} variables sent.".encode() in done.stdout
    content = {key: value for key, value in json.loads(back.read_text()).items() if key.startswith("bulk_")}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in content.items()}
    assert texts == wanted
    again = scripted(served, f".import variables {file}")
    assert again.returncode == 0, again.stderr
    assert f"same {SEVERAL_PAGES}: ".encode() in again.stdout
    assert b"Nothing to send." in again.stdout
    file.write_text(json.dumps({"bulk_0": "other", "bulk_new": "x"}))
    assert scripted(served, f".import variables {file}").returncode == 1
    assert scripted(served, f".import variables {file} --on-conflict overwrite").returncode == 0
    assert scripted(served, "variables get bulk_0").stdout.endswith(b"other\n")


@pytest.mark.parametrize("version", ["2.4.3", *WITH_REST])
def test_connections_and_pools_come_back(version: str, serving: Start, tmp_path: Path) -> None:
    served = serving(version)
    warm_up(served)
    connection = {"conn_type": "http", "host": "é.example", "login": "me", "password": "word", "port": 8080,
                  "schema": "s", "description": "two\nlines", "extra": {"verify": False, "x": ["y"]}}  # fmt: skip
    pool = {"slots": 3, "description": "it's"} | ({} if version == "2.4.3" else {"include_deferred": True})
    back = {}
    for kind, name, wanted in (("connections", "bulk_c", connection), ("pools", "bulk_p", pool)):
        file, out = tmp_path / f"{kind}.json", tmp_path / f"{kind}-back.json"
        file.write_text(json.dumps({name: wanted}))
        done = scripted(served, f".import {kind} {file}", f".export {kind} {out}")
        assert done.returncode == 0, done.stderr
        back[kind] = json.loads(out.read_text())[name]
    extra = json.loads(back["connections"]["extra"])
    assert {**back["connections"], "extra": extra} == {**connection, "password": None}
    assert back["pools"] == pool
    # The file has no password: that of the environment stays.
    (tmp_path / "other.json").write_text(json.dumps({"bulk_c": {**back["connections"], "host": "other.example"}}))
    line = f".import connections {tmp_path / 'other.json'} --on-conflict overwrite"
    assert scripted(served, line).returncode == 0
    (shown,) = json.loads(scripted(served, "connections get bulk_c -o json").stdout)
    assert (shown["host"], shown["login"]) == ("other.example", "me")
    if version < "3":  # newer ones print none
        assert shown["password"] == "word"


def test_files_come_back_through_the_cli(serving: Start, tmp_path: Path) -> None:
    served = serving("2.2.2")
    contents: dict[str, dict[str, Any]] = {
        "variables": {f"bulk_{number}": VALUES[number % len(VALUES)] for number in range(12)},
        "connections": {
            "bulk_c": {"conn_type": "http", "password": 'it\'s "a" word', "port": 80, "extra": {"x": ["y"]}}
        },
        "pools": {"bulk_p": {"slots": 3, "description": "it's"}},
    }
    for kind, wanted in contents.items():
        file, back = tmp_path / f"{kind}.json", tmp_path / f"{kind}-back.json"
        file.write_text(json.dumps(wanted))
        lines = (f".import {kind} {file}", f".export {kind} {back}", f".import {kind} {back}")
        done = scripted(served, *lines)
        assert done.returncode == 0, done.stderr
        assert f"{len(wanted)} of {len(wanted)} ".encode() in done.stdout
        assert done.stdout.endswith(b"Nothing to send.\n")
        came = {name: value for name, value in json.loads(back.read_text()).items() if name in wanted}
        if kind == "variables":
            came = {name: value if isinstance(value, str) else json.dumps(value) for name, value in came.items()}
        if kind == "connections":
            assert (came["bulk_c"]["password"], came["bulk_c"]["extra"]) == ('it\'s "a" word', '{"x": ["y"]}')
        else:
            assert came == wanted
