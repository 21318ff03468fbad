"""The lines of before at the prompt, in a real pseudo-terminal: found, run again, and without secrets."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.double import Double, command_response
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

Open = Callable[[], Terminal]
SECRET = "postgres://u:geheim@db.example.com/wh"


@pytest.fixture
def opened(launch: Launch) -> Open:
    def start() -> Terminal:
        terminal = launch("my-env")
        terminal.wait_for("AVAILABLE")
        return terminal

    return start


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


def test_a_read_is_run_again_at_once_where_no_version_is_known(
    double: Double, environ: dict[str, str], forks: Forks
) -> None:
    double.aws.behave = double.only_tokens
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, begin=forks.begin) as terminal:
        terminal.wait_for_prompt("my-env")
        terminal.run("my-env", "dags list")
        terminal.enter("!!")
        terminal.wait_for(lambda text: text.count("ok ") == 2)
        terminal.run("my-env", "dags pause one")
        terminal.enter("!!")
        terminal.wait_for("the Airflow version is not known yet (Enter runs it, Ctrl-_ undoes)")
    assert [one for one in sent(double) if one != "version"] == ["dags list", "dags list", "dags pause one"]


def test_a_dropped_expansion_leaves_the_line_to_be_typed(double: Double, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    for ended, drop in enumerate(("ctrl-u", "ctrl-c"), 2):
        terminal.enter("!1")
        terminal.wait_for("#1: the command changes data")
        terminal.key(drop)
        terminal.wait_for_prompt("my-env")
        terminal.enter("dags pause one")
        terminal.wait_for(lambda text, ended=ended: text.count("\nok ") == ended)  # type: ignore[misc]
    terminal.enter("exit")
    terminal.wait_exit()
    assert [origin for *_, origin in kept(tmp_path)] == ["typed"] * 3


def test_a_number_of_another_environment_says_so(
    double: Double, environ: dict[str, str], program: list[str], forks: Forks
) -> None:
    double.names = ("my-env", "other-env")
    subprocess.run([*program, "other-env", "-c", "dags list"], env=environ, check=True)
    with Terminal([*program, "my-env"], environ, begin=forks.begin) as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.enter("!1")
        terminal.wait_for("#1: the command ran on other-env (Enter runs it on my-env, Ctrl-_ undoes)")
        terminal.key("ctrl-c")
        terminal.wait_for_prompt("my-env")
        terminal.enter(".redo 1")
        terminal.wait_for("The command ran on other-env. Enter runs the command on my-env")
        assert len(double.commands) == 1
        terminal.key("enter")
        terminal.wait_for("ok ")
    assert sent(double) == ["dags list"] * 2


def test_what_changes_something_waits_on_the_prompt(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    terminal.enter("^one^two")
    terminal.wait_for("#1: the command changes data (Enter runs it, Ctrl-_ undoes)")
    assert "my-env> dags pause two" in terminal.text
    assert sent(double) == ["dags pause one"]
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert sent(double) == ["dags pause one", "dags pause two"]


def test_an_expanded_line_with_a_mistake_gets_the_message_of_a_typed_one(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    for expansion, message in (
        ("^pause^puase", "Unknown command 'dags puase' in Airflow 2.10.3. Did you mean 'dags pause'?"),
        ("!! two", "Unexpected argument 'two' for dags pause"),
        ("^dags pause^pause", "pause is called dags pause in Airflow 2 (Enter runs it, Ctrl-_ undoes)"),
    ):
        terminal.enter(expansion)
        terminal.wait_for(message)
        terminal.key("ctrl-c")
        terminal.wait_for_prompt("my-env")
    assert sent(double) == ["dags pause one"]


def test_what_may_have_run_is_to_be_looked_at_first(double: Double, opened: Open) -> None:
    terminal = opened()
    double.web.behave = lambda request: None  # the connection ends after the request
    terminal.send("dags trigger one\r")
    terminal.wait_for("The command may have run.")
    terminal.wait_for("my-env> dags list-runs")  # what tells is proposed
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    double.web.behave = lambda request: command_response(b"done\n")
    terminal.enter("!!")
    terminal.wait_for("the command may have run: check with dags list-runs -d one")
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
    terminal.enter("exit")
    assert terminal.wait_exit() == 0  # no file comes and goes any more
    for word in ("geheim", "other@"):
        assert word.encode() not in terminal.raw
        assert all(word.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_mask_that_nobody_lifts_is_not_sent(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("connections add wh --conn-password '***'\r")
    terminal.wait_for(lambda text: text.rstrip().endswith("--conn-password:"))
    terminal.key("ctrl-c")
    terminal.wait_for("The value of --conn-password is masked")
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
    terminal.wait_for("The command changes data. Enter runs")
    terminal.wait_for(lambda text: text.count("my-env> dags pause one") == 2)
    assert len(sent(double)) == 5
    terminal.key("enter")
    terminal.wait_for_prompt("my-env")
    assert sent(double)[5:] == ["dags pause one"]


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
    terminal.enter("^db_password^plain")
    terminal.wait_for("the command changes data")
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
    terminal.wait_for("the command changes data")
    terminal.key("enter")
    terminal.wait_for("is left at column")
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
    terminal.wait_for("its output is redirected")
    assert not target.exists()


def test_a_block_ends_where_something_waits(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.run("my-env", "dags pause one")
    terminal.send("\x1b[200~.redo 1\nversion\n\x1b[201~")
    terminal.wait_for("version")
    terminal.key("enter")
    terminal.wait_for("One more line did not run")
    terminal.wait_for(lambda text: text.count("my-env> dags pause one") == 2)
    assert sent(double) == ["dags pause one"]


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
    double.web.behave = lambda request: command_response(b"", b"airflow.exceptions.DagNotFound: x\n")
    for name in ("one", "two"):
        terminal.run("my-env", f"dags list-runs -d {name}")
    double.web.behave = lambda request: command_response(b"done\n")
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
    terminal.wait_for("its output is redirected")
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
    terminal.wait_for(lambda text: "my-env> variables set db_password ***" in text.rpartition("ok ")[2])
    assert b"geheim" not in terminal.raw


def test_the_newest_stands_above_the_prompt_and_long_ones_are_folded(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: command_response(b"done\n")
    terminal = opened()
    wide = "variables set key '漢字\t" + "long " * 30 + "'"
    for _ in range(13):
        terminal.run("my-env", "version")
    terminal.enter(wide)
    terminal.wait_for_prompt("my-env")
    for _ in range(13):
        terminal.run("my-env", "version")
    shown = terminal.run("my-env", ".history").split("\n")
    numbers = [line[:5].strip() for line in shown]
    assert [number for number in numbers if number] == [str(number) for number in range(1, 28)]
    folded = shown[13 : numbers.index("15")]
    assert len(folded) > 1
    assert " ".join(line.strip() for line in folded).count("long") == 30
    assert shown[-1].endswith("version")
    piped = terminal.run("my-env", ".history long | wc -m")
    assert int(piped.split()[0]) > 180


def test_the_last_command_on_several_environments_is_run_again(double: Double, launch: Launch) -> None:
    double.names = ("my-env", "other-env")
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.run("my-env", "version")
    terminal.enter(".on all dags list")
    terminal.wait_for("ok on 2 environments")
    terminal.enter("!!")
    terminal.wait_for(lambda text: text.count("ok on 2 environments") == 2)
    terminal.enter(".on all dags pause one")
    terminal.wait_for("[y/N]")
    terminal.enter("n")
    terminal.wait_for("Canceled")
    assert sent(double) == ["version", *["dags list"] * 4]
    terminal.enter(".on all dags pause one")
    terminal.wait_for(lambda text: text.count("[y/N]") == 2)
    terminal.enter("y")
    terminal.wait_for(lambda text: text.count("ok on 2 environments") == 3)
    terminal.enter("!!")
    terminal.wait_for("The command changes data (Enter runs it, Ctrl-_ undoes)")
    assert len(sent(double)) == 7
