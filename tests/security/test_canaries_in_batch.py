"""Secrets in the lines of a script leave no trace outside their requests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.double import Double
from tests.proxies import ConnectProxy
from tests.security import stage
from tests.security.canaries import OUTSIDE, STORED, TOKEN, TYPED, core, left_in, left_in_files

OPTIONS = ["--keep-going", "--yes", "--timeout", "1", "--log-file", "log.jsonl", "--log-output", "--debug", "debug.log"]
READS = ["connections list", "connections list -o json", ".tee talk.txt", "version", stage.GARBLED, stage.REFUSED,
         stage.HANGS, ".history", ".refresh --list", ".info", ".script 1 python", ".doctor", ".set",
         ".tee off"]  # fmt: skip


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    running = ConnectProxy(credentials=f"me:{core('proxyvariable')}")
    yield running
    running.close()


def run(
    program: list[str], environ: dict[str, str], home: Path, lines: list[str], *options: str
) -> subprocess.CompletedProcess[bytes]:
    made = home / "work"
    made.mkdir(exist_ok=True)
    return subprocess.run(
        [*program, "my-env", *OPTIONS, *options],
        input="\n".join(lines).encode(),
        cwd=made,
        env=environ,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_nothing_is_left_of_what_a_script_tells(
    double: Double, proxy: ConnectProxy, program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    stage.act(double)
    variables = stage.variables(environ, proxy)
    ended = run(program, variables, tmp_path, [".tee talk.txt", *stage.lines(), *stage.several(), *READS])
    sent = "\n".join(double.commands)
    assert proxy.relayed
    assert core("uri") in sent
    assert core("conf") in sent
    assert core("given") in sent
    assert core("sent") in sent
    assert core("several") in sent
    assert core("private") in sent
    assert core("saved") not in sent
    assert len(double.tokens) > 12
    everything = (*OUTSIDE, *TYPED, TOKEN)
    assert left_in(ended.stderr, (*everything, *STORED)) == []
    assert left_in(ended.stdout, everything) == [], "what Airflow prints is data, and nothing else is there"
    assert list(left_in_files(tmp_path, everything)) == []
    told = tmp_path / "work" / "talk.txt"
    assert list(left_in_files(tmp_path, STORED, but=[told])) == []
    assert b"connections add two" in told.read_bytes()
    debug = (tmp_path / "work" / "debug.log").read_text()
    for word in (
        "operation=CreateCliToken",
        "status=403",
        "phase=connecting",
        "connections add two",
        "kind=UsageError",
    ):
        assert word in debug, word


def test_a_proxy_of_an_option_is_quoted_nowhere(
    double: Double, program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    stage.act(double)
    refuses = ConnectProxy(credentials="me:another")
    url = f"http://me:{core('proxyoption')}@127.0.0.1:{refuses.port}"
    ended = run(program, stage.variables(environ), tmp_path, ["version", ".doctor", ".info"], "--proxy", url)
    refuses.close()
    assert b"requires a user and a password" in ended.stderr
    assert left_in(ended.stderr + ended.stdout, OUTSIDE) == []
    assert list(left_in_files(tmp_path, OUTSIDE)) == []


@pytest.mark.parametrize("option", ["--proxy", "--connect-to"])
def test_an_option_that_makes_no_sense_is_not_quoted(
    option: str, program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    value = f"gopher://me:{core('proxyoption')}@127.0.0.1:1"
    ended = run(program, stage.variables(environ), tmp_path, ["version"], option, value)
    assert ended.returncode == 2
    assert left_in(ended.stderr + ended.stdout, OUTSIDE) == []
    assert list(left_in_files(tmp_path, OUTSIDE)) == []
