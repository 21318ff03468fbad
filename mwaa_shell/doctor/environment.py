"""Checks of AWS and of the web server. A permission is checked with a call that requires it."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mwaa_shell import mwaa  # imports boto3 on first use, after the checks of this machine
from mwaa_shell.airflow.logs import TASKS
from mwaa_shell.airflow.rest import RestRequest
from mwaa_shell.airflow.versions import version_in_output
from mwaa_shell.doctor.machine import machine_results
from mwaa_shell.doctor.report import COMMAND_CHECK, CheckResult, Finding, Status
from mwaa_shell.durations import CONNECT_TIMEOUT
from mwaa_shell.errors import (
    CredentialsProblem,
    EnvironmentNotFound,
    ExitCode,
    NothingRan,
    PermissionMissing,
    ShellError,
)
from mwaa_shell.job import Job
from mwaa_shell.logs import log_group
from mwaa_shell.mwaa import Connection, EnvironmentInfo, how_to_reach
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.mwaa import MwaaApi, Route, Transport

T = TypeVar("T")

#: Seconds that one check may take. AWS stops a REST request after 10, but the first local one takes longer.
LIMIT, REST_LIMIT = 20.0, 32.0
#: Seconds by which the clocks may differ: AWS takes signatures of the last five minutes, a token lives for one.
NOTEWORTHY, TOO_MUCH = 30, 300
#: Characters of what a command printed that are shown.
LONGEST = 60
#: What the states of an environment mean for commands.
USABLE = {"AVAILABLE", "UPDATE_FAILED"}
CHANGING = {"CREATING", "UPDATING", "ROLLING_BACK", "CREATING_SNAPSHOT", "PENDING", "MAINTENANCE", "DELETING"}


class NoAnswer(NothingRan):
    """The error of a check that exceeded its time limit."""


class Examined(NamedTuple):
    """The environment to examine, unless it is unknown, and how it is reached."""

    name: str | None
    connect: Callable[[str], Connection]  #: to an environment, or to AWS without a name
    wait: Callable[[str, float, Callable[[], Any]], Any]  #: runs something slow in a phase, for at most so many seconds
    run: Callable[[Connection, str], Result]  #: sends a command that is kept in no history


class Examination:
    """The checks in their order; what they find out is kept for those after them."""

    def __init__(self, examined: Examined) -> None:
        self._examined = examined
        self._name = examined.name or ""  #: of the environment, found by ListEnvironments if need be
        self._stopped = ""  #: why no further check is made
        self._ahead: tuple[float, str] | None = None  #: seconds that this machine's clock is ahead, and of whose
        self._names: list[str] = []
        self._info: EnvironmentInfo | None = None
        self._logs: list[tuple[str, str]] | None = None  #: the newest one of a task: its group and its stream
        self._host = ""
        self._settings_problem = ""
        self._api: MwaaApi
        self._connection: Connection
        self._transport: Transport
        self._route: Route

    def results(self) -> Iterator[CheckResult]:
        """Yield the results of all checks. After a failure those are skipped that depend on it."""
        for check in CHECKS:
            skipped = self._stopped and not check.always
            finding = Finding(Status.SKIP, self._stopped) if skipped else self._try(check)
            if finding.status is Status.FAIL and check.stops:
                self._stopped = f"{check.name} failed"
            yield CheckResult(check.name, *finding, remote=True)

    def _try(self, check: Check) -> Finding:
        try:
            return check.make(self)
        except ShellError as error:
            text, denied = error.message, isinstance(error, PermissionMissing)
            if isinstance(error, PermissionMissing) and "until it is updated" not in text:
                text = f"{error.action} is not permitted"
            if check.optional or (denied and not check.stops):
                return Finding(Status.NOTE, text, check.advice)
            return Finding(Status.FAIL, text, check.advice if denied else _advice(error))

    def _ask(self, phase: str, ask: Callable[[], T], limit: float = LIMIT) -> T:
        """Return what a call returns, or raise what it raises. Raises ``NoAnswer`` after ``limit`` seconds."""

        def work() -> T:
            job: Job[T] = Job(lambda job: ask(), phase).start()
            if not job.join(limit):  # whatever it waits for, it is left alone with that
                raise NoAnswer(f"No answer within {limit:g} seconds")
            return job.result()

        answer: T = self._examined.wait(phase, limit + 5, work)
        return answer

    # -- the caller ------------------------------------------------------------------------------------------------

    def _settings(self) -> Finding:
        self._api = self._examined.connect(self._name).api
        try:
            return Finding(Status.OK, self._ask("looking for AWS settings", self._api.describe_setup))
        except ShellError as error:
            self._settings_problem = error.message
            raise

    def _credentials(self) -> Finding:
        """Return the credentials, also after settings that failed: both have to be fixed."""
        if self._api.access.keys is not None:
            return Finding(Status.OK, "a key of this local environment")
        try:
            found = self._ask("looking for credentials", self._api.credentials)
        except ShellError as error:
            if error.message == self._settings_problem:
                return Finding(Status.SKIP, self._stopped)
            raise
        return credentials(found, datetime.now(UTC))

    def _identity(self) -> Finding:
        """Return the caller as STS names it, which commands do not require."""
        if self._api.access.keys is not None:
            return Finding(Status.SKIP, "local environments have no identity")
        asked = time.time()
        try:
            caller = self._ask("asking STS for the identity", self._api.caller)
        except ShellError as error:
            caller = mwaa.CallerIdentity(error=error)
        if caller.date is not None:
            self._ahead = (asked + time.time()) / 2 - caller.date.timestamp(), "AWS"
        if isinstance(caller.error, CredentialsProblem):
            raise caller.error
        if caller.error is not None:
            return Finding(Status.NOTE, f"unknown: {caller.error.message}")
        return Finding(Status.OK, f"{caller.arn} (by sts:GetCallerIdentity)")

    # -- its permissions -------------------------------------------------------------------------------------------

    def _list_environments(self) -> Finding:
        if not self._name:
            self._stopped = "no environment was named"
        self._names = list(self._ask("listing environments", self._api.names))
        if not self._name and len(self._names) == 1:
            self._name, self._stopped = self._names[0], ""
        text = f"permitted: {', '.join(self._names) or 'none in this region'}"
        if not self._name:
            advice = "name one: mwaa-shell doctor ENV" if self._names else "name another region with --region"
            return Finding(Status.NOTE, text, advice)
        return Finding(Status.OK, text)

    def _get_environment(self) -> Finding:
        """Describe the environment. If it does not exist, no further check is made."""
        try:
            self._info = self._ask("asking for the environment", lambda: self._api.describe(self._name))
        except EnvironmentNotFound as error:
            self._stopped = "GetEnvironment failed"
            there = f"there are {', '.join(self._names)}" if self._names else "see --region and --profile"
            return Finding(Status.FAIL, error.message, there)
        version = self._info.version
        runs = f"it runs Airflow {version}" if version else "AWS reports no Airflow version"
        return Finding(Status.OK, f"permitted: {runs}")

    def _status(self) -> Finding:
        return status(self._info.status) if self._info else Finding(Status.SKIP, "requires GetEnvironment")

    def _access_mode(self) -> Finding:
        if self._info is None:
            return Finding(Status.SKIP, "requires GetEnvironment")
        mode = self._info.access_mode
        return Finding(Status.OK, how_to_reach(mode) if mode == "PRIVATE_ONLY" else mode or "not reported")

    def _rest(self) -> Finding:
        """Ask Airflow's REST API for a DAG, and for a variable, which requires a role."""

        def ask(path: str) -> None:
            request = RestRequest(path, {"limit": 1})
            self._ask("asking Airflow's REST API", lambda: self._api.invoke_rest(self._name, request), REST_LIMIT)

        ask("/dags")
        try:
            ask("/variables")
        except ShellError as error:
            advice = ".export and .import require an Airflow role that may read and change variables, such as Op"
            return Finding(Status.NOTE, f"permitted for DAGs: {error.message}", advice)
        return Finding(Status.OK, "permitted: asked for one DAG and one variable")

    def _web_login(self) -> Finding:
        self._ask("creating a web login token", lambda: self._api.web_login(self._name))
        return Finding(Status.OK, "permitted: created a login token and dropped it")

    def _log_streams(self) -> Finding:
        if self._info is None:
            return Finding(Status.SKIP, "requires GetEnvironment")
        group = log_group(self._info, TASKS)
        logs = mwaa.LogsApi(self._name, self._api.call_logs)
        streams = self._ask("listing log streams", lambda: logs.newest_streams(group.name, 1))
        self._logs = [(group.name, stream.name) for stream in streams]
        if group.gap:
            advice = "change the logging configuration of the environment"
            return Finding(Status.NOTE, f"permitted: {group.gap}", advice)
        return Finding(Status.OK, f"permitted: {group.name} has the logs of tasks")

    def _log_events(self) -> Finding:
        if not self._logs:
            return Finding(
                Status.SKIP, "requires DescribeLogStreams" if self._logs is None else "no task has a log yet"
            )
        group, stream = self._logs[0]
        logs = mwaa.LogsApi(self._name, self._api.call_logs)
        self._ask("reading a log", lambda: next(logs.last_pages(group, stream)))
        return Finding(Status.OK, "permitted: asked for the end of the newest log")

    def _cli_token(self) -> Finding:
        begun = time.monotonic()
        self._host = self._ask("creating a token", lambda: self._api.cli_token(self._name)).host
        seconds = time.monotonic() - begun
        return Finding(Status.OK, f"permitted: created a token in {seconds:.1f} s and dropped it")

    # -- the web server --------------------------------------------------------------------------------------------

    def _proxy(self) -> Finding:
        self._connection = self._examined.connect(self._name)
        self._transport = mwaa.transport_for(self._api.access, self._api.ca_bundle)
        self._route = self._transport.route(f"https://{self._host}/")
        return Finding(Status.OK, self._route.words or "none: the web server is reached directly")

    def _look_up(self) -> Finding:
        host, port = self._route.first_hop
        try:
            found = self._ask(f"looking up {host}", lambda: addresses(host, port))
        except (OSError, UnicodeError, ShellError) as error:
            return Finding(Status.FAIL, f"{host} was not found ({_reason(error)})", self._how_to_reach())
        more = "" if self._route.resolves_here else " (the proxy looks up the web server)"
        text = "no lookup: the host is an address" if found == [host] else f"{host} is {', '.join(found)}"
        return Finding(Status.OK, f"{text}{more}")

    def _connect(self) -> Finding:
        host, port = self._route.first_hop
        begun = time.monotonic()
        try:
            self._ask(f"connecting to {host}", lambda: socket.create_connection((host, port), CONNECT_TIMEOUT).close())
        except (OSError, ShellError) as error:
            text = f"no connection to port {port} of {host}: {_reason(error)}"
            return Finding(Status.FAIL, text, self._how_to_reach())
        return Finding(Status.OK, f"port {port} of {host} answers in {(time.monotonic() - begun) * 1000:.0f} ms")

    def _greet(self) -> Finding:
        """Verify the web server's certificate. Its clock counts where AWS's is unknown."""
        try:
            peer = self._ask("reading the certificate of the web server", lambda: self._transport.greet(self._host))
        except ShellError as error:
            return Finding(Status.FAIL, error.message, self._how_to_reach())
        finally:
            self._transport.close()
        date = mwaa.read_date(peer.date)
        if self._ahead is None and date is not None:
            self._ahead = time.time() - date.timestamp(), "the web server"
        until = f" until {peer.expires}" if peer.expires else ""
        return Finding(Status.OK, f"{peer.tls}, signed by {peer.issuer}{until}")

    def _clock(self) -> Finding:
        """Compare the clock with AWS's or the web server's, even after a failure."""
        return clock(*self._ahead) if self._ahead else Finding(Status.SKIP, self._stopped or "the response has no date")

    def _version(self) -> Finding:
        result = self._examined.run(self._connection, "version")
        if result.exit_code is ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        return version(result)

    def _how_to_reach(self) -> str:
        proxy = self._route.proxy
        if proxy is not None:
            return f"check that the proxy {proxy} ({proxy.source}) is right and runs"
        if self._route.moved:
            return "open the tunnel that --connect-to leads to"
        return how_to_reach(self._info.access_mode if self._info else "")


