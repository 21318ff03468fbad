"""Output is judged as the true exit code says: recorded output, and what else can be around a failure."""

from __future__ import annotations

import json
import shlex
from itertools import product
from pathlib import Path

import pytest

from mwaa_shell.airflow.outcome import Judgment, judge, remark_on
from mwaa_shell.airflow.versions import Version, parse_version

OUTPUTS = Path(__file__).parents[1] / "outputs"
RECORDED = sorted(path.stem for path in OUTPUTS.glob("*.json"))
#: Airflow's deprecation warning, which comes with every command of 2.10.
WARNED = "/usr/lib/python3.11/site-packages/airflow/configuration.py:859 FutureWarning: section/key [a/b] is old\n"
BANNER = "banner of a library\n"
PROGRAM = (
    "Traceback (most recent call last):\n"
    '  File "/usr/local/airflow/.local/bin/airflow", line 10, in <module>\n'
    "    sys.exit(main())\n"
    '  File "/usr/local/airflow/.local/lib/python3.11/site-packages/airflow/__main__.py", line 62, in main\n'
    "    args.func(args)\n"
)
CAUGHT = 'Traceback (most recent call last):\n  File "/usr/local/airflow/dags/a.py", line 1, in <module>\n    {}[1]\n'
IGNORED = f"Exception ignored in: <function Odd.__del__ at 0x7f36c9ccc400>\n{CAUGHT}RuntimeError: in del\n"
BAR = "\r  0%|          | 0/2 [00:00<?, ?it/s]\r100%|##########| 2/2 [00:00<00:00, 9.1it/s]"
#: What a DAG file, a task or a library can write to standard error of a command that succeeds.
HARMLESS = {
    "sentence": "loading the model\n",
    "progress bar": f"{BAR}\n",
    "caught exception": f"{CAUGHT}KeyError: 1\n",
    "caught and more": f"{CAUGHT}KeyError: 1\nbut that is no harm\n",
    "python's logging": "WARNING:root:OSError while attempting to symlink the latest log directory\n",
    "dated logging": "2026-11-29 23:14:03,123 - mylib.core - WARNING - careful\n2026-11-29 23:14:03,123 ERROR - x\n",
    "ignored exception": IGNORED,
    "logging error": f"--- Logging error ---\n{CAUGHT}TypeError: no\nCall stack:\n  File 'x'\nMessage: 1\n",
    "thread": f"Exception in thread Thread-1 (f):\n{CAUGHT}ValueError: in a thread\n",
    "exit": "bye from atexit\n",
    "resource": "sys:1: ResourceWarning: unclosed file <_io.TextIOWrapper name='x'>\n",
}
QUIET = ["tasks test a b 2024-01-01", "dags test a 2024-01-01", "dags reserialize", "tasks clear a -y", "db check",
         "dags backfill a", "backfill create --dag-id a", "tasks run a b c", "connections import x.json"]  # fmt: skip


def ending(command: str, stdout: str, stderr: str, version: str = "2.10.3") -> Judgment:
    return judge(tuple(shlex.split(command)), stdout, stderr, parse_version(version))


@pytest.mark.parametrize("name", RECORDED)
def test_ending_is_the_exit_code(name: str) -> None:
    wrong = []
    for sample in json.loads((OUTPUTS / f"{name}.json").read_text()):
        found = ending(sample["command"], sample["stdout"], sample["stderr"], name.rpartition("-")[2])
        if found.ok is not (sample["code"] == 0) or bool(found.reason) is found.ok or "\n" in found.reason:
            wrong.append((sample["command"], sample["code"], found))
    assert wrong == []


@pytest.mark.parametrize("kind", HARMLESS)
def test_quiet_command_is_ok_whatever_libraries_write(kind: str) -> None:
    for command, stdout in product(QUIET, ("", BANNER)):
        assert ending(command, stdout, WARNED + HARMLESS[kind]) == Judgment(True), (command, stdout)


