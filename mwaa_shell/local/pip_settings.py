"""The package index and certificates that pip is configured with, as uv takes them.

Many machines reach packages only through an index of their own, which pip's files and variables name; uv reads neither.
The places of pip's files are those that its documentation gives.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

#: pip's option -> uv's variable, and how uv separates several values.
_TO_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", " "),
}

#: uv's older names for the same.
_OLDER = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}


def uv_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables to add for uv; one that the user has set for uv himself is left as it is."""
    environ = os.environ if environ is None else environ
    wanted: dict[str, str] = {}
    for option, (variable, separator) in _TO_UV.items():
        value = option_value(option, environ)
        if value and not environ.get(variable) and not environ.get(_OLDER.get(variable, "")):
            wanted[variable] = separator.join(value.split())
    if "UV_INDEX" in wanted and not environ.get("UV_INDEX_STRATEGY"):
        wanted["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip looks in all indexes alike
    return wanted


def option_value(option: str, environ: Mapping[str, str]) -> str:
    """What pip would use: its variable, else ``[install]``, else ``[global]``, each from the last file that has it."""
    from_variable = environ.get("PIP_" + option.upper().replace("-", "_"))
    if from_variable:
        return from_variable
    found = {"install": "", "global": ""}
    for path in config_files(environ):
        parser = configparser.RawConfigParser()
        parser.optionxform = _same_name  # type: ignore[method-assign,assignment]
        try:
            parser.read(path)
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip will complain about it; an install need not fail for it
        for section, before in found.items():
            found[section] = parser.get(section, option, fallback=before)
    return (found["install"] or found["global"]).strip()


def _same_name(option: str) -> str:
    """pip takes dashes and underscores, small letters and capitals."""
    return option.lower().replace("_", "-").removeprefix("--")


def config_files(environ: Mapping[str, str]) -> list[Path]:
    """pip's configuration files, the weakest first."""
    if environ.get("PIP_CONFIG_FILE") == os.devnull:
        return []
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    files = [Path(folder) / "pip" / "pip.conf" for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    files.append(Path("/etc/pip.conf"))
    if sys.platform == "darwin":
        files += [Path("/Library/Application Support/pip/pip.conf"), home / "Library/Application Support/pip/pip.conf"]
    files.append(home / ".pip" / "pip.conf")
    files.append(Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf")
    files.append(Path(environ.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf")
    if environ.get("PIP_CONFIG_FILE"):
        files.append(Path(environ["PIP_CONFIG_FILE"]))
    return files
