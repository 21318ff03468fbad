"""What one command costs: a fresh token, one POST, and a Result. Promises 1 and 2 are kept here.

A token is minted for every attempt and used for it alone. The one second request that may follow is the hop that
Airflow 3 asks for: a 307 or 308, by hand, once, to the same host and port, always over https.

A command is sent again by itself in one case only: it reads, and the answer was 429 or 503, which says that nothing
ran. Each repeat waits longer than the one before it; after four, or twenty seconds, the answer stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from mwaa_shell.airflow.outcome import ENOUGH, judge, last_words
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import ExitCode, NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.job import Job
from mwaa_shell.limits import CONNECT_TIMEOUT
from mwaa_shell.mwaa import reply as replies
from mwaa_shell.mwaa.environment import CliToken, how_to_reach
from mwaa_shell.mwaa.reply import HttpReply, RequestInfo, Unreachable
from mwaa_shell.result import Result, failed, from_error

#: The phases of a job that runs a command, as the waiting line names them.
TOKEN = "asking AWS for a token"
CONNECTING = "connecting"
RUNNING = "running"
BUSY = "the web server is busy, trying again"

#: How many times the time-out a whole answer may take: each piece of it has the time-out for itself.
WHOLE_ANSWER = 2
#: Seconds that connecting may take: a host has several addresses, and a name server may be slow.
CONNECT_LIMIT = 3 * CONNECT_TIMEOUT
#: Seconds to wait before each repeat of a read that the environment was too busy for.
WAITS = (1.0, 2.0, 4.0, 8.0)
#: Seconds after the first such answer within which the last repeat begins.
REPEAT_WITHIN = 20.0

#: What stands for a token that a reply repeats, and the length from which on it cannot be there by chance.
MASK, LONG_TOKEN = "***", 8

#: What may be behind a redirect that is none of Airflow's.
_BETWEEN = "a proxy or a custom domain in between may send it: .doctor shows the way"

#: What says of a request that it was not carried out, if it names another place for it.
MOVED = (301, 302, 307, 308)

PLAIN_PATH = "/aws_mwaa/cli"
SLASH_PATH = "/aws_mwaa/cli/"  # Airflow 3 answers the other form with a redirect to this one


class CliTransport(Protocol):
    """The part of ``Transport`` that a command needs."""

    def post(self, url: str, command: str, token: str, may_send: Callable[[], bool]) -> HttpReply:
        """Send one command; raises ``NothingRan`` or ``OutcomeUnknown``."""

    def give_up(self) -> None:
        """Close the connection under a waiting ``post``."""


class CliRequest(NamedTuple):
    """One Airflow command: the text to send, and its arguments for the verdict."""

    text: str
    words: tuple[str, ...]
    reads: Callable[[], bool] = lambda: False  #: whether that is certain; asked only where it matters


class CliClient:
    """Runs commands on one environment, one at a time; the caller sees to that."""

    def __init__(
        self,
        mint: Callable[[], CliToken],
        transport: CliTransport,
        timeout: float,
        access_mode: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``access_mode`` is what AWS says of who reaches the web server, asked when it matters."""
        self._mint = mint
        self._transport = transport
        self._timeout = timeout
        self._access_mode = access_mode
        self._clock = clock
        self._slash: bool | None = None  # learned from a redirect, or from a 404

    def run(
        self, command: CliRequest, version: Version | None, job: Job[Result], leave: Callable[[], None] = lambda: None
    ) -> Result:
        """The Result of one command; expected failures are Results too.

        ``leave`` is called if the job is given up while it is certain that the command will not be sent any more.
        """
        result = self._attempt(command, version, job, leave)
        last = self._clock() + REPEAT_WITHIN
        for wait in WAITS:
            if not _was_too_busy(result) or not command.reads() or self._clock() + wait > last:
                break
            begun = self._clock()
            if not job.pause(BUSY, wait):
                break
            before = result.seconds + self._clock() - begun
            result = self._attempt(command, version, job, leave)
            result = replace(result, command_seconds=result.command_seconds + before)
        return result

    def _attempt(
        self, command: CliRequest, version: Version | None, job: Job[Result], leave: Callable[[], None]
    ) -> Result:
        """One token and one POST."""
        started = minted = sent = self._clock()
        slash = self._slash if self._slash is not None else bool(version and version.major >= 3)
        try:
            if not job.begin_phase(TOKEN, self._timeout, leave):
                raise NothingRan("Given up before anything was sent")
            token = self._mint()
            minted = sent = self._clock()
            reply = self._send(command.text, token, slash, job, leave)
            result = _result(command, reply, version, RequestInfo(token.environment, token.log, slash))
        except Unreachable as error:
            result = from_error(Unreachable(f"{error}; {how_to_reach(self._access_mode())}"))
        except ShellError as error:
            result = from_error(error)
        if result.http_status == 404 and result.exit_code is ExitCode.NOTHING_RAN:
            self._slash = not slash
        seconds = self._clock() - sent
        return replace(result, token_seconds=minted - started, command_seconds=seconds, remote=True)

    def _send(self, text: str, token: CliToken, slash: bool, job: Job[Result], leave: Callable[[], None]) -> HttpReply:
        url = f"https://{token.host}{SLASH_PATH if slash else PLAIN_PATH}"

        def let_go() -> None:
            self._transport.give_up()
            leave()

        def post(where: str) -> HttpReply:
            if not job.begin_phase(CONNECTING, CONNECT_LIMIT, let_go):
                raise NothingRan("Given up before the command was sent")
            return _without(token.token, self._transport.post(where, text, token.token, may_send))

        def may_send() -> bool:
            return job.begin_phase(RUNNING, self._timeout * WHOLE_ANSWER, self._transport.give_up)

        reply = post(url)
        if reply.status in (307, 308):
            target = redirect_target(url, reply.location)
            reply = post(target)
            if reply.status in MOVED and reply.location:
                redirect_target(target, reply.location)
                raise NothingRan(f"{token.host} redirects a second time, nothing ran; {_BETWEEN}")
            self._slash = urlsplit(target).path.endswith("/")
        if replies.is_redirect(reply.status):
            if reply.status in MOVED and reply.location:
                redirect_target(url, reply.location)
            raise _refused_redirect(token.host, reply)
        return reply