@pytest.mark.parametrize("kind", HARMLESS)
def test_data_is_a_success_whatever_libraries_write(kind: str) -> None:
    for command in ("dags list", "variables get a", "dags trigger a", "roles list"):
        assert ending(command, "value\n", HARMLESS[kind] + WARNED) == Judgment(True), command


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("dags test a 2024-01-01", "DagRun failed"),
        ("variables get a", "Variable a does not exist"),
        ("variables get a", "Variable a does not exist."),
        ("variables get a -j", "Expecting value: line 1 column 1 (char 0)"),
        ("-v variables get a", "Variable a does not exist"),
        ("connections get a", "Connection not found."),
        ("connections add a --conn-type http", "A connection with `conn_id`=a already exists."),
        ("pools get a", "Pool a does not exist"),
        ("jobs check", "No alive jobs found."),
        ("dags state a 2024-01-01", "DAG: a does not exist in 'dag' table"),
        ("users delete -u a", 'User "a" does not exist'),
        ("db clean --clean-before-timestamp 2020-01-01 -t a", "No tables selected for db cleanup. Please choose."),
        ("dags reserialize", "ERROR: You need to upgrade the database. Please run `airflow db upgrade`."),
    ],
)
def test_sentence_of_a_command_is_a_failure(command: str, sentence: str) -> None:
    for noise, stdout in product(HARMLESS.values(), ("", BANNER)):
        for stderr in (f"{noise}{sentence}\n", f"{sentence}\n{noise}"):
            assert ending(command, stdout, stderr) == Judgment(False, sentence), (stdout, stderr)


def test_sentence_behind_an_unfinished_progress_bar_is_a_failure() -> None:
    assert ending("dags test a 2024-01-01", "", f"{BAR}DagRun failed\n") == Judgment(False, "DagRun failed")
    assert ending("tasks test a b c", "", f"{BAR}{PROGRAM}ValueError: no\n") == Judgment(False, "ValueError: no")


def test_sentence_of_another_command_proves_nothing() -> None:
    assert ending("tasks test a b 2024-01-01", "", "Variable a does not exist\nDagRun failed\n") == Judgment(True)
    assert ending("dags test a 2024-01-01", "", "checked: no DagRun failed\n") == Judgment(True)


@pytest.mark.parametrize("before", ["", BANNER, "[2026-11-29T19:07:04.535+0000] {a.py:1} INFO - a\n"])
@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("roles add-perms Nope -r DAGs -a can_read", "Role named 'Nope' does not exist"),
        ("roles del-perms A -r Nothing -a can_read", "Resource named 'Nothing' does not exist"),
        ("roles add-perms A -r DAGs -a can_fly", "Action named 'can_fly' does not exist"),
        ("roles delete Nope", "Role named 'Nope' does not exist"),
        ("roles import a.json", "File 'a.json' does not exist"),
        ("roles import a.json", "File 'a.json' is not a valid JSON file. Error: Expecting value: line 1"),
        ("connections test a", "Connection not found."),
        ("connections test a", "Testing connections is disabled in Airflow configuration. Contact x."),
        ("backfill create --dag-id a", "Warning: No runs to create for Dag a in the range [2024-01-02, 2024-01-01]"),
    ],
)  # fmt: skip
def test_failure_on_standard_output_is_a_failure(command: str, printed: str, before: str) -> None:
    assert ending(command, f"{before}{printed}\n", WARNED, "3.3.1") == Judgment(False, printed)
    assert ending("dags list", f"{before}{printed}\n", WARNED, "3.3.1") == Judgment(True)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("airflow.exceptions.DagNotFound: a", "airflow.exceptions.DagNotFound: a"),
        ("ValueError: first\n\n  second: x\nlast", "ValueError: first"),
        ("airflow.x.BackfillUnfinished: Some task instances failed:\nDAG ID    Task ID\n--------  -----\na  b",
         "airflow.x.BackfillUnfinished: Some task instances failed"),
        ("airflow.x.ParamValidationError: Invalid input for param n: 'x'\n\nFailed validating:\n    {}\n\n    'x'",
         "airflow.x.ParamValidationError: Invalid input for param n: 'x'"),
        ("ValueError: \nsecond", "ValueError: second"),
        ("KeyError", "KeyError"),
        ("sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: a\n[SQL: SELECT 1]\n(Back: x)",
         "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: a"),
    ],
)  # fmt: skip
def test_uncaught_exception_is_a_failure(message: str, reason: str) -> None:
    commands = ("dags trigger a", "tasks test a b 2024-01-01")
    for command, after, stdout in product(commands, ("", *HARMLESS.values()), ("", BANNER)):
        found = ending(command, stdout, f"{WARNED}{PROGRAM}{message}\n{after}")
        assert found == Judgment(False, reason), (command, stdout, after)


