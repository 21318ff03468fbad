"""What one command costs: a fresh token, one POST, and a Result. Promises 1 and 2 are kept here.

A token is minted for every command and used for it alone. The one second request that may follow is the hop that
Airflow 3 asks for: a 307 or 308, by hand, once, to the same host and port, always over https.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from mwaa_shell.airflow.verdict import judge
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.job import Job
from mwaa_shell.mwaa import reply as replies
from mwaa_shell.mwaa.environment import CliToken
from mwaa_shell.mwaa.reply import HttpReply
from mwaa_shell.result import Result, failed, from_error

#: The phases of a job that runs a command, as the waiting line names them.
TOKEN = "asking AWS for a token"
CONNECTING = "connecting"
RUNNING = "running"

#: How many times the time-out a whole answer may take: each piece of it has the time-out for itself.
WHOLE_ANSWER = 2

PLAIN_PATH = "/aws_mwaa/cli"
SLASH_PATH = "/aws_mwaa/cli/"  # Airflow 3 answers the other form with a redirect to this one


class Posts(Protocol):
    """The part of ``Transport`` that a command needs."""

    def post(self, url: str, command: str, token: str, may_send: Callable[[], bool]) -> HttpReply:
        """Send one command; raises ``NothingRan`` or ``OutcomeUnknown``."""

    def give_up(self) -> None:
        """Close the connection under a waiting ``post``."""


@dataclass(frozen=True, slots=True)
class Command:
    """One Airflow command: the text to send, and its arguments for the verdict."""

    text: str
    words: tuple[str, ...]


class Client:
    """Runs commands on one environment, one at a time; the caller sees to that."""

    def __init__(self, mint: Callable[[], CliToken], transport: Posts, timeout: float) -> None:
        self._mint = mint
        self._transport = transport
        self._timeout = timeout
        self._slash: bool | None = None  # learned from a redirect

    def run(self, command: Command, version: Version | None, job: Job[Result]) -> Result:
        """The Result of one command; expected failures are Results too."""
        started = time.monotonic()
        token_seconds = 0.0
        try:
            if not job.enter(TOKEN, self._timeout):
                raise NothingRan("Given up before anything was sent")
            token = self._mint()
            token_seconds = time.monotonic() - started
            if not job.enter(CONNECTING):
                raise NothingRan("Given up before anything was sent")
            slash = self._slash if self._slash is not None else bool(version and version.major >= 3)
            reply = self._send(command.text, token, slash, job)
        except ShellError as error:
            return _timed(from_error(error), token_seconds, started)
        return _timed(_result(command, reply, version, slash), token_seconds, started)

    def _send(self, text: str, token: CliToken, slash: bool, job: Job[Result]) -> HttpReply:
        url = f"https://{token.host}{SLASH_PATH if slash else PLAIN_PATH}"

        def may_send() -> bool:
            return job.enter(RUNNING, self._timeout * WHOLE_ANSWER, self._transport.give_up)

        reply = self._transport.post(url, text, token.token, may_send)
        if reply.status in (307, 308):
            target = redirect_target(url, reply.location)
            if not job.enter(CONNECTING):
                raise NothingRan("Given up before the command was sent")
            reply = self._transport.post(target, text, token.token, may_send)
            if 300 <= reply.status < 400:
                raise NothingRan(f"{token.host} redirects a second time, nothing ran")
            self._slash = urlsplit(target).path.endswith("/")
        elif 300 <= reply.status < 400:
            raise _refused_redirect(token.host, reply)
        return reply


def redirect_target(url: str, location: str) -> str:
    """Where to post again: the path of ``location`` on the very host and port of ``url``. Raises for another host."""
    asked = urlsplit(url)
    try:
        answer = urlsplit(urljoin(url, location))
        port = answer.port
    except ValueError:
        raise NothingRan(f"{asked.netloc} redirects to an address that makes no sense, nothing ran") from None
    ports = {None, asked.port or 443, 80 if answer.scheme == "http" else None}
    if (answer.hostname or "").lower() != (asked.hostname or "").lower() or port not in ports:
        where = replies.clip(answer.netloc)
        raise NothingRan(f"{asked.netloc} redirects to {where}: the token does not go there, nothing ran")
    query = f"?{answer.query}" if answer.query else ""
    return f"https://{asked.netloc}{answer.path or '/'}{query}"


def _refused_redirect(host: str, reply: HttpReply) -> ShellError:
    where = replies.clip(reply.location) or "nowhere"
    if reply.status == 303:  # "look there for the answer": the request itself was taken
        return OutcomeUnknown(f"HTTP 303: {host} answers with a redirect to {where}: the command may have run")
    return NothingRan(f"HTTP {reply.status}: {host} redirects to {where}: not followed, nothing ran")


def _result(command: Command, reply: HttpReply, version: Version | None, slash: bool) -> Result:
    try:
        streams = replies.read(reply)
    except ShellError as error:
        told = from_error(replies.with_form(error, reply.status, slash))
        return replace(told, reply=reply.body, http_status=reply.status)
    verdict = judge(
        command.words,
        streams.stdout.decode("utf-8", "replace"),
        streams.stderr.decode("utf-8", "replace"),
        version,
    )
    ended = Result() if verdict.ok else failed(verdict.reason)
    if verdict.ok and reply.status >= 400:
        ended = failed(f"HTTP {reply.status}, with no word about the reason")
    return replace(ended, stdout=streams.stdout, stderr=streams.stderr, reply=reply.body, http_status=reply.status)


def _timed(result: Result, token_seconds: float, started: float) -> Result:
    spent = max(time.monotonic() - started - token_seconds, 0.0)
    return replace(result, token_seconds=token_seconds, command_seconds=spent, remote=True)
