"""What keeps the shell from its work is said once above the prompt, whole; below it as much as there is room for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import fragment_list_to_text

from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.settings import Access
from mwaa_shell.terminal.toolbar import State, toolbar
from tests.double import Double, refusal
from tests.faults.behaviours import always
from tests.terminal.emulator import Terminal

Open = Callable[[dict[str, str]], Terminal]
LONG = "AWS could not be reached at an address that is long: look at the network, the proxy and the region"


@pytest.fixture
def opened() -> Iterator[Open]:
    terminals: list[Terminal] = []

    def start(environ: dict[str, str]) -> Terminal:
        terminals.append(Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 80, 24))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def one_line(text: str) -> str:
    """Without blanks: where a line is broken at one, the screen has lost it."""
    return "".join(text.split())


@pytest.mark.parametrize("name", ["AWS_DEFAULT_REGION", "AWS_SECRET_ACCESS_KEY"])
def test_no_region_and_no_credentials(name: str, environ: dict[str, str], opened: Open) -> None:
    left_out = {"AWS_ACCESS_KEY_ID", name} if name == "AWS_SECRET_ACCESS_KEY" else {name}
    terminal = opened({key: value for key, value in environ.items() if key not in left_out})
    terminal.wait_for(lambda text: one_line("(.doctor looks for what is wrong)my-env>") in one_line(text))
    terminal.wait_for(lambda text: "…" in text.split("\n")[-1])
    terminal.send("dags list")
    terminal.wait_for("my-env> dags list")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert one_line(terminal.history_text).count(".doctorlooks") == 1


def test_credentials_that_are_over(double: Double, environ: dict[str, str], opened: Open) -> None:
    double.aws.behave = always(refusal(403, "ExpiredTokenException", "over"))
    terminal = opened(environ)
    terminal.wait_for(lambda text: "haveexpired" in one_line(text) and ".doctorlooks" in one_line(text))


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
    assert "Nothing of the kind" not in terminal.text


@pytest.fixture
def link() -> Connection:
    return Connection(EnvironmentRef("my-env", Access(region="eu-west-1")), "2.10.3")


@pytest.mark.parametrize("columns", [1, 6, 7, 8, 9, 20, 40, 79, 80, 200])
@pytest.mark.parametrize("state", [State(LONG), State(names="12 DAGs, now"), State(LONG, "", "DAGs")])
def test_what_is_cut_off_is_marked(state: State, columns: int, link: Connection) -> None:
    shown = fragment_list_to_text(toolbar(link, state, Document(""), columns))
    whole = fragment_list_to_text(toolbar(link, state, Document(""), 500))
    assert len(shown) <= max(columns, len(" my-env"))
    left_whole = shown.endswith(state.notice or whole)  # what is known may give way to it
    assert left_whole or shown in (whole, " my-env") or shown.endswith("…")


def test_so_is_what_answers_a_key(link: Connection) -> None:
    state = State(LONG, pressing=True)
    shown = fragment_list_to_text(toolbar(link, state, Document("dags trigger "), 30))
    assert (len(shown), shown[-1]) == (30, "…")
