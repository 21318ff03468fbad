"""Recorder of what real Airflow programs print and with which exit code they end.

``python -m tests.samples.record VERSION ...`` runs each command of the tables in ``more`` as a fresh process of that
Airflow and writes ``more/TABLE/VERSION.json``. ``--table FILE`` names a table and may be repeated. ``--only WORDS``
records only the commands that begin with these words. ``--every N`` records only each Nth command of a table,
``--first K`` starts with the Kth. Recorded output of other commands stays in the file.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.local.airflow_process import airflow_environment
from mwaa_shell.local.folders import LocalState, make_private
from mwaa_shell.local.provision import Installation, provide
from mwaa_shell.local.recipes import recipe_for

MORE = Path(__file__).parent / "more"
#: The home of Airflow on MWAA. The temporary home has a path as long as this one, so no table changes its width.
HOME = "/usr/local/airflow"
#: Seconds that a command may take.
PATIENCE = 180
#: Characters that a recorded output may have.
LARGEST = 40_000


@dataclass(frozen=True, slots=True)
class Setting:
    """What the DAG file, its tasks and a plugin do besides their work."""

    dag: str = ""
    task: str = ""
    plugin: str = ""
    broken: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """The commands to record and the files that they need."""

    dag_file: str
    files: dict[str, str]
    settings: dict[str, Setting]
    #: The setting and the words of each command by its name in the file.
    commands: dict[str, tuple[str, tuple[str, ...]]]

    @classmethod
    def read(cls, path: Path, version: Version) -> Table:
        """Return the part of a table that holds for a version."""
        data: dict[str, Any] = tomllib.loads(path.read_text())
        known = grammar.load(grammar.meant_by(str(version)) or version)
        names = {command.name for command in known.commands()}
        commands: dict[str, tuple[str, tuple[str, ...]]] = {}
        for line in data["commands"].splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            settings, versions, text = (part.strip() for part in line.split("|", 2))
            words = tuple(shlex.split(text))
            exists = {words[0], " ".join(words[:2])} & names
            if not exists or not any(_holds(part.strip(), version) for part in versions.split(",")):
                continue
            for setting in settings.split(","):
                name = f"{setting.strip()}: {shlex.join(words)}"
                while name in commands:
                    name += " (again)"
                commands[name] = (setting.strip(), words)
        settings = {"plain": Setting()} | {name: Setting(**value) for name, value in data["settings"].items()}
        return cls(data["dag_file"], data["files"], settings, commands)


def _holds(part: str, version: Version) -> bool:
    """Return whether a version is meant by ``2`` (a major version), ``2.4+`` (this and later) or ``2.4-2.10``."""
    first, _, last = part.rstrip("+").partition("-")
    start = parse_version(f"{first}.0" if "." in first else f"{first}.0.0") or Version(0)
    if part.endswith("+"):
        return version >= start
    if last:
        return start <= version < (parse_version(f"{last}.0") or Version(0))
    return version.major == start.major


class Recorder:
    """One Airflow with a database of its own, and the file of what it printed."""

    def __init__(self, installed: Installation, home: Path, private: Path) -> None:
        self._installed = installed
        self._table = Table("", {}, {"plain": Setting()}, {})
        self._home = home
        self._current = ""
        state = LocalState(private, home / "dags")
        self._environment = airflow_environment(installed, state, os.environ) | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "HOME": str(home),
        }
        prefix = subprocess.check_output([installed.python, "-c", "import sys; print(sys.base_prefix)"], text=True)
        self._neutral = {
            str(home): HOME,
            os.path.realpath(home): HOME,
            str(installed.venv): f"{HOME}/.local",
            prefix.strip(): "/usr/local",
            os.path.realpath(prefix.strip()): "/usr/local",
            socket.getfqdn(): "ip-10-0-0-1.ec2.internal",
            socket.gethostname(): "ip-10-0-0-1",
        }

    def make_database(self) -> None:
        """Make the database."""
        self._must(self._installed.recipe.init)

    def take(self, table: Table) -> None:
        """Put the files of a table in place and register its DAGs."""
        self._table = table
        self._current = ""
        for name, text in table.files.items():
            (self._home / name).write_text(text)
        self._must(self._installed.recipe.register)

    def _must(self, words: tuple[str, ...]) -> None:
        result = self._ended("plain", words)
        if result["code"]:
            raise SystemExit(f"airflow {shlex.join(words)}: {result}")

    def run(self, setting: str, words: tuple[str, ...]) -> dict[str, Any] | None:
        """Return what one command printed and its exit code, or ``None`` if it took too long or printed too much."""
        try:
            result = self._ended(setting, words)
        except subprocess.TimeoutExpired:
            return None
        size = len(result["stdout"]) + len(result["stderr"])
        if size > LARGEST:
            print(f"{size} characters are too many", flush=True)
            return None
        return result

    def _ended(self, setting: str, words: tuple[str, ...]) -> dict[str, Any]:
        self._prepare(setting)
        done = subprocess.run(
            [self._installed.airflow, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self._environment | self._table.settings[setting].environment,
            cwd=self._home,
            timeout=PATIENCE,
            check=False,
        )
        stdout, stderr = (self._neutralized(stream) for stream in (done.stdout, done.stderr))
        return {"setting": setting, "argv": list(words), "code": done.returncode, "stdout": stdout, "stderr": stderr}

    def _prepare(self, setting: str) -> None:
        """Write the DAG file and the plugin of a setting."""
        if setting == self._current:
            return
        self._current = setting
        chosen = self._table.settings[setting]
        for folder in ("dags", "plugins"):
            shutil.rmtree(self._home / folder, ignore_errors=True)
            (self._home / folder).mkdir()
        body = "\n".join(f"    {line}" for line in chosen.task.splitlines()) or "    pass"
        text = self._table.dag_file.replace("# TOP", chosen.dag).replace("    # TASK", body)
        (self._home / "dags" / "pipelines.py").write_text(text)
        if chosen.broken:
            (self._home / "dags" / "broken.py").write_text(chosen.broken)
        if chosen.plugin:
            (self._home / "plugins" / "team_plugin.py").write_text(chosen.plugin)

    def _neutralized(self, stream: bytes) -> str:
        text = stream.decode(errors="replace")
        for ours, neutral in self._neutral.items():
            text = text.replace(ours, neutral)
        return text


def record(text: str, chosen: argparse.Namespace) -> None:
    """Record one version."""
    installed = provide(recipe_for(text), lambda line: print(line, flush=True))
    only = tuple(shlex.split(chosen.only))
    with tempfile.TemporaryDirectory(prefix="mwaa-", dir="/tmp") as home, tempfile.TemporaryDirectory() as private:
        recorder = Recorder(installed, Path(home), make_private(Path(private) / "state"))
        recorder.make_database()
        for path in chosen.table or sorted(MORE.glob("*.toml")):
            table = Table.read(path, installed.recipe.version)
            recorder.take(table)
            names = [name for name, (_, words) in table.commands.items() if words[: len(only)] == only]
            target = path.with_suffix("") / f"{text}.json"
            for name in names[chosen.first - 1 :: chosen.every]:
                reply = recorder.run(*table.commands[name])
                print(text, "not recorded" if reply is None else reply["code"], name, flush=True)
                put(target, table, name, reply)


def put(target: Path, table: Table, name: str, reply: dict[str, Any] | None) -> None:
    """Put what one command printed into the file, in the order of the table."""
    target.parent.mkdir(parents=True, exist_ok=True)
    replies: dict[str, Any] = json.loads(target.read_text()) if target.exists() else {}
    replies.pop(name, None)
    if reply is not None:
        replies[name] = reply
    in_order = {name: replies[name] for name in table.commands if name in replies}
    target.write_text(json.dumps(in_order, indent=1) + "\n")


def main() -> None:
    """Record the versions that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="+", metavar="VERSION")
    parser.add_argument("--table", type=Path, action="append", metavar="FILE")
    parser.add_argument("--only", default="", metavar="WORDS")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="K")
    chosen = parser.parse_args()
    for version in chosen.versions:
        record(version, chosen)


if __name__ == "__main__":
    main()
