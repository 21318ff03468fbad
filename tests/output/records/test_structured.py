"""Held here: what a ``-o json`` or ``-o yaml`` output holds is passed on, and all the rest goes to standard error."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.errors import ExitCode
from mwaa_shell.output.records.structured import data_only, find_data
from mwaa_shell.result import Body, LazyBytes, Outcome, Result

SAMPLES = Path(__file__).parents[2] / "samples"
JSON = ("dags", "list", "-o", "json")
YAML = ("dags", "list", "-o", "yaml")
DATA = b'[{"dag_id": "a", "owners": ["x"]}]\n'
RECORDS = b"- dag_id: a\n  owners:\n  - x\n- dag_id: b\n  text: 'two\n\n    lines'\n"
LOG = b"[2026-11-22T12:56:31.444+0000] {__init__.py:43} INFO - Loaded\n"
CHATTER = b"CloudWatch logging is disabled for TaskLogHandler\n"
STRUCT = b"2026-11-22T13:05:49.572534Z [warning  ] text [logger] loc=file.py:1\n"


def recorded(wanted: str) -> dict[str, tuple[tuple[str, ...], Result]]:
    """Every recorded output to a command that asked for this format, by name."""
    found = {}
    for path in sorted(SAMPLES.glob("*.json")):
        for name, sample in json.loads(path.read_text()).items():
            words = tuple(sample["argv"])
            if output_format(words) == wanted:
                result = Result(stdout=sample["stdout"].encode(), stderr=sample["stderr"].encode(), remote=True)
                found[f"{path.stem}/{name}"] = (words, result)
    return found


def lines(data: Body) -> Counter[bytes]:
    return Counter(line for line in bytes(data).splitlines() if line.strip())


def got(stdout: bytes, words: tuple[str, ...] = JSON, stderr: bytes = b"") -> Result:
    return data_only(words, Result(stdout=stdout, stderr=stderr, remote=True))


@pytest.mark.parametrize("name", recorded("json"))
def test_recorded_json_is_json_and_nothing_is_lost(name: str) -> None:
    words, result = recorded("json")[name]
    clean = data_only(words, result)
    value = json.loads(bytes(clean.stdout))
    assert isinstance(value, list)
    assert all(isinstance(item, dict) for item in value)
    assert len(bytes(clean.stdout).splitlines()) == 1
    assert lines(clean.stdout) + lines(clean.stderr) == lines(result.stdout) + lines(result.stderr)
    assert clean.ok


@pytest.mark.parametrize("name", recorded("yaml"))
def test_recorded_yaml_is_two_records_and_nothing_is_lost(name: str) -> None:
    words, result = recorded("yaml")[name]
    clean = data_only(words, result)
    rows = clean.stdout.decode().splitlines()
    assert rows[0].startswith("- ")
    assert all(row.startswith(("- ", "  ")) for row in rows)
    found = [row[2:] for row in rows if row[2:].startswith("dag_id: ")]
    assert found == ["dag_id: hello_world", "dag_id: sales_daily"]
    assert lines(clean.stdout) + lines(clean.stderr) == lines(result.stdout) + lines(result.stderr)


@pytest.mark.parametrize("before", [b"", LOG, CHATTER + LOG, STRUCT, b"[1, 2]\n", b'{"printed": "by a DAG"}\n'])
@pytest.mark.parametrize("after", [b"", LOG, CHATTER, STRUCT, b'{"a": 1}\n', b"[not json]\n", b"\n\n"])
def test_json_is_found_among_logs_and_prints(before: bytes, after: bytes) -> None:
    result = got(before + DATA + after, stderr=b"said\n")
    assert (result.stdout, result.stderr) == (DATA, before + after + b"said\n")


@pytest.mark.parametrize("before", [b"", LOG, CHATTER + LOG, STRUCT, b"hello from a DAG\n"])
@pytest.mark.parametrize("after", [b"", LOG, CHATTER, STRUCT, b"\n", b"\nbye\n"])
def test_yaml_is_found_among_logs_and_prints(before: bytes, after: bytes) -> None:
    result = got(before + RECORDS + after, YAML)
    assert (result.stdout, result.stderr) == (RECORDS, before + after)


@pytest.mark.parametrize(
    ("stdout", "data"),
    [
        (DATA.rstrip(), DATA),
        (b"[]\n", b"[]\n"),
        (b'{"a": 1}\n', b'{"a": 1}\n'),
        (b'[{"old": 1}]\n' + DATA, DATA),
        (DATA + b'["printed"]\n', DATA),
        (b'[\n  {"a": 1}\n]\n', b'[\n  {"a": 1}\n]\n'),
        (LOG + b'{\n "a": [1,\n 2]\n}\nbye\n', b'{\n "a": [1,\n 2]\n}\n'),
        ('[{"a": "x\u2028y"}]\n'.encode(), '[{"a": "x\u2028y"}]\n'.encode()),
        (b'[{"a": "\xff\xfe"}]\n', b'[{"a": "\xff\xfe"}]\n'),
    ],
)
def test_which_json_is_the_data(stdout: bytes, data: bytes) -> None:
    assert got(stdout).stdout == data


def test_records_behind_what_was_printed_without_a_newline_win() -> None:
    result = got(b'{"not": "data"}\nno newline>' + DATA)
    assert (result.stdout, result.stderr) == (DATA, b'{"not": "data"}\nno newline>\n')


def test_json_behind_a_color_reset_is_found() -> None:
    result = got(b"\x1b[0m" + DATA)
    assert (result.outcome, json.loads(bytes(result.stdout))) == (Outcome.OK, json.loads(DATA))


@pytest.mark.parametrize(("before", "after"), [(b"- printed by a DAG\n", b""), (b"", b"\n- printed by a DAG\n")])
def test_a_printed_dash_is_no_record(before: bytes, after: bytes) -> None:
    result = got(before + RECORDS + after, YAML)
    assert result.stdout == RECORDS
    assert lines(result.stderr) == lines(before + after)


def test_bytes_that_are_no_utf_8_survive_on_both_streams() -> None:
    result = got(b"printed \xff\xfe\n" + DATA, stderr=b"\x80\n")
    assert (result.stdout, result.stderr) == (DATA, b"printed \xff\xfe\n\x80\n")


def test_a_line_without_an_end_does_not_swallow_the_next_one() -> None:
    result = got(DATA + b"printed last", stderr=b"said first\n")
    assert lines(result.stderr) == lines(b"printed last\nsaid first\n")


@pytest.mark.parametrize(("words", "name"), [(JSON, "JSON"), (YAML, "YAML")])
def test_a_output_without_data_fails_and_is_kept(words: tuple[str, ...], name: str) -> None:
    result = got(LOG + b"No data found\n", words, b"said\n")
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, ExitCode.FAILED)
    assert (result.stdout, result.stderr) == (b"", LOG + b"No data found\nsaid\n")
    assert result.message == f"The output contains no {name}, so --data printed nothing"


@pytest.mark.parametrize("stdout", [LOG + b"usage\n", b"x"])
def test_a_failed_command_keeps_its_own_reason(stdout: bytes) -> None:
    result = Result(Outcome.FAILED, ExitCode.FAILED, stdout, b"said\n", "DagNotFound: a", remote=True)
    assert data_only(JSON, result) == result._replace(stdout=b"", stderr=stdout + b"said\n")


def test_a_failed_command_keeps_its_data_too() -> None:
    result = Result(Outcome.FAILED, ExitCode.FAILED, LOG + DATA, b"", "1 DAG file could not be imported", remote=True)
    assert data_only(JSON, result) == result._replace(stdout=DATA, stderr=LOG)


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("dags", "list"), Result(stdout=LOG + DATA, remote=True)),
        (("dags", "list", "-o", "table"), Result(stdout=LOG + DATA, remote=True)),
        (JSON, Result(stdout=LOG + DATA, remote=False)),
        (JSON, Result(stdout=b"", stderr=b"said\n", remote=True)),
    ],
)
def test_other_results_are_left_unchanged(words: tuple[str, ...], result: Result) -> None:
    assert data_only(words, result) is result


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["x", "", "[1]", "[]", "- a: 1", "  b: 2", "{", "[", "Traceback (most recent call last):"])
    )
)
def test_no_line_is_lost_or_made(parts: list[str]) -> None:
    text = "".join(f"{part}\n" for part in parts)
    for wanted in ("json", "yaml"):
        found = find_data(text, wanted)
        if found is not None:
            assert found.data
            assert lines((found.data + found.before + found.after).encode()) == lines(text.encode())


class Counted(LazyBytes):
    """Bytes somewhere else, that count how many of them are held at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.most = 0

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, part: slice) -> bytes:
        self.most = max(self.most, len(self._data[part]))
        return self._data[part]


@pytest.mark.parametrize("noise", [b"", b"said before\n"])
def test_a_long_clean_list_is_handed_on_in_parts(noise: bytes) -> None:
    data = b'[{"dag_id": "a", "note": "' + b"x" * 600_000 + b'"}]\n'
    stdout = Counted(noise + data)
    result = data_only(JSON, Result(stdout=stdout, stderr=b"said\n", remote=True))
    assert (result.stdout is stdout) is (noise == b"")
    assert stdout.most < len(data)
    assert (bytes(result.stdout), bytes(result.stderr)) == (data, noise + b"said\n")


@pytest.mark.parametrize(
    "stdout", [b'[{"a": 1}]', b'[{"a": 1}]\n\n', b'[{"a": 1}]\n[{"b": 2}]\n', b'{"a": 1}\n', b"[{nothing\n"]
)
def test_any_other_long_output_is_read_as_a_whole(stdout: bytes) -> None:
    large, plain = (data_only(JSON, Result(stdout=one, remote=True)) for one in (Counted(stdout), stdout))
    assert (large.outcome, bytes(large.stdout), bytes(large.stderr)) == (plain.outcome, plain.stdout, plain.stderr)
