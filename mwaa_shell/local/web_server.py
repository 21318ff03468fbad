"""The web server side of the private MWAA: ``POST /aws_mwaa/cli`` in front of the real airflow program.

What AWS documents and what users have seen is kept: a token older than 60 seconds gets 403, Airflow 3 answers the form
without a slash with 307, arguments that argparse rejects come back as 400 with their output, a body that cannot be
split as a POSIX shell splits gets 500, a fifth command at a time 503.
"""

from __future__ import annotations

import base64
import itertools
import json
import shlex
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.airflow_process import Answer
from mwaa_shell.local.aws_api import Tokens
from mwaa_shell.local.http_server import JsonHandler

#: Commands that run at once on a web server, as AWS says of MWAA.
AT_ONCE = 4
#: The exit code of argparse.
ARGPARSE = 2

RunAirflow = Callable[[list[str]], Answer]


class Recorder:
    """Keeps each request and what the airflow program answered, as files in one folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        taken = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()] if folder else []
        self._numbers = itertools.count(max(taken, default=0) + 1)

    def keep(self, environment: str, command: str, answer: Answer) -> None:
        """Write one exchange: ``0001.json`` with the command and the exit code, ``0001.stdout``, ``0001.stderr``."""
        if self._folder is None:
            return
        stem = f"{next(self._numbers):04}"
        (self._folder / f"{stem}.stdout").write_bytes(answer.stdout)
        (self._folder / f"{stem}.stderr").write_bytes(answer.stderr)
        about = {"environment": environment, "command": command, "code": answer.code}
        (self._folder / f"{stem}.json").write_text(json.dumps(about))


class CliEndpoint:
    """The CLI endpoint of one environment."""

    def __init__(self, name: str, major: int, run: RunAirflow, tokens: Tokens, recorder: Recorder) -> None:
        self._name = name
        self._run = run
        self._tokens = tokens
        self._recorder = recorder
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self.path = "/aws_mwaa/cli/" if major >= 3 else "/aws_mwaa/cli"
        self.redirected = "/aws_mwaa/cli" if major >= 3 else None

    def answer(self, authorization: str, body: bytes) -> tuple[int, dict[str, str]]:
        """Status and JSON for one command."""
        if not self._tokens.accepts(authorization, self._name):
            return 403, {"message": "Forbidden"}
        try:
            command = body.decode()
            arguments = shlex.split(command)
        except ValueError as error:
            return 500, {"message": f"Internal Server Error: {error}"}
        if not self._slots.acquire(blocking=False):
            return 503, {"message": "Service Unavailable: too many commands at once"}
        try:
            answer = self._run(arguments)
        except LocalProblem as error:
            return 500, {"message": str(error)}
        finally:
            self._slots.release()
        with suppress(OSError):  # the answer goes out all the same
            self._recorder.keep(self._name, command, answer)
        return 400 if answer.code == ARGPARSE else 200, {
            "stdout": base64.b64encode(answer.stdout).decode(),
            "stderr": base64.b64encode(answer.stderr).decode(),
        }


def handler_for(endpoint: CliEndpoint) -> type[JsonHandler]:
    """The HTTP face of one environment's web server."""

    class Handler(JsonHandler):
        def do_POST(self) -> None:
            body = self.body()
            if body is None:
                return
            if self.path == endpoint.path:
                self.reply(*endpoint.answer(self.headers.get("Authorization", ""), body))
            elif self.path == endpoint.redirected:
                self.reply(307, {}, {"Location": f"https://{self.headers.get('Host', '')}{endpoint.path}"})
            else:
                self.reply(404, {"detail": "Not Found"})

        def do_GET(self) -> None:
            known = self.path in (endpoint.path, endpoint.redirected)
            self.reply(405 if known else 404, {"detail": "Method Not Allowed" if known else "Not Found"})

        def do_HEAD(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler
