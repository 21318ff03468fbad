"""Tables at the prompt, in a real pseudo-terminal: what is drawn is what Airflow has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell.output.pager import HEADER_SINCE
from tests.double import Double, command_response
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def opened(launch: Launch) -> Open:
    def start(*arguments: str, columns: int = 80, rows: int = 24, **variables: str) -> Terminal:
        terminal = launch(*arguments, columns=columns, rows=rows, **variables)
        terminal.wait_for_prompt("my-env")
        return terminal

    return start


def test_values_of_variables_stay_as_they_are(double: Double, opened: Open) -> None:
    values = {"a": "None", "b": "2026-11-22T12:56:31+00:00", "c": "007", "d": "True", "e": "1e3"}
    records = [{"key": key, "value": value} for key, value in values.items()]
    double.version = "3.3.1"
    double.web.behave = lambda request: command_response(json.dumps(records).encode() + b"\n")
    shown = opened("my-env").run("my-env", "variables list --show-values")
    for key, value in values.items():
        assert f"{key}    {value}\n" in shown
    assert double.commands == ["variables list --show-values -o json"]


def test_zero_width_characters_end_no_table(double: Double, opened: Open) -> None:
    table = "key | val\n====+====\na\u200bb  | e\u0301  \ncd  | 2  \n          \n"
    double.web.behave = lambda request: command_response(table.encode())
    shown = opened("my-env").run("my-env", "variables list -o table")
    assert "key         val\n──────────  ───\na<U+200B>b  é\ncd          2\n" in shown


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_the_pager_says_where_it_is_and_how_to_leave_it(double: Double, opened: Open) -> None:
    records = [{"dag_id": f"dag_{number:03}", "owners": "ops"} for number in range(100)]
    double.web.behave = lambda request: command_response(json.dumps(records).encode() + b"\n")
    terminal = opened("my-env")
    terminal.enter("dags list")
    terminal.wait_for("lines 1-23  q: leave  h: help")
    assert "\ndag_id   owners\n───────  ──────\ndag_000  ops" in f"\n{terminal.text}"
    terminal.send("G")
    terminal.wait_for("lines 80-102 of 102 (100%)  q: leave  h: help")
    version = subprocess.run(["less", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"less (\d+)", version)
    if found and int(found[1]) >= HEADER_SINCE:
        assert terminal.text.startswith("dag_id   owners\n───────  ──────\ndag_0")
    terminal.send("q")
    terminal.wait_for_prompt("my-env")


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
@pytest.mark.parametrize("keys", ["s{}\r", "-o{}\r", "!touch {}\r", "g|$touch {}\r"])
def test_keys_in_the_pager_write_no_file(double: Double, opened: Open, tmp_path: Path, keys: str) -> None:
    double.web.behave = lambda request: command_response(b"line\n" * 100)
    terminal, odd = opened("my-env", rows=10), tmp_path / "odd"
    terminal.enter("version")
    terminal.wait_for("q: leave")
    terminal.send(keys.format(odd))
    terminal.send("q" * 20)
    terminal.wait_for(lambda text: text.rpartition("\n")[2].startswith("my-env>"))
    assert not odd.exists()


def test_a_transcript_holds_what_the_screen_showed(double: Double, opened: Open, tmp_path: Path) -> None:
    double.web.behave = lambda request: command_response(b'[{"dag_id": "sales", "is_paused": "True"}]\n', b"careful\n")
    terminal = opened("my-env")
    terminal.enter(f".tee {tmp_path}/talk.txt")
    terminal.wait_for_prompt("my-env")
    terminal.run("my-env", "dags list")
    head, *shown = (tmp_path / "talk.txt").read_text().splitlines()
    assert head.endswith(" my-env> dags list -o json")
    assert "\n".join(shown) in terminal.text
    assert shown[-1] == "│ careful"
    assert any(line.startswith("sales") for line in shown)
