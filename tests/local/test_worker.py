"""The process that runs airflow for the private MWAA, on a package of that name that does as little as it can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

import mwaa_shell.local
from tests.conftest import scrubbed

HERE = Path(mwaa_shell.local.__file__).parent
#: Prints when it is imported, as Airflow does.
PARSER = "print('imported once')\ndef get_parser():\n    print('made')\n"
DAGBAG = """
import os
class DagBag:
    def __init__(self, dag_folder):
        self.dag_folder = dag_folder
    def collect(self):
        for name in sorted(os.listdir(self.dag_folder)):
            self.process_file(name)
    def process_file(self, filepath):
        print(filepath)
"""
#: The airflow program: its words are the name of what it does.
PROGRAM = """
import sys
def main():
    what = sys.argv[1]
    if what == "fail":
        raise ValueError("no")
    if what == "close":
        sys.stdout.write("before\\n")
        sys.stdout.close()
        return
    if what == "take":
        sys.stdout = None
        return
    if what == "leave":
        sys.exit("a sentence")
    if what == "late":
        import colorsys, airflow.late, airflow.outer
    if what == "read":
        from airflow.models.dagbag import DagBag
        DagBag(sys.argv[0].replace("venv/bin/airflow", "dags")).collect()
    if what == "nested":
        import airflow.outer
    if what == "deadly":
        sys.in_a_command = True
        import airflow.deadly
    if what == "sleep":
        import signal
        signal.pause()
    print(what, *sys.argv[2:])
    sys.exit(3 if what == "three" else None)
