"""Held here: each line of output has one kind, whatever Airflow version, MWAA or Python printed it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.output_lines import Classifier, LineKind, Reading, classify, data_lines, has_data, split_lines

SAMPLES = Path(__file__).parents[1] / "samples"
VERSIONS = sorted(path.stem for path in SAMPLES.glob("*.json"))
NOISE = [
    "",
    "  ",
    "[2024-01-01 00:00:00,000] {dagbag.py:396} INFO - Filling up the DagBag from /usr/local/airflow/dags",
    "2026-11-22T13:05:49.572534Z [warning  ] text [logger] loc=file.py:1",
    "Traceback (most recent call last):",
    '  File "x.py", line 1, in <module>',
    "ValueError: bad",
    "x.py:1: UserWarning: careful",
    "  warnings.warn(",
    "airflow dags trigger command error: the following arguments are required: dag_id, see help above.",
    "- dag_id: a",
]


def kinds(text: str) -> list[LineKind]:
    return [line.kind for line in classify(text)]


def kind(line: str) -> LineKind:
    (found,) = kinds(line)
    return found


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(NOISE)).map("\n".join))
def test_every_line_comes_out_once_and_in_order(text: str) -> None:
    assert [line.text for line in classify(text)] == split_lines(text)
    assert "\n".join(split_lines(text)) == text.replace("\r\n", "\n").removesuffix("\n")


@pytest.mark.parametrize(
    "line",
    [
        "[2021-03-01 09:10:11,123] {dagbag.py:396} INFO - Filling up the DagBag from /usr/local/airflow/dags",
        "[2021-02-01 15:05:40,386] {{dagbag.py:417}} INFO - Filling up the DagBag from /usr/local/airflow/dags",
        "[2024-04-06T13:59:49.549+0000] {{dagbag.py:536}} INFO - Filling up the DagBag from /usr/local/airflow/dags",
        "[\x1b[34m2023-04-06 13:59:49,549\x1b[0m] {\x1b[34mdagbag.py:\x1b[0m536} INFO\x1b[0m - Filling up\x1b[0m",
        "[2022-11-22 12:56:31,444] {crypto.py:82} WARNING - empty cryptography key",
        "[2026-11-22T12:56:31.444+0000] {__init__.py:43} INFO - Loaded API auth backend: session",
        "[2026-11-22T12:56:31.444+0000] {dagbag.py:348} ERROR - Failed to import: /usr/local/airflow/dags/x.py",
        "2026-11-22T13:05:49.572534Z [warning  ] Could not import graphviz. [py.warnings] lineno=57",
        "2026-11-22T13:05:49.572534Z [info     ] setup plugin alembic.autogenerate [alembic.runtime.plugins]",
        "2026-11-22 13:05:49 [error    ] Dag not found",
        "INFO  [alembic.runtime.migration] Context impl SQLiteImpl.",
        "INFO [alembic.runtime.migration] Will assume non-transactional DDL.",
        "WARNI [airflow.models.crypto] empty cryptography key",
        "2026-11-29 23:14:03,123 - mylib.core - WARNING - careful",
        "2026-11-29 23:14:03,123 ERROR - careful",
        "WARNING:root:OSError while attempting to symlink the latest log directory",
        "INFO:my.lib:text",
        "Exception ignored in: <function Odd.__del__ at 0x7f36c9ccc400>",
        "Exception in thread Thread-1 (f):",
        "Error in atexit._run_exitfuncs:",
        "--- Logging error ---",
        "[INFO] Starting",
        "[WARNING] something",
        "CloudWatch logging is disabled for DAGProcessing",
        "CloudWatch logging is disabled for WebServer",
        "Successfully generated RDS auth token at 2026-11-22 13:05:49.572534",
    ],
)
def test_log_lines_of_every_style(line: str) -> None:
    assert kind(line) is LineKind.LOG


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "[2026]",
        '[{"dag_id": "a"}]',
        "- dag_id: a",
        "dag_id | fileloc | owners",
        "=======+=========",
        "2026-11-22T13:05:49+00:00",
        "2026-11-22 | running",
        "INFO is a word",
        "INFO: a word",
        "ERROR: You need to upgrade the database.",
        "2026-11-22T13:05:49 - running",
        "Error: no",
        "UserWarning: not a warning without a file",
        "The CloudWatch logging is disabled for X",
    ],
)
def test_what_nothing_claims_is_data(line: str) -> None:
    assert kind(line) is LineKind.DATA


@pytest.mark.parametrize(
    "first",
    [
        "/usr/local/airflow/.local/lib/python3.11/site-packages/airflow/configuration.py:859: FutureWarning: old",
        "/usr/lib/python3.7/site-packages/x.py:48 DeprecationWarning: old",
        "<frozen>:219: RuntimeWarning: size changed",
        "/usr/lib/x.py:1 RemovedInAirflow3Warning: old",
        "sys:1: ResourceWarning: unclosed file",
    ],
)
def test_a_python_warning_takes_its_indented_source_line_along(first: str) -> None:
    assert kinds(f"{first}\n  warnings.warn(\nDATA") == [LineKind.WARNING, LineKind.WARNING, LineKind.DATA]


def test_a_chained_traceback_is_one_and_ends_at_the_margin() -> None:
    text = (
        "before\nTraceback (most recent call last):\n  File 'a.py', line 1\n    f()\nKeyError: 'a'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n  File 'b.py', line 2\n\n    g()\nValueError: b\nafter"
    )
    got = list(classify(text))
    assert [line.text for line in got if line.kind is LineKind.DATA] == ["before", "after"]
    assert Counter(line.kind for line in got)[LineKind.TRACEBACK] == len(got) - 2 - kinds(text).count(LineKind.BLANK)
    assert got[-2].text == "ValueError: b"
    assert got[-2].kind is LineKind.TRACEBACK


def fatal(text: str) -> list[bool]:
    return [line.fatal for line in classify(text)]


def test_traceback_through_the_program_is_fatal() -> None:
    caught = "Traceback (most recent call last):\n  File \"/a/dags/airflow.py\", line 1, in <module>\nKeyError: 'a'\n"
    frame = '  File "/usr/local/airflow/.local/bin/airflow", line 10, in <module>'
    uncaught = f"Traceback (most recent call last):\n{frame}\n    main()\nValueError: b\nmore\n"
    assert fatal(caught) == [False] * 3
    assert fatal(uncaught) == [False, True, True, True, False]
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    assert fatal(caught + between + uncaught) == [False] * 7 + [True] * 3 + [False]
    assert fatal(f"{frame}\n") == [False]


@pytest.mark.parametrize("before", [" 50%|#####     | 1/2 [00:01<00:01]", "Password:"])
def test_traceback_may_begin_where_the_cursor_stood(before: str) -> None:
    text = f"{before}Traceback (most recent call last):\n  File x\nKeyError: 'a'\nmore"
    assert kinds(text) == [LineKind.TRACEBACK] * 3 + [LineKind.DATA]
    assert kind("a | Traceback (most recent call last):") is LineKind.DATA


def test_exception_group_has_a_margin_of_its_own() -> None:
    group = "  + Exception Group Traceback (most recent call last):\n  |   File x\n  | E: a\n  +-+---- 1\n    | V: b"
    assert kinds(f"{group}\nmore") == [LineKind.TRACEBACK] * 5 + [LineKind.DATA]


@pytest.mark.parametrize(
    "line",
    [
        "airflow dags trigger command error: the following arguments are required: dag_id, see help above.",
        "airflow command error: argument GROUP_OR_COMMAND: invalid choice: 'dag' (choose from 'dags'), see help above.",
        "airflow: error: argument subcommand: invalid choice: 'x'",
        "usage: airflow [-h] GROUP_OR_COMMAND: error: no",
    ],
)
def test_the_last_line_of_argparse(line: str) -> None:
    assert kind(line) is LineKind.USAGE


def test_the_graphviz_sentence_belongs_to_its_warning() -> None:
    text = (
        "2026-11-22T13:05:08.337580Z [warning  ] Could not import graphviz. \n"
        "You might need to install the graphviz package and necessary system packages.\n"
        "Run `pip install graphviz` to attempt to install it. [py.warnings]\n[]"
    )
    assert kinds(text) == [LineKind.LOG, LineKind.LOG, LineKind.LOG, LineKind.DATA]
    assert kind("You might need to install the graphviz package") is LineKind.DATA


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_data_is_not_taken_for_noise(version: str) -> None:
    samples = json.loads((SAMPLES / f"{version}.json").read_text())
    assert data_lines(samples["version"]["stdout"]) == [version]
    listed = data_lines(samples["dags-list"]["stdout"])
    assert [line for line in listed if "sales_daily" in line] == [listed[-1]]


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_successes_say_nothing_but_noise_on_standard_error(version: str) -> None:
    samples = json.loads((SAMPLES / f"{version}.json").read_text())
    quiet = ("version", "dags-list", "variables-get")
    assert [line for name in quiet for line in data_lines(samples[name]["stderr"])] == []


def noise(text: str) -> list[bool]:
    return [reading.noise for reading in Classifier().read(text.splitlines())]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[2021-03-01 09:10:11,123] {dagbag.py:396} INFO - Filling up the DagBag from /usr/local/airflow/dags", True),
        ("[2021-03-01 09:10:11,123] {{dagbag.py:396}} DEBUG - x", True),
        ("[2021-03-01 09:10:11,123] {dagbag.py:259} ERROR - Failed to import: /usr/local/airflow/dags/x.py", False),
        ("[2021-03-01 09:10:11,123] {crypto.py:82} WARNING - empty cryptography key", False),
        ("2026-11-22T13:05:49.572534Z [info     ] text [logger]", True),
        ("2026-11-22T13:05:49.572534Z [error    ] text [logger]", False),
        ("2026-11-22T13:05:49.572534Z [warning  ] Skipping masking for a secret as it's too short", False),
        ("2026-11-22T13:05:49.572534Z [warning  ] Could not import graphviz. Rendering graph", True),
        ("2026-11-22T13:05:49Z [warning  ] old [py.warnings] category=DeprecationWarning filename=x.py", True),
        ("2026-11-22T13:05:49Z [warning  ] hm [py.warnings] category=UserWarning filename=x.py", False),
        ("INFO  [alembic.runtime.migration] Context impl SQLiteImpl.", True),
        ("ERROR [alembic.runtime.migration] no", False),
        ("[INFO] Please be reminded this DAG is PAUSED now.", False),
        ("CloudWatch logging is disabled for TaskLogHandler", True),
        ("x.py:1 FutureWarning: old", True),
        ("x.py:1 RemovedInAirflow3Warning: old", True),
        ("x.py:1: AirflowProviderDeprecationWarning: old", True),
        ("x.py:1: UserWarning: careful", False),
        ("x.py:1: UserWarning: Could not import graphviz. Rendering graph", True),
        ("airflow command error: no", False),
        ("Traceback (most recent call last):", False),
    ],
)
def test_what_nobody_misses_is_noise(line: str, expected: bool) -> None:
    assert noise(line) == [expected]


def test_further_lines_are_as_their_entry_and_do_not_begin_one() -> None:
    text = "x.py:1: UserWarning: careful\n  warn(\nx.py:2: FutureWarning: old\n  warn(\n  warn("
    readings = Classifier().read(text.splitlines())
    assert [(reading.noise, reading.begins) for reading in readings] == [
        (False, True), (False, False), (True, True), (True, False), (True, False),
    ]  # fmt: skip


def test_lines_may_come_in_several_goes() -> None:
    lines = [*NOISE, "Traceback (most recent call last):", "  File x", "", "    f()", "KeyError: 'a'", "data", *NOISE]
    classifier = Classifier()
    assert [classifier.read([line])[0] for line in lines] == Classifier().read(lines)


@pytest.mark.parametrize("version", VERSIONS)
def test_in_recorded_outputs_nothing_that_failed_is_noise(version: str) -> None:
    for sample in json.loads((SAMPLES / f"{version}.json").read_text()).values():
        lines = (sample["stdout"] + sample["stderr"]).splitlines()
        hidden = [line for line, reading in zip(lines, Classifier().read(lines), strict=True) if reading.noise]
        assert not [line for line in hidden if "ERROR" in line or "[error" in line or "rror:" in line]


def test_equal_readings_are_one_object() -> None:
    assert Classifier().read(["a"])[0] is Classifier().read(["b"])[0]
    assert Classifier().read(["a"])[0] == Reading(LineKind.DATA)


@given(st.lists(st.sampled_from([*NOISE, "data"]) | st.text(max_size=5), max_size=120))
def test_there_is_data_where_a_line_is(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert has_data(text) == bool(data_lines(text))


def test_data_far_behind_noise_is_found() -> None:
    assert has_data("\n".join([NOISE[2]] * 200 + ["data"]))
    assert not has_data("\n".join([NOISE[2]] * 200))
