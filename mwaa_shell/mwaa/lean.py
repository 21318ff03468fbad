"""What boto3 and requests bring along and nobody here has use for: it takes time at each start, and memory for ever."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

#: Guess how text is encoded. Replies are read as bytes here; without these requests takes text for UTF-8.
DETECTORS = ("chardet", "charset_normalizer")
#: The services that are asked, as botocore's table of endpoints calls them: MWAA, and those that give credentials.
SERVICES = frozenset({"airflow", "oidc", "portal.sso", "signin", "sts"})
#: Of botocore's data, the one with the endpoints of every service there is.
ENDPOINTS = "endpoints"


def import_requests() -> None:
    """Import requests as it is where no detector is installed, which it allows for, and says."""
    if "requests" in sys.modules:
        return
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection dependency")
    left_out = [name for name in DETECTORS if name not in sys.modules]
    for name in left_out:
        sys.modules[name] = None  # type: ignore[assignment]  # what Python takes for: there is none
    try:
        import requests  # noqa: F401
    finally:
        for name in left_out:
            sys.modules.pop(name, None)


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