main()
"""


@dataclass
class Ended:
    """What a command wrote, and its exit code."""

    code: int
    stdout: str
    stderr: str


class Running:
    """The process, and the files of its commands."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.learned = folder / "late-imports.json"
        package = folder / "venv" / "lib" / "airflow"
        (package / "cli").mkdir(parents=True)
        (folder / "scratch").mkdir()
        (package / "__init__.py").touch()
        (package / "late.py").write_text("print('late')\n")
        (package / "outer.py").write_text("import airflow.late\n")
        (package / "deadly.py").write_text("import os, sys\nhasattr(sys, 'in_a_command') or os._exit(9)\n")
        (package / "cli" / "__init__.py").touch()
        (package / "cli" / "cli_parser.py").write_text(PARSER)
        (package / "models").mkdir()
        (package / "models" / "__init__.py").touch()
        (package / "models" / "dagbag.py").write_text(DAGBAG)
        (folder / "dags").mkdir()
        for name in ("a.py", "b.py"):
            (folder / "dags" / name).touch()
        program = folder / "venv" / "bin" / "airflow"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\n{PROGRAM}")
        program.chmod(0o755)
        environ = scrubbed(folder) | {"PYTHONPATH": str(package.parent)}
        self.process = subprocess.Popen(
            [sys.executable, HERE / "worker.py", program, folder / "scratch", self.learned, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
        )
        self._number = 0
        assert self.said() == {"ready": True}

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def send(self, *argv: str, counts: bool = False) -> Path:
        assert self.process.stdin is not None
        self._number += 1
        path = self.folder / str(self._number)
        job: dict[str, Any] = {"id": self._number, "argv": argv, "stdout": f"{path}.stdout", "stderr": f"{path}.stderr"}
        job["counts"] = counts
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        return path

    def run(self, *argv: str) -> Ended:
        path = self.send(*argv)
        answer = self.said()
        assert answer["id"] == self._number
        return Ended(answer["rc"], *(Path(f"{path}.{name}").read_text() for name in ("stdout", "stderr")))

    def end(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            _close(pipe)
        self.process.wait(20)


def _close(pipe: IO[bytes] | None) -> None:
    assert pipe is not None
    pipe.close()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.end()


PREFACE = "imported once\nmade\n"


@pytest.mark.parametrize(
    ("argv", "code", "stdout"),
    [
        (["dags", "list"], 0, "dags list\n"),
        (["three"], 3, "three\n"),
        (["close"], 0, "before\n"),
        (["take"], 0, ""),
    ],
)
def test_a_command_is_a_fresh_process_to_whoever_looks(
    worker: Running, argv: list[str], code: int, stdout: str
) -> None:
    for _ in range(2):
        assert worker.run(*argv) == Ended(code, PREFACE + stdout, "")


def test_a_failure_has_the_programs_own_traceback(worker: Running) -> None:
    ended = worker.run("fail")
    assert (ended.code, ended.stdout) == (1, PREFACE)
    assert ended.stderr.endswith("ValueError: no\n")
    assert "worker.py" not in ended.stderr
    assert ended.stderr.count("Traceback") == 1


def test_a_sentence_is_on_standard_error(worker: Running) -> None:
    assert worker.run("leave") == Ended(1, PREFACE, "a sentence\n")


def test_late_imports_are_learned_and_what_prints_is_left(worker: Running) -> None:
    learned: set[str] = set()
    while not {"colorsys", "!airflow.late", "!airflow.outer"} <= learned:  # its trial goes on beside the commands
        assert worker.run("late").stdout == f"{PREFACE}late\nlate\n"
        learned = set(json.loads(worker.learned.read_text()))
    for _ in range(2):
        assert worker.run("late").stdout == f"{PREFACE}late\nlate\n"
        assert worker.run("nested").stdout == f"{PREFACE}late\nnested\n"
    assert not list(worker.folder.glob("*.imports"))


def test_a_module_whose_import_ends_its_process_is_left_too(worker: Running) -> None:
    while "!airflow.deadly" not in (json.loads(worker.learned.read_text()) if worker.learned.exists() else ()):
        assert worker.run("deadly") == Ended(0, f"{PREFACE}deadly\n", "")
    assert worker.run("dags") == Ended(0, f"{PREFACE}dags\n", "")


@pytest.mark.parametrize("flag", ["-v", "--verbose", "--verb", "-yv"])
def test_a_command_that_asks_for_more_has_a_process_of_its_own(worker: Running, flag: str) -> None:
    """This program does not print what Airflow prints at each start; the process that is forked would."""
    assert worker.run("dags", flag) == Ended(0, f"dags {flag}\n", "")
    assert worker.run("dags", "-value"[:3]).stdout == "dags -va\n"
    assert worker.run("dags", "--no-v") == Ended(0, f"{PREFACE}dags --no-v\n", "")


def test_a_command_that_counts_tells_how_far_it_is(worker: Running) -> None:
    path = worker.send("read", counts=True)
    said = [worker.said(), worker.said()]
    assert said == [{"id": 1, "progress": "1 of 2"}, {"id": 1, "rc": 0}]
    assert Path(f"{path}.stdout").read_text() == f"{PREFACE}a.py\nb.py\nread\n"
    assert worker.run("read").stdout == f"{PREFACE}a.py\nb.py\nread\n"


def test_its_end_ends_every_command(worker: Running) -> None:
    worker.send("sleep")
    pid = _child_of(worker.process.pid)
    worker.end()
    assert worker.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _child_of(parent: int) -> int:
    """The process of a command that has been begun; read while there is none yet."""
    while True:
        for line in subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=True
        ).stdout.splitlines():
            pid, above = map(int, line.split())
            if above == parent:
                return pid


def test_each_command_can_have_a_process_of_its_own_from_the_start(tmp_path: Path) -> None:
    running = Running(tmp_path, "fresh")
    assert running.run("dags") == Ended(0, "dags\n", "")
    running.end()


def test_it_leaves_nothing_in_its_folder(worker: Running) -> None:
    before = {path for path in HERE.rglob("*.pyc") if path.stem.split(".")[0] in ("late_imports", "processes")}
    worker.run("dags")
    assert {path for path in HERE.rglob("*.pyc") if path.stem.split(".")[0] in ("late_imports", "processes")} == before
