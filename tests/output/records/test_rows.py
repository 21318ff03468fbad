"""Held here: a list reads the same in every format that Airflow prints it in, however it was broken over lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcwidth

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.output.records import read_lines, read_rows
from tests.output.records.output_parts import PIECES

SAMPLES = Path(__file__).parents[2] / "samples"
RECORDED = Path(__file__).parents[1] / "rows"
LONG = "warehouse_ingest_customer_orders_from_the_north_region_and_reconcile_with_the_ledger_every_day_at_noon_v2"
DOTTED = "team-a.sales-report-for-the-quarter.europe-west-and-central-and-northern-parts.daily-with-a-long-name"
WIDE = "w" * 180
VARIABLE = "a_variable_with_a_key_that_is_much_longer_than_eighty_columns_so_that_it_has_to_be_folded_somewhere"
TABLE = "dag_id | owner\n=======+======\na      | ops  \nb      | ops  \n              \n"
#: What a table cannot hold, or holds in another shape: names with line ends, a row for each property.
LOSSY = ("variables-list", "dags-details", "assets-details", "dags-import-errors")


def recorded(folder: Path, version: str) -> dict[str, dict[str, Any]]:
    return dict(json.loads((folder / f"{version}.json").read_text()))


def rows(case: dict[str, Any]) -> list[dict[str, str]] | None:
    return read_rows(case["stdout"], output_format(tuple(case["argv"])))


def families() -> list[tuple[str, str]]:
    """Each list that was recorded in several formats."""
    found = []
    for path in sorted(RECORDED.glob("*.json")):
        names = recorded(RECORDED, path.stem)
        found += [(path.stem, name) for name in names if "-json" in name]
    return [(version, name) for version, name in found if not name.startswith(("trigger", "dags-report"))]


@pytest.mark.parametrize(("version", "name"), families())
def test_all_formats_hold_the_same_records(version: str, name: str) -> None:
    cases = recorded(RECORDED, version)
    wanted = rows(cases[name])
    assert wanted is not None
    for form in ("-yaml", ""):
        case = cases.get(name.replace("-json", form))
        if case is None or (form != "-yaml" and name.startswith(LOSSY)):
            continue
        found = rows(case)
        assert found is not None, form
        assert len(found) == len(wanted), form
        for one, other in zip(found, wanted, strict=True):
            assert sorted(one) == sorted(other), form
            for column, text in other.items():
                assert same(one[column], text), (form, column)


def same(one: str, other: str) -> bool:
    """Equal but for what the formats write differently: nothing, lists, and blanks where a line was full."""
    if other[:1] in ("[", "{"):
        return True
    return one.replace(" ", "") == other.replace(" ", "") or {one, other} == {"", "None"}


@pytest.mark.parametrize("version", ["2.0.2", "2.2.2", "2.10.3", "3.3.1"])
def test_ids_that_were_broken_over_lines_are_whole(version: str) -> None:
    cases = recorded(RECORDED, version)
    found = [row["dag_id"] for row in rows(cases["dags-list"]) or []]
    assert [name for name in found if name != "uses_assets"] == ["sales_daily", DOTTED, LONG, WIDE]
    assert {row["dag_id"] for row in rows(cases["dags-list-runs-2"]) or []} == {LONG}
    assert len(rows(cases["dags-list-runs-2"]) or []) == len(rows(cases["dags-list-runs-json-2"]) or [])
    assert [row["conn_id"] for row in rows(cases["conn-list"]) or []] == ["wh", VARIABLE, "s3_reports"]


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_a_triggered_run_reads_the_same_in_a_table(version: str) -> None:
    cases = recorded(RECORDED, version)
    for name in ("trigger", "trigger-2", "trigger-json", "trigger-yaml"):
        (row,) = rows(cases[name]) or []
        assert row["dag_id"] in {"sales_daily", LONG}
        assert row["dag_run_id"].startswith("manual__2026-11-22T18:0")
        assert row["dag_run_id"].endswith("+00:00")
        assert row["state"] == "queued"


def test_columns_whose_names_were_broken_too() -> None:
    (first, *_) = rows(recorded(RECORDED, "2.0.2")["conn-list"]) or []
    assert list(first) == [
        "id", "conn_id", "conn_type", "description", "host", "schema", "login", "password", "port", "is_encrypted",
        "is_extra_encrypted", "extra_dejson", "get_uri",
    ]  # fmt: skip
    assert first["get_uri"] == "postgres://user:pw@db.example.com:5432/wh"


def test_a_separator_in_a_cell() -> None:
    found = rows(recorded(RECORDED, "2.10.3")["dags-list-columns2"]) or []
    assert [row["dag_id"] for row in found] == ["sales_daily", DOTTED, LONG, WIDE]
    assert {row["description"] for row in found} == {"a description with some words, and a | in it"}


@pytest.mark.parametrize("name", ["dags-import-errors"])
def test_a_cell_with_line_ends(name: str) -> None:
    cases = recorded(RECORDED, "2.10.3")
    (wanted,) = rows(cases["dags-import-errors-json"]) or []
    (found,) = rows(cases[name]) or []
    assert found == wanted | {"error": wanted["error"].rstrip("\n")}


def test_the_old_lists() -> None:
    cases = recorded(RECORDED, "1.10.12")
    ids = [{"dag_id": name} for name in ("sales_daily", DOTTED, LONG, WIDE)]
    assert rows(cases["list_dags"]) == rows(cases["list_dags-r"]) == ids
    runs = rows(cases["list_dag_runs-2"]) or []
    assert [row["run_id"] for row in runs] == ["manual__2026-11-22T18:03:50+00:00", "repair-17"]
    assert [row["state"] for row in runs] == ["running", "running"]
    assert list(runs[0]) == ["id", "run_id", "state", "execution_date", "state_date"]
    assert rows(cases["list_dag_runs-3"]) == []
    pools = rows(cases["pool-2"]) or []
    assert [row["Pool"] for row in pools] == ["default_pool", "etl", VARIABLE]
    assert pools[2] == {"Pool": VARIABLE, "Slots": "3", "Description": "a\nb"}
    assert [row["Conn Type"] for row in rows(cases["conn-list"]) or []] == ["'postgres'", "'aws'"]
    assert read_lines(cases["list_tasks"]["stdout"])[0] == "extract"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_table_is_read(path: Path) -> None:
    for name, case in json.loads(path.read_text()).items():
        found = rows(case)
        if "\n====" in case["stdout"] or "╞" in case["stdout"]:
            assert found is not None, name
            assert all(text == text.strip() for row in found for text in row.values() if "\n" not in text), name
        elif "No data found" in case["stdout"]:
            assert found == [], name


CHATTER = (
    "CloudWatch logging is disabled for the scheduler\n",
    "[2024-01-01 00:00:00,000] {dagbag.py:396} INFO - Filling up the DagBag from /usr/local/airflow/dags\n",
    "hello from a DAG file\n=====\nname | other\n",
    "/usr/local/airflow/x.py:1 UserWarning: careful\n",
)
FORMS = {
    "table": TABLE,
    "json": '[{"dag_id": "a", "owner": "ops"}, {"dag_id": "b", "owner": "ops"}]\n',
    "yaml": "- dag_id: a\n  owner: ops\n- dag_id: b\n  owner: ops\n\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("noise", CHATTER)
def test_what_else_is_printed_does_not_matter(form: str, noise: str) -> None:
    wanted = [{"dag_id": "a", "owner": "ops"}, {"dag_id": "b", "owner": "ops"}]
    assert read_rows(noise + FORMS[form], form) == wanted
    if "DAG file" not in noise:
        assert read_rows(FORMS[form] + noise, form) == wanted
    colored = FORMS[form].replace("dag_id", "\x1b[1mdag_id\x1b[0m")
    assert read_rows(colored, form) == wanted


def test_values_are_text() -> None:
    text = '[{"a": null, "b": true, "c": 5, "d": ["x", "y"], "e": {"k": null}, "f": "True"}]'
    wanted = {"a": "None", "b": "True", "c": "5", "d": '["x", "y"]', "e": '{"k": null}', "f": "True"}
    assert read_rows(text, "json") == [wanted]
    yaml = "- a: null\n  b: true\n  c: 5\n  d:\n  - x\n  - y\n  e:\n    k: null\n  f: 'True'\n"
    assert read_rows(yaml, "yaml") == [wanted]


def test_yaml_over_several_lines() -> None:
    text = (
        "- a: some words\n    and more\n  b: 'it''s\n\n    two lines'\n  c: \"x \\\n    \\ y\\n\\u00e9\"\n  d: {}\n"
        "  e: 'a: b'\n  f: http://x:80/y\n"
    )
    (row,) = read_rows(text, "yaml") or []
    assert row == {
        "a": "some words and more", "b": "it's\ntwo lines", "c": "x  y\né", "d": "{}", "e": "a: b",
        "f": "http://x:80/y",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["table", "plain", None])
def test_nothing_found_is_not_the_same_as_no_list(form: str | None) -> None:
    assert read_rows("No data found\n", form) == []
    assert read_rows("Pool etl created\n", form) is None
    assert read_rows("", form) is None


def test_nothing_found_in_data() -> None:
    assert read_rows("[]\n", "json") == read_rows("[]\n", "yaml") == []
    assert read_rows('{"a": 1}\n', "json") is None
    assert read_rows("[1]\n", "json") is None
    assert read_rows("[]", "xml") is None


def test_a_table_with_wide_letters() -> None:
    text = "key   | val\n======+====\n日本  | 1  \nab    | 2  \n           \n"
    assert read_rows(text, None) == [{"key": "日本", "val": "1"}, {"key": "ab", "val": "2"}]


@pytest.mark.parametrize("key", ["a\u200bb", "\u200bab", "ab\u200b", "e\u0301b", "\u0915\u094d", "a\ufeff"])
def test_a_table_with_characters_of_no_width(key: str) -> None:
    missing = " " * (3 - sum(map(wcwidth, key)))
    text = f"key | val\n====+====\n{key}{missing} | {key}\nab  | 2  \n         \n"
    assert read_rows(text, None) == [{"key": key, "val": key}, {"key": "ab", "val": "2"}]


def test_a_cell_of_a_folded_table_may_have_a_blank_line() -> None:
    """A word that fills its line pushes the blank after it to a line of its own."""
    lines = ["key" + " " * 36 + "| val" + " " * 36, "=" * 39 + "+" + "=" * 40]
    for key, val in (("k" * 38, "v" * 39), ("kk", ""), ("", "w" * 39), ("b", "2")):
        lines.append(f"{key:38} | {val:39}")
    text = "\n".join([*lines, " " * 80, ""])
    assert read_rows(text, None) == [
        {"key": "k" * 40, "val": f"{'v' * 39} {'w' * 39}"},
        {"key": "b", "val": "2"},
    ]


def test_a_name_that_fills_its_column_is_not_joined_to_the_next() -> None:
    assert read_rows("key   \n======\nregion\nb     \n      \n", None) == [{"key": "region"}, {"key": "b"}]


@pytest.mark.parametrize("form", FORMS)
def test_ten_thousand_records_are_read(form: str) -> None:
    ids = [f"dag_number_{number:05}_of_many" for number in range(10_000)]
    made = {
        "table": f"{'dag_id':24} | owner\n{'=' * 25}+======\n" + "".join(f"{name} | ops  \n" for name in ids),
        "json": json.dumps([{"dag_id": name, "owner": "ops"} for name in ids]),
        "yaml": "".join(f"- dag_id: {name}\n  owner: ops\n" for name in ids),
    }
    found = read_rows(made[form], form)
    assert [row["dag_id"] for row in found or []] == ids


@settings(deadline=None, max_examples=60)
@given(st.text() | st.lists(st.sampled_from([*PIECES, TABLE, "日"])).map("".join), st.sampled_from([None, *FORMS, "x"]))
def test_reading_never_raises(text: str, form: str | None) -> None:
    found = read_rows(text, form)
    assert found is None or all(isinstance(value, str) for row in found for value in row.values())
    read_lines(text)


@pytest.mark.parametrize("form", [None, *FORMS])
@pytest.mark.parametrize("text", ["- " * 5000, "[" * 5000, '[{"a":' * 900, "- a:\n" * 3000, "=+" * 5000 + "="])
def test_deep_outputs_do_no_harm(text: str, form: str | None) -> None:
    read_rows(text, form)
