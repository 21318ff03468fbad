"""The prompt in a real pseudo-terminal, against a double: what somebody at a keyboard sees."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path

from mwaa_shell.history.store import History
from mwaa_shell.result import Outcome
from tests.double import Double, Request, command_response
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal


def test_a_session(double: Double, start_python: Launch) -> None:
    double.web.behave = lambda request: command_response(b"one\ntwo\n", b"careful\n")
    terminal = start_python("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.run("my-env", "dags list")
    shown = terminal.history_text
    assert "my-env> dags list\none\ntwo\n│ careful\nok " in shown
    terminal.enter("exit")
    assert terminal.wait_exit() == 0
    assert double.commands == ["dags list -o json"]


def test_json_is_proposed_where_a_program_for_it_fails_on_a_table(
    double: Double, launch: Launch, environ: dict[str, str], tmp_path: Path
) -> None:
    reads_json = tmp_path / "jq"
    reads_json.write_text("#!/bin/sh\nread -r first\ncase $first in '['*) echo read;; *) exit 4;; esac\n")
    reads_json.chmod(0o755)
    double.web.behave = lambda request: command_response(b"[]\n" if b"json" in request.body else b"dag_id\n======\n")
    terminal = launch("my-env", PATH=f"{tmp_path}:{environ['PATH']}")
    terminal.wait_for("AVAILABLE")
    terminal.enter("dags list | jq .")
    terminal.wait_for("my-env> dags list -o json | jq .")
    assert "The command ran.hint: Ask for JSON: dags list -o json | jq ." in terminal.text.replace("\n", "")
    terminal.key("enter")
    terminal.wait_for("read\nok")
    assert double.commands == ["dags list", "dags list -o json"]


def test_the_conf_of_a_run_is_shown_as_it_was_sent(double: Double, launch: Launch) -> None:
    printed = {"dag_id": "x", "conf": {"n": "1", "ok": "True", "none": None, "of": ["2", {"password": "open sesame"}]}}
    double.web.behave = lambda request: command_response(json.dumps([printed]).encode())
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.enter("""dags trigger x -c '{"n": 1, "ok": true, "none": null, "of": [2, {"password": "open sesame"}]}'""")
    terminal.wait_for("ok ")
    shown = terminal.history_text
    assert double.commands[0].endswith(" -o json")
    assert '"n": 1, "ok": true, "none": null, "of": [2, {"' in shown.split("-o json")[1].replace("\n", " ")
    assert "sesame" not in shown


def test_the_toolbar_says_where_one_is(launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for(" my-env  123456789012 eu-west-1  Airflow 2.10.3  AVAILABLE")


def test_the_prompt_does_not_wait_for_aws(double: Double, launch: Launch) -> None:
    answer = threading.Event()

    def hold(request: Request) -> bytes:
        assert answer.wait(30)
        return double.answer_aws(request)

    double.aws.behave = hold
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.send("dags li")
    terminal.wait_for("my-env> dags li")
    assert "AVAILABLE" not in terminal.text
    answer.set()
    terminal.wait_for("AVAILABLE")
    assert "my-env> dags li" in terminal.text


def test_ctrl_c_drops_the_line_and_ctrl_d_leaves(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.send("dags delete x")
    terminal.wait_for("my-env> dags delete x")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.key("ctrl-d")
    assert terminal.wait_exit() == 0
    assert double.commands == []


def test_waiting_shows_time_and_ctrl_c_ends_it(double: Double, launch: Launch) -> None:
    double.version = "9.9.9"  # no command tree: any word is sent
    gone = threading.Event()

    def slow(request: Request) -> bytes | None:
        if request.body != b"slow":
            return command_response(b"quick\n")
        if request.socket.recv(1) == b"":
            gone.set()
        return None

    double.web.behave = slow
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.enter("slow")
    terminal.wait_for(" s  running  (Ctrl-C stops waiting)")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "The command may still be running." in terminal.text
    assert "Ctrl-C stops waiting" not in terminal.text
    assert gone.wait(30)
    terminal.enter("next")
    terminal.wait_for("quick")
    assert double.commands == ["slow", "next"]


def test_what_is_typed_meanwhile_stands_on_the_next_prompt(double: Double, launch: Launch) -> None:
    double.version = "9.9.9"  # no command tree: any word is sent
    answer = threading.Event()
    double.web.behave = lambda request: command_response(b"done\n") if answer.wait(30) else None
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.enter("slow")
    terminal.wait_for(" s  running")
    terminal.send("dags lis")
    answer.set()
    terminal.wait_for("my-env> dags lis")
    assert "Traceback" not in terminal.history_text


def test_what_the_environment_prints_is_not_obeyed(double: Double, launch: Launch) -> None:
    attack = b"\x1b]0;owned\x07\x1b[2J\x1b[H\x9b31mX\x1b[6n\rfake> \xe2\x80\xaeabc\n"
    double.web.behave = lambda request: command_response(attack, attack)
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    before = len(terminal.raw)
    terminal.run("my-env", "dags list")
    drawn = bytes(terminal.raw[before:])
    for sequence in (b"\x1b]0;", b"\x1b[2J", b"\x9b", b"\x1b[6nr", "\u202e".encode()):
        assert sequence not in drawn.replace(b"\xc2\x9b", b"")
    assert "^[]0;owned^G^[[2J^[[H" in terminal.history_text.replace("\n", "")


def test_no_color_turns_colors_off(double: Double, launch: Launch) -> None:
    double.web.behave = lambda request: command_response(b'[{"dag_id": "a", "paused": true}]\n')
    colored, plain = launch("my-env"), launch("my-env", NO_COLOR="1")
    for terminal in (colored, plain):
        terminal.wait_for_prompt("my-env")
        terminal.run("my-env", "dags list -o json")
    assert "\x1b[34m" in colored.raw.decode() or "\x1b[94m" in colored.raw.decode()
    assert not re.search(r"\x1b\[(?:\d+;)*[39][0-7]m", plain.raw.decode())


def test_several_environments_open_a_picker(double: Double, launch: Launch) -> None:
    double.names = ("analytics", "billing", "my-env", "staging")
    terminal = launch()
    terminal.wait_for("environment:")
    terminal.wait_for(lambda text: text.count("Airflow 2.10.3    AVAILABLE") == 4)
    terminal.send("sta")
    terminal.wait_for(lambda text: "billing" not in text)
    terminal.enter()
    terminal.wait_for_prompt("staging")


def test_the_picker_takes_what_is_chosen(double: Double, launch: Launch) -> None:
    double.names = ("analytics", "billing", "my-env")
    terminal = launch()
    terminal.wait_for("billing")
    terminal.key("down")
    terminal.key("down")
    terminal.wait_for("environment: billing")
    terminal.key("enter")
    terminal.wait_for_prompt("billing")


def test_leaving_the_picker_leaves(double: Double, launch: Launch) -> None:
    double.names = ("a", "b")
    terminal = launch()
    terminal.wait_for("environment:")
    terminal.key("ctrl-c")
    assert terminal.wait_exit() == 2
    assert "error" not in terminal.text
    assert "Canceled. Nothing was sent." in terminal.text


def test_a_wrong_name_opens_the_picker_and_keeps_what_was_typed(double: Double, launch: Launch) -> None:
    answer = threading.Event()

    def hold(request: Request) -> bytes:
        assert answer.wait(30)
        return double.answer_aws(request)

    double.names = ("analytics", "billing")
    double.aws.behave = hold
    terminal = launch("analitics")
    terminal.wait_for_prompt("analitics")
    terminal.send("dags list")
    terminal.wait_for("analitics> dags list")
    answer.set()
    terminal.wait_for("environment:")
    assert "No environment 'analitics' in eu-west-1" in terminal.text
    terminal.enter("ana")
    terminal.wait_for("analytics> dags list")


def test_use_switches_and_back(double: Double, launch: Launch) -> None:
    double.names = ("my-env", "staging")
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.enter(".use staging")
    terminal.wait_for_prompt("staging")
    terminal.wait_for(" staging  123456789012 eu-west-1")
    terminal.enter(".use")
    terminal.wait_for("environment:")
    terminal.enter("my-env")
    terminal.wait_for_prompt("my-env")


def test_the_version_is_asked_for_once_where_aws_does_not_tell(double: Double, launch: Launch) -> None:
    double.aws.behave = double.only_tokens
    double.web.behave = lambda request: command_response(b"2.9.2\n")
    terminal = launch("my-env", columns=120)
    terminal.wait_for("Airflow 2.9.2")
    terminal.wait_for("airflow:GetEnvironment")
    terminal.run("my-env", "dags list")
    assert double.commands == ["version", "dags list -o json"]


def test_no_credentials_are_said_and_the_shell_stays(environ: dict[str, str], launch: Launch) -> None:
    del environ["AWS_ACCESS_KEY_ID"]
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.enter("dags list")
    terminal.wait_for("No AWS credentials found. Nothing was sent.")
    terminal.wait_for(lambda text: "my-env> dags list" in text.split("Nothing was sent.")[1])
    assert "Traceback" not in terminal.history_text


def test_a_pasted_block_runs_line_by_line(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.send("\x1b[200~dags pause a\nversion\n\x1b[201~")
    terminal.wait_for("version")
    terminal.enter()
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert double.commands == ["dags pause a -o json", "version"]


def test_a_pasted_continuation_is_one_line(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.send("\x1b[200~# a comment\n\nversion | \\\n  cat\n\x1b[201~")
    terminal.wait_for("  cat")
    terminal.enter()
    terminal.wait_for("ok ")
    assert double.commands == ["version"]


def test_tab_behind_send_and_in_the_middle_of_a_word(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.send(".send pools li")
    terminal.key("tab")
    terminal.wait_for("my-env> .send pools list")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.send("dags triger")
    terminal.key("left")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger")
    assert "triggerr" not in terminal.text


def test_a_typo_is_caught_and_can_be_sent_anyway(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.send("dags triger x")
    terminal.wait_for("dags triger x")
    terminal.key("enter")
    terminal.wait_for("Did you mean 'dags trigger'?")
    assert double.commands == []
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.run("my-env", ".send dags triger x")
    assert double.commands == ["dags triger x"]


def test_tab_completes_what_this_airflow_knows(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    terminal.send("dags tr")
    terminal.wait_for("dags tr")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger")
    terminal.send(" -")
    terminal.key("tab")
    terminal.wait_for("--conf")
    terminal.wait_for("--run-id")


def test_the_version_is_learned_although_a_command_was_typed_ahead(double: Double, launch: Launch) -> None:
    double.aws.behave = double.only_tokens
    double.web.behave = lambda request: command_response(b"2.9.2\n")
    terminal = launch("my-env", columns=120)
    terminal.enter("version")
    terminal.wait_for("Airflow 2.9.2")


def test_a_dumb_terminal_has_the_same_prompt(double: Double, launch: Launch) -> None:
    terminal = launch("my-env", TERM="dumb")
    terminal.wait_for("my-env>")
    terminal.enter("dags list")
    terminal.wait_for("ok ")
    assert b"\x1b" not in terminal.raw
    assert double.commands == ["dags list -o json"]


def test_a_pipe_starts_on_a_clean_line(double: Double, launch: Launch) -> None:
    double.web.behave = lambda request: command_response(b"b\na\n")
    terminal = launch("my-env")
    terminal.wait_for_prompt("my-env")
    terminal.run("my-env", "dags list | sort")
    assert "dags list | sort\na\nb\nok " in terminal.history_text


def test_output_into_a_file_keeps_the_prompt_on_the_terminal(
    double: Double, environ: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "out"
    argv = ["/bin/sh", "-c", f"exec {sys.executable} -m mwaa_shell my-env > {target}"]
    with Terminal(argv, environ) as terminal:
        terminal.wait_for_prompt("my-env")
        terminal.run("my-env", "dags list")
    assert target.read_bytes() == b"done\n"


def test_no_descriptor_is_left_open(double: Double, launch: Launch) -> None:
    terminal = launch("my-env")
    terminal.wait_for("AVAILABLE")
    counts = []
    for _ in range(6):
        terminal.run("my-env", "dags list")
        counts.append(len(os.listdir(f"/proc/{terminal.pid}/fd")) if sys.platform == "linux" else 0)
    assert min(counts[3:]) <= counts[1] + 1  # the connection for the names may come late; a leak adds two


#: Runs the program with somebody who presses Ctrl-C once the output of the first command is shown.
PRESSES = """
import signal, sys
import mwaa_shell.output.presenter as output
from mwaa_shell.cli import main
show, pressed = output.show, []
def shown(*given):
    show(*given)
    if not pressed:
        pressed.append(True)
        signal.raise_signal(signal.SIGINT)
