"""The installed wheel and other programs in a bare pseudo-terminal.

The emulator of the tests would charge its own time to what it shows; here bytes are looked at as they come.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median

from tests.conftest import scrubbed
from tests.terminal.emulator import BECOME

ROOT = Path(__file__).parent.parent.parent
#: Without the folder where a benchmark is started on the path, which would be the checkout.
OURS = [sys.executable, "-P", "-c", "from mwaa_shell.cli import main; main()"]
#: Asks where the cursor is, and the answer.
WHERE, HERE = b"\x1b[6n", b"\x1b[1;1R"
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


def installed(folder: Path) -> dict[str, str]:
    """Install the compiled wheel in a folder. Return the variables to import it.

    An editable checkout may be compiled again at each start.
    """
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT,
                   check=True, capture_output=True)  # fmt: skip
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder / "site")], check=True)
    environ = scrubbed(folder / "home") | {
        "PYTHONPATH": str(folder / "site"),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_MWAA": "http://127.0.0.1:9",  # a closed port: the prompt must not wait for it
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


class Running(AbstractContextManager["Running"]):
    """A program in a pseudo-terminal of 80 by 24, which answers where the cursor is."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], cwd: Path | None = None) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(self._master, (24, 80))
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", BECOME, "sh", os.ttyname(slave), *argv],
            env=dict(environ), cwd=cwd, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.pid = self._process.pid
        self.raw = b""  #: what was written since the last keys were sent
        self.at = self.began  #: when the last of it came

    def __exit__(self, *error: object) -> None:
        os.close(self._master)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def send(self, keys: str) -> float:
        """Press keys; when that was."""
        self.raw, now = b"", time.perf_counter()
        os.write(self._master, keys.encode())
        return now

    @property
    def text(self) -> str:
        """What was written since the last keys, without escape sequences."""
        return SEQUENCE.sub(b"", self.raw).decode("utf-8", "replace")

    def wait_for(self, wanted: str | Callable[[str], bool], timeout: float = 30) -> float:
        """Read until a text is in the output since the last keys. Return the time."""
        deadline = time.perf_counter() + timeout
        while not (wanted in self.text if isinstance(wanted, str) else wanted(self.text)):
            if not self.read(deadline - time.perf_counter()):
                raise AssertionError(f"{wanted!r} did not come: {self.text!r}")
        return self.at

    def settle(self, quiet: float = 0.03) -> float:
        """Read until nothing has come for so many seconds; when the last of it came."""
        while self.read(quiet):
            pass
        return self.at

    def read(self, timeout: float) -> bool:
        """Take what has come, once; whether anything has."""
        if timeout <= 0 or not select.select([self._master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux's way to say that the program has gone
            return False
        self.at = time.perf_counter()
        self.raw += data
        for _ in range(data.count(WHERE)):
            os.write(self._master, HERE)
        return bool(data)


def table(rows: Mapping[str, Sequence[float]], floor: str, unit: str = "ms") -> None:
    """Print medians, 95th percentiles and the median ratios to a baseline."""
    print(f"{unit:<44}{'median':>9}{'p95':>9}{'worst':>9}{'ratio':>9}")
    for name, times in rows.items():
        p95 = sorted(times)[int(len(times) * 0.95)]
        ratio = median(one / other for one, other in zip(times, rows[floor], strict=False))
        print(f"{name:<44}{median(times):>9.1f}{p95:>9.1f}{max(times):>9.1f}{ratio:>9.2f}")
