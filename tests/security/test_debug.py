"""The debug log has events without secrets, and costs nothing when off."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell import debug_log
from mwaa_shell.addresses import MASK
from mwaa_shell.errors import NothingRan
from mwaa_shell.settings import Access, AccessKey
from tests.double import Double
from tests.security import stage
from tests.security.canaries import core, left_in, secret


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "debug.log"
    debug_log.start(path)
    yield path
    debug_log.close()


def last(log: Path) -> str:
    return log.read_text().splitlines()[-1]


def test_an_event_is_one_line_of_facts(log: Path) -> None:
    debug_log.event("request", host="a.example", seconds=0.12345, status=200, said='two "words"\n\x1b[31mé', left=None)
    text = last(log)
    assert text.endswith('request host=a.example seconds=0.123 status=200 said="two \\"words\\"\\n\\u001b[31m\\u00e9"')
    assert text[10] == "T"


def test_what_takes_time_tells_how_it_ended(log: Path) -> None:
    debug_log.start_timer("aws", operation="GetEnvironment")(outcome="ok")
    assert last(log).partition(" aws ")[2].startswith("operation=GetEnvironment seconds=0.")
    assert last(log).endswith("outcome=ok")


def test_a_log_goes_on_behind_what_it_holds(log: Path, tmp_path: Path) -> None:
    debug_log.event("one")
    debug_log.start(log)
    debug_log.event("two")
    assert [line.split()[-1] for line in log.read_text().splitlines()] == ["one", "two"]


def test_without_a_log_nothing_is_written(tmp_path: Path) -> None:
    debug_log.close()
    debug_log.keep_out("a secret")
    debug_log.event("one")
    debug_log.error("here", ValueError("x"))
    assert not debug_log.is_on()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "write",
    [str, quote, json.dumps, str.upper, lambda text: quote(text, safe=""), lambda text: f"x{text}y",
     *(lambda text, shift=shift: base64.b64encode(b"x" * shift + text.encode() + b"yz").decode() for shift in range(3)),
     lambda text: base64.urlsafe_b64encode(text.encode()).decode()],
)  # fmt: skip
def test_what_is_kept_out_is_in_no_line_in_any_form(write: Callable[[str], str], log: Path) -> None:
    debug_log.keep_out(secret("token"), secret("token").upper())
    debug_log.event("event", fact=write(secret("token")), name=[write(secret("token"))])
    assert left_in(log.read_bytes(), ["token"]) == []
    assert "***" in last(log)


@given(before=st.text(max_size=20), hidden=st.text(min_size=8, max_size=40), after=st.text(max_size=20))
def test_no_neighbours_bring_a_secret_in(before: str, hidden: str, after: str) -> None:
    secrets = debug_log.SecretFilter()
    secrets.add(hidden)
    for text in (hidden, json.dumps(before + hidden + after)[1:-1], quote(before + hidden + after)):
        whole = before + text + after
        guarded = secrets.mask(whole)
        assert hidden not in guarded or hidden in MASK
    encoded = base64.b64encode((before + hidden + after).encode("utf-8", "replace")).decode()
    assert secrets.mask(encoded) != encoded


@pytest.mark.parametrize(
    "text",
    [
        f"http://me:{core('uri')}@h/x",
        f"Authorization: Bearer {core('token')}",
        f"Proxy-Authorization: Basic {core('uri')}",
        f"Credential={core('accesskey')}/x, Signature={core('secretkey')}",
        f"eyJhbGciOiJIUzI1.{core('token')}.x",
        f"X-Amz-Security-Token={core('sessiontoken')}&a=b",
    ],
)
def test_what_looks_like_a_credential_is_covered_though_nobody_told_of_it(text: str, log: Path) -> None:
    debug_log.event("event", fact=text)
    assert left_in(log.read_bytes(), ["uri", "token", "accesskey", "secretkey", "sessiontoken"]) == []


def test_only_so_many_secrets_are_known(log: Path) -> None:
    for number in range(debug_log.MOST_SECRETS + 1):
        debug_log.keep_out(f"secret-{number:05}")
    debug_log.event("event", fact=f"secret-{debug_log.MOST_SECRETS:05} secret-00001 ab")
    assert last(log).endswith('fact="*** *** ab"')


def test_the_settings_are_there_without_passwords(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", core("secretkey"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{quote(secret('proxyvariable'))}@h:1")
    debug_log.start(log)
    access = Access(proxy=f"http://me:{core('proxyoption')}@h:1", keys=AccessKey("LOCALKEY", core("stored")))
    options = {"region": "eu-west-1", "sources": [("COMMAND", core("password"))], "proxy": access.proxy}
    debug_log.begin(access, options)
    told = log.read_text()
    assert "region=eu-west-1" in told
    assert "botocore=" in told
    names = ("secretkey", "proxyvariable", "proxyoption", "stored", "password")
    for name in names:
        debug_log.event("event", fact=secret(name) if name == "proxyvariable" else core(name))
    assert left_in(log.read_bytes(), [one for one in names if one != "password"]) == []
    assert left_in(told.encode(), names) == []


def test_an_expected_failure_has_no_way_and_a_mistake_has_one(log: Path) -> None:
    debug_log.error("here", NothingRan("Nothing ran"))
    assert last(log).endswith('error where=here kind=NothingRan says="Nothing ran"')
    try:
        debug_log.start(None)  # type: ignore[arg-type]
    except AttributeError as error:
        debug_log.error("here", error)
    assert "debug.py:" in last(log)
    assert str(Path(__file__).parent.parent.parent) not in last(log), "no path of this machine"


def test_logging_is_not_imported_without_a_debug_log() -> None:
    code = "import sys, mwaa_shell.debug_log as d; d.event('a'); print(*{'logging'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True,
                           cwd=Path(__file__).parents[2], env={})  # fmt: skip
    assert ended.stdout.split() == []


def test_every_call_and_request_is_in_the_debug_log(
    double: Double, program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    stage.act(double)
    command = [*program, "my-env", "--debug", str(tmp_path / "d.log"), "-c", "dags list", "-c", "dags bogus"]
    for _ in range(2):
        subprocess.run(command, env=stage.variables(environ), capture_output=True, check=False)
    command[-1] = "version"
    subprocess.run(command, env=stage.variables(environ), capture_output=True, check=True)
    told = (tmp_path / "d.log").read_text()
    events = [line.split()[2] for line in told.splitlines()]
    assert events[:2] == ["begin", "options"]
    assert events[-1] == "end"
    assert {"client", "aws", "phase", "request", "line", "ended"} <= set(events)
    assert events.count("request") == len(double.commands)
    assert "where=program kind=UsageError" in told
    assert "operation=CreateCliToken environment=my-env" in told


def test_debug_log_that_cannot_be_written_is_reported(
    program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    command = [*program, "my-env", "--debug", str(tmp_path / "no" / "d.log"), "-c", "version"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.endswith("d.log cannot be written (No such file or directory).\n")
