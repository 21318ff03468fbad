"""The user's options as frozen values, which ``launch`` makes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell.config import NAMED, Config, ConfigValue, as_preferences
from mwaa_shell.durations import MAX_RESPONSE, READ_TIMEOUT
from mwaa_shell.prompt_text import PROTECTED, is_protected

if TYPE_CHECKING:
    from pathlib import Path


class AccessKey(NamedTuple):
    """An access key of a local environment. boto3 keeps those of real accounts."""

    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"AccessKey({self.access_key})"


class Access(NamedTuple):
    """The way to AWS; ``None`` leaves a member to boto3."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    ca_bundle: str | None = None  #: holds for the AWS API and for the web server
    timeout: float = READ_TIMEOUT  #: seconds
    keys: AccessKey | None = None
    max_response: int = MAX_RESPONSE  #: MB after decompression
    direct: bool = False  #: on this machine: no proxy, no instance metadata
    account: str = ""  #: of a local environment, known without an AWS call
    scheduled: bool = True  #: a scheduler runs; a local environment has one on request
    #: to the web server; empty for none, ``None`` for the standard variables. May hold a password
    proxy: str | None = None
    connect_to: tuple[str, ...] = ()  #: each ``HOST:PORT:HOST:PORT``, for the web server

    def __repr__(self) -> str:
        return f"Access({self.profile}, {self.region})"


def with_region_or_profile(access: Access, region: str | None, profile: str | None) -> Access:
    """Return access in another region or with another profile.

    The region of the other profile applies if no region is named.
    """
    if profile is None:
        return access._replace(region=region or access.region)
    return access._replace(profile=profile, region=region)


#: The members of ``Access`` that ``config.toml`` may set; a dash in a setting is an underscore here.
FROM_FILE = ("profile", "region", "endpoint_url", "ca_bundle", "proxy", "connect_to", "timeout", "max_response")


def apply_config(access: Access, said: Mapping[str, ConfigValue], environ: Mapping[str, str]) -> Access:
    """Return access with the values of the file that no option or variable sets."""
    if access.direct:  # a local environment is on this machine
        return access
    values: dict[str, Any] = {}
    for member in FROM_FILE:
        name = member.replace("_", "-")
        if name in said and not is_explicit(access, member) and not any(map(environ.get, NAMED[name].variables)):
            value = said[name].value
            values[member] = tuple(value) if isinstance(value, list) else value
    return access._replace(**values)


def profile_of_boto3(access: Access) -> str:
    """Return the profile of boto3, empty for none. botocore prefers ``AWS_DEFAULT_PROFILE`` to ``AWS_PROFILE``."""
    return access.profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or ""


def is_explicit(access: Access, member: str) -> bool:
    """Return whether an option set a member."""
    return bool(getattr(access, member) != getattr(Access(), member))


class LocalSettings(NamedTuple):
    """The options of a local environment."""

    versions: tuple[str, ...] = ()  #: empty: the newest that this machine can run
    dags_folder: Path | None = None
    record: Path | None = None  #: a folder for each request and the output of airflow
    fresh_processes: bool = False
    scheduler: bool = False  #: run the DAGs too
    limits: bool = True  #: block the commands that MWAA blocks, and apply its time limit
    prompt: bool = True  #: a prompt shows notices about other users of the environment
    requirements: Path | None = None  #: the team's own requirements.txt
    plugins_folder: Path | None = None
    airflow_config: tuple[str, ...] = ()  #: each ``section.option=value``


class Protection(NamedTuple):
    """The confirmations that an environment requires."""

    name: str
    protected: bool = False
    read_only: bool = False
    hint: str = ""  #: how to leave the read-only mode


class Settings(NamedTuple):
    """One run of the program."""

    environment: str | None = None
    access: Access = Access()
    airflow_version: str | None = None  #: of an option; wins over the version that AWS reports
    data_only: bool = False
    keep_going: bool = False
    validate: bool = True  #: do not send a command that Airflow would reject
    read_only: bool = False  #: send only read-only commands
    yes: str | None = None  #: the answer to confirmations: empty for yes, or an environment
    on: bool = False  #: ``--on`` says where each command runs
    color: str = "auto"  #: auto, always or never
    log_file: Path | None = None  #: gets each sent command as a line of JSON
    log_output: bool = False  #: with the output of each command
    config: Config = Config()  #: the user's own file
    secret_words: str = ""  #: the user's own names of secrets, with commas or blanks between

    @property
    def remarks(self) -> tuple[str, ...]:
        """The mistakes in the user's file, and their effect."""
        config = self.config
        if not config.doubtful or self.read_only:
            return config.problems
        return (*config.problems, f"Read-only mode is on until {config.name} is fixed (.readonly off ends it).")

    def protects(self, name: str, patterns: str | None = None) -> bool:
        """Return whether an environment is protected, by the file or else by its name."""
        said = self.config.on(name)
        if "protected" in said:
            return bool(said["protected"].value)
        if patterns is None:
            patterns = as_preferences(said).get("protect", PROTECTED)
        return is_protected(name, patterns)

    def color_of(self, name: str) -> str:
        """Return the color of an environment's name from the file."""
        return as_preferences(self.config.on(name)).get("prompt-color", "auto")

    def only_reads(self, name: str, always: bool | None = None) -> bool:
        """Return whether an environment is read-only, for all or by the file."""
        said = self.config.on(name)
        always = self.read_only if always is None else always
        return always or ("read-only" in said and bool(said["read-only"].value))
