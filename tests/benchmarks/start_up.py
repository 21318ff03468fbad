"""Time to a prompt that takes keys, and of starts without a prompt.

python -m tests.benchmarks.start_up [RUNS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.benchmarks.programs import OURS, Running, installed, table
from tests.double import Double, command_response

BARE = "from prompt_toolkit import PromptSession; PromptSession().prompt('my-env> ')"
#: One command as the AWS guide has it in Python, in a process of its own.
RECIPE = """
import base64, boto3, requests
token = boto3.client("mwaa").create_cli_token(Name="my-env")
headers = {"Authorization": "Bearer " + token["CliToken"], "Content-Type": "text/plain"}
response = requests.post("https://" + token["WebServerHostname"] + "/aws_mwaa/cli", headers=headers, data="version")
print(base64.b64decode(response.json()["stdout"]).decode())
"""
#: A key that completes nothing.
KEY = "Z"


def prompt(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Return the milliseconds until the prompt is visible and until a key is shown."""
    with Running(argv, environ) as program:
        seen = program.wait_for("my-env>")
        program.send(KEY)
        return (seen - program.began) * 1000, (program.wait_for(KEY) - program.began) * 1000


def run(argv: Sequence[str], environ: Mapping[str, str]) -> float:
    """Milliseconds that a program takes from start to end."""
    began = time.perf_counter()
    done = subprocess.run(
        argv,
        env=dict(environ),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    took = (time.perf_counter() - began) * 1000
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)} failed: {done.stderr.decode()}")
    return took


def variables(double: Double, environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment in which a double is the MWAA that everybody finds."""
    bundle = str(folder / "ca.pem")
    double.authority.cert_pem.write_to_path(bundle)
    return dict(environ) | {
        "AWS_ENDPOINT_URL_MWAA": f"http://127.0.0.1:{double.aws.port}", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_CA_BUNDLE": bundle, "REQUESTS_CA_BUNDLE": bundle,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }  # fmt: skip


def command(double: Double, environ: Mapping[str, str], folder: Path) -> dict[str, Callable[[], float]]:
    """One command from start to end against a double that answers at once."""
    there = variables(double, environ, folder)
    double.web.behave = lambda request: command_response(b"2.10.3\n")
    return {
        "floor: the AWS guide's Python": lambda: run([sys.executable, "-c", RECIPE], there),
        "-c version": lambda: run([*OURS, "my-env", "-c", "version"], there),
    }


def main() -> None:
    """Take turns, and print a table for each floor."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    prompts: dict[str, list[float]] = {"floor: a bare prompt takes keys": [], "prompt seen": [], "takes keys": []}
    double = Double()
    with tempfile.TemporaryDirectory() as folder:
        environ = installed(Path(folder))
        plain = {
            "floor: python -c pass": lambda: run([sys.executable, "-c", "pass"], environ),
            "--version": lambda: run([*OURS, "--version"], environ),
            "--help": lambda: run([*OURS, "--help"], environ),
        }
        commands = command(double, environ, Path(folder))
        ends: dict[str, list[float]] = {name: [] for name in (*plain, *commands)}
        for turn in range(runs + 1):
            bare = prompt([sys.executable, "-c", BARE], environ)[1]
            measured = [bare, *prompt([*OURS, "my-env"], environ)]
            measured += [work() for work in (*plain.values(), *commands.values())]
            if turn:  # the first one reads the disk
                for row, value in zip([*prompts.values(), *ends.values()], measured, strict=True):
                    row.append(value)
    double.close()
    table(prompts, "floor: a bare prompt takes keys")
    for rows in (plain, commands):
        table({name: ends[name] for name in rows}, next(iter(rows)))


if __name__ == "__main__":
    main()
