"""The endpoints of AWS services that the shell never asks: botocore would keep all of them in memory."""

from __future__ import annotations

import os
from typing import Any

#: The services that are asked, as botocore's table of endpoints calls them: MWAA, and those that give credentials.
SERVICES = frozenset({"airflow", "oidc", "portal.sso", "signin", "sts"})
#: Of botocore's data, the one with the endpoints of every service there is.
ENDPOINTS = "endpoints"


def forget_other_services(session: Any) -> None:
    """Let a session of botocore keep no endpoints but those of the services that are asked; there are hundreds.

    One that it does not know has the endpoint that all follow, as a new service has it.
    """
    loader = session.get_component("data_loader")
    loader.file_loader = _Files(loader.file_loader)


class _Files:
    """Reads the files of botocore's data, as its own reader does but for one that it would keep whole."""

    def __init__(self, files: Any) -> None:
        self._files = files

    def exists(self, path: str) -> bool:
        """Whether there is one of this name."""
        return bool(self._files.exists(path))

    def load_file(self, path: str) -> Any:
        """What it holds; ``None`` where there is none."""
        data = self._files.load_file(path)
        return _of_our_services(data) if os.path.basename(path) == ENDPOINTS else data


def _of_our_services(data: Any) -> Any:
    """The table without other services; as it is where it has another form."""
    try:
        return {**data, "partitions": [_ours(one) for one in data["partitions"]]}
    except (AttributeError, KeyError, TypeError):
        return data


def _ours(partition: dict[str, Any]) -> dict[str, Any]:
    return {**partition, "services": {name: one for name, one in partition["services"].items() if name in SERVICES}}