class Check(NamedTuple):
    """One check, and what its failure means."""

    name: str
    make: Callable[[Examination], Finding]
    advice: str = ""  #: where the permission is missing
    optional: bool = False  #: commands run without it: a failure is only a note
    stops: bool = False  #: no further check is made after a failure
    always: bool = False  #: is made after any failure


CHECKS = (
    Check("AWS settings", Examination._settings, stops=True),
    Check("credentials", Examination._credentials, stops=True, always=True),
    Check("identity", Examination._identity, stops=True),
    Check("ListEnvironments", Examination._list_environments, "no menu of environments: name one on the command line"),
    Check("GetEnvironment", Examination._get_environment, "version and status unavailable: pass --airflow-version"),
    Check("environment", Examination._status),
    Check("access", Examination._access_mode),
    Check("InvokeRestApi", Examination._rest, "no .rest, .export, .import and live completion", optional=True),
    Check("CreateWebLoginToken", Examination._web_login, ".open opens Airflow's pages without a login", optional=True),
    Check("DescribeLogStreams", Examination._log_streams, ".logs requires it", optional=True),
    Check("GetLogEvents", Examination._log_events, ".logs requires it", optional=True),
    Check(
        "CreateCliToken",
        Examination._cli_token,
        "no command runs without it: AWS's policy AmazonMWAAAirflowCliAccess allows it",
        stops=True,
    ),
    Check("proxy", Examination._proxy, stops=True),
    Check("DNS", Examination._look_up, stops=True),
    Check("TCP", Examination._connect, stops=True),
    Check("TLS", Examination._greet, stops=True),
    Check("clock", Examination._clock, always=True),
    Check(COMMAND_CHECK, Examination._version),
)


