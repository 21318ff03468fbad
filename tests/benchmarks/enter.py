"""Time from Enter to the output and the next prompt, beside a minimal prompt.

python -m tests.benchmarks.enter [COMMANDS]
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmarks.network import NAME, Network, network
from tests.benchmarks.programs import Running
from tests.conftest import scrubbed

LINE = "dags list -o json"
#: What is at the end of its output, and of nothing that was there before.
LAST = b"team_19_load"
MINIMAL = """
import base64, os, boto3, requests
from prompt_toolkit import PromptSession
client, web, prompt = boto3.client("mwaa"), requests.Session(), PromptSession()
while True:
    line = prompt.prompt("my-env> ")
    token = client.create_cli_token(Name="my-env")
    url = f"https://{token['WebServerHostname']}/aws_mwaa/cli"
    response = web.post(url, data=line, verify=os.environ["AWS_CA_BUNDLE"],
                     headers={"Authorization": f"Bearer {token['CliToken']}", "Content-Type": "text/plain"})
    print(base64.b64decode(response.json()["stdout"]).decode())
"""
PROGRAMS = {
    "minimal": [sys.executable, "-c", MINIMAL],
    "mwaa-shell": [sys.executable, "-m", "mwaa_shell", NAME],
}


def command(program: Running) -> tuple[float, float]:
    """Milliseconds from Enter to the end of the output, and to the next prompt."""
    program.send(LINE)
    program.settle(0.4)  # the work after a key has ended
    began = program.send("\r")
    shown = until(program, LAST)
    program.raw = program.raw[program.raw.index(LAST) :]
    prompt = until(program, NAME.encode())
    return (shown - began) * 1000, (prompt - began) * 1000


def until(program: Running, wanted: bytes) -> float:
    """Read until something has come; when that was."""
    while wanted not in program.raw:
        if not program.read(30):
            raise AssertionError(f"{wanted!r} did not come: {program.text!r}")
    return program.at


def measured(found: Network, home: Path, commands: int) -> dict[str, list[tuple[float, float]]]:
    """The same of each program, turn by turn in two terminals that stay open."""
    environ = scrubbed(home) | found.environ | {"PAGER": "", "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    with ExitStack() as stack:
        programs = {name: stack.enter_context(Running(argv, environ)) for name, argv in PROGRAMS.items()}
        for program in programs.values():
            program.wait_for(f"{NAME}>")
            program.settle(2.0)  # the user types the first line
        for _ in range(commands):
            for name, program in programs.items():
                times[name].append(command(program))
                program.settle(0.3)
    return times


def main() -> None:
    """Print medians and ratios."""
    commands = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    for far in (0, 40):
        with tempfile.TemporaryDirectory() as folder, network(Path(folder), far) as found:
            times = measured(found, Path(folder), commands)
        print(f"\n{f'network {far} ms away':26}{'output':>10}{'ratio':>8}{'prompt':>10}{'ratio':>8}{'first':>10}")
        floor = [median(one[part] for one in times["minimal"][1:]) for part in (0, 1)]
        for name, known in times.items():
            shown, prompt = (median(one[part] for one in known[1:]) for part in (0, 1))
            ratios = shown / floor[0], prompt / floor[1]
            print(f"{name:26}{shown:>10.1f}{ratios[0]:>8.2f}{prompt:>10.1f}{ratios[1]:>8.2f}{known[0][0]:>10.1f}")


if __name__ == "__main__":
    main()
