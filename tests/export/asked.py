"""Runs a program on a terminal of its own and answers what it asks there, as somebody would who types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
from collections.abc import Mapping, Sequence

#: Seconds that a program may take to ask.
LONGEST = 60


def run_asked(
    command: Sequence[str], answers: Sequence[str], environ: Mapping[str, str]
) -> tuple[subprocess.CompletedProcess[bytes], str]:
    """How it ended, with its output apart from the terminal; and all that stood on the terminal."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # noqa: PLW1509  (a test has no threads)
        )
        with process:
            screen = b""
            for answer in answers:
                screen += _until_asked(ours)
                os.write(ours, answer.encode() + b"\n")
            stdout, stderr = process.communicate(timeout=LONGEST)
        while select.select([ours], [], [], 0)[0]:
            screen += os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr), screen.decode()


def _until_asked(terminal: int) -> bytes:
    """What is written until a question ends."""
    seen = b""
    while not seen.endswith(b": "):
        assert select.select([terminal], [], [], LONGEST)[0], f"nothing was asked: {seen!r}"
        seen += os.read(terminal, 4096)
    return seen
