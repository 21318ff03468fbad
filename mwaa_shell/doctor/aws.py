"""AWS: whether it is set up here, who asks, and what of MWAA that one may do: each permission is tried."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mwaa_shell.doctor.report import CheckResult, Examined, NoAnswer, Status, bounded
from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, PermissionMissing, ShellError
from mwaa_shell.mwaa.environment import CliToken, EnvironmentInfo, how_to_reach

if TYPE_CHECKING:
    from mwaa_shell.mwaa.aws import MwaaApi
    from mwaa_shell.mwaa.identity import CallerIdentity, Credentials

#: Seconds by which the clocks may differ: AWS takes signatures of the last five minutes, a token lives for one.
NOTEWORTHY, TOO_MUCH = 30, 300
#: How the part of a sentence begins that says what to do.
ADVISES = ("run ", "pass ", "name ", "put ", "set the variables", "log in", "is this machine", "they came", "there are")
#: Seconds for Airflow's REST API: AWS gives up after 10, a private MWAA's first answer takes longer.
REST_LIMIT = 32.0
#: The names of all checks that ask AWS, in their order.
CHECKS = (
    "AWS settings", "credentials", "identity", "clock", "ListEnvironments", "GetEnvironment", "environment", "access",
    "InvokeRestApi", "CreateCliToken",
)  # fmt: skip
#: What the states of an environment mean for commands.
USABLE = {"AVAILABLE", "UPDATE_FAILED"}
CHANGING = {"CREATING", "UPDATING", "ROLLING_BACK", "CREATING_SNAPSHOT", "PENDING", "MAINTENANCE", "DELETING"}


class AwsChecks:
    """The checks that ask AWS; what they find out is kept for those behind them."""

    def __init__(self, examined: Examined) -> None:
        self.name = examined.name  #: of the environment; the only one of the region, where none was named
        self.dated = False  #: AWS has told what time it is
        self.token: CliToken | None = None
        self.known: EnvironmentInfo | None = None
        self._connect = examined.connect
        self._wait = examined.wait
        self._reached: list[str] = []
        self._api: MwaaApi | None = None
        self._usable = True  #: the credentials, as far as is known
        self._found = True  #: the environment
        self._others: tuple[str, ...] = ()

    def findings(self) -> Iterator[CheckResult]:
        """All of them; those that cannot be made any more are skipped. Without AWS's, the web server tells the time."""
        why = ""
        for found in self._tried():
            self._reached.append(found.name)
            why = f"{found.name} failed" if found.status is Status.FAIL else why
            yield found
        for name in CHECKS:
            if name not in self._reached and (name != "clock" or self.token is None):
                yield skipped(name, why or "no environment was named")

    def _tried(self) -> Iterator[CheckResult]:
        yield (found := self._settings())
        if found.status is Status.FAIL:
            yield from self._key(found)  # both are to be mended
            return
        yield from self._who()
        if self._usable:
            yield from self._environment()

    # -- who asks ----------------------------------------------------------------------------------------------------

    def _settings(self) -> CheckResult:
        link = self._connect(self.name or "")

        def look() -> str:
            from mwaa_shell.mwaa.identity import setup  # imports botocore: the checks of this machine are shown before

            self._api = link.api
            found = setup(link.api)
            way = f" through {found.proxy}" if found.proxy else ""
            return f"region {found.region or 'none'}, asked at {found.endpoint}{way}"

        try:
            text = bounded(self._wait, "looking for AWS settings", look)
        except ShellError as error:
            return failure("AWS settings", error)
        return CheckResult("AWS settings", Status.OK, text, remote=True)

    def _who(self) -> Iterator[CheckResult]:
        api = self._aws
        yield from self._key()
        if api.access.keys is not None:
            yield skipped("identity", "a private MWAA knows nobody")
        if api.access.keys is not None or not self._usable:
            return
        asked = time.time()
        try:
            caller = bounded(self._wait, "asking STS who we are", lambda: _caller(api))
        except ShellError as error:
            yield unknown_caller(error)
            return
        yield self._identity(caller)
        if caller.date is not None:
            self.dated = True
            yield clock((asked + time.time()) / 2 - caller.date.timestamp(), "AWS")

    def _key(self, settings: CheckResult | None = None) -> Iterator[CheckResult]:
        if self._api is None:
            return
        if self._aws.access.keys is not None:
            yield CheckResult("credentials", Status.OK, "a key that was made for this start", remote=True)
            return
        try:
            key = bounded(self._wait, "looking for credentials", lambda: _credentials(self._aws))
        except ShellError as error:
            self._usable = False
            found = failure("credentials", error)
            if settings is None or found.text != settings.text:
                yield found
        else:
            yield credentials(key, datetime.now(UTC))

    def _identity(self, caller: CallerIdentity) -> CheckResult:
        if caller.error is None:
            return CheckResult("identity", Status.OK, f"{caller.arn} (by sts:GetCallerIdentity)", remote=True)
        if isinstance(caller.error, CredentialsProblem):
            self._usable = False
            return failure("identity", caller.error)
        return unknown_caller(caller.error)

    @property
    def _aws(self) -> MwaaApi:
        assert self._api is not None
        return self._api

    # -- what that one may do ----------------------------------------------------------------------------------------

    def _environment(self) -> Iterator[CheckResult]:
        yield self._list()
        if self.name is None:
            return
        yield self._describe()
        if not self._found:
            return
        if self.known is not None:
            yield status(self.known)
            yield access_mode(self.known)
        else:
            for name in ("environment", "access"):
                yield skipped(name, "GetEnvironment would tell")
        yield self._rest()
        yield self._mint()

    def _list(self) -> CheckResult:
        name = "ListEnvironments"
        try:
            names = bounded(self._wait, "listing environments", lambda: self._aws.names())  # noqa: PLW0108
        except PermissionMissing as error:
            needs = "" if self.name else "; name an environment: mwaa-shell doctor ENV"
            return not_allowed(name, error, f"only the choice between environments is missed{needs}")
        except ShellError as error:
            return failure(name, error)
        self._others = tuple(names)
        if self.name is None and len(names) == 1:
            self.name = names[0]
        there = ", ".join(names) or "none in this region"
        if self.name is None:
            advice = "mwaa-shell doctor ENV looks at one" if names else "name another region with --region"
            return CheckResult(name, Status.NOTE, f"allowed; there are {there}", advice, remote=True)
        return CheckResult(name, Status.OK, f"allowed; there are {there}", remote=True)

    def _describe(self) -> CheckResult:
        name, environment = "GetEnvironment", self.name or ""
        try:
            self.known = bounded(self._wait, "asking for the environment", lambda: self._aws.describe(environment))
        except EnvironmentNotFound as error:
            self._found = False
            there = f"there are {', '.join(self._others)}" if self._others else "see --region and --profile"
            return CheckResult(name, Status.FAIL, str(error), there, remote=True)
        except PermissionMissing as error:
            return not_allowed(name, error, "the Airflow version and the status are missed; --airflow-version says one")
        except ShellError as error:
            return failure(name, error)
        runs = f"it runs Airflow {self.known.version}" if self.known.version else "no Airflow version is told"
        return CheckResult(name, Status.OK, f"allowed; {runs}", remote=True)

    def _rest(self) -> CheckResult:
        name, environment = "InvokeRestApi", self.name or ""
        text = "allowed; asked for one DAG"
        try:
            bounded(
                self._wait,
                "asking Airflow's REST API",
                lambda: self._aws.invoke_rest(environment, "/dags", {"limit": 1}),
                REST_LIMIT,
            )
        except PermissionMissing as error:
            return not_allowed(name, error, "names are then completed only once they were seen, or with .refresh")
        except ShellError as error:
            return CheckResult(
                name, Status.NOTE, plain(error), "names complete without it, once they were seen", remote=True
            )
        return CheckResult(name, Status.OK, text, remote=True)

    def _mint(self) -> CheckResult:
        name, environment = "CreateCliToken", self.name or ""
        begun = time.monotonic()
        try:
            self.token = bounded(self._wait, "making a token", lambda: self._aws.cli_token(environment))
        except PermissionMissing as error:
            advice = "no command runs without it: AWS's policy AmazonMWAAAirflowCliAccess allows it"
            return CheckResult(name, Status.FAIL, _denied(error), advice, remote=True)
        except ShellError as error:
            return failure(name, error)
        seconds = time.monotonic() - begun
        return CheckResult(name, Status.OK, f"allowed; a token in {seconds:.1f} s, thrown away", remote=True)


