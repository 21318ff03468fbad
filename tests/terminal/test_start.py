"""The first moments: a prompt before prompt_toolkit is there, and keys that come at any time in between.

prompt_toolkit is held back where that matters: its import waits until the test lets it go on.
"""

from __future__ import annotations

import os
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell.config import config_path
from mwaa_shell.options import may_have_settings
from mwaa_shell.prompt_text import PLACEHOLDER
from tests.double import Double, command_response, never
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[..., Terminal]
#: Stands in the place of prompt_toolkit until somebody opens the other end of a pipe and closes it again.
WAITS = """
import os, sys
open(os.environ["LET_GO"]).read()
sys.path.remove(os.path.dirname(os.path.dirname(__file__)))
del sys.modules["prompt_toolkit"]
import prompt_toolkit
"""


@pytest.fixture
def opened(start_python: Launch, double: Double) -> Open:
    double.web.behave = lambda request: command_response(b"2.10.3\n")
    return start_python


def test_first_prompt_names_help_until_a_key(opened: Open) -> None:
    terminal = opened("my-env")
    terminal.wait_for(f"my-env> {PLACEHOLDER}")
    assert all(words in PLACEHOLDER for words in ("Tab completes", ".help helps", "Ctrl-D leaves"))
    terminal.send("v")
    terminal.wait_for(lambda text: "my-env> v" in text and PLACEHOLDER not in text)
    terminal.enter("ersion")
    terminal.wait_for_prompt("my-env")
    assert PLACEHOLDER not in terminal.text


def test_first_prompt_stays_on_one_line(double: Double, environ: dict[str, str], program: list[str]) -> None:
    with Terminal([*program, "my-env"], environ, 30, 10) as terminal:
        terminal.wait_for("my-env> .help helps, Tab")
        assert terminal.lines[1] == ""


class Held:
    """A program whose import of prompt_toolkit waits."""

    def __init__(self, open_terminal: Open, folder: Path, environ: dict[str, str]) -> None:
        (folder / "held" / "prompt_toolkit").mkdir(parents=True)
        (folder / "held" / "prompt_toolkit" / "__init__.py").write_text(WAITS)
        self._pipe = folder / "let-go"
        os.mkfifo(self._pipe)
        self._open = open_terminal
        self._variables = {
            "LET_GO": str(self._pipe),
            "PYTHONPATH": f"{folder / 'held'}:{environ['PYTHONPATH']}",
        }

    def start(self, *arguments: str, **more: str) -> Terminal:
        """Run it until it wants prompt_toolkit; what it has drawn until then is on the screen."""
        self.terminal = self._open(*arguments, **self._variables, **more)
        self._end = os.open(self._pipe, os.O_WRONLY)  # waits for the program
        self.terminal.look()
        return self.terminal

    def let_go(self) -> None:
        os.close(self._end)


@pytest.fixture
def held(opened: Open, tmp_path: Path, environ: dict[str, str]) -> Held:
    return Held(opened, tmp_path, environ)


def shown(terminal: Terminal, text: str) -> int:
    """How often a text stands on the screen and above it."""
    return terminal.history_text.count(text)


def test_the_prompt_is_there_before_prompt_toolkit(held: Held) -> None:
    terminal = held.start("my-env")
    assert terminal.text == "my-env>"
    assert terminal.screen.cursor.x == len("my-env> ")
    held.let_go()
    terminal.wait_for("AVAILABLE")
    assert shown(terminal, "my-env>") == 1


def test_a_protected_environment_looks_so_from_the_first_moment(held: Held) -> None:
    terminal = held.start("my-prod", "--read-only")
    assert terminal.text == "[protected read-only] my-prod>"
    assert terminal.screen.buffer[0][24].fg == "red"
    held.let_go()
    terminal.wait_for_prompt("[protected read-only] my-prod")


def test_what_the_file_says_holds_from_the_first_moment(held: Held, environ: dict[str, str]) -> None:
    folder = Path(environ["XDG_CONFIG_HOME"]) / "mwaa-shell"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[environments."my-*"]\nprotected = true\nprompt-color = "magenta"\n')
    terminal = held.start("my-env")
    assert terminal.text == "[protected] my-env>"
    assert terminal.screen.buffer[0][13].fg == "magenta"
    held.let_go()
    terminal.wait_for_prompt("[protected] my-env")
    assert terminal.screen.buffer[terminal.screen.cursor.y][13].fg == "magenta"


def test_keys_wait_unseen_and_are_shown_once(held: Held, double: Double) -> None:
    terminal = held.start("my-env")
    terminal.send("dags lisst\x7f\x7ft")
    terminal.look()
    assert terminal.text == "my-env>"
    held.let_go()
    terminal.wait_for("my-env> dags list")
    assert shown(terminal, "dags list") == 1
    assert double.commands == []


