"""The user's own configuration options and plugins of a local environment, as the variables that Airflow reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from mwaa_shell.errors import LocalProblem, UsageError

#: What the local environment needs for itself.
RESERVED = frozenset({
    "api_auth.jwt_secret", "core.auth_manager", "core.dags_folder", "core.execution_api_server_url", "core.executor",
    "core.fernet_key", "core.plugins_folder", "core.sql_alchemy_conn", "database.sql_alchemy_conn",
})  # fmt: skip
#: The option that says the same.
INSTEAD = {"core.dags_folder": "--dags-folder", "core.plugins_folder": "--plugins-folder"}


def variables(options: Iterable[str], plugins: Path | None) -> dict[str, str]:
    """The variables of ``section.option=value`` each, and of a folder of plugins. Raises with the reason."""
    made = {}
    for text in options:
        name, equals, value = text.partition("=")
        section, _, option = name.strip().rpartition(".")
        if not equals or not re.fullmatch(r"\w[\w.-]*", section) or not re.fullmatch(r"\w+", option):
            raise UsageError(f"--airflow-config takes section.option=value, not '{name}'")
        known = f"{section}.{option}".lower()
        if known in RESERVED:
            instead = f": use {INSTEAD[known]}" if known in INSTEAD else ": leave it out"
            raise UsageError(f"The local environment sets {known} itself{instead}")
        made[f"AIRFLOW__{section.replace('.', '_').upper()}__{option.upper()}"] = value
    if plugins is not None:
        path = Path(os.path.expanduser(plugins)).resolve()
        if not path.is_dir():
            raise LocalProblem(f"There is no plugins folder {path}")
        made["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(path)
    return made


def options_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the options that variables set, as GetEnvironment names them; the plugins folder is not one of them."""
    named = {name: name.removeprefix("AIRFLOW__").lower().replace("__", ".", 1) for name in variables}
    return {option: variables[name] for name, option in named.items() if option not in RESERVED}