def examine(examined: Examined) -> Iterator[CheckResult]:
    """Yield the result of each check. Without a name, the only environment of the region is examined."""
    yield from machine_results()
    yield from Examination(examined).results()


# -- what they find, pure ----------------------------------------------------------------------------------------------


def _advice(error: ShellError) -> str:
    """Return what to do about an error."""
    if isinstance(error, NoAnswer):
        return "Check the network and the region. AWS may require a proxy (HTTPS_PROXY)."
    return error.hint or ("Try aws sts get-caller-identity." if isinstance(error, CredentialsProblem) else "")


def _reason(error: Exception) -> str:
    """Return an error of the system or of the shell as a part of a sentence."""
    return error.message if isinstance(error, ShellError) else getattr(error, "strerror", None) or str(error)


def credentials(found: mwaa.Credentials, now: datetime) -> Finding:
    """Return the source of the credentials and their end."""
    text = f"from {found.source}, key ****{found.key}"
    if found.expires is not None:
        minutes = int((found.expires - now).total_seconds() // 60)
        until = found.expires.astimezone().strftime("%Y-%m-%d %H:%M")
        if minutes < 0:
            return Finding(Status.NOTE, f"{text}, expired at {until}", "log in again")
        left = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        text += f", until {until} (in {left})"
    elif found.temporary:
        text += ", temporary, with an unknown end"
    return Finding(Status.OK, text)


def status(text: str) -> Finding:
    """Return whether commands run on an environment with this status."""
    if text in USABLE or not text:
        return Finding(Status.OK, text or "unknown status")
    if text in CHANGING:
        return Finding(Status.NOTE, text, "commands may fail until it is AVAILABLE (see .info)")
    return Finding(Status.FAIL, text, "see why in the MWAA console")


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host in order. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(_described(str(address[0])) for *_, address in found))


