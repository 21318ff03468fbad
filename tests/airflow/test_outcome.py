"""Held here: output is judged as its true exit code says, each recorded one and with what MWAA adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mwaa_shell.airflow.outcome import Judgment, judge
from mwaa_shell.airflow.versions import Version, parse_version

SAMPLES = Path(__file__).parents[1] / "samples"
LOG = "[2026-11-22T12:56:31.444+0000] {__init__.py:43} INFO - Loaded API auth backend: session\n"
WARNING = "/usr/lib/python3.11/x.py:859: FutureWarning: old\n  warnings.warn(\n"
CHATTER = "CloudWatch logging is disabled for WebServer\nSuccessfully generated RDS auth token at 2026-11-22\n"
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/usr/local/bin/airflow", line 8, in <module>\n    sys.exit(main())\n'
)
BETWEEN = "\nDuring handling of the above exception, another exception occurred:\n\n"
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
IMPORT_ERRORS = ("dags", "list-import-errors", "-o", "json")


def endings() -> Iterator[tuple[str, bool, Judgment]]:
    """The name of each recorded output, whether it succeeded, and the ending."""
    for path in sorted(SAMPLES.glob("*.json")):
        for name, sample in json.loads(path.read_text()).items():
            version = parse_version(path.stem)
            ending = judge(tuple(sample["argv"]), sample["stdout"], sample["stderr"], version)
            yield f"{path.stem}/{name}", sample["code"] == 0, ending


def test_recorded_outputs_are_judged_right(record_property: Callable[[str, object], None]) -> None:
    judged = list(endings())
    wrong = [name for name, succeeded, ending in judged if ending.ok is not succeeded]
    print(f"endings: {len(judged) - len(wrong)} of {len(judged)} right")
    record_property("endings", f"{len(judged) - len(wrong)}/{len(judged)}")
    assert len(judged) >= 295
    assert len(wrong) <= len(judged) / 100, wrong


def test_every_failure_has_a_reason_of_one_line_and_no_success_has_one() -> None:
    for name, _, ending in endings():
        assert bool(ending.reason) is not ending.ok, name
        assert ending.reason == ending.reason.strip(), name
        assert len(ending.reason.splitlines()) <= 1, name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("2.10.3/variables-get-missing", "Variable nope does not exist"),
        ("2.10.3/dags-trigger-missing-dag", "airflow.exceptions.DagNotFound: Dag id no_such_dag not found in DagModel"),
        (
            "2.10.3/dags-trigger-no-args",
            "airflow dags trigger command error: the following arguments are required: dag_id",
        ),
        ("2.10.3/wrong-subcommand", "airflow dags command error: argument COMMAND: invalid choice: 'lst'"),
        ("2.10.3/dags-list-import-errors-o-json", "1 DAG file could not be imported"),
    ],
)
def test_the_reason_is_the_line_that_says_why(name: str, reason: str) -> None:
    assert {found: ending.reason for found, _, ending in endings()}[name] == reason


@pytest.mark.parametrize("stderr", ["", WARNING, LOG, CHATTER, LOG + CHATTER + WARNING + "\n"])
@pytest.mark.parametrize("stdout", ["", "No data found\n", "Dag: a, paused: True\n", LOG + "[]\n"])
def test_noise_on_standard_error_proves_nothing(stdout: str, stderr: str) -> None:
    assert judge(("dags", "pause", "a"), stdout, stderr) == Judgment(True)


@pytest.mark.parametrize("between", [BETWEEN, CAUSE])
@pytest.mark.parametrize("after", ["", LOG, WARNING, CHATTER])
def test_a_chained_traceback_gives_the_last_exception(between: str, after: str) -> None:
    stderr = f"{WARNING}{TRACEBACK}KeyError: 'a'\n{between}{TRACEBACK}airflow.exceptions.DagNotFound: a\n{after}"
    assert judge(("dags", "trigger", "a"), LOG, stderr) == Judgment(False, "airflow.exceptions.DagNotFound: a")


def test_the_log_lines_of_mwaa_are_no_data_either() -> None:
    log = "[2021-02-01 15:05:40,386] {{dagbag.py:417}} INFO - Filling up the DagBag from /usr/local/airflow/dags\n"
    assert judge(("variables", "get", "a"), log, "Variable a does not exist\n") == Judgment(
        False, "Variable a does not exist"
    )


def test_a_traceback_on_standard_output_is_a_log_of_a_success() -> None:
    assert judge(("dags", "list"), f"{LOG}{TRACEBACK}ImportError: x\ndag_id | owners\n", "") == Judgment(True)


def test_a_traceback_that_was_caught_proves_nothing_where_there_is_data() -> None:
    trace = "Traceback (most recent call last):\n  File x\nValueError: no\n"
    for stderr in (trace, LOG + trace, trace + LOG, trace + "and then more was said\n"):
        assert judge(("dags", "list"), "[]\n", stderr).ok
    assert judge(("dags", "list"), "", LOG + trace) == Judgment(False, "ValueError: no")
    assert judge(("dags", "list"), "", trace + LOG) == Judgment(False, "ValueError: no")


def test_a_sentence_fails_only_where_there_is_no_data() -> None:
    assert judge(("variables", "get", "a"), LOG + CHATTER, f"{WARNING}Variable a does not exist\n") == Judgment(
        False, "Variable a does not exist"
    )
    assert judge(("variables", "get", "a"), "value\n", "Variable a is old\n") == Judgment(True)


@pytest.mark.parametrize(
    "sentence",
    [
        "Error: Failed to load all files. For details, run `airflow dags list-import-errors`",
        "3 Variables successfully exported to /dev/stdout",
        "1 connections successfully imported",
        "Connections successfully exported.",
        "Values are hidden by default. Use `--show-values` to display them (may include sensitive data).",
        "Error: Failed to load all files. For details, run `airflow dags \nlist-import-errors`",
        (
            "Error: Ignoring the following invalid columns: ['nothing'].  List of valid \n"
            "columns: ['dag_id', 'dag_display_name', 'root_dag_id', 'is_paused', 'is_active',\n"
            "'next_dagrun_create_after']"
        ),
    ],
)
def test_sentences_that_come_with_success(sentence: str) -> None:
    assert judge(("variables", "export", "-"), "", sentence + "\n") == Judgment(True)


@pytest.mark.parametrize("between", ["", LOG, "\n"])
def test_sentence_after_a_harmless_one_is_a_failure(between: str) -> None:
    for harmless in (
        "1 connections successfully imported",
        "Error: Failed to load all files. For details, run `a b c`",
    ):
        stderr = f"{harmless}\n{between}the database is locked\n"
        assert judge(("dags", "list"), "", stderr) == Judgment(False, "the database is locked")


@pytest.mark.parametrize(
    ("version", "stdout", "ending"),
    [
        (Version(2, 8, 1), '[{"filepath": "a"}]\n', Judgment(False, "1 DAG file could not be imported")),
        (Version(3, 3, 1), '[{"a": 1}, {"a": 2}]\n', Judgment(False, "2 DAG files could not be imported")),
        (
            Version(2, 10, 3),
            "filepath | error\n====\na.py | x\n",
            Judgment(False, "DAG files could not be imported"),
        ),
        (Version(2, 7, 2), '[{"filepath": "a"}]\n', Judgment(True)),
        (None, '[{"filepath": "a"}]\n', Judgment(True)),
        (Version(2, 10, 3), LOG + "No data found\n", Judgment(True)),
        (Version(2, 10, 3), LOG + "[]\n", Judgment(True)),
        (Version(2, 10, 3), "", Judgment(True)),
    ],
)
def test_import_errors_fail_from_2_8_on(version: Version | None, stdout: str, ending: Judgment) -> None:
    assert judge(IMPORT_ERRORS, stdout, "", version) == ending


def test_the_usage_error_wins_and_loses_its_list_of_choices() -> None:
    said = "airflow command error: argument GROUP_OR_COMMAND: invalid choice: 'dag'"
    stderr = f"{WARNING}\n{said} (choose from 'dags', 'db'), see help above.\n"
    assert judge(("dag", "list"), "usage: airflow\n", stderr) == Judgment(False, said)
