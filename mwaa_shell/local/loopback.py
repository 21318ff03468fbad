"""A virtualenv whose Pythons listen on loopback only, whichever Airflow command starts them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.airflow_process import write_whole

#: The module that every Python of the virtualenv imports at its start.
MODULE = "mwaa_shell_only_loopback"


def keep_on_loopback(venv: Path) -> None:
    """Put what keeps Python on loopback into a virtualenv; raise ``LocalProblem`` where that fails."""
    code = resources.files(__package__).joinpath("only_loopback.py").read_bytes()
    folders = list(venv.glob("lib/python*/site-packages"))
    if not folders:
        raise LocalProblem(f"{venv} is not a virtualenv. Remove it to install its Airflow again.")
    try:
        for folder in folders:
            for name, data in ((f"{MODULE}.py", code), (f"{MODULE}.pth", f"import {MODULE}\n".encode())):
                path = folder / name
                if not path.exists() or path.read_bytes() != data:
                    write_whole(path, data)
    except OSError as error:
        raise LocalProblem(f"{venv} cannot be kept on loopback: {error.strerror}") from None