def _without(token: str, reply: HttpReply) -> HttpReply:
    """The reply without the token: gateways quote the header that they refuse. A short one may be anybody's word."""
    if len(token) < LONG_TOKEN:
        return reply
    location = reply.location.replace(token, MASK)
    if reply.streams is not None:  # holds nothing but the two streams in base64
        return reply._replace(location=location)
    return reply._replace(body=bytes(reply.body).replace(token.encode(), MASK.encode()), location=location)


def redirect_target(url: str, location: str) -> str:
    """Where to post again: the path of ``location`` on the very host and port of ``url``.

    Raises ``NothingRan`` for another host, and ``OutcomeUnknown`` for ``url`` itself: a server that answers so has not
    said that the command did not run.
    """
    asked = urlsplit(url)
    try:
        answer = urlsplit(urljoin(url, location))
        port = answer.port
    except ValueError:
        raise NothingRan(
            f"{asked.netloc} redirects to an address that makes no sense, nothing ran; {_BETWEEN}"
        ) from None
    ports = {None, asked.port or 443, 80 if answer.scheme == "http" else None}
    if (answer.hostname or "").lower() != (asked.hostname or "").lower() or port not in ports:
        where = replies.clip(answer.netloc)
        raise NothingRan(f"{asked.netloc} redirects to {where}: the token does not go there, nothing ran")
    query = f"?{answer.query}" if answer.query else ""
    target = f"https://{asked.netloc}{answer.path or '/'}{query}"
    if unquote(target) == unquote(url):
        raise OutcomeUnknown(f"{asked.netloc} redirects to where it was asked: the command may have run; {_BETWEEN}")
    return target


def _refused_redirect(host: str, reply: HttpReply) -> ShellError:
    where = replies.clip(reply.location)
    if reply.status not in MOVED or not where:  # such as 303, "look there for the answer": the request was taken
        way = f"a redirect to {where}" if where else "a redirect that leads nowhere"
        return OutcomeUnknown(f"HTTP {reply.status}: {host} answers with {way}: the command may have run; {_BETWEEN}")
    return NothingRan(f"HTTP {reply.status}: {host} redirects to {where}: not followed, nothing ran")


def _result(command: CliRequest, reply: HttpReply, version: Version | None, asked: RequestInfo) -> Result:
    try:
        streams = replies.read(reply, asked)
    except ShellError as error:
        return replace(from_error(error), reply=reply.body, http_status=reply.status)
    stderr = streams.stderr[-ENOUGH:].decode("utf-8", "replace")
    verdict = judge(command.words, streams.stdout[:ENOUGH].decode("utf-8", "replace"), stderr, version)
    ended = Result() if verdict.ok else failed(verdict.reason)
    if verdict.ok and reply.status >= 400:
        ended = failed(last_words(stderr) or f"HTTP {reply.status}, with no word about the reason")
    return replace(ended, stdout=streams.stdout, stderr=streams.stderr, reply=reply.body, http_status=reply.status)


def _was_too_busy(result: Result) -> bool:
    """Whether a gateway or the environment itself said so; a command's own output is none of that."""
    return result.http_status in replies.BUSY and result.exit_code is ExitCode.NOTHING_RAN
