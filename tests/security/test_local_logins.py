"""A password for a local command is neither shown nor kept."""

from __future__ import annotations

import json
from pathlib import Path

from tests.double import Double
from tests.terminal.forked import Forks

SECRET = "canary-77aa"
LOCAL = (
    f"curl -su me:{SECRET} https://h",
    f"http -a me:{SECRET} https://h",
    f"docker login -u me -p {SECRET}",
    f"mongosh -p {SECRET}",
    f"jq --arg password {SECRET} .",
    f"kubectl create secret generic x --from-literal=password={SECRET}",
    f"tool --basic-auth=me:{SECRET}",
    f"""curl -d'{{"password": "{SECRET}"}}' https://h""",
)


def test_logins_of_local_commands_are_kept_nowhere(
    double: Double, program: list[str], environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    log, debug = tmp_path / "log.jsonl", tmp_path / "debug.log"
    lines = [f"version | : {local}" for local in LOCAL]
    command = [*program, "my-env", "--log-file", str(log), "--debug", str(debug)]
    ended = forks.run(command, environ, "\n".join([*lines, ".history"]).encode())
    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["line"].count("***") for line in log.read_text().splitlines()] == [1] * len(lines)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    assert SECRET.encode() not in ended.stdout + ended.stderr
