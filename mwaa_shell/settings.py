"""What the user asked for, as frozen values; ``cli`` makes them, everything else reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell.config import NAMED, Config, ConfigValue, as_preferences
from mwaa_shell.limits import MAX_REPLY, READ_TIMEOUT
from mwaa_shell.prompt_text import PROTECTED, is_protected

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key that the private MWAA made for this start; a real account's stay with boto3."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """How AWS is reached; ``None`` leaves it to boto3's own resolution."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    ca_bundle: str | None = None  #: holds for the AWS API and for the web server
    timeout: float = READ_TIMEOUT  #: seconds
    keys: AccessKey | None = None
    max_reply: int = MAX_REPLY  #: MB after decompression
    direct: bool = False  #: on this machine: no proxy, no instance metadata
    account: str = ""  #: of a local environment, known before AWS's side is asked
    scheduled: bool = True  #: something runs its DAGs; a private MWAA does not unless it is asked to
    #: to the web server; empty for none, ``None`` for what the standard variables say. May hold a password
    proxy: str | None = field(default=None, repr=False)
    connect_to: tuple[str, ...] = ()  #: each ``HOST:PORT:HOST:PORT``, for the web server


def at(access: Access, region: str | None, profile: str | None) -> Access:
    """The same way to reach AWS in another region or as another profile, whose own region holds if none is named."""
    if profile is None:
        return replace(access, region=region or access.region)
    return replace(access, profile=profile, region=region)


#: The members of ``Access`` that the user's file may say, by their names there.
FROM_FILE = {
    "profile": "profile", "region": "region", "endpoint-url": "endpoint_url", "ca-bundle": "ca_bundle",
    "proxy": "proxy", "connect-to": "connect_to", "timeout": "timeout", "max-reply": "max_reply",
}  # fmt: skip


def with_file(access: Access, said: Mapping[str, ConfigValue], environ: Mapping[str, str]) -> Access:
    """The same way, with what the file says of what neither an option nor an environment variable has said."""
    if access.direct:  # the private MWAA is where it is
        return access
    values: dict[str, Any] = {}
    for name, member in FROM_FILE.items():
        if name in said and not says(access, member) and not any(map(environ.get, NAMED[name].variables)):
            value = said[name].value
            values[member] = tuple(value) if isinstance(value, list) else value
    return replace(access, **values)


def profile_of_boto3(access: Access) -> str:
    """The profile that boto3 uses, empty for none named: of the two variables, botocore takes this one first."""
    return access.profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or ""


def says(access: Access, member: str) -> bool:
    """Whether an option has said something of it."""
    return bool(getattr(access, member) != getattr(Access(), member))


class LocalSettings(NamedTuple):
    """What to run as a private MWAA."""

    versions: tuple[str, ...] = ()  #: empty: the newest that this machine can run
    dags_folder: Path | None = None
    record: Path | None = None  #: keep each request and what the airflow program answered here
    fresh_processes: bool = False
    scheduler: bool = False  #: run the DAGs too
    limits: bool = True  #: refuse what MWAA refuses, and end what takes longer than its gateway waits
    prompt: bool = True  #: somebody is to sit at a prompt, and is told of others on the same environment
    requirements: Path | None = None  #: the team's own requirements.txt
    plugins_folder: Path | None = None
    airflow_config: tuple[str, ...] = ()  #: each ``section.option=value``


@dataclass(frozen=True, slots=True)
class Protection:
    """Which confirmations an environment needs."""

    name: str
    protected: bool = False
    read_only: bool = False
    why: str = ""  #: it is: who says so, such as "as --read-only says"


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of the program."""

    environment: str | None = None
    access: Access = Access()
    airflow_version: str | None = None  #: said by the user; wins over what AWS says
    data_only: bool = False
    keep_going: bool = False
    validate: bool = True  #: refuse a line that Airflow would refuse, before it is sent
    read_only: bool = False  #: send nothing but what reads
    yes: str | None = None  #: said beforehand to what would be asked: empty for yes, or the name of an environment
    color: str = "auto"  #: auto, always or never
    log_file: Path | None = None  #: where each command that is sent is written down, for others to read
    log_output: bool = False  #: and with it what it printed
    config: Config = field(default_factory=Config)  #: the user's own file
    secret_words: str = ""  #: the user's own names of secrets, with commas or blanks between

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is wrong with the user's file, and what that costs until it is mended."""
        config = self.config
        if not config.doubtful or self.read_only:
            return config.problems
        return (*config.problems, f"Until {config.name} is mended, only what reads is sent; .readonly off lifts that")

    def protects(self, name: str, patterns: str | None = None) -> bool:
        """Whether an environment is protected: as the file says of it, else where its name fits the patterns."""
        said = self.config.on(name)
        if "protected" in said:
            return bool(said["protected"].value)
        if patterns is None:
            patterns = as_preferences(said).get("protect", PROTECTED)
        return is_protected(name, patterns)

    def colour_of(self, name: str) -> str:
        """The colour of an environment's name before anything is set, as the file says."""
        return as_preferences(self.config.on(name)).get("colour", "auto")

    def only_reads(self, name: str, always: bool | None = None) -> bool:
        """Whether nothing but reads is sent to an environment: always, or because the file says so of it."""
        said = self.config.on(name)
        always = self.read_only if always is None else always
        return always or ("read-only" in said and bool(said["read-only"].value))

    def protection(self, name: str, protect: str | None, *, read_only: bool, why: str = "") -> Protection:
        """Return the confirmations that an environment needs, with what has been set since.

        ``protect`` are the patterns of protected environments; ``why`` names who says that nothing but reads is sent.
        """
        only_reads = self.only_reads(name, read_only)
        return Protection(name, self.protects(name, protect), only_reads, why if only_reads else "")


class InputSource(NamedTuple):
    """Lines to run: a ``-c`` text or a ``-f`` file."""

    text: str | None = None
    path: Path | None = None


class LaunchPlan(NamedTuple):
    """What the command line asks for."""

    settings: Settings
    local: LocalSettings | None
    serve: bool
    sources: tuple[InputSource, ...]
    print_token: bool = False
    doctor: bool = False
    json: bool = False
