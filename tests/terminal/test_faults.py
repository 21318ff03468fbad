"""What stands on the prompt after something went wrong, in a real pseudo-terminal against a double."""

from __future__ import annotations

import threading

from tests.double import Double, Request, command_response, refusal, response
from tests.faults.behaviours import always, reset
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal


def test_what_did_not_run_is_on_the_prompt_again(double: Double, launch: Launch) -> None:
    double.rest["/dags"] = {"dags": [{"dag_id": "daily"}], "total_entries": 1}
    terminal = launch("my-env")
    terminal.wait_for("1 DAG cached")  # or a notice about them says the same
    double.aws.behave = always(refusal(403, "ExpiredTokenException", "over"))
    terminal.enter("dags pause daily")
    terminal.wait_for(lambda text: text.rstrip().count("my-env> dags pause daily") == 2)
    assert "Nothing was sent." in terminal.text
    assert terminal.text.count("have expired") == 1
    double.aws.behave = double.answer_aws
    terminal.key("enter")
    terminal.wait_for("ok ")
    assert double.commands == ["dags pause daily -o json"]


def test_where_nobody_knows_the_command_that_tells_is(double: Double, terminal: Terminal) -> None:
    double.web.behave = reset
    terminal.enter("variables set k v")
    terminal.wait_for("my-env> variables get k")
    assert "The command may have run." in terminal.text
    assert double.commands == ["variables set k v"]


def test_keys_typed_ahead_do_not_send_a_command_again(double: Double, terminal: Terminal) -> None:
    arrived, typed = [], threading.Event()

    def busy(request: Request) -> bytes:
        arrived.append(request.body)
        assert typed.wait(30)
        return response(503, b"")

    double.web.behave = busy
    terminal.enter("dags pause daily")
    assert double.web.arrived.acquire(timeout=30)
    terminal.key("enter")
    typed.set()
    terminal.wait_for(lambda text: text.count("my-env> dags pause daily") == 2)
    assert "Wait a moment and run t" in terminal.text.replace("\n", "")
    double.web.behave = lambda request: command_response(b"done\n")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert arrived == [b"dags pause daily -o json"]


def test_a_busy_web_server_is_waited_for_in_view(double: Double, terminal: Terminal) -> None:
    answers = [response(503, b"")]
    double.web.behave = lambda request: answers.pop() if answers else command_response(b"there\n")
    terminal.enter("version")
    terminal.wait_for("there")
    assert b"the web server is busy, trying again  (Ctrl-C stops waiting)" in terminal.raw
    assert double.commands == ["version"] * 2


def test_the_id_of_a_run_is_shown_as_it_is_sent(double: Double, terminal: Terminal) -> None:
    terminal.run("my-env", ".set trigger-run-id on")
    terminal.enter("dags trigger daily")
    terminal.wait_for("ok ")
    (command,) = double.commands
    added = command.removeprefix("dags trigger daily")
    assert " -r mwaa-shell__" in added
    assert f"my-env> dags trigger daily{added}" in terminal.text.replace("\n", "")
