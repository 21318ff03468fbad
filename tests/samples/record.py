"""Recorder of what real Airflow programs print and with which exit code they end.

``python -m tests.samples.record VERSION ...`` runs each command of the tables in ``more`` and writes
``more/TABLE/VERSION.json``. ``--table FILE`` names a table and may be repeated. ``--only WORDS`` runs only the commands
that begin with these words. ``--missing`` records the commands that the file lacks; of the others it runs those that
later commands build on, and prints which of them end with another exit code or print something else than the file has.
``--compare`` runs all of the others as well. Recorded output of other commands stays in the file.

Each command runs in a process that is forked from one that has imported Airflow, as in the local environment: that
takes 0.1 to 1 second instead of 5. ``tests/end_to_end/same_bytes.py`` compares it with fresh processes. There is one
such process for each plugin and for each set of environment variables, started when the plugin is in place. ``--fresh``
runs each command as a fresh process. An entry says in ``process`` how it was recorded: ``forked`` or ``fresh``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import tomllib
import unittest.mock
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.output_lines import Classifier, LineKind
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.local.airflow_process import AirflowProcess, Answer, WorkerEnded
from mwaa_shell.local.folders import LocalState, make_private
from mwaa_shell.local.provision import Installation, provide
from mwaa_shell.local.recipes import recipe_for

MORE = Path(__file__).parent / "more"
#: The home of Airflow on MWAA. The temporary home has a path as long as this one, so no table changes its width.
HOME = "/usr/local/airflow"
#: Seconds that a command may take.
PATIENCE = 60
#: Groups of commands that later commands build on.
STORES = ("connections", "pools", "roles", "users", "variables")
#: Characters that a recorded output may have.
LARGEST = 50_000
#: Characters that a recorded output may have before its repeated log lines are left out.
LONG = 8_000
#: What differs between two log lines that say the same: numbers, times and IDs.
VARYING = re.compile(r"[\da-f.:+\-TZ]*\d[\da-f.:+\-TZ]*")


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
        known = grammar.load_grammar(grammar.meant_by(str(version)) or version)
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

    def __init__(self, installed: Installation, home: Path, private: Path, *, fresh: bool) -> None:
        self._installed = installed
        self._table = Table("", {}, {"plain": Setting()}, {})
        self._home = home
        self._private = private
        self._fresh = fresh
        self._current = ""
        #: The process that has imported Airflow, by what it found then: a plugin and environment variables.
        self._processes: dict[tuple[str, ...], AirflowProcess] = {}
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
        except WorkerEnded:
            return None
        size = len(result["stdout"]) + len(result["stderr"])
        if size > LARGEST:
            print(f"{size} characters are too many", flush=True)
            return None
        return result

    def _ended(self, setting: str, words: tuple[str, ...]) -> dict[str, Any]:
        self._prepare(setting)
        process = self._process_of(self._table.settings[setting])
        done = _in_time(process, words)
        return {
            "setting": setting,
            "argv": list(words),
            "process": "fresh" if self._fresh else "forked",
            "code": done.code,
            "stdout": without_repeats(self._neutralized(done.stdout)),
            "stderr": without_repeats(self._neutralized(done.stderr)),
        }

    def _process_of(self, chosen: Setting) -> AirflowProcess:
        """Return the process that has imported Airflow with a setting's plugin and environment variables."""
        key = (chosen.plugin, *(f"{name}={value}" for name, value in chosen.environment.items()))
        if key not in self._processes:
            home = {"AIRFLOW_HOME": str(self._home), "HOME": str(self._home), "LOGNAME": "airflow"}
            self._processes[key] = AirflowProcess(
                self._installed,
                LocalState(self._home, self._home / "dags"),
                self._private / str(len(self._processes)),
                fresh=self._fresh,
                settings=home | chosen.environment,
            )
        return self._processes[key]

    def close(self) -> None:
        """End the processes."""
        for process in self._processes.values():
            process.close()

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
            text = re.sub(rf"(?:(?<!\w)|(?<=\[\dm)){re.escape(ours)}(?!\w)", neutral, text)  # also behind a color code
        return text


