"""Maker of the command trees in ``mwaa_shell/airflow/data``: ``python -m tests.grammars [VERSION ...]``.

Each Airflow is installed with the ``grammar`` extras of its recipe, and ``read_parser.py`` reads the tree off its
parser with the settings that matter to it on MWAA: CeleryExecutor, and the FAB auth manager from 3.0 on. A file is
named after its version and holds one command a line, so that differences between two Airflows can be read::

    {"version": "2.10.3",
    "groups": ["celery","config"],
    "commands": {
    "cheat-sheet": {"options":[{"flags":["-v","--verbose"],"dest":"verbose","action":"store_true"}]},
    ...
    }}

A member that has its usual value is left out:

===========  =============================================================================================
aliases      none
provider     "core"
positionals  none
options      none
exclusive    none: no groups of arguments that exclude each other
nargs        null; 0 for an action that takes no value, which its name says
choices      null
type         null or "str", which are the same to argparse
default      null; false for "store_true", true for "store_false"
metavar      null
required     false
dest         the first long flag, else the first flag, without its dashes and with "_" for "-", as argparse does it
action       "store"
===========  =============================================================================================
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import mwaa_shell
from mwaa_shell.airflow.grammar import SWITCHES, usual_dest
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem, ShellError
from mwaa_shell.local.airflow_process import airflow_environment
from mwaa_shell.local.folders import LocalState, make_private
from mwaa_shell.local.provision import Installation, provide
from mwaa_shell.local.recipes import recipe_for, recipes

DATA = Path(mwaa_shell.__file__).parent / "airflow" / "data"
#: What members of arguments are left out; flags and names depend on more, see ``_option``.
USUAL: dict[str, object] = {"nargs": None, "choices": None, "type": None, "default": None, "metavar": None}


def main(versions: list[str]) -> None:
    """Write the files of some versions, or of all."""
    DATA.mkdir(exist_ok=True)
    for recipe in [recipe_for(text) for text in versions] or recipes():
        installed = provide(recipe._replace(profile="grammar"), _tell)
        path = data_file(recipe.version)
        path.write_text(render(recipe.version, read_tree(installed)))
        _tell(f"{path.name}: {path.stat().st_size} bytes")


def data_file(version: Version) -> Path:
    """Return the data file of a version's command tree."""
    return DATA / f"airflow-{version}.json"


def read_tree(installed: Installation) -> dict[str, Any]:
    """Return the tree that ``read_parser.py`` reads. Raises ``LocalProblem`` with Airflow's last line."""
    script = Path(__file__).parent / "read_parser.py"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [installed.python, "-I", str(script)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(installed, Path(folder)),
            cwd=folder,
            check=False,
        )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        version, again = installed.recipe.version, f"remove {installed.venv} to have it made anew"
        raise LocalProblem(f"The parser of Airflow {version} could not be read: {said[-1]}; {again}")
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


def _environment(installed: Installation, folder: Path) -> dict[str, str]:
    """Return the variables of a local environment whose folder and user have names that no default has."""
    state = LocalState(make_private(folder / "state"), folder / "dags")
    environ = airflow_environment(installed, state, os.environ)
    environ |= {"HOME": str(folder), "USER": "mwaa-shell-user", "LOGNAME": "mwaa-shell-user"}
    if installed.recipe.version >= (2, 6):  # older parsers do not depend on it, and refuse it with SQLite
        environ["AIRFLOW__CORE__EXECUTOR"] = "CeleryExecutor"
        environ["_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK"] = "1"
    return environ


def render(version: Version, tree: dict[str, Any]) -> str:
    """Return the text of a data file."""
    commands = sorted(tree["commands"], key=lambda one: str(one["name"]))
    lines = [f"{_compact(one['name'])}: {_compact(_command(one))}" for one in commands]
    head = f'{{"version": {_compact(str(version))},\n"groups": {_compact(sorted(tree["groups"]))},\n"commands": {{\n'
    return head + ",\n".join(lines) + "\n}}\n"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _command(one: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "aliases": one["aliases"],
        "provider": one["provider"] if one["provider"] != "core" else None,
        "positionals": [{"name": given["name"]} | _unusual(given, USUAL) for given in one["positionals"]],
        "options": [_option(argument) for argument in one["options"]],
        "exclusive": one["exclusive"],
    }
    return {name: value for name, value in kept.items() if value}


def _option(argument: dict[str, Any]) -> dict[str, Any]:
    """Return the flags of an option, then what is not as usual."""
    action = argument["action"]
    usual = {"dest": usual_dest(argument["flags"]), "action": "store"} | USUAL | {"required": False}
    if action in SWITCHES:
        usual |= {"nargs": 0, "default": SWITCHES[action]}
    return {"flags": argument["flags"]} | _unusual(argument, usual)


def _unusual(argument: dict[str, Any], usual: dict[str, object]) -> dict[str, Any]:
    """Return the members that are not as usual. ``str`` and no type at all are one."""
    argument = argument | {"type": None if argument["type"] == "str" else argument["type"]}
    return {name: argument[name] for name in usual if argument[name] != usual[name]}


def _tell(line: str) -> None:
    """Print a step, without the many lines that uv writes below each step."""
    if line.count(": ") == 1:
        print(line, file=sys.stderr)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ShellError as error:
        raise SystemExit(str(error)) from None
