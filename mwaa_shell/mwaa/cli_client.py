"""The client of the CLI endpoint: a fresh token, one POST, and a Result.

Every attempt gets a token of its own. One second request may follow, because Airflow 3 redirects with 307 or 308. It is
sent once, to the same host and port, always over https.

The shell sends a command again only if it is read-only and the response was 429 or 503, with which nothing ran. Each
pause is longer than the one before. After four repeats or twenty seconds, the last response is final.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.outcome import ENOUGH, judge, last_words
from mwaa_shell.airflow.versions import Version
from mwaa_shell.durations import CONNECT_TIMEOUT
from mwaa_shell.errors import ExitCode, NothingRan, OutcomeUnknown, ShellError, State
from mwaa_shell.job import Job
from mwaa_shell.mwaa import response as responses
from mwaa_shell.mwaa.environment import how_to_reach
from mwaa_shell.mwaa.response import HttpResponse, RequestInfo, Unreachable
from mwaa_shell.result import Result, failed, from_error

if TYPE_CHECKING:
    from mwaa_shell.mwaa.aws import CliToken

#: The phases of a job that runs a command, as the waiting line names them.
TOKEN = "asking AWS for a token"
CONNECTING = "connecting"
RUNNING = "running"
BUSY = "the web server is busy, trying again"

#: Timeouts that a whole response may take: each piece of it has one timeout.
WHOLE_ANSWER = 2
#: Seconds that connecting may take: a host has several addresses, and a name server may be slow.
CONNECT_LIMIT = 3 * CONNECT_TIMEOUT
#: Seconds to wait before each repeat of a read that the environment was too busy for.
WAITS = (1.0, 2.0, 4.0, 8.0)
#: Seconds after the first such response within which the last repeat begins.
REPEAT_WITHIN = 20.0

#: Characters of a token that cannot occur in a response by chance.
LONG_TOKEN = 8

#: The hint for a redirect that is not Airflow's.
_BETWEEN = "Run .doctor: a proxy or a custom domain may redirect."

#: Statuses with which a request was not carried out, if the response has another address.
MOVED = (301, 302, 307, 308)

PLAIN_PATH = "/aws_mwaa/cli"
SLASH_PATH = "/aws_mwaa/cli/"  # Airflow 3 redirects the other form to this one


class CliTransport(Protocol):
    """The part of ``Transport`` that runs commands."""

    def post(self, url: str, command: str, token: str, may_send: Callable[[], bool], name: str = "") -> HttpResponse:
        """Send one command; raises ``NothingRan`` or ``OutcomeUnknown``."""

    def give_up(self) -> None:
        """Close the connection under a waiting ``post``."""


class CliRequest(NamedTuple):
    """One Airflow command: the text to send, and the arguments to judge its output by."""

    text: str
    words: tuple[str, ...]
    reads: Callable[[], bool] = lambda: False  #: whether that is certain; asked only where it matters


class CliClient:
    """A client that runs commands on one environment. Callers run one at a time."""

    def __init__(
        self,
        mint: Callable[[], CliToken],
        transport: CliTransport,
        timeout: float,
        access_mode: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a client. ``access_mode`` returns the web server's access mode, and is called only after errors."""
        self._mint = mint
        self._transport = transport
        self._timeout = timeout
        self._access_mode = access_mode
        self._clock = clock
        self._slash: bool | None = None  # learned from a redirect, or from a 404

    def run(
        self, command: CliRequest, version: Version | None, job: Job[Result], leave: Callable[[], None] = lambda: None
    ) -> Result:
        """Return the Result of one command; expected failures are Results too.

        ``leave`` is called if the job is given up while it is certain that the command will not be sent any more.
        """
        result = self._attempt(command, version, job, leave)
        last = self._clock() + REPEAT_WITHIN
        for wait in WAITS:
            # The output of a command does not mean that a gateway or an environment was busy.
            busy = result.http_status in responses.BUSY and result.exit_code is ExitCode.NOTHING_RAN
            if not busy or not command.reads() or self._clock() + wait > last:
                break
            begun = self._clock()
            if not job.pause(BUSY, wait):
                break
            before = result.seconds + self._clock() - begun
            result = self._attempt(command, version, job, leave)
            result = result._replace(command_seconds=result.command_seconds + before)
        return result

    def _attempt(
        self, command: CliRequest, version: Version | None, job: Job[Result], leave: Callable[[], None]
    ) -> Result:
        """Send one POST with one fresh token."""
        started = minted = sent = self._clock()
        slash = self._slash if self._slash is not None else bool(version and version.major >= 3)
        try:
            if not job.begin_phase(TOKEN, self._timeout, leave):
                raise NothingRan("Canceled before the command was sent", state=State.NOT_SENT)
            token = self._mint()
            minted = sent = self._clock()
            response = self._send(command.text, token, slash, job, leave)
            result = _result(command, response, version, RequestInfo(token.environment, token.log, slash))
        except Unreachable as error:
            result = from_error(error)._replace(hint=how_to_reach(self._access_mode()))
        except ShellError as error:
            result = from_error(error)
        if result.http_status == 404 and result.exit_code is ExitCode.NOTHING_RAN:
            self._slash = not slash
        seconds = self._clock() - sent
        return result._replace(token_seconds=minted - started, command_seconds=seconds, remote=True)

    def _send(
        self, text: str, token: CliToken, slash: bool, job: Job[Result], leave: Callable[[], None]
    ) -> HttpResponse:
        url = f"https://{token.host}{SLASH_PATH if slash else PLAIN_PATH}"

        def let_go() -> None:
            self._transport.give_up()
            leave()

        def post(where: str) -> HttpResponse:
            if not job.begin_phase(CONNECTING, CONNECT_LIMIT, let_go):
                raise NothingRan("Canceled before the command was sent", state=State.NOT_SENT)
            return _without(token.token, self._transport.post(where, text, token.token, may_send, token.environment))

        def may_send() -> bool:
            return job.begin_phase(RUNNING, self._timeout * WHOLE_ANSWER, self._transport.give_up)

        response = post(url)
        if response.status in (307, 308):
            target = redirect_target(url, response.location)
            response = post(target)
            if response.status in MOVED and response.location:
                redirect_target(target, response.location)
                raise NothingRan(f"{token.host} redirects a second time", hint=_BETWEEN)
            self._slash = urlsplit(target).path.endswith("/")
        if responses.is_redirect(response.status):
            if response.status in MOVED and response.location:
                redirect_target(url, response.location)
            raise _refused_redirect(token.host, response)
        return response


