"""The web server of a local environment: ``POST /aws_mwaa/cli``.

It does what AWS documents and what users have reported. A token older than 60 seconds gets 403. Airflow 3 redirects the
form without a slash with 307. Arguments that argparse rejects get 400 with their output. A body that cannot be split as
a POSIX shell splits gets 500. With limits, a command that MWAA blocks gets 403 or 500, a fifth command at a time 503,
and a command that outlasts the gateway 504, while it continues.
"""

from __future__ import annotations

import base64
import itertools
import json
import shlex
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.job import Job
from mwaa_shell.local.airflow_process import Answer
from mwaa_shell.local.aws_api import Tokens
from mwaa_shell.local.http_server import JsonHandler

#: Commands that run at once on a web server, as AWS says of MWAA.
AT_ONCE = 4
#: The exit code of argparse.
ARGPARSE = 2
#: Seconds that the gateway of MWAA waits for its web server, as users have seen.
GATEWAY = 60.0
#: What a load balancer of AWS says when it stops waiting.
TIMED_OUT = (
    "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n"
    "<center><h1>504 Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n"
)

#: Where a link with a web login token leads to.
LOGIN_PATH = "/aws_mwaa/aws-console-sso"
#: What a browser shows.
NO_PAGES = (
    "<!doctype html><title>mwaa-shell --local</title><p>{} is a local environment, which has no web pages of Airflow. "
    "The prompt of mwaa-shell shows its DAGs, runs and logs.\n"
)
#: Commands that AWS does not list and that users of MWAA have run (public report of 2024).
SEEN_TO_WORK = frozenset({"pools delete", "pools set"})

RunAirflow = Callable[[list[str]], Answer]


class Refusal(NamedTuple):
    """The HTTP response to a command that MWAA does not run."""

    status: int
    message: str


Refuse = Callable[[list[str]], Refusal | None]


def refusal(arguments: Sequence[str], version: Version) -> Refusal | None:
    """Return MWAA's response to a command that it blocks, ``None`` for other commands.

    Words that are not a command of this Airflow version run: Airflow itself reports them.
    """
    line = parse(" ".join(map(quote, arguments)))
    understanding = understand(line, load_grammar(version))
    if understanding.command is None:
        return None
    name = understanding.command.name
    support = knowledge.mwaa_support(name, version, knowledge.given_in(understanding))
    if not support.doubtful or (name in SEEN_TO_WORK and not support.refused):
        return None
    status, title = (500, "Internal Server Error") if support.refused == "500" else (403, "Forbidden")
    return Refusal(status, f"{title}: Start with --local --no-limits to run {name} ({support.reason}).")


class Recorder:
    """The files of ``--record``: each request, and what the airflow program printed."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        taken = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()] if folder else []
        self._numbers = itertools.count(max(taken, default=0) + 1)

    def keep(self, environment: str, command: str, answer: Answer) -> None:
        """Write the files of one exchange: ``0001.json``, ``0001.stdout`` and so on."""
        if self._folder is None:
            return
        stem = f"{next(self._numbers):04}"
        (self._folder / f"{stem}.stdout").write_bytes(answer.stdout)
        (self._folder / f"{stem}.stderr").write_bytes(answer.stderr)
        about = {"environment": environment, "command": command, "code": answer.code}
        (self._folder / f"{stem}.json").write_text(json.dumps(about))


class Limits(NamedTuple):
    """The limits of an MWAA environment, for the CLI endpoint of a local one."""

    refuse: Refuse
    at_once: int = AT_ONCE
    gateway: float = GATEWAY


#: Every command runs, for as long as it takes.
NO_LIMITS = Limits(lambda arguments: None, at_once=1_000_000, gateway=threading.TIMEOUT_MAX)


@dataclass(slots=True)
class CliEndpoint:
    """The CLI endpoint of one environment."""

    name: str
    major: int
    run: RunAirflow
    tokens: Tokens
    recorder: Recorder
    limits: Limits = NO_LIMITS
    prepare: Callable[[], object] = lambda: None  #: comes before each command, and is not the gateway's time
    _slots: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = threading.BoundedSemaphore(self.limits.at_once)

    @property
    def path(self) -> str:
        """The path of the endpoint."""
        return "/aws_mwaa/cli/" if self.major >= 3 else "/aws_mwaa/cli"

    def answer(self, authorization: str, body: bytes) -> tuple[int, dict[str, str] | str]:
        """Return status and body for one command: a JSON object, or the gateway's page."""
        if not self.tokens.accepts(authorization, self.name):
            return 403, {"message": "Forbidden"}
        try:
            command = body.decode()
            arguments = shlex.split(command)
        except ValueError as error:
            return 500, {"message": f"Internal Server Error: {error}"}
        refused = self.limits.refuse(arguments)
        if refused is not None:
            return refused.status, {"message": refused.message}
        try:
            self.prepare()
        except LocalProblem as error:
            return 500, {"message": str(error)}
        if not self._slots.acquire(blocking=False):
            return 503, {"message": "Service Unavailable: too many commands at once"}
        job = Job(lambda job: self._run(command, arguments), "command").start()
        if not job.join(self.limits.gateway):
            return 504, TIMED_OUT
        try:
            answer = job.result()
        except LocalProblem as error:
            return 500, {"message": str(error)}
        return 400 if answer.code == ARGPARSE else 200, {
            "stdout": base64.b64encode(answer.stdout).decode(),
            "stderr": base64.b64encode(answer.stderr).decode(),
        }

    def _run(self, command: str, arguments: list[str]) -> Answer:
        """Run a command to its end, even after the gateway's timeout, then free its place."""
        try:
            answer = self.run(arguments)
            with suppress(OSError):  # the response is sent all the same
                self.recorder.keep(self.name, command, answer)
            return answer
        finally:
            self._slots.release()


def handler_for(endpoint: CliEndpoint) -> type[JsonHandler]:
    """Return the HTTP handler of one environment's web server."""

    class CliHandler(JsonHandler):
        def do_POST(self) -> None:
            body = self.body()
            if body is None:
                return
            if self.path == endpoint.path:
                status, answer = endpoint.answer(self.headers.get("Authorization", ""), body)
                self.page(status, answer) if isinstance(answer, str) else self.respond(status, answer)
            elif self.path == endpoint.path.rstrip("/"):  # the other form of Airflow 3
                self.respond(307, {}, {"Location": f"https://{self.headers.get('Host', '')}{endpoint.path}"})
            else:
                self.respond(404, {"detail": "Not Found"})

        def do_GET(self) -> None:
            if self.path in (endpoint.path, endpoint.path.rstrip("/")):
                self.respond(405, {"detail": "Method Not Allowed"})
            else:
                self.page(200 if self.path.partition("?")[0] == LOGIN_PATH else 404, NO_PAGES.format(endpoint.name))

        def do_HEAD(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return CliHandler
