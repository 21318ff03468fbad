"""Held here: a pipe gets every byte as it came, a terminal gets text that is safe, and talk goes to standard error."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import pytest

from mwaa_shell.errors import CANCELED, ExitCode, NothingRan, OutcomeUnknown, RefusedByRule, State
from mwaa_shell.output.presenter import PromptDisplay, show
from mwaa_shell.result import Outcome, Part, Result, failed, from_error, interrupted
from mwaa_shell.streams import Streams

RAW = b"a \xff\xfe\x00\x1b[31mred\x1b[0m\r\nlast without an end"
TABLE = b"a | success\n===+====\n"
REASON = "no DAG a"
FAILED = Result(
    Outcome.FAILED, ExitCode.FAILED, message=REASON, remote=True, judged=True, token_seconds=0.5, command_seconds=1.72
)
LOST = from_error(OutcomeUnknown("The connection broke"))._replace(hint="Check with: version", remote=True)


def shown(
    result: Result,
    *,
    out_tty: bool = False,
    err_tty: bool = False,
    color: str = "auto",
    no_color: bool = False,
    result_line: bool = False,
) -> tuple[bytes, bytes]:
    """What the two streams have got once the result is shown."""
    out, err = io.BytesIO(), io.BytesIO()
    streams = Streams(io.StringIO(), out, err, False, out_tty, err_tty, color=color, no_color=no_color)
    streams.prefix = "" if result_line else streams.prefix
    show(result, streams, prompt=PromptDisplay() if result_line else None)
    return out.getvalue(), err.getvalue()


def plain(data: bytes) -> bytes:
    return re.sub(rb"\x1b\[[0-9;]*m", b"", data)


@pytest.mark.parametrize("result_line", [False, True])
@pytest.mark.parametrize("data", [RAW, TABLE, b"x", b"\n\n", b"\x80" * 3])
def test_pipes_get_the_bytes_as_they_came(data: bytes, result_line: bool) -> None:
    result = Result(stdout=data, stderr=data[::-1])
    assert shown(result, result_line=result_line) == (data, data[::-1])


def test_one_stream_is_a_terminal_and_the_other_is_not() -> None:
    result = Result(stdout=RAW, stderr=RAW, raw=True)
    assert shown(result, out_tty=True)[1] == RAW
    assert shown(result, err_tty=True)[0] == RAW


def test_nothing_is_written_for_nothing() -> None:
    assert shown(Result(), out_tty=True, err_tty=True) == (b"", b"")


@pytest.mark.parametrize(
    ("stdout", "expected"),
    [
        (b"plain\n", "plain\n"),
        (b"plain", "plain\n"),
        (b"table\n      \n\n", "table\n"),
        (b"  indented\n", "  indented\n"),
        (RAW, "a ��^@red\nlast without an end\n"),
        (b"\x1b]0;owned\x07", "^[]0;owned^G\n"),
    ],
)
def test_a_terminal_gets_safe_text(stdout: bytes, expected: str) -> None:
    assert shown(Result(stdout=stdout), out_tty=True, no_color=True) == (expected.encode(), b"")


def test_standard_error_stands_behind_a_gutter_on_a_terminal() -> None:
    result = Result(stdout=b"data\n", stderr=b"one\n\x1b[2Jtwo\r\n\nend")
    out, err = shown(result, out_tty=True, err_tty=True, no_color=True)
    assert out == b"data\n"
    assert err.decode() == "│ one\n│ ^[[2Jtwo\n│ \n│ end\n"


@pytest.mark.parametrize(
    ("color", "no_color", "colored"),
    [
        ("auto", False, True),
        ("auto", True, False),
        ("always", True, True),
        ("always", False, True),
        ("never", False, False),
    ],
)
def test_colors_are_on_where_they_are_wanted(color: str, no_color: bool, colored: bool) -> None:
    result = Result(stdout=TABLE, stderr=b"[ERROR] no\n")
    out, err = shown(result, out_tty=True, err_tty=True, color=color, no_color=no_color)
    assert (b"\x1b[" in out, b"\x1b[" in err) == (colored, colored)
    assert (plain(out), plain(err)) == (TABLE, "│ [ERROR] no\n".encode())


#: A traceback whose end is missing, shown in a process of its own, so that what never ends can be ended.
CUT = """
import io, sys
from mwaa_shell.output.presenter import PromptDisplay, show
from mwaa_shell.result import Result
from mwaa_shell.streams import Streams
stderr = b'Traceback (most recent call last):\\n  File "a.py", line 1, in f'
show(Result(stderr=stderr), Streams(sys.stdin, io.BytesIO(), sys.stdout.buffer, True, True, True))
"""


def test_a_traceback_that_was_cut_off_is_shown_too() -> None:
    shown = subprocess.run([sys.executable, "-c", CUT], capture_output=True, timeout=20, check=True).stdout
    assert plain(shown).decode() == '│ Traceback (most recent call last):\n│   File "a.py", line 1, in f\n'


def test_a_pipe_is_colored_only_where_that_is_forced() -> None:
    assert shown(Result(stdout=TABLE)) == (TABLE, b"")
    colored = shown(Result(stdout=TABLE), color="always")[0]
    assert (b"\x1b[" in colored, plain(colored)) == (True, TABLE)


def test_raw_results_have_no_color() -> None:
    assert shown(Result(stdout=TABLE, raw=True), out_tty=True) == (TABLE, b"")
    err = shown(Result(stderr=b"[ERROR] no\n", raw=True), err_tty=True)[1]
    assert err.decode().endswith("│ \x1b[0m[ERROR] no\n")


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (Result(remote=True, command_seconds=2.04), b"ok 2.0 s\n"),
        (Result(remote=True), b"ok\n"),
        (FAILED, b"failed 2.2 s (token 0.5 s, command 1.7 s): no DAG a\n"),
        (Result(remote=True, added="-y"), b"ok (with -y)\n"),
        (FAILED._replace(stderr=b"no DAG a\n"), b"no DAG a\nfailed 2.2 s (token 0.5 s, command 1.7 s)\n"),
        (LOST, b"error: The connection broke. The command may have run.\nhint: Check with: version\n"),
        (from_error(RefusedByRule(CANCELED)), b"Canceled. Nothing was sent.\n"),
        (interrupted(remote=True, state=State.MAY_BE_RUNNING), b"interrupted. The command may still be running.\n"),
        (interrupted(remote=True)._replace(command_seconds=2.04), b"interrupted after 2.0 s\n"),
        (Result(), b""),
    ],
)
def test_the_result_line_is_one_line_on_standard_error(result: Result, line: bytes) -> None:
    assert shown(result, result_line=True) == (b"", line)


@pytest.mark.parametrize(
    ("result", "start"),
    [
        (Result(remote=True), "\x1b[32mok\x1b[0m"),
        (FAILED, "\x1b[31mfailed 2.2 s\x1b[0m\x1b[90m (token 0.5 s, command 1.7 s)\x1b[0m: "),
        (LOST, "\x1b[31merror:\x1b[0m The connection broke."),
        (interrupted("m", remote=True), "\x1b[33minterrupted\x1b[0m. m."),
    ],
)
def test_the_result_line_has_the_color_of_the_outcome(result: Result, start: str) -> None:
    assert shown(result, err_tty=True, result_line=True)[1].decode().startswith(start)


@pytest.mark.parametrize(
    ("result", "note"),
    [
        (Result(message="fine"), b""),
        (FAILED, b"mwaa-shell: failed: no DAG a\n"),
        (failed("no", hint="Yes."), b"mwaa-shell: error: no.\nmwaa-shell: hint: Yes.\n"),
        (from_error(NothingRan("no")), b"mwaa-shell: error: no. Nothing ran.\n"),
        (interrupted(remote=False), b"mwaa-shell: interrupted\n"),
    ],
)
def test_the_message_goes_to_standard_error(result: Result, note: bytes) -> None:
    assert shown(result) == (b"", note)


def test_data_comes_before_talk_and_the_message_last() -> None:
    both = io.BytesIO()
    streams = Streams(io.StringIO(), both, both, False, False, False)
    show(Result(Outcome.FAILED, ExitCode.FAILED, b"data\n", b"said\n", REASON, remote=True, judged=True), streams)
    assert both.getvalue() == b"data\nsaid\nmwaa-shell: failed: no DAG a\n"


@pytest.mark.parametrize("result_line", [False, True])
def test_a_reason_that_the_server_wrote_cannot_drive_the_terminal(result_line: bool) -> None:
    result = Result(Outcome.FAILED, ExitCode.FAILED, message="no \x1b]0;owned\x07\x9b2J", remote=True, judged=True)
    err = shown(result, err_tty=True, no_color=True, result_line=result_line)[1]
    assert err.decode().endswith("no ^[]0;owned^G<U+009B>2J\n")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("airflow.exceptions.AirflowException: Dag 'x' could not be found", "Dag 'x' could not be found"),
        ("airflow.exceptions.DagNotFound: Dag id x", "Dag id x"),
        ("ValueError: no such thing", "no such thing"),
        ("KeyError: 'a.B: c'", "KeyError: 'a.B: c'"),
        ("see airflow.cfg", "see airflow.cfg"),
    ],
)
def test_the_result_line_has_no_class_of_an_exception(message: str, said: str) -> None:
    result = Result(Outcome.FAILED, ExitCode.FAILED, message=message, remote=True, judged=True)
    assert shown(result, err_tty=True, no_color=True, result_line=True)[1].decode() == f"failed: {said}\n"


def test_a_output_of_blank_lines_shows_nothing() -> None:
    assert shown(Result(stdout=b"\n  \n", stderr=b"\n"), out_tty=True, err_tty=True, no_color=True) == (b"", b"")


def test_the_zone_of_the_machine_follows_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    from mwaa_shell.output.display import zone

    for name in ("Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"):
        monkeypatch.setenv("TZ", name)
        assert str(zone("local")) == name


def test_how_to_read_a_output_stands_below_it_where_somebody_looks() -> None:
    result = Result(stdout=b"is_paused  yes\n", remote=True, remark="as it was before\x1b")
    out, err = shown(result, out_tty=True, err_tty=True, result_line=True)
    assert plain(err) == b"as it was before^[\nok\n"
    assert out == b"is_paused  yes\n"
    assert shown(result, err_tty=True)[1] == b""


def test_remark_wraps_at_words_of_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((30, 24)))
    result = Result(remark="load failed (try 2, 2.0 s): ValueError: 3 rows are missing\n.why shows the reason")
    err = plain(shown(result, out_tty=True, err_tty=True)[1]).decode()
    assert err == "load failed (try 2, 2.0 s):\n    ValueError: 3 rows are\n    missing\n.why shows the reason\n"


def test_what_helps_after_a_failure_stands_below_its_sentence() -> None:
    result = failed("it failed")._replace(remark=".why shows the reason")
    assert (
        plain(shown(result, out_tty=True, err_tty=True)[1]) == b"mwaa-shell: error: it failed.\n.why shows the reason\n"
    )


def test_lines_of_commands_are_folded_on_a_terminal_alone() -> None:
    line = b"1  ok  variables set k " + b"x" * 200
    result = Result(stdout=line + b"\n", outcomes=(Outcome.OK,))
    on_screen = plain(shown(result, out_tty=True)[0]).decode()
    assert max(map(len, on_screen.splitlines())) <= 80
    assert "".join(on_screen.split()) == "".join(line.decode().split())
    assert plain(shown(result, color="always")[0]) == line + b"\n"
    assert shown(result)[0] == line + b"\n"


def test_a_refusal_of_rest_is_said_once() -> None:
    body = b'{"detail": "no such DAG", "status": 404}\n'
    refused = Result(Outcome.FAILED, stderr=body, message="HTTP 404: no such DAG", judged=True, remote=True)
    lines = plain(shown(refused, result_line=True, out_tty=True, err_tty=True)[1]).decode().splitlines()
    assert lines[-1] == "failed: HTTP 404"


def test_long_commands_have_lines_of_their_own() -> None:
    rows = ["   1  2026-01-01 10:00  not run      1.5 s  dags list", f"   2  2026-01-01 10:00  ok  {'dags list ' * 8}"]
    result = Result(stdout="\n".join(rows).encode(), outcomes=(Outcome.NOT_RUN, Outcome.OK))
    lines = plain(shown(result, out_tty=True)[0]).decode().splitlines()
    assert lines == [rows[0], "   2  2026-01-01 10:00  ok", f"       {('dags list ' * 7).strip()}", "       dags list"]


def test_what_wants_no_pager_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "a-pager-that-there-is-not")
    out, err = io.BytesIO(), io.BytesIO()
    streams = Streams(io.StringIO(), out, err, False, True, True)
    show(Result(stdout=b"a\n" * 99, paged=False), streams, prompt=PromptDisplay(pager=True))
    assert (out.getvalue(), err.getvalue()) == (b"a\n" * 99, b"")


def test_outputs_of_environments_have_headings_on_each_stream() -> None:
    one = Result(stdout=b"1\x1b[2J\n", stderr=b"careful\n")
    both = Result(parts=(Part("a", one), Part("b\x1b[2J", Result(stderr=b"no\n"))))
    assert shown(both) == (b"== a ==\n1\x1b[2J\n", b"== a ==\ncareful\n== b^[[2J ==\nno\n")
    out, err = shown(both, out_tty=True, err_tty=True)
    assert b"\x1b[2J" not in out + err
    assert (plain(out).count(b"== a =="), plain(err).count(b"== a ==")) == (1, 0)


def test_heading_stands_above_a_text_only() -> None:
    noise = (
        b"/usr/lib/python3.11/site-packages/airflow/configuration.py:859 FutureWarning: section/key "
        b"[core/sql_alchemy_conn] has been deprecated, you should use[database/sql_alchemy_conn] instead. Please "
        b"update your `conf.get*` call to use the new name\n"
    )
    part = Part("a", Result(stderr=noise))
    assert shown(Result(parts=(part,))) == (b"", b"== a ==\n" + noise)
    assert shown(Result(parts=(part,)), err_tty=True) == (b"", b"")
    assert shown(Result(parts=(part,)), out_tty=True, err_tty=True, result_line=True)[0] == b""


def test_each_text_follows_its_heading_where_both_streams_are_one_pipe() -> None:
    both = io.BytesIO()
    streams = Streams(io.StringIO(), both, both, False, False, False)
    show(Result(parts=(Part("a", Result(stdout=b"1\n", stderr=b"careful\n")),)), streams)
    assert both.getvalue() == b"== a ==\n1\n== a ==\ncareful\n"


def test_notes_on_a_record_join_the_result_line() -> None:
    record = {"dag_id": "a", "is_paused": "False"} | dict.fromkeys(f"a_rather_long_name_{n}" for n in range(7))
    words = ("dags", "details", "a", "-o", "json")
    result = Result(stdout=json.dumps([record]).encode(), words=words, added="-o json", remote=True)
    fields, note = b"dag_id     a\nis_paused  no\n", b"7 more fields (.as vertical)\n"
    out, err = shown(result, out_tty=True, err_tty=True, no_color=True, result_line=True)
    assert (out, err) == (fields, "ok (with -o json) · ".encode() + note)
    assert shown(result, out_tty=True, err_tty=True, no_color=True)[0] == fields + note
