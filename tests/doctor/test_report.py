"""What findings look like, what they count for, and what they never show."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mwaa_shell.doctor.report import CheckResult, Status, as_json, as_text, as_texts, exit_code, summary, worst_last
from mwaa_shell.errors import ExitCode

GOOD = CheckResult("TCP", Status.OK, "answers")
BAD = CheckResult("TLS", Status.FAIL, "a stranger", "trust it", remote=True)
HERE = CheckResult("history", Status.FAIL, "cannot be written", "chmod")
NOTE = CheckResult("clock", Status.NOTE, "40 s ahead", "set it", remote=True)
UNTRIED = CheckResult("version", Status.SKIP, "there is no token", remote=True)


def test_a_line_has_a_mark_a_name_and_what_was_found() -> None:
    assert as_text(GOOD) == "ok    TCP                  answers\n"
    assert as_text(BAD) == "FAIL  TLS                  a stranger\n      -> trust it\n"


def test_long_lines_are_folded_under_themselves() -> None:
    text = as_text(CheckResult("TLS", Status.FAIL, "word " * 30, "advice " * 20), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert all(line.startswith((" " * 9, "FAIL  TLS", "      -> advice")) for line in text.splitlines())
    assert as_text(CheckResult("TLS", Status.OK, "word " * 30)).count("\n") == 1


def test_what_is_skipped_for_one_reason_stands_together() -> None:
    skipped = [CheckResult(name, Status.SKIP, "TCP failed") for name in ("TLS", "version")]
    other = CheckResult("clock", Status.SKIP, "nobody tells")
    texts = list(as_texts([GOOD, GOOD, *skipped, other, BAD]))
    assert texts[:2] == [as_text(GOOD)] * 2
    assert texts[2:4] == ["skip  TLS, version: TCP failed\n", as_text(other)]


def test_a_finding_is_shown_before_the_next_check_begins() -> None:
    begun: list[str] = []

    def checks() -> Iterator[CheckResult]:
        for finding in (GOOD, BAD, NOTE):
            begun.append(finding.name)
            yield finding

    for number, _ in enumerate(as_texts(checks()), 1):
        assert len(begun) == number


@pytest.mark.parametrize(
    ("findings", "code", "words"),
    [
        ([GOOD], ExitCode.OK, "No problems found"),
        ([GOOD, NOTE], ExitCode.OK, "1 to note: commands can run"),
        ([GOOD, NOTE, UNTRIED], ExitCode.OK, "1 to note: no command was tried"),
        ([GOOD, HERE], ExitCode.FAILED, "1 failed"),
        ([HERE, BAD, NOTE], ExitCode.NOTHING_RAN, "2 failed, 1 to note"),
    ],
)
def test_what_a_script_sees(findings: list[CheckResult], code: ExitCode, words: str) -> None:
    assert (exit_code(findings), summary(findings)) == (code, words)
    told = json.loads(as_json(findings))
    assert (told["ok"], told["exit_code"], len(told["findings"])) == (code == 0, code.value, len(findings))


def test_nothing_that_drives_a_terminal_and_no_password_is_shown() -> None:
    nasty = CheckResult("x", Status.FAIL, "a\x1b]0;title\x07\nb http://user:canary@p:1", "https://u:canary@q")
    for text in (as_text(nasty), as_json([nasty])):
        assert not {"\x1b", "\x07"} & set(text)
        assert "canary" not in text
        assert "http://***@p:1" in text
    assert as_text(nasty).count("\n") == 2


def test_what_fails_stands_last() -> None:
    marks = [Status.FAIL, Status.OK, Status.NOTE, Status.SKIP, Status.FAIL, Status.OK]
    found = [CheckResult(str(number), mark, "") for number, mark in enumerate(marks)]
    assert [one.name for one in worst_last(found)] == ["1", "3", "5", "2", "0", "4"]
