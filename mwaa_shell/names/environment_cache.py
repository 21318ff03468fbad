"""Which account and region an environment was last seen in, kept so that nothing has to wait for AWS to say so again.

One small file for all environments; what cannot be read or written is as if nothing had been kept. What AWS says now
always wins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.names.cache_file import keep_row, rows_of
from mwaa_shell.names.cache_folder import default_folder
from mwaa_shell.settings import profile_of_boto3

if TYPE_CHECKING:
    from mwaa_shell.mwaa.connection import Connection, EnvironmentRef

#: So many environments are kept, those seen last.
MOST = 200


class SeenEnvironment(NamedTuple):
    """Where an environment is, and what it ran."""

    account: str
    region: str
    environment: str
    version: Version | None = None
    confirmed: bool = False  #: AWS has said so just now, or has refused to say

    @property
    def owner(self) -> Mapping[str, str]:
        """Whose the names are."""
        return {"account": self.account, "region": self.region, "environment": self.environment}


def of(link: Connection) -> SeenEnvironment | None:
    """What AWS has told of a link's environment, else what was kept of the last time; ``None`` where nothing was.

    Where AWS does not tell whose it is, what stands for the account is a mark of these very credentials.
    """
    known = link.known
    if known.account:
        seen = SeenEnvironment(known.account, link.region, link.target.name, known.version, confirmed=True)
        _keep(link.target, seen)
        return seen
    if link.refused:
        return SeenEnvironment(f"key-{_mark()}", link.region, link.target.name, link.version, confirmed=True)
    return recall(link.target)


def recall(target: EnvironmentRef) -> SeenEnvironment | None:
    """What was kept of the last time."""
    row = rows_of(_file()).get(_key(target))
    if not isinstance(row, list) or len(row) != 3 or not all(isinstance(one, str) for one in row):
        return None
    return SeenEnvironment(row[0], row[1], target.name, parse_version(row[2]))


def _keep(target: EnvironmentRef, seen: SeenEnvironment) -> None:
    keep_row(_file(), _key(target), [seen.account, seen.region, str(seen.version or "")], MOST)


def _key(target: EnvironmentRef) -> str:
    """How an environment is reached; a private MWAA has another port at each start."""
    access = target.access
    where = "local" if access.keys else access.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_MWAA", "")
    profile = profile_of_boto3(access)
    region = access.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    whose = access.account if access.keys else _mark()  # other credentials may be another account's
    return json.dumps([target.name, profile, region, where, whose])


def _mark() -> str:
    """Tells one access key from another, as far as variables name it, without showing it."""
    import hashlib

    return hashlib.sha256(os.environ.get("AWS_ACCESS_KEY_ID", "").encode(errors="replace")).hexdigest()[:12]


def _file() -> Path:
    return default_folder() / "environments.json"
