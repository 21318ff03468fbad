"""What the user asked for, as frozen values; ``cli`` makes them, everything else reads them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

#: Seconds to wait for a connection to be made, on both sides.
CONNECT_TIMEOUT = 10.0
#: Seconds to wait for an answer: MWAA's gateway gives up at about 60.
READ_TIMEOUT = 75.0


@dataclass(frozen=True, slots=True)
class Keys:
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
    keys: Keys | None = None
    direct: bool = False  #: on this machine: no proxy, no instance metadata


def at(access: Access, region: str | None, profile: str | None) -> Access:
    """The same way to reach AWS in another region or as another profile, whose own region holds if none is named."""
    if profile is None:
        return replace(access, region=region or access.region)
    return replace(access, profile=profile, region=region)


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What to run as a private MWAA."""

    versions: tuple[str, ...] = ()  #: empty: the newest that this machine can run
    dags_folder: Path | None = None
    record: Path | None = None  #: keep each request and what the airflow program answered here
    fresh_processes: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of the program."""

    environment: str | None = None
    access: Access = Access()
    airflow_version: str | None = None  #: said by the user; wins over what AWS says
    data_only: bool = False
    keep_going: bool = False
    validate: bool = True  #: refuse a line that Airflow would refuse, before it is sent
    color: str = "auto"  #: auto, always or never
    log_file: Path | None = None  #: where each command that is sent is written down, for others to read