def without_repeats(text: str) -> str:
    """Return a long output without the log lines of level INFO that repeat an earlier one but for numbers."""
    if len(text) <= LONG:
        return text
    kept: list[str] = []
    earlier: set[str] = set()
    lines = text.splitlines(keepends=True)
    for line, reading in zip(lines, Classifier().read(line.rstrip("\r\n") for line in lines), strict=True):
        said = VARYING.sub("0", line)
        if not (reading.kind is LineKind.LOG and reading.noise and said in earlier):
            kept.append(line)
        earlier.add(said)
    return "".join(kept)


def _in_time(process: AirflowProcess, words: tuple[str, ...]) -> Answer:
    """Run one command. Raises ``WorkerEnded`` if it takes too long; the process then starts again for the next."""
    limit = threading.Timer(PATIENCE, process.close)
    limit.start()
    try:
        return process.run(list(words))
    finally:
        limit.cancel()


def record(text: str, chosen: argparse.Namespace) -> None:
    """Record one version, without the environment variables of this process: Airflow 3.0 prints those of a task."""
    installed = provide(recipe_for(text), lambda line: print(line, flush=True))
    with unittest.mock.patch.dict(os.environ, {"PATH": os.defpath}, clear=True):
        _record(text, installed, chosen)


def _record(text: str, installed: Installation, chosen: argparse.Namespace) -> None:
    only = tuple(shlex.split(chosen.only))
    with tempfile.TemporaryDirectory(prefix="mwaa-", dir="/tmp") as home, tempfile.TemporaryDirectory() as private:
        recorder = Recorder(installed, Path(home), make_private(Path(private) / "state"), fresh=chosen.fresh)
        try:
            recorder.make_database()
            for path in chosen.table or sorted(MORE.glob("*.toml")):
                table = Table.read(path, installed.recipe.version)
                recorder.take(table)
                target = path.with_suffix("") / f"{text}.json"
                recorded = read_samples(target) if chosen.missing or chosen.compare else {}
                for name, (setting, words) in table.commands.items():
                    needed = name not in recorded or words[0] in STORES or chosen.compare
                    if words[: len(only)] == only and needed:
                        sample = recorder.run(setting, words)
                        print(text, outcome(sample, recorded.get(name)), name, flush=True)
                        if name not in recorded:
                            put(target, table, name, sample)
        finally:
            recorder.close()


def outcome(sample: dict[str, Any] | None, recorded: dict[str, Any] | None) -> str:
    """Return how a command ended, and whether that is what had been recorded."""
    if sample is None:
        return "not recorded"
    if recorded is None:
        return str(sample["code"])
    if sample["code"] != recorded["code"]:
        return f"DIFFERENT: {sample['code']}, recorded {recorded['code']}"
    return f"{sample['code']} {'same' if comparable(sample) == comparable(recorded) else 'different text'}"


def comparable(sample: dict[str, Any]) -> list[str]:
    """Return the two streams without numbers, IDs and the blanks that pad a line to them."""
    return [re.sub(" +|-+", "", VARYING.sub("", sample[stream])) for stream in ("stdout", "stderr")]


def put(target: Path, table: Table, name: str, sample: dict[str, Any] | None) -> None:
    """Put what one command printed into the file, in the order of the table."""
    target.parent.mkdir(parents=True, exist_ok=True)
    outputs = read_samples(target)
    outputs.pop(name, None)
    if sample is not None:
        outputs[name] = sample
    in_order = {name: outputs[name] for name in table.commands if name in outputs}
    target.write_text(json.dumps(in_order, indent=1) + "\n")


def read_samples(target: Path) -> dict[str, Any]:
    """Return what a file has, by setting and command."""
    outputs: dict[str, Any] = json.loads(target.read_text()) if target.exists() else {}
    return outputs


def main() -> None:
    """Record the versions that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="+", metavar="VERSION")
    parser.add_argument("--table", type=Path, action="append", metavar="FILE")
    parser.add_argument("--only", default="", metavar="WORDS")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    chosen = parser.parse_args()
    for version in chosen.versions:
        record(version, chosen)


if __name__ == "__main__":
    main()
