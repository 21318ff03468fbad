"""Held here: the one table of an output is found, and no line of the output is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.output.records import Records, find_records, read_rows, reader
from tests.output.records.output_parts import PIECES

FOLDERS = (Path(__file__).parents[2] / "samples", Path(__file__).parents[1] / "rows")
LOG = "[2024-01-01 00:00:00,000] {dagbag.py:396} INFO - Filling up the DagBag\n"
TABLE = "dag_id | owner\n=======+======\na      | ops  \nb      | ops  \n              \n"
BOX = "╒═════╤═══╕\n│ a   │ b │\n╞═════╪═══╡\n│ x   │ y │\n╘═════╧═══╛\n"
JSON = '[{"dag_id": "a", "conf": {}, "owners": ["x"], "n": 5, "ok": true, "end": null}, {"dag_id": "b", "more": 1}]\n'


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.parent.name}-{path.stem}-{name}", case)
        for folder in FOLDERS
        for path in sorted(folder.glob("*.json"))
        for name, case in json.loads(path.read_text()).items()
    ]


CASES = cases()


#: What a table has that is in no record.
HEADINGS = "property_name property_value DAGS DAG RUNS No data found"


def words_of(found: Records) -> str:
    """All that the records and their columns hold, without blanks: a table may break words over lines."""
    held = [json.dumps(found.records), str(found.records), *found.columns, HEADINGS]
    return "".join("".join(held).split())


def test_what_is_recorded_is_found() -> None:
    for name, case in CASES:
        words = tuple(case["argv"])
        rows = read_rows(case["stdout"], output_format(words))
        found = find_records(case["stdout"], words)
        if rows is not None:
            assert found is not None, name
            turned = rows and set(rows[0]) == {"property_name", "property_value"} and output_format(words) != "json"
            assert len(found.records) == (1 if turned else len(rows)), name


def test_no_line_of_a_output_is_lost() -> None:
    for name, case in CASES:
        found = find_records(case["stdout"], tuple(case["argv"]))
        if found is not None:
            check_lines(name, case["stdout"], found)


def check_lines(name: str, stdout: str, found: Records) -> None:
    """Raise for the first line of an output that is neither beside the records nor in them."""
    around = found.before.splitlines() + found.after.splitlines()
    lines = stdout.splitlines()
    assert len(around) <= len(lines), name
    held = words_of(found)
    for line in lines:
        rest = line if line in around else line.removeprefix("}")  # old exports end without a line end
        if rest in around:
            around.remove(rest)
        else:
            assert all(word in held for word in re.findall(r"\w+", line)), (name, line)
    assert not any(line.strip() for line in around), name


def test_json_keeps_every_value() -> None:
    found = find_records(LOG + JSON + LOG, ("dags", "list", "-o", "json"))
    assert found == Records(("dag_id", "conf", "owners", "n", "ok", "end", "more"), tuple(json.loads(JSON)), LOG, LOG)


def test_yaml_holds_the_same_values() -> None:
    text = "- dag_id: a\n  n: 5\n  owners:\n  - x\n  end: null\n  conf: {}\n"
    found = find_records(LOG + text + "bye\n", ("dags", "list", "-o", "yaml"))
    assert found == Records(
        ("dag_id", "n", "owners", "end", "conf"),
        ({"dag_id": "a", "n": 5, "owners": ["x"], "end": None, "conf": {}},),
        LOG,
        "bye\n",
    )


@pytest.mark.parametrize("words", [("dags", "list"), ("dags", "list", "-o", "table")])
def test_a_table_of_text(words: tuple[str, ...]) -> None:
    rows = ({"dag_id": "a", "owner": "ops"}, {"dag_id": "b", "owner": "ops"})
    assert find_records(f"{LOG}{TABLE}bye\n", words) == Records(("dag_id", "owner"), rows, LOG, "bye\n", printed=True)
    colored = TABLE.replace("dag_id", "\x1b[1mdag_id\x1b[0m")
    assert find_records(f"\x1b[2m{LOG}{colored}", words) == Records(
        ("dag_id", "owner"), rows, "\x1b[2m" + LOG, "", printed=True
    )


def test_properties_are_one_record() -> None:
    text = (
        "property_name | property_value\n==============+===============\ndag_id        | a             \n"
        "is_paused     | True          \n                              \n"
    )
    found = find_records(text, ("dags", "details", "a"))
    assert found == Records(("dag_id", "is_paused"), ({"dag_id": "a", "is_paused": "True"},), "", "", printed=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{TABLE}\n{TABLE}", "x"), (f"{BOX}\n{BOX}", "x"), (JSON + JSON, "x -o json"),
        ("- a: 1\nx\n- a: 2\n", "x -o yaml"), ("[1]\n", "x -o json"),
        ('[{"apache_airflow": {"version": "2"}}, {"system_info": {"OS": "Linux"}}]\n', "info -o json"),
        ("Title\n=====\ntext\n", "x"), ("Pool etl created\n", "pools set"), ("", "x"), ("", "x -o json"),
        ("[{}]\n", "x -o json"), (TABLE, "x -o xml"), ('[{"a":' + "[" * 30 + "]" * 30 + "}]\n", "x -o json"),
        ('{"a": 1}\n', "connections export -"), ("a=b://c\n", "connections export - --file-format env"),
    ],
)  # fmt: skip
def test_none_or_several(text: str, words: str) -> None:
    assert find_records(text, tuple(words.split())) is None


def test_an_object_is_one_record() -> None:
    assert find_records('{"a": 1, "b": [2]}\n', ("x", "-o", "json")) == Records(
        ("a", "b"), ({"a": 1, "b": [2]},), "", ""
    )


@pytest.mark.parametrize("words", ["variables export -", "variables -e /dev/stdout"])
def test_exported_variables_are_rows(words: str) -> None:
    text = '{\n  "region": "eu",\n  "limits": {\n    "max": 3\n  }\n}\ndone\n'
    rows = ({"key": "region", "value": "eu"}, {"key": "limits", "value": {"max": 3}})
    assert find_records(text, tuple(words.split())) == Records(("key", "value"), rows, "", "done\n")


def test_exported_connections_are_rows() -> None:
    found = find_records('{"wh": {"conn_type": "x", "password": "pw"}}\n', ("connections", "export", "-"))
    assert found == Records(
        ("conn_id", "conn_type", "password"), ({"conn_id": "wh", "conn_type": "x", "password": "pw"},), "", ""
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [("No data found\n", "x"), ("No data found\n", "x -o plain"), ("[]\n", "x -o json"), ("[]\n", "x -o yaml")],
)
def test_no_rows(text: str, words: str) -> None:
    assert find_records(LOG + text + "bye\n", tuple(words.split())) == Records((), (), LOG, "bye\n")


def test_what_is_too_large_is_not_read() -> None:
    assert find_records(JSON + " " * reader.LIMIT, ("x", "-o", "json")) is None
    sparse = json.dumps([{"a": 1, f"k{number}": 1} for number in range(2000)])
    assert find_records(sparse, ("x", "-o", "json")) is None


FORMS = st.sampled_from([(), ("-o", "json"), ("-o", "yaml"), ("-o", "plain"), ("-o", "table")])


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from([*PIECES, TABLE, BOX, JSON, LOG])).map("".join), FORMS)
def test_finding_never_raises_and_names_every_column(text: str, form: tuple[str, ...]) -> None:
    found = find_records(text, ("x", *form))
    if found is not None:
        assert all(name in found.columns for record in found.records for name in record)


@pytest.mark.parametrize(
    "text", ["===\n" * 60_000, "a\n=\n" * 40_000, "a|b\n=+=\n" * 40_000, "[{\n" * 60_000, "- a: 1\n" * 60_000]
)
@pytest.mark.parametrize("form", [(), ("-o", "json"), ("-o", "yaml"), ("-o", "plain")])
def test_large_outputs_of_nothing_do_no_harm(text: str, form: tuple[str, ...]) -> None:
    find_records(text, ("x", *form))


def test_a_line_of_json_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    loads = json.loads

    def counted(text: str) -> Any:
        parsed.append(text)
        return loads(text)

    monkeypatch.setattr(json, "loads", counted)
    found = find_records(LOG + JSON, ("dags", "list", "-o", "json"))
    assert found is not None
    assert found.records == tuple(loads(JSON))
    assert parsed.count(JSON) == 1
