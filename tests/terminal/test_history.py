"""The lines of before at the prompt, in a real pseudo-terminal: found, run again, and without secrets."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.double import Double, command_reply
from tests.terminal.emulator import Terminal

Open = Callable[[], Terminal]
SECRET = "postgres://u:geheim@db.example.com/wh"


@pytest.fixture
def opened(environ: dict[str, str]) -> Iterator[Open]:
    terminals: list[Terminal] = []

    def start() -> Terminal:
        terminals.append(Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 80, 24))
        terminals[-1].wait_for("AVAILABLE")
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def kept(home: Path) -> list[tuple[str, str, str, str]]:
    """What the history on disk has: account, line, outcome and origin of each."""
    with closing(sqlite3.connect(home / ".local/share/mwaa-shell/history.sqlite")) as connection:
        rows = connection.execute("SELECT account, line, outcome, origin FROM commands ORDER BY number")
        return [tuple(row) for row in rows]


def sent(double: Double) -> list[str]:
    """What has arrived, without what the prompt adds to draw tables of its own."""
    return [command.removesuffix(" -o json") for command in double.commands]


def test_what_was_run_is_there_at_the_next_start(double: Double, opened: Open, tmp_path: Path) -> None:
    first = opened()
    first.run("my-env", "dags list")
    first.run("my-env", " version")  # a blank in front: not to be remembered
    first.enter("exit")
    first.wait_exit()
    assert kept(tmp_path) == [("123456789012", "dags list", "ok", "typed")]
    second = opened()
    second.send("dags l")
    second.wait_for("my-env> dags list")  # in grey
    second.key("ctrl-c")
    second.wait_for_prompt("my-env")
    second.key("up")
    second.wait_for("my-env> dags list")
    second.key("enter")
    second.wait_for("ok ")
    assert sent(double) == ["dags list", "version", "dags list"]


def test_a_reading_command_is_run_again_at_once(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.run("my-env", "dags list")
    terminal.enter("!dags -o yaml")
    terminal.wait_for("my-env> dags list -o yaml")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert sent(double) == ["dags list", "dags list -o yaml"]
    assert kept(tmp_path)[-1][3] == "rerun of #1"


def test_what_changes_something_waits_on_the_prompt(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    terminal.enter("^one^two")
    terminal.wait_for("#1: it changes something (Enter runs it, Ctrl-_ undoes)")
    assert "my-env> dags pause two" in terminal.text
    assert sent(double) == ["dags pause one"]
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert sent(double) == ["dags pause one", "dags pause two"]


def test_what_may_have_run_is_to_be_looked_at_first(double: Double, opened: Open) -> None:
    terminal = opened()
    double.web.behave = lambda request: None  # the connection ends after the request
    terminal.send("dags trigger one\r")
    terminal.wait_for("outcome unknown")
    terminal.wait_for("my-env> dags list-runs")  # what tells is proposed
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    double.web.behave = lambda request: command_reply(b"done\n")
    terminal.enter("!!")
    terminal.wait_for("nobody knows whether it ran: look first with dags list-runs -d one")
    assert len(sent(double)) == 1


def test_a_number_that_is_none_is_said(opened: Open) -> None:
    terminal = opened()
    terminal.enter("!4711")
    terminal.wait_for("4711")
    terminal.wait_for("my-env> !4711")


def test_secrets_are_nowhere_and_a_mask_is_never_sent(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.send(f"connections add wh --conn-uri {SECRET}")
    terminal.wait_for(f"--conn-uri {'*' * len(SECRET)}")
    terminal.key("enter")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")  # how it ended is written down behind the output
    assert sent(double) == [f"connections add wh --conn-uri {SECRET}"]
    assert kept(tmp_path) == [("123456789012", "connections add wh --conn-uri ***", "ok", "typed")]
    terminal.key("up")
    terminal.wait_for(lambda text: text.rstrip().count("--conn-uri ***") == 2)
    terminal.key("enter")
    terminal.wait_for(lambda text: text.rstrip().endswith("--conn-uri:"))
    terminal.send("http://x:other@y/")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert sent(double)[-1] == "connections add wh --conn-uri http://x:other@y/"
    assert len(kept(tmp_path)) == 2
    for word in ("geheim", "other@"):
        assert word.encode() not in terminal.raw
        assert all(word.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_mask_that_nobody_lifts_is_not_sent(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("connections add wh --conn-password '***'\r")
    terminal.wait_for(lambda text: text.rstrip().endswith("--conn-password:"))
    terminal.key("ctrl-c")
    terminal.wait_for("--conn-password is masked and kept nowhere")
    assert sent(double) == []


def test_history_and_redo(double: Double, opened: Open) -> None:
    terminal = opened()
    for line in ("dags list", "version", "dags pause one"):
        terminal.run("my-env", line)
    terminal.run("my-env", ".history dags")
    assert "    1  " in terminal.text
    terminal.run("my-env", ".redo 1-2")
    assert sent(double) == ["dags list", "version", "dags pause one", "dags list", "version"]
    terminal.enter(".redo 3")
    terminal.wait_for("it changes something")
    terminal.wait_for(lambda text: text.count("my-env> dags pause one") == 2)
    assert len(sent(double)) == 5
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") >= 6 or len(sent(double)) == 6)


def test_redo_on_another_environment_speaks_its_words(double: Double, opened: Open) -> None:
    double.names = ("my-env", "old")
    usual = double.describe
    double.describe = lambda name: usual(name) | ({"AirflowVersion": "1.10.12"} if name == "old" else {})  # type: ignore[method-assign]
    terminal = opened()
    terminal.run("my-env", "dags trigger one")
    terminal.enter(".redo 1 --on old")
    terminal.wait_for("old> trigger_dag one")
    assert sent(double) == ["dags trigger one"]


def test_what_was_asked_for_unseen_stays_masked_under_any_name(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.send("variables set db_password geheim\r")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")
    terminal.enter("!1:s/db_password/plain/")
    terminal.wait_for("it changes something")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.rstrip().endswith("secret:"))
    terminal.send("anders\r")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert sent(double)[-1] == "variables set plain anders"
    assert kept(tmp_path)[-1][1] == "variables set plain ***"
    assert b"anders" not in terminal.raw


def test_a_mask_in_a_place_of_no_secret_is_not_sent(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("variables set foo 'mysql://u:geheim@h/db'\r")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")
    terminal.enter("^://^:/^")
    terminal.wait_for("it changes something")
    terminal.key("enter")
    terminal.wait_for("A mask is left at column")
    assert len(sent(double)) == 1


def test_a_blank_in_front_holds_for_what_the_line_becomes(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.run("my-env", "dags list")
    terminal.send(" .send variables set a b\r")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    terminal.wait_for_prompt("my-env")
    terminal.send(" !1\r")
    terminal.wait_for(lambda text: text.count("ok ") == 3)
    assert [line for _, line, _, _ in kept(tmp_path)] == ["dags list"]


def test_what_goes_on_to_this_machine_waits(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    target = tmp_path / "out"
    terminal.run("my-env", f"version > {target}")
    target.unlink()
    terminal.enter("!!")
    terminal.wait_for("its output goes on here")
    assert not target.exists()


def test_a_block_ends_where_something_waits(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    terminal.send("\x1b[200~.redo 1\nversion\n\x1b[201~")
    terminal.wait_for("version")
    terminal.key("enter")
    terminal.wait_for("One line behind it did not run")
    terminal.wait_for(lambda text: text.count("my-env> dags pause one") == 2)
    assert sent(double) == ["dags pause one"]


def test_escape_and_enter_is_enter(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    terminal.send("!1")
    terminal.wait_for("my-env> !1")
    terminal.send("\x1b\r")
    terminal.wait_for("it changes something")


def test_a_script_holds_no_secret(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send(".set pager off\r")
    terminal.wait_for_prompt("my-env")
    terminal.send(".script variables set db_password geheim python\r")
    terminal.wait_for("sys.exit(1 if")
    assert b"getpass.getpass('db_password: ')" in terminal.raw
    assert b"geheim" not in terminal.raw


def test_what_is_typed_for_a_saved_command_is_covered(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.run("my-env", ".save add variables set {key} {value}")
    terminal.send(".do add key=api_token value=geheim")
    terminal.wait_for("value=******")
    terminal.key("enter")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")
    assert sent(double) == ["variables set api_token geheim"]
    terminal.key("up")
    terminal.wait_for("value=***")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.rstrip().endswith("api_token:"))
    terminal.send("anders\r")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert sent(double)[-1] == "variables set api_token anders"
    assert b"geheim" not in terminal.raw
    assert b"anders" not in terminal.raw


def test_one_of_what_failed_is_picked(double: Double, opened: Open) -> None:
    terminal = opened()
    double.web.behave = lambda request: command_reply(b"", b"airflow.exceptions.DagNotFound: x\n")
    for name in ("one", "two"):
        terminal.run("my-env", f"dags list-runs -d {name}")
    double.web.behave = lambda request: command_reply(b"done\n")
    terminal.enter(".redo --failed")
    terminal.wait_for("2 rows: type part of one")
    terminal.send("one\r")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")
    assert sent(double)[2].startswith("dags list-runs -d one")
    terminal.run("my-env", ".redo --failed")
    assert sent(double)[3].startswith("dags list-runs -d two"), "the only one that is left"


def test_a_secret_of_a_local_command_is_asked_for(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    target = tmp_path / "out"
    terminal.send(f"version | env API_TOKEN=geheim sh -c 'echo ${{#API_TOKEN}} >> {target}'\r")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")
    assert "API_TOKEN=*** sh" in kept(tmp_path)[-1][1]
    terminal.enter("!!")
    terminal.wait_for("its output goes on here")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.rstrip().endswith("API_TOKEN:"))
    terminal.send("an'd rs\r")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert target.read_text().split() == ["6", "7"]
    assert b"geheim" not in terminal.raw


def test_a_pasted_secret_is_recalled_masked_line_by_line(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("\x1b[200~variables set db_password geheim\nversion\n\x1b[201~")
    terminal.wait_for("version")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    terminal.wait_for_prompt("my-env")
    terminal.key("up")
    terminal.wait_for(lambda text: text.rstrip().count("db_password ***") >= 2)
    assert b"geheim" not in terminal.raw


def test_the_newest_stands_above_the_prompt_and_each_takes_one_row(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: command_reply(b"done\n")
    terminal = opened()
    wide = "variables set key '漢字\t" + "long " * 30 + "'"
    for _ in range(13):
        terminal.run("my-env", "version")
    terminal.enter(wide)
    terminal.wait_for("ok ")
    for _ in range(13):
        terminal.run("my-env", "version")
    shown = terminal.run("my-env", ".history").split("\n")
    assert [line[:5].strip() for line in shown] == [str(number) for number in range(1, 28)]
    assert [line for line in shown if line.endswith("…")] == [shown[13]]
    assert shown[-1].endswith("version")
    piped = terminal.run("my-env", ".history long | wc -m")
    assert int(piped.split()[0]) > 180