def _without(token: str, response: HttpResponse) -> HttpResponse:
    """Return the response without the token, which gateways quote. A short token may be any word."""
    if len(token) < LONG_TOKEN:
        return response
    location = response.location.replace(token, MASK)
    if response.streams is not None:  # holds nothing but the two streams in base64
        return response._replace(location=location)
    return response._replace(body=bytes(response.body).replace(token.encode(), MASK.encode()), location=location)


def redirect_target(url: str, location: str) -> str:
    """Return where to post again: the path of ``location`` on the host of ``url``.

    Raises ``NothingRan`` for another host or port. Raises ``OutcomeUnknown`` for ``url`` itself: after such a redirect,
    the command may have run.
    """
    request = urlsplit(url)
    try:
        answer = urlsplit(urljoin(url, location))
        port = answer.port
    except ValueError:
        raise NothingRan(f"{request.netloc} redirects to an invalid address", hint=_BETWEEN) from None
    ports = {None, request.port or 443, 80 if answer.scheme == "http" else None}
    if (answer.hostname or "").lower() != (request.hostname or "").lower() or port not in ports:
        where = responses.clip(answer.netloc)
        raise NothingRan(
            f"{request.netloc} redirects to {where}. The shell sends the token to no other host", hint=_BETWEEN
        )
    query = f"?{answer.query}" if answer.query else ""
    target = f"https://{request.netloc}{answer.path or '/'}{query}"
    if unquote(target) == unquote(url):
        raise OutcomeUnknown(f"{request.netloc} redirects to the same address", hint=_BETWEEN)
    return target


def _refused_redirect(host: str, response: HttpResponse) -> ShellError:
    where = responses.clip(response.location)
    # Another status, such as 303 (see other), means that the request was carried out.
    kind = NothingRan if response.status in MOVED and where else OutcomeUnknown
    return kind(f"{host} redirects to {where or 'no address'} (HTTP {response.status})", hint=_BETWEEN)


def _result(command: CliRequest, response: HttpResponse, version: Version | None, request: RequestInfo) -> Result:
    try:
        streams = responses.read_output(response, request)
    except ShellError as error:
        return from_error(error)._replace(response=response.body, http_status=response.status)
    stderr = streams.stderr[-ENOUGH:].decode("utf-8", "replace")
    ending = judge(command.words, streams.stdout[:ENOUGH].decode("utf-8", "replace"), stderr, version)
    ended = Result() if ending.ok else failed(ending.reason)._replace(judged=True)
    if ending.ok and response.status >= 400:
        reason = last_words(stderr)
        ended = failed(reason or f"The command failed without a reason (HTTP {response.status})")
        ended = ended._replace(judged=bool(reason))
    return ended._replace(
        stdout=streams.stdout, stderr=streams.stderr, response=response.body, http_status=response.status
    )