def test_uncaught_exception_group_is_a_failure() -> None:
    group = (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/usr/local/airflow/.local/bin/airflow", line 10, in <module>\n'
        "  |     sys.exit(main())\n"
        "  | ExceptionGroup: many (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | ValueError: a\n"
        "    +---------------- 2 ----------------\n"
        "    | KeyError: 'b'\n"
        "    +------------------------------------\n"
        "bye from atexit\n"
    )
    assert ending("tasks test a b 2024-01-01", BANNER, group) == Judgment(
        False, "ExceptionGroup: many (2 sub-exceptions)"
    )


def test_uncaught_exception_of_a_question_is_a_failure() -> None:
    stderr = f"Warning: Password input may be echoed.\nPassword:{PROGRAM}EOFError: EOF when reading a line\n"
    assert ending("users create -u a", "", stderr) == Judgment(False, "EOFError: EOF when reading a line")


@pytest.mark.parametrize("kind", HARMLESS)
def test_usage_error_is_a_failure_whatever_follows(kind: str) -> None:
    said = "airflow dags test command error: the following arguments are required: dag_id"
    stderr = f"\n{said}, see help above.\n{HARMLESS[kind]}"
    assert ending("dags test", "usage: airflow dags test\n", stderr) == Judgment(False, said)


def test_line_ends_of_other_systems_are_line_ends() -> None:
    stderr = f"{PROGRAM}ValueError: no\n".replace("\n", "\r\n")
    assert ending("tasks test a b c", "", stderr) == Judgment(False, "ValueError: no")


def test_run_that_did_not_end_is_a_failure() -> None:
    begun = "[2026-11-29T19:07:04.587+0000] {dag.py:4396} INFO - [DAG TEST] starting task_id=a map_index=-1\n"
    ended = "[2026-11-29T19:07:04.657+0000] {dagrun.py:905} INFO - DagRun Finished: dag_id=a, state=success\n"
    assert ending("dags test a 2024-01-01", begun, "") == Judgment(False, "the run began and did not end")
    assert ending("dags test a 2024-01-01", begun, "left\n") == Judgment(False, "left")
    assert ending("dags test a 2024-01-01", begun + ended, "left\n") == Judgment(True)
    assert ending("dags test a 2024-01-01", begun + "a" * 1_000_000, "") == Judgment(True)


@pytest.mark.parametrize(("version", "command"), [("1.10.12", "test a b 2024-01-01"), ("2.8.1", "tasks test a b c")])
def test_task_that_left_the_program_is_a_failure_before_2_9(version: str, command: str) -> None:
    head = "[2026-11-29 23:30:07,907] {taskinstance.py:901} INFO - "
    begun = f"{head}Executing <Task(PythonOperator): go> on 2024-03-01T00:00:00+00:00\n"
    assert ending(command, begun, "", version) == Judgment(False, "the task began and did not end")
    assert ending(command, begun, "no rows\n", version) == Judgment(False, "no rows")
    assert ending(command, f"{begun}{head}Marking task as SUCCESS.\n", "no rows\n", version) == Judgment(True)
    assert ending(command, begun.replace("PythonOperator", "PythonSensor"), "", version) == Judgment(True)
    assert ending("tasks test a b c", begun, "", "2.10.3") == Judgment(True)


@pytest.mark.parametrize(("version", "command"), [("1.10.12", "test a b 2024-01-01"), ("2.8.1", "tasks test a b c")])
@pytest.mark.parametrize(
    ("before", "ok"), [("None", False), ("up_for_retry", False), ("failed", True), ("success", True)]
)
def test_task_that_had_ended_before_hides_its_exception(version: str, command: str, before: str, ok: bool) -> None:
    printed = (
        f"Dependencies all met for <TaskInstance: a.b 2024-01-01T00:00:00+00:00 [{before}]>\n"
        "Executing <Task(PythonOperator): b> on 2024-01-01T00:00:00+00:00\n"
    )
    assert ending(command, printed, "", version).ok is ok
    assert f"Airflow {version} ends" in remark_on(command.split(), parse_version(version) or Version(0), printed)