def _credentials(api: MwaaApi) -> Credentials:
    from mwaa_shell.mwaa.identity import credentials  # imports botocore

    return credentials(api)


def _caller(api: MwaaApi) -> CallerIdentity:
    from mwaa_shell.mwaa.identity import caller  # imports botocore

    return caller(api)


# -- what they find, pure ----------------------------------------------------------------------------------------------


def skipped(name: str, why: str) -> CheckResult:
    """A check that was not made."""
    return CheckResult(name, Status.SKIP, why, remote=True)


def plain(error: ShellError) -> str:
    """A sentence without what it says of commands: here there is none."""
    return str(error).replace(", nothing ran", "").replace("; nothing ran", "")


def failure(name: str, error: ShellError) -> CheckResult:
    """A check that failed; what a sentence says behind its colon is what to do, if it says that."""
    if isinstance(error, NoAnswer):
        advice = "is this machine online, and the region right? Does AWS want a proxy (HTTPS_PROXY)?"
        return CheckResult(name, Status.FAIL, str(error), advice, remote=True)
    said = plain(error)
    for colon in re.finditer(": ", said):  # there may be some in what AWS or a program has to say
        if said[colon.end() :].startswith(ADVISES):
            return CheckResult(name, Status.FAIL, said[: colon.start()], said[colon.end() :], remote=True)
    advice = "see whether aws sts get-caller-identity works" if isinstance(error, CredentialsProblem) else ""
    return CheckResult(name, Status.FAIL, said, advice, remote=True)


