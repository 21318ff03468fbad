"""Notices of background work are said once above the prompt, whole; the toolbar shows facts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import fragment_list_to_text

from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.settings import Access
from mwaa_shell.terminal.toolbar import ToolbarState, toolbar
from tests.double import Double, refusal
from tests.faults.behaviours import always
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[[dict[str, str]], Terminal]


@pytest.fixture
def opened(launch: Launch) -> Open:
    return lambda environ: launch("my-env", instead=environ)


def one_line(text: str) -> str:
    """Without blanks: where a line is broken at one, the screen has lost it."""
    return "".join(text.split())


@pytest.mark.parametrize("name", ["AWS_DEFAULT_REGION", "AWS_SECRET_ACCESS_KEY"])
def test_no_region_and_no_credentials(name: str, environ: dict[str, str], opened: Open) -> None:
    left_out = {"AWS_ACCESS_KEY_ID", name} if name == "AWS_SECRET_ACCESS_KEY" else {name}
    terminal = opened({key: value for key, value in environ.items() if key not in left_out})
    terminal.wait_for(lambda text: text.startswith("error: ") and "\nhint: " in text and "\nmy-env> " in text)
    assert "AWS" not in terminal.text.split("\n")[-1]
    terminal.send("dags list")
    terminal.wait_for("my-env> dags list")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert terminal.history_text.count("error: ") == 1


def test_an_error_of_a_command_is_not_reported_again(environ: dict[str, str], opened: Open) -> None:
    terminal = opened({key: value for key, value in environ.items() if key != "AWS_SECRET_ACCESS_KEY"})
    terminal.enter("dags list")
    terminal.wait_for(lambda text: "Nothing was sent." in text and "Airflow version unknown" in text)
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "error: " not in terminal.history_text.partition("Nothing was sent.")[2]


def test_credentials_that_are_over(double: Double, environ: dict[str, str], opened: Open) -> None:
    double.aws.behave = always(refusal(403, "ExpiredTokenException", "over"))
    terminal = opened(environ)
    terminal.wait_for(lambda text: "haveexpired" in one_line(text) and "hint:" in text)


def test_a_folder_that_is_none(environ: dict[str, str], tmp_path: Path, opened: Open) -> None:
    file = tmp_path / "file"
    file.touch()
    terminal = opened({**environ, "XDG_DATA_HOME": str(file)})
    terminal.wait_for("AVAILABLE")
    told = one_line(f"The history in {file}/mwaa-shell/history.sqlite cannot be used: Not a directory.")
    terminal.wait_for(lambda text: told + one_line("Commands are not remembered.my-env>") in one_line(text))
    terminal.enter(".history")
    terminal.wait_for(lambda text: one_line(text).count(told) == 2)
    terminal.wait_for_prompt("my-env")
    terminal.run("my-env", "version")
    assert one_line(terminal.history_text).count(told) == 2
    assert "No command matches" not in terminal.text


@pytest.fixture
def connection() -> Connection:
    return Connection(EnvironmentRef("my-env", Access(region="eu-west-1")), "2.10.3")


@pytest.mark.parametrize("columns", [1, 6, 7, 8, 9, 20, 40, 79, 80, 200])
@pytest.mark.parametrize("state", [ToolbarState("12 DAGs cached"), ToolbarState("12 DAGs cached", "DAGs")])
def test_what_is_cut_off_is_marked(state: ToolbarState, columns: int, connection: Connection) -> None:
    shown = fragment_list_to_text(toolbar(connection, state, Document(""), columns))
    whole = fragment_list_to_text(toolbar(connection, state, Document(""), 500))
    assert len(shown) <= max(columns, len(" my-env"))
    assert shown in (whole, " my-env") or shown.endswith("…")