def test_enter_runs_a_line_once(held: Held, double: Double) -> None:
    terminal = held.start("my-env")
    terminal.send("version\rdags")
    held.let_go()
    terminal.wait_for("my-env> dags")
    assert double.commands == ["version"]
    assert shown(terminal, "my-env> version") == 1


def test_keys_of_every_moment_stand_in_their_order(opened: Open, double: Double) -> None:
    terminal = opened("my-env")
    terminal.send("dag")  # Python itself is not there yet
    terminal.wait_for("my-env>")
    terminal.send("s tri")
    terminal.wait_for("dags tri")
    terminal.send("gger x")
    terminal.wait_for("my-env> dags trigger x")
    assert shown(terminal, "dag") == 1
    assert double.commands == []


def test_a_paste_is_no_command(held: Held, double: Double) -> None:
    terminal = held.start("my-env")
    assert b"\x1b[?2004h" in terminal.raw  # the terminal marks pastes from now on
    terminal.send("\x1b[200~dags list\rversion\r\x1b[201~")
    held.let_go()
    terminal.wait_for("version")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert double.commands == []


def test_ctrl_c_drops_what_was_typed_before(held: Held, double: Double) -> None:
    terminal = held.start("my-env")
    terminal.send("dags delete x\x03version")
    held.let_go()
    terminal.wait_for("my-env> version")
    assert double.commands == []


def test_ctrl_d_leaves_and_the_terminal_is_as_it_was(held: Held) -> None:
    terminal = held.start("my-env")
    before = terminal.attributes()[3]
    assert not before & (termios.ECHO | termios.ICANON | termios.ISIG)
    terminal.send("\x04")
    held.let_go()
    assert terminal.wait_exit() == 0
    after = terminal.attributes()[3]
    assert after & termios.ECHO
    assert after & termios.ICANON
    assert after & termios.ISIG


def test_up_waits_for_the_lines_of_before(opened: Open, held: Held, double: Double) -> None:
    before = opened("my-env")
    before.wait_for_prompt("my-env")
    before.run("my-env", "version")
    before.enter("exit")
    assert before.wait_exit() == 0
    terminal = held.start("my-env")
    terminal.send("\x1b[A\x01airflow \r")
    held.let_go()
    terminal.wait_for("my-env> airflow version")
    terminal.wait_for("ok ")
    assert double.commands == ["version", "version"]


def test_ctrl_c_stops_the_first_command(held: Held, double: Double) -> None:
    double.web.behave = never
    terminal = held.start("my-env", "--airflow-version", "9.9.9")
    terminal.send("slow\r")
    held.let_go()
    terminal.wait_for(" s  running  (Ctrl-C stops waiting)")
    terminal.key("ctrl-c")
    terminal.wait_for("may still be running")


def test_a_mistake_in_the_options_leaves_no_prompt_behind(opened: Open) -> None:
    terminal = opened("my-env", "--timeout", "0")
    assert terminal.wait_exit() == 2
    assert terminal.text.startswith("mwaa-shell: error: --timeout must be")
    assert "my-env>" not in terminal.history_text
    assert terminal.attributes()[3] & termios.ECHO


@pytest.mark.parametrize("arguments", [(), ("ümgebung",), ("x" * 90,)])
def test_nothing_is_drawn_that_is_not_known_to_fit(held: Held, arguments: tuple[str, ...]) -> None:
    terminal = held.start(*arguments)
    assert terminal.text == ""
    held.let_go()
    terminal.wait_for(">" if arguments else "my-env>")


def test_a_dumb_terminal_gets_one_prompt(held: Held) -> None:
    terminal = held.start("my-env", TERM="dumb")
    assert terminal.raw == b""
    held.let_go()
    terminal.wait_for("my-env>")
    terminal.send("vers")
    terminal.wait_for("my-env> vers")
    assert shown(terminal, "my-env>") == shown(terminal, "vers") == 1
    assert b"\x1b" not in terminal.raw


def test_standard_output_may_be_a_file(opened: Open, double: Double, tmp_path: Path) -> None:
    out = tmp_path / "out"
    terminal = opened("my-env", before=("/bin/sh", "-c", f'exec "$0" "$@" >{out}'))
    terminal.wait_for("my-env>")
    terminal.send("version\r")
    terminal.wait_for("ok ")
    assert out.read_text() == "2.10.3\n"
    assert double.commands == ["version"]


@pytest.mark.parametrize("folder", [None, "somewhere"])
def test_the_file_of_settings_is_looked_for_where_it_belongs(
    folder: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if folder is None:
        monkeypatch.delenv("XDG_CONFIG_HOME")
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / folder))
    assert not may_have_settings()
    config_path().parent.mkdir(parents=True)
    assert may_have_settings()