def _denied(error: PermissionMissing) -> str:
    return f"{error.action} is not allowed" if "once it has been" not in str(error) else plain(error)


def not_allowed(name: str, error: PermissionMissing, costs: str) -> CheckResult:
    """A permission that is missing and not needed."""
    return CheckResult(name, Status.NOTE, _denied(error), costs, remote=True)


def unknown_caller(error: ShellError) -> CheckResult:
    """STS tells nothing: commands need it not."""
    return CheckResult("identity", Status.NOTE, f"STS does not tell: {plain(error)}", remote=True)


def credentials(found: Credentials, now: datetime) -> CheckResult:
    """Whose key, and for how long."""
    text = f"from {found.source}, key ****{found.key}"
    if found.expires is not None:
        minutes = int((found.expires - now).total_seconds() // 60)
        until = found.expires.astimezone().strftime("%Y-%m-%d %H:%M")
        left = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        if minutes < 0:
            return CheckResult("credentials", Status.NOTE, f"{text}, expired at {until}", "log in again", remote=True)
        text += f", until {until} (in {left})"
    elif found.temporary:
        text += ", temporary; until when is not known here"
    return CheckResult("credentials", Status.OK, text, remote=True)


def clock(ahead: float, whose: str) -> CheckResult:
    """How far this machine's clock is ahead of another one, in seconds; replies are dated to the second."""
    by = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} that of {whose}"
    if abs(ahead) < NOTEWORTHY:
        return CheckResult("clock", Status.OK, f"as that of {whose}, within {max(abs(ahead), 1):.0f} s", remote=True)
    advice = "set the clock of this machine, best by NTP"
    if abs(ahead) < TOO_MUCH:
        return CheckResult("clock", Status.NOTE, by, advice, remote=True)
    return CheckResult("clock", Status.FAIL, f"{by}: AWS refuses what is signed by it", advice, remote=True)


def status(known: EnvironmentInfo) -> CheckResult:
    """Whether the environment is in a state to run commands."""
    if known.status in USABLE or not known.status:
        return CheckResult("environment", Status.OK, known.status or "of no known status", remote=True)
    if known.status in CHANGING:
        advice = "commands may fail until it is AVAILABLE; .info tells"
        return CheckResult("environment", Status.NOTE, known.status, advice, remote=True)
    return CheckResult("environment", Status.FAIL, known.status, "see why in the MWAA console", remote=True)


def access_mode(known: EnvironmentInfo) -> CheckResult:
    """Who reaches its web server."""
    mode = known.access_mode
    private = mode == "PRIVATE_ONLY"
    return CheckResult("access", Status.OK, how_to_reach(mode) if private else mode or "not told", remote=True)
