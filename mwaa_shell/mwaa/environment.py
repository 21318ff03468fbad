"""The facts that AWS reports of an environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.versions import Version, parse_version


class EnvironmentInfo(NamedTuple):
    """The report of GetEnvironment. ``details`` is the Environment member of the response, unchanged."""

    name: str
    version: Version | None = None
    status: str = ""
    arn: str = ""
    details: Mapping[str, Any] = MappingProxyType({})

    @property
    def account(self) -> str:
        """The account number, from the ARN."""
        parts = self.arn.split(":")
        return parts[4] if len(parts) > 5 else ""

    @property
    def access_mode(self) -> str:
        """The access mode of the web server, such as ``PRIVATE_ONLY``; empty if unknown."""
        return str(self.details.get("WebserverAccessMode") or "")


def how_to_reach(access_mode: str) -> str:
    """Return the hint for a web server that cannot be reached, by its access mode."""
    if access_mode and access_mode != "PRIVATE_ONLY":
        return f"Check the network of this machine, or pass --proxy: the web server is public ({access_mode})."
    start = "It is private" if access_mode else "If it is private"
    return f"{start}: connect through a VPN, --proxy or --connect-to (.help access)."


def from_details(name: str, details: Mapping[str, Any]) -> EnvironmentInfo:
    """Return the value for the Environment member of a response."""
    return EnvironmentInfo(
        name=str(details.get("Name") or name),
        version=parse_version(str(details.get("AirflowVersion") or "")),
        status=str(details.get("Status") or ""),
        arn=str(details.get("Arn") or ""),
        details=details,
    )


#: A host of labels that DNS takes, perhaps with a port.
_HOST = re.compile(r"(?=[^:]{1,253}(?::|\Z))([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}\.?(:(?P<port>[0-9]{1,5}))?")
#: Words in the name of a configuration option whose value may be a secret: Airflow's own list.
_SECRET = re.compile(
    r"access_token|api_?key|apikey|authorization|passphrase|passwd|password|private_key|secret|token|fernet_key|"
    r"sql_alchemy_conn|broker_url|result_backend|keyfile_dict|service_account",
    re.IGNORECASE,
)
#: What is shown first, in this order; every other member follows under its own name.
_ORDER = (
    "Name", "Status", "AirflowVersion", "Arn", "CreatedAt", "WebserverUrl", "WebserverAccessMode", "EnvironmentClass",
    "Schedulers", "MinWorkers", "MaxWorkers", "MinWebservers", "MaxWebservers", "SourceBucketArn", "DagS3Path",
    "RequirementsS3Path", "RequirementsS3ObjectVersion", "PluginsS3Path", "PluginsS3ObjectVersion",
    "StartupScriptS3Path", "StartupScriptS3ObjectVersion", "ExecutionRoleArn", "ServiceRoleArn", "KmsKey",
    "WeeklyMaintenanceWindowStart", "LastUpdate", "NetworkConfiguration", "LoggingConfiguration",
    "AirflowConfigurationOptions", "Tags",
)  # fmt: skip


def is_host(text: str) -> bool:
    """Return whether a text is a host, with or without a port."""
    found = _HOST.fullmatch(text)
    return found is not None and (found["port"] is None or 0 < int(found["port"]) < 65536)


def facts(environment: EnvironmentInfo) -> list[tuple[str, str]]:
    """Return all members of a response as label and text. Options that may be secrets are masked."""
    details = environment.details
    names = [name for name in _ORDER if name in details] + sorted(set(details) - set(_ORDER))
    rows: list[tuple[str, str]] = []
    for name in names:
        rows += _flat(name, details[name])
    return rows


def _flat(label: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        rows: list[tuple[str, str]] = []
        for key in sorted(value):
            rows += _flat(f"{label}.{key}", value[key])
        return rows
    if label.startswith("AirflowConfigurationOptions.") and _SECRET.search(label):
        return [(label, MASK)]
    if isinstance(value, list | tuple):
        return [(label, ", ".join(str(item) for item in value))] if value else []
    if value is None or value == "":
        return []
    return [(label, value.isoformat() if hasattr(value, "isoformat") else str(value))]
