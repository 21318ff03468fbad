"""The user's options as frozen values: ``launch`` makes them, everything else reads them."""

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
    """An access key that the local environment made for this start; a real account's stay with boto3."""

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
    account: str = ""  #: of a local environment, known before AWS's side is asked
    scheduled: bool = True  #: something runs its DAGs; a local environment does not unless it is asked to
    #: to the web server; empty for none, ``None`` for what the standard variables say. May hold a password
    proxy: str | None = None
    connect_to: tuple[str, ...] = ()  #: each ``HOST:PORT:HOST:PORT``, for the web server

    def __repr__(self) -> str:
        return f"Access({self.profile}, {self.region})"


def with_region_or_profile(access: Access, region: str | None, profile: str | None) -> Access:
    """Return access in another region or with another profile, whose own region applies if none is named."""
    if profile is None:
        return access._replace(region=region or access.region)
    return access._replace(profile=profile, region=region)


#: The members of ``Access`` that ``config.toml`` may set; a dash in a setting is an underscore here.
FROM_FILE = ("profile", "region", "endpoint_url", "ca_bundle", "proxy", "connect_to", "timeout", "max_response")


def apply_config(access: Access, said: Mapping[str, ConfigValue], environ: Mapping[str, str]) -> Access:
    """Return access with the values of the file for all that neither an option nor a variable sets."""
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
    """Return the profile that boto3 uses, empty for none; botocore prefers ``AWS_DEFAULT_PROFILE``."""
    return access.profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or ""


def is_explicit(access: Access, member: str) -> bool:
    """Return whether an option set a member."""
    return bool(getattr(access, member) != getattr(Access(), member))


class LocalSettings(NamedTuple):
    """The options of a local environment."""

    versions: tuple[str, ...] = ()  #: empty: the newest that this machine can run
    dags_folder: Path | None = None
    record: Path | None = None  #: keep each request and what the airflow program answered here
    fresh_processes: bool = False
    scheduler: bool = False  #: run the DAGs too
    limits: bool = True  #: refuse what MWAA refuses, and end what takes longer than its gateway waits
    prompt: bool = True  #: a user is at a prompt, and is told of others on the same environment
    requirements: Path | None = None  #: the team's own requirements.txt
    plugins_folder: Path | None = None
    airflow_config: tuple[str, ...] = ()  #: each ``section.option=value``


class Protection(NamedTuple):
    """Which confirmations an environment needs."""

    name: str
    protected: bool = False
    read_only: bool = False
    hint: str = ""  #: how to leave the read-only mode


class Settings(NamedTuple):
    """One run of the program."""

    environment: str | None = None
    access: Access = Access()
    airflow_version: str | None = None  #: said by the user; wins over what AWS says
    data_only: bool = False
    keep_going: bool = False
    validate: bool = True  #: refuse a line that Airflow would refuse, before it is sent
    read_only: bool = False  #: send nothing but what reads
    yes: str | None = None  #: said beforehand to what would be asked: empty for yes, or the name of an environment
    on: bool = False  #: ``--on`` says where each command runs
    color: str = "auto"  #: auto, always or never
    log_file: Path | None = None  #: where each command that is sent is written down, for others to read
    log_output: bool = False  #: and with it what it printed
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
        """Return whether an environment is protected: by the file, else by the patterns for names."""
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