output.show = shown
sys.exit(main())
"""


def test_ctrl_c_between_the_output_and_the_prompt_ends_nothing(double: Double, environ: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", PRESSES, "my-env"], environ) as running:
        running.wait_for_prompt("my-env")
        running.run("my-env", "dags list")
        assert "\ndone\nok " in running.history_text
        running.run("my-env", "pools list")
        running.run("my-env", ".history")
        assert running.history_text.count("  ok  ") == 2
        running.enter("exit")
        assert running.wait_exit() == 0
    assert double.commands == ["dags list -o json", "pools list -o json"]


def test_the_history_knows_how_a_command_ended_while_a_pager_shows_it(
    double: Double, launch: Launch, environ: dict[str, str]
) -> None:
    double.web.behave = lambda request: command_response(b"line\n" * 100 + b"the end\n")
    terminal = launch("my-env", PAGER="sh -c 'cat; echo it stays; read word < /dev/tty'")
    terminal.wait_for_prompt("my-env")
    terminal.enter("variables get x")
    terminal.wait_for("it stays")
    path = Path(environ["XDG_DATA_HOME"]) / "mwaa-shell" / "history.sqlite"
    with History(path) as history:
        assert [entry.outcome for entry in history.find()] == [Outcome.OK]
    terminal.send("\r")
    terminal.wait_for_prompt("my-env")
