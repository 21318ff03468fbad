"""Held here: noise, tracebacks and usage texts fold, in every recorded output too; nothing else does."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pytest

from mwaa_shell.output.style.fold import WINDOW, TextStyle, fold_noise, looks

SAMPLES = Path(__file__).parents[2] / "samples"
VERSIONS = sorted(path.stem for path in SAMPLES.glob("*.json"))
LOG = "[2026-11-22T12:56:31.444+0000] {__init__.py:43} INFO - Loaded API auth backend: session\n"
LOUD = "[2026-11-22T12:56:31.444+0000] {dagbag.py:259} ERROR - Failed to import: /usr/local/airflow/dags/a.py\n"
WARNING = "/usr/local/airflow/dags/x.py:859: FutureWarning: old\n  warnings.warn(\n"
LIBRARY = "/usr/lib/python3.11/x.py:859: FutureWarning: old\n  warnings.warn(\n"
CONFIGURATION = "/usr/local/lib/python3.11/site-packages/airflow/configuration.py:859 FutureWarning: "
MATTERS = "/usr/local/airflow/dags/a.py:3: UserWarning: the bucket is empty\n"
INSTALLED = '  File "/usr/local/lib/python3.11/site-packages/airflow/cli.py", line 3, in f\n    g()\n'
OWN = '  File "/usr/local/airflow/dags/a.py", line 2, in <module>\n    import nothing\n'
HEAD = "Traceback (most recent call last):\n"
USAGE = "usage: airflow dags trigger [-h] dag_id\n\nTrigger\n\noptions:\n  -h, --help  help\n"


def shown(text: str, *, noise: bool = True, usage: bool = True) -> str:
    return "".join(piece for _, piece in fold_noise([text], noise=noise, usage=usage))


def sample(version: str, name: str, stream: str) -> str:
    text = json.loads((SAMPLES / f"{version}.json").read_text())[name][stream]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOG, "1 log line, .raw shows it\n"),
        (LOG * 7, "7 log lines, .raw shows them\n"),
        (WARNING, "1 warning, .raw shows it\n"),
        (LOG + WARNING * 2, "1 log line and 2 warnings, .raw shows them\n"),
        (LOG + "\n\n" + LOG, "2 log lines, .raw shows them\n"),
        (LOG + "a\n" + LOG, "1 log line, .raw shows it\na\n1 log line, .raw shows it\n"),
        (LOG + "\n\na\n\nb\n", "1 log line, .raw shows it\na\n\nb\n"),
        ("\n\na  \nb\n\n   \n", "a\nb\n"),
        ("a\n\n" + LOG, "a\n\n1 log line, .raw shows it\n"),
        ("CloudWatch logging is disabled for TaskLogHandler\n[]", "1 log line, .raw shows it\n[]\n"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_noise_becomes_one_line(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "line", [LOUD, MATTERS, "[INFO] This DAG is PAUSED now.\n", "2026-11-22T13:05:49Z [warning  ] hm\n"]
)
def test_what_would_be_missed_stays(line: str) -> None:
    assert shown(LOG + line + LOG) == f"1 log line, .raw shows it\n{line}1 log line, .raw shows it\n"


@pytest.mark.parametrize(
    "warning",
    [
        "2026-11-22T13:05:49Z [warning  ] Could not import graphviz.\nYou might need to install the graphviz package\n",
        "2026-11-22T13:05:49Z [warning  ] a [py.warnings] category=ADeprecationWarning filename=/site-packages/a.py\n",
        "<string>:241: DeprecationWarning: a\n",
        LIBRARY,
        f"{LIBRARY}\n{LIBRARY}",
        f"{CONFIGURATION}section/key [core/sql_alchemy_conn] has been deprecated, you should use[database/a] instead\n",
    ],
)
def test_warnings_of_libraries_to_others_are_left_out(warning: str) -> None:
    assert shown(warning) == ""
    assert shown(f"a\n{warning}b\n") == "a\nb\n"
    assert shown(LOG + warning + LOG) == "2 log lines, .raw shows them\n"
    assert shown(warning + WARNING + warning) == "1 warning, .raw shows it\n"


@pytest.mark.parametrize(
    ("warning", "kind"),
    [
        (f"{CONFIGURATION}section/key [core/dag_concurrency] has been deprecated, you should use[a/b]\n", "warning"),
        (f"{CONFIGURATION}The a option in [b] has been moved to the c option in [d]\n", "warning"),
        ("2026-11-22T13:05:49Z [warning  ] a [py.warnings] category=FutureWarning filename=/dags/a.py\n", "log line"),
    ],
)
def test_warnings_of_what_is_the_users_are_counted(warning: str, kind: str) -> None:
    assert shown(LIBRARY + warning) == f"1 {kind}, .raw shows it\n"


def test_where_log_lines_are_the_answer_only_warnings_fold() -> None:
    assert shown(LOG + WARNING + LOG, noise=False) == f"{LOG}1 warning, .raw shows it\n{LOG}"


def test_of_a_traceback_the_message_and_the_place_in_ones_own_code_are_left() -> None:
    text = HEAD + INSTALLED * 3 + OWN + INSTALLED + "ModuleNotFoundError: No module named 'nothing'\n"
    message = "ModuleNotFoundError: No module named 'nothing'\n"
    assert shown(text) == message + OWN + "  9 lines of traceback folded, .raw shows them\n"
    assert shown(text.replace(OWN, "")) == message + "  9 lines of traceback folded, .raw shows them\n"


def test_a_chain_has_the_last_message() -> None:
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    text = HEAD + INSTALLED * 2 + "KeyError: 'a'\n" + between + HEAD + INSTALLED * 2 + "ValueError: b\n"
    assert shown(text) == "ValueError: b\n  14 lines of traceback folded, .raw shows them\n"
    assert shown(text.replace(between, "")).count("folded") == 2
    assert shown(text.replace(between, "\n")).splitlines()[2:4] == ["", "ValueError: b"]


def test_a_blank_line_stays_after_a_folded_traceback() -> None:
    folded = "KeyError: 'a'\n  7 lines of traceback folded, .raw shows them\n"
    text = "==> load failed\n" + HEAD + INSTALLED * 3 + "KeyError: 'a'\n\n==> send failed\n"  # as .why shows two tasks
    assert shown(text) == f"==> load failed\n{folded}\n==> send failed\n"
    assert shown(text + LOG + "\ndata\n").endswith("\n==> send failed\n1 log line, .raw shows it\ndata\n")


def test_a_message_of_several_lines_stays_together() -> None:
    said = "sqlalchemy.exc.OperationalError: no such table\n[SQL: SELECT a | b]\n(Background on this error at: x)\n"
    folds = "  7 lines of traceback folded, .raw shows them\n"
    text = HEAD + INSTALLED * 3 + said
    assert shown(text) == said + folds
    assert shown(text + LOG) == said + folds + "1 log line, .raw shows it\n"
    assert shown(text + "\ndata\n\n") == said + folds + "\ndata\n"
    assert shown(text + "a | b\nc\n") == said + folds + "a | b\nc\n"
    assert shown(text + "more\n" * 9) == said + "more\n" * 3 + folds + "more\n" * 6
    assert shown(HEAD + said) == HEAD + said


def test_a_logged_traceback_stands_below_its_log_line() -> None:
    text = LOG + LOUD + HEAD + INSTALLED * 3 + "KeyError: 'a'\n" + LOG + "data\n"
    folds = "KeyError: 'a'\n  7 lines of traceback folded, .raw shows them\n1 log line, .raw shows it\n"
    assert shown(text) == f"1 log line, .raw shows it\n{LOUD}{folds}data\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + INSTALLED + "KeyError: 'a'\n",  # short
        HEAD + INSTALLED * 9,  # cut off
    ],
)
def test_other_tracebacks_stay_as_they_are(text: str) -> None:
    assert shown(text) == text


def test_the_usage_becomes_one_line_that_says_where_to_read_it() -> None:
    assert shown(LOG + USAGE) == (
        "1 log line, .raw shows it\nusage folded, .help dags trigger shows what can be typed\n"
    )
    assert shown(LOG + USAGE, usage=False) == f"1 log line, .raw shows it\n{USAGE}"


@pytest.mark.parametrize(
    "text", ["usage: airflow is high\n", "usage: airflow x\n\nOptions:\n  none\n", "a usage: airflow\n"]
)
def test_what_only_begins_like_a_usage_stays(text: str) -> None:
    assert shown(text) == text


def test_a_long_list_of_choices_is_counted() -> None:
    error = "airflow dags command error: argument COMMAND: invalid choice: 'lst'"
    words = ", ".join(f"'word-{number}'" for number in range(30))
    assert shown(f"{error} (choose from {words}), see help above.\n") == (
        f"{error} (choose from 30 words, .raw shows them)\n"
    )
    assert shown(f"{error} (choose from 'a', 'b'), see help above.\n") == f"{error} (choose from 'a', 'b')\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_mistakes_are_two_lines(version: str) -> None:
    assert shown(sample(version, "wrong-command", "stdout")) == "usage folded, .help shows what can be typed\n"
    (said,) = [line for line in shown(sample(version, "wrong-command", "stderr")).splitlines() if "error" in line]
    assert "invalid choice: '" in said
    assert len(said) < 160


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_failures_say_what_went_wrong_first(version: str) -> None:
    text = shown(sample(version, "dags-trigger-missing-dag", "stderr"))
    said, folds = [line for line in text.splitlines() if "warning" not in line]
    assert said.endswith("DagNotFound: Dag id no_such_dag not found in DagModel")
    assert folds.endswith("lines of traceback folded, .raw shows them")


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_successes_are_their_data_and_at_most_a_line(version: str) -> None:
    for name in ("version", "dags-list", "dags-trigger", "dags-pause", "dags-state"):
        text = shown(sample(version, name, "stdout"))
        assert sum(".raw show" in line for line in text.splitlines()) <= 1, name
        assert len(text.splitlines()) > text.count(".raw show"), name
        assert not any(word in text for word in ("INFO", "graphviz", "Filling up")), name


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_line_is_shown_or_folded(version: str) -> None:
    for sample in json.loads((SAMPLES / f"{version}.json").read_text()).values():
        for text in (sample["stdout"], sample["stderr"]):
            left = [line for line in shown(text).splitlines() if " folded, " not in line and ".raw show" not in line]
            lines = {line.rstrip(" ") for line in text.splitlines()}
            assert all(line in lines or line + ", see help above." in lines for line in left)


def test_lines_that_are_too_long_come_in_parts() -> None:
    chunks = ["a\n[{", "x" * WINDOW, "y" * WINDOW, "z\nc", "\n"]
    pieces = list(fold_noise(chunks))
    assert "".join(text for _, text in pieces) == "".join(chunks)
    assert [look for look, _ in pieces] == [
        TextStyle.TEXT, TextStyle.TEXT, TextStyle.REST, TextStyle.REST, TextStyle.TEXT,
    ]  # fmt: skip


def test_noise_after_a_window_of_nothing_else_stays() -> None:
    lines = shown(LOG * 3000 + HEAD + INSTALLED * 9 + "KeyError: 'a'\n").splitlines()
    assert lines[0].endswith("log lines, .raw shows them")
    assert set(lines[1:1000]) == {LOG.rstrip("\n")}
    assert "KeyError: 'a'" in lines
    assert any("folded" in line for line in lines[1000:])  # a traceback still folds


def test_long_text_is_folded_window_by_window() -> None:
    many = (LOG * 500 + "a\n") * 20
    assert shown(many).splitlines().count("a") == 20
    assert len(shown(many)) < 2000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[{"a": 1}]\n', [TextStyle.JSON]),
        ('{\n    "a": [\n        "b",\n    ]\n}\n', [TextStyle.JSON]),
        ("- a: b\n  c:\n  - d\n", [TextStyle.YAML]),
        ("key | v\n====+==\na   | b\n", [TextStyle.HEADING, TextStyle.RULE, TextStyle.TABLE]),
        ("name\n====\nAdmin\n", [TextStyle.HEADING, TextStyle.RULE, TextStyle.TEXT]),
        ("│ a │\n╞═══╡\n│ b │\n╘═══╛\n", [TextStyle.HEADING, TextStyle.RULE, TextStyle.TABLE, TextStyle.RULE]),
        ("running\n", [TextStyle.TABLE]),
        ("Dag: a, paused: True\n", [TextStyle.TEXT]),
        (LOG, [TextStyle.LOG]),
        (WARNING, [TextStyle.WARNING]),
        (HEAD + OWN + "KeyError: 'a'\n", [TextStyle.TRACEBACK, TextStyle.MESSAGE]),
        ("airflow command error: no\n", [TextStyle.MESSAGE]),
    ],
)
def test_how_lines_look(text: str, found: list[TextStyle]) -> None:
    assert [look for look, _ in groupby(looks(text), key=itemgetter(0))] == found
    assert "".join(run for _, run in looks(text)) == text
