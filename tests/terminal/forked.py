"""The program forked off a process that has imported all it needs: imports are most of what a start costs.

Tests of the start itself, and of what Python reads at its start, begin with a real one.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import mwaa_shell
from mwaa_shell.interrupts import ENDING

#: Starts the process that forks; its standard input is the other end of a socket.
SERVER = "from tests.terminal.forked import serve; serve()"
PROGRAM = (sys.executable, "-m", "mwaa_shell")
#: Bytes of a number on its way.
WIDTH = 16
ROOT = Path(__file__).parents[2]


class Forked:
    """One forked program, with what the tests use of ``subprocess.Popen``."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection  #: of the process that waits for the program's end
        self._status: int | None = None
        self.pid = int(connection.recv(WIDTH, socket.MSG_WAITALL))

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative where a signal ended it. Raises ``subprocess.TimeoutExpired``."""
        if self._status is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(PROGRAM, timeout or 0)
            self._status = int(self._connection.recv(WIDTH, socket.MSG_WAITALL))
            self._connection.close()
        return os.waitstatus_to_exitcode(self._status)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Piped(Forked):
    """One forked program whose standard streams are pipes."""

    def __init__(self, connection: socket.socket, stdin: int, stdout: int, stderr: int) -> None:
        super().__init__(connection)
        self.stdin = open(stdin, "wb", buffering=0)
        self._outputs = open(stdout, "rb"), open(stderr, "rb")

    def __enter__(self) -> Piped:
        return self

    def __exit__(self, *error: object) -> None:
        for file in (self.stdin, *self._outputs):
            file.close()
        self.wait()

    def communicate(self, given: bytes = b"", timeout: float = 120) -> tuple[bytes, bytes]:
        """Write to standard input and close it; return what the program wrote. Raises ``TimeoutError``."""
        with ThreadPoolExecutor() as readers:
            stdout, stderr = (readers.submit(file.read) for file in self._outputs)
            try:
                with suppress(BrokenPipeError), self.stdin:
                    self.stdin.write(given)
                return stdout.result(timeout), stderr.result(timeout)
            except TimeoutError:
                self.kill()
                raise


class Forks:
    """The process that forks. It ends with the one that has made it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-c", SERVER]
            self._server = subprocess.Popen(command, env=dict(environ), cwd=ROOT, stdin=theirs.fileno())

    def begin(self, argv: Sequence[str], env: Mapping[str, str], cwd: str | Path | None, tty: str) -> Forked:
        """Run the program as ``python -m mwaa_shell`` does, as the leader of a new session on a terminal."""
        screen = os.open(tty, os.O_RDWR | os.O_NOCTTY)
        return Forked(self._request(argv, env, cwd, (screen,) * 3, tty))

    def popen(self, argv: Sequence[str | bytes], env: Mapping[str, str], cwd: str | Path | None = None) -> Piped:
        """Run the program as ``python -m mwaa_shell`` does, on pipes."""
        (stdin, given), (said, stdout), (told, stderr) = os.pipe(), os.pipe(), os.pipe()
        return Piped(self._request(argv, env, cwd, (stdin, stdout, stderr)), given, said, told)

    def run(
        self, argv: Sequence[str | bytes], env: Mapping[str, str], given: bytes = b"", cwd: str | Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the program to its end, on pipes."""
        with self.popen(argv, env, cwd) as running:
            stdout, stderr = running.communicate(given)
            return subprocess.CompletedProcess(argv, running.wait(), stdout, stderr)

    def _request(
        self,
        argv: Sequence[str | bytes],
        env: Mapping[str, str],
        cwd: str | Path | None,
        streams: Sequence[int],
        tty: str = "",
    ) -> socket.socket:
        """Ask for a program with these standard streams, which are closed here. Return what tells of its end."""
        words = list(map(os.fsdecode, argv))
        assert tuple(words[:3]) == PROGRAM
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._ours, [b"x"], [theirs.fileno()])
        socket.send_fds(ours, [b"x"], streams)
        for stream in set(streams):
            os.close(stream)
        request = {"arguments": words[3:], "environ": dict(env), "cwd": str(cwd or os.getcwd()), "tty": tty}
        ours.sendall(json.dumps(request).encode() + b"\n")
        return ours

    def close(self) -> None:
        self._ours.close()
        self._server.wait()


def serve() -> None:
    """Import the program, then fork once for each connection that arrives on standard input."""
    for module in pkgutil.walk_packages(mwaa_shell.__path__, "mwaa_shell."):
        if not module.name.startswith("mwaa_shell.local.") and module.name != "mwaa_shell.__main__":
            importlib.import_module(module.name)
    from tests.programs import keep_data_of_botocore

    keep_data_of_botocore()
    import boto3

    boto3.session.Session("a", "b", region_name="eu-west-1").client("mwaa")
    gc.freeze()  # a collection in a program would copy each page that it shares
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that end leave nothing behind
    while True:
        _, files, _, _ = socket.recv_fds(control, 1, 1)
        if not files:
            return
        with socket.socket(fileno=files[0]) as connection:
            if os.fork() == 0:
                control.close()
                attend(connection)
                return


def attend(connection: socket.socket) -> None:
    """Fork the program and tell how it has ended; in the program, return after it has run."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as lines:
        request = json.loads(lines.readline())
    pid = os.fork()
    if pid:
        for stream in streams:
            os.close(stream)
        status = os.waitpid(pid, 0)[1]
        connection.sendall(f"{status:{WIDTH}}".encode())
        os._exit(0)
    become(connection, streams, **request)


def become(
    connection: socket.socket, streams: list[int], arguments: list[str], environ: dict[str, str], cwd: str, tty: str
) -> None:
    """Be the program, on a terminal of its own or on pipes; tell its number once it has that."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if tty:  # opened by the leader of a session, it controls the program
        os.close(os.open(tty, os.O_RDWR))
    connection.sendall(f"{os.getpid():{WIDTH}}".encode())
    connection.close()
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = open(1, "w", 1 if tty else -1, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    for one in ENDING:
        signal.signal(one, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(cwd)
    sys.path[0] = cwd
    sys.argv[1:] = arguments
    runpy.run_module("mwaa_shell", run_name="__main__", alter_sys=True)
