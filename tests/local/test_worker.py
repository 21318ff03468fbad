"""The process that runs airflow for the local environment, on a package of that name that does as little as it can."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

import mwaa_shell.local
from mwaa_shell.local.recipes import find_interpreter
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
#: What a real one does on the first use of a model.
MAPPERS = "configured = []\ndef configure_mappers():\n    configured.append(True)\n"
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
    if what == "closing":
        import atexit
        atexit.register(lambda: 1 / 0)
    if what == "late":
        import airflow.late
    if what == "models":
        print([name in sys.modules for name in ("airflow.models", "airflow.models.dagbag")])
        from sqlalchemy.orm import configured
        print(len(configured))
    if what == "read":
        from airflow.models.dagbag import DagBag
        DagBag(sys.argv[0].replace("venv/bin/airflow", "dags")).collect()
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

    def __init__(self, folder: Path, *options: str, python: Path = Path(sys.executable), models: str = "") -> None:
        self.folder = folder
        package = folder / "venv" / "lib" / "airflow"
        (package / "cli").mkdir(parents=True)
        (folder / "scratch").mkdir()
        (package / "__init__.py").touch()
        (package / "late.py").write_text("print('late')\n")
        (package / "cli" / "__init__.py").touch()
        (package / "cli" / "cli_parser.py").write_text(PARSER)
        (package / "models").mkdir()
        (package / "models" / "__init__.py").write_text(models)
        (package / "models" / "dagbag.py").write_text(DAGBAG)
        (package.parent / "sqlalchemy").mkdir()
        (package.parent / "sqlalchemy" / "__init__.py").touch()
        (package.parent / "sqlalchemy" / "orm.py").write_text(MAPPERS)
        (folder / "dags").mkdir()
        for name in ("a.py", "b.py"):
            (folder / "dags" / name).touch()
        program = folder / "venv" / "bin" / "airflow"
        program.parent.mkdir()
        program.write_text(f"#!{python}\n{PROGRAM}")
        program.chmod(0o755)
        environ = scrubbed(folder) | {"PYTHONPATH": str(package.parent)}
        self.process = subprocess.Popen(
            [python, HERE / "worker.py", program, folder / "scratch", *options],
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
        self.process.wait(60)


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


@pytest.mark.parametrize("version", ["3.7", "3.11"])
def test_error_at_the_end_leaves_the_exit_code_as_it_is(tmp_path: Path, version: str) -> None:
    interpreter = find_interpreter([version])
    if interpreter is None:
        pytest.skip(f"this machine has no Python {version}")
    running = Running(tmp_path, python=interpreter.path)
    ended = running.run("closing")
    running.end()
    assert (ended.code, ended.stdout) == (0, f"{PREFACE}closing\n")
    assert ended.stderr.count("Traceback") == 1
    assert ended.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_what_a_late_import_prints_is_in_each_answer(worker: Running) -> None:
    for _ in range(2):
        assert worker.run("late").stdout == f"{PREFACE}late\nlate\n"


def test_models_are_imported_before_a_command(tmp_path: Path) -> None:
    running = Running(tmp_path, models="def import_all_models():\n    import airflow.models.dagbag\n")
    for _ in range(2):
        assert running.run("models").stdout == f"{PREFACE}[True, True]\n1\nmodels\n"
    running.end()


def test_models_are_left_to_commands_when_told_so(tmp_path: Path) -> None:
    running = Running(tmp_path, "lean")
    assert running.run("models").stdout == f"{PREFACE}[False, False]\n0\nmodels\n"
    running.end()


@pytest.mark.parametrize(
    "models",
    ["print('noise')\n", "import sys\nsys.stderr.write('a warning\\n')\n", "raise ValueError('broken')\n"],
)
def test_models_are_left_to_commands_when_they_print(tmp_path: Path, models: str) -> None:
    running = Running(tmp_path, models=models)
    assert running.run("models").stdout == f"{PREFACE}[False, False]\n0\nmodels\n"
    running.send("sleep")
    pid = _child_of(_child_of(running.process.pid))
    running.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


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


def test_end_of_the_worker_ends_every_command(worker: Running) -> None:
    worker.send("sleep")
    pid = _child_of(_child_of(worker.process.pid))
    worker.end()
    assert worker.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_no_command_outlives_a_worker_that_is_killed(worker: Running) -> None:
    worker.send("sleep")
    pid = _child_of(importer := _child_of(worker.process.pid))
    os.kill(importer, signal.SIGKILL)
    assert worker.process.wait(60) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _child_of(parent: int) -> int:
    """The process of a command that has begun; read until there is a process."""
    while True:
        for line in subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=True
        ).stdout.splitlines():
            pid, above = map(int, line.split())
            if above == parent:
                return pid


def test_each_command_can_have_a_fresh_process(tmp_path: Path) -> None:
    running = Running(tmp_path, "fresh")
    assert running.run("dags") == Ended(0, "dags\n", "")
    running.end()
