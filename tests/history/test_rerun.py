"""What a typed line with ``!`` or ``^`` in front stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.command_line import Problem
from mwaa_shell.history.entries import HistoryEntry
from mwaa_shell.history.rerun import Expansion, expand
from mwaa_shell.result import Outcome


class Lines:
    """A history of these lines, numbered from 41 on."""

    def __init__(self, *lines: str, outcome: Outcome = Outcome.OK, masked: bool = False) -> None:
        self.entries = [
            HistoryEntry(0.0, "", "eu-west-1", "my-env", line, number=number, outcome=outcome, masked=masked)
            for number, line in enumerate(lines, 41)
        ]

    def get(self, number: int) -> HistoryEntry | None:
        return next((entry for entry in self.entries if entry.number == number), None)

    def last(self, back: int = 1, *, starts: str = "") -> HistoryEntry | None:
        found = [entry for entry in self.entries if entry.line.startswith(starts)]
        return found[-back] if 0 < back <= len(found) else None


PAST = Lines(
    "dags list",
    "dags trigger sales -e 2024-01-01 -r a/2024-01-01",
    """variables set greeting "Hi! you" """.strip(),
    "pools list -o json",
)


def expanded(line: str, past: Lines = PAST) -> Expansion:
    found = expand(line, past)
    assert isinstance(found, Expansion), found
    return found


def mistake(line: str, past: Lines = PAST) -> Problem:
    found = expand(line, past)
    assert isinstance(found, Problem), found
    return found


@pytest.mark.parametrize(
    ("typed", "number", "line"),
    [
        ("!!", 44, "pools list -o json"),
        ("  !!  ", 44, "pools list -o json"),
        ("!42", 42, "dags trigger sales -e 2024-01-01 -r a/2024-01-01"),
        ("!-1", 44, "pools list -o json"),
        ("!-4", 41, "dags list"),
        ("!dags", 42, "dags trigger sales -e 2024-01-01 -r a/2024-01-01"),
        ("!v", 43, 'variables set greeting "Hi! you"'),
        ("!41 -o json", 41, "dags list -o json"),
        ("!41 | jq '.[]' ", 41, "dags list | jq '.[]'"),
        ("!41|wc -l", 41, "dags list|wc -l"),
        ("!41>out", 41, "dags list>out"),
        ("!dags>out", 42, "dags trigger sales -e 2024-01-01 -r a/2024-01-01>out"),
        ("!! !!", 44, "pools list -o json !!"),
        ("^json^yaml", 44, "pools list -o yaml"),
        ("^json^yaml^", 44, "pools list -o yaml"),
        ("^json^yaml^ -v", 44, "pools list -o yaml -v"),
        ("^ -o json^", 44, "pools list"),
        (r"^json^a\^b", 44, "pools list -o a^b"),
        ("^list -o^export my^ x", 44, "pools export my json x"),
    ],
)
def test_expansion_stands_for_a_line(typed: str, number: int, line: str) -> None:
    found = expanded(typed)
    assert (found.entry.number, found.line) == (number, line)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "dags list",
        "!",
        "! ",
        "!\t!",
        "! dags",
        "!=",
        "variables set bang !!",
        'variables set bang "!!"',
        "'!!'",
        '"!42"',
        "\\!!",
        ".history",
        "# !!",
        "dags trigger x^y^z",
    ],
)
def test_line_without_expansion_stands_for_itself(typed: str) -> None:
    assert expand(typed, PAST) is None


@pytest.mark.parametrize(
    ("typed", "message", "position"),
    [
        ("!99", "The history has no command !99", 0),
        ("  !99", "The history has no command !99", 2),
        ("!0", "The history has no command !0", 0),
        ("!-0", "The history has no command !-0", 0),
        ("!-5", "The history has no command !-5", 0),
        ("!tasks", "No command starts with 'tasks'", 0),
        ("!?nothing?", "No command starts with '?nothing?'", 0),
        ("!|", "Unknown history expansion", 0),
        ("!42:s/a/b/", "A space is missing before the appended text", 3),
        ("!!x", "A space is missing before the appended text", 2),
        ("!42abc", "A space is missing before the appended text", 3),
        ("^", "The text to replace is missing", 0),
        ("^^x", "The text to replace is missing", 0),
        ("^json", "The new text is missing", 5),
        ("^dags^tasks", "The last command does not contain 'dags'", 1),
        ("^json^yaml^-v", "A space is missing before the appended text", 11),
    ],
)
def test_mistakes(typed: str, message: str, position: int) -> None:
    assert mistake(typed)._replace(hint="") == Problem(message, position)


@pytest.mark.parametrize("typed", ["!!", "^a^b", "!1", "!-1", "!dags"])
def test_before_there_was_anything(typed: str) -> None:
    assert mistake(typed, Lines()).message


@pytest.mark.parametrize("typed", ["!" + "9" * 5_000, "!-" + "9" * 5_000, "!٣"])
def test_numbers_beyond_reason(typed: str) -> None:
    assert mistake(typed).position == 0


def test_expansion_knows_the_mask_and_the_outcome() -> None:
    found = expanded("^add a^add b", Lines("connections add a", outcome=Outcome.UNKNOWN, masked=True))
    assert (found.entry.masked, found.entry.outcome, found.entry.line) == (True, Outcome.UNKNOWN, "connections add a")
    assert not expanded("!!").entry.masked


#: Text in which the signs of the grammar are frequent.
SIGNS = st.lists(st.sampled_from(["!", "^", "\\", "-", "4", "42", " ", "dags", "list", "\n", "é"]))


@given(st.one_of(st.text(), SIGNS.map("".join), SIGNS.map(lambda parts: "!" + "".join(parts))))
def test_anything_may_be_typed(typed: str) -> None:
    for past in (PAST, Lines()):
        found = expand(typed, past)
        if not typed.lstrip().startswith(("!", "^")):
            assert found is None
        if isinstance(found, Problem):
            assert found.message
            assert 0 <= found.position <= len(typed)
        if isinstance(found, Expansion):
            assert found.entry in past.entries
