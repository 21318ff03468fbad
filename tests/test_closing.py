"""Whichever way the program runs, and however that ends, it closes the session that it has made."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest

from mwaa_shell import cli
from mwaa_shell.errors import ShellError
from mwaa_shell.session import Session
from mwaa_shell.streams import Streams
from tests.double import Double, refusal
from tests.terminal.emulator import Terminal


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What became of sessions."""
    happened: list[str] = []
    begin, end = Session.__init__, Session.close

    def begun(self: Session, *arguments: object, **named: object) -> None:
        begin(self, *arguments, **named)  # type: ignore[arg-type]
        happened.append("made")

    def closed(self: Session) -> None:
        happened.append("closed")
        end(self)

    monkeypatch.setattr(Session, "__init__", begun)
    monkeypatch.setattr(Session, "close", closed)
    return happened


WAYS = {
    "commands": ("-c", "dags list"),
    "input": (),
    "token": ("--print-token",),
    "doctor": ("doctor",),
    "doctor as JSON": ("doctor", "--json"),
}


@pytest.mark.parametrize("refused", [False, True], ids=["allowed", "refused"])
@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_run(
    way: str, refused: bool, double: Double, environ: dict[str, str], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if refused:
        double.aws.behave = lambda request: refusal(403, "AccessDeniedException", "no")
    streams = Streams(io.StringIO("dags list\n"), io.BytesIO(), io.BytesIO(), False, False, False)
    first, *more = WAYS[way] or ("",)
    words = [first, "my-env", *more] if first == "doctor" else ["my-env", *WAYS[way]]
    with contextlib.suppress(ShellError):
        cli.run(words, streams)
    assert told == ["made", "closed"]


def test_a_check_makes_none(environ: dict[str, str], told: list[str]) -> None:
    streams = Streams(io.StringIO(), io.BytesIO(), io.BytesIO(), False, False, False)
    cli.run(["my-env", "--airflow-version", "2.10.3", "--check", "-c", "dags list"], streams)
    assert told == []


#: The program, which tells in a file what became of its session.
PROMPT = """
import sys
from mwaa_shell.cli import main
from mwaa_shell.session import Session
end = Session.close
def closed(self):
    end(self)
    print("closed", file=open(sys.argv[1], "a"))
Session.close = closed
main(["my-env"])
"""


def test_the_prompt(double: Double, environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "told"
    with Terminal([sys.executable, "-c", PROMPT, str(file)], environ) as terminal:
        terminal.wait_for_prompt("my-env")
        terminal.run("my-env", "dags list")
        terminal.enter("exit")
        assert terminal.wait_exit() == 0
    assert file.read_text() == "closed\n"