def _described(address: str) -> str:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return f"{address} (private)" if ip.is_private and not ip.is_loopback else address


def clock(ahead: float, whose: str) -> Finding:
    """Return the check of this machine's clock, which is ``ahead`` seconds fast."""
    if abs(ahead) < NOTEWORTHY:
        return Finding(Status.OK, f"as that of {whose}, within {max(abs(ahead), 1):.0f} s")
    by = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} that of {whose}"
    advice = "set the clock of this machine, best by NTP"
    if abs(ahead) < TOO_MUCH:
        return Finding(Status.NOTE, by, advice)
    return Finding(Status.FAIL, f"{by}: AWS rejects its signatures", advice)


def version(result: Result) -> Finding:
    """Return the version that the ``version`` command printed."""
    if not result.ok:
        advice = "run version, then see the response with .raw --http" if ".doctor" in result.hint else result.hint
        return Finding(Status.FAIL, result.message, advice)
    text = result.stdout.decode("utf-8", "replace")
    said = version_in_output(text)
    spent = f"{result.token_seconds:.1f} s for a token and {result.command_seconds:.1f} s for the response"
    if said is not None:
        return Finding(Status.OK, f"Airflow {said} ({spent})")
    first = next((line for line in map(str.strip, text.splitlines()) if line), "")
    printed = "printed nothing, where the version was expected"
    if first:
        printed = f"printed no version, but '{first[:LONGEST]}{'…' if len(first) > LONGEST else ''}'"
    advice = "commands run. Pass --airflow-version if GetEnvironment is not permitted"
    return Finding(Status.NOTE, f"the command ran and {printed} ({spent})", advice)
