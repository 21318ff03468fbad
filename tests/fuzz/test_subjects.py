"""Every reader of text ends on any text, and raises only ``ShellError``."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.command_line import OPEN_END, logical_lines, split
from mwaa_shell.airflow.grammar import LONGEST, load_grammar, versions
from mwaa_shell.errors import ShellError
from mwaa_shell.history import recorder
from mwaa_shell.mwaa.cli_client import LONG_TOKEN, _without
from mwaa_shell.mwaa.response import HttpResponse, read_output
from mwaa_shell.result import Result
from tests.fuzz.strategies import foreign, pieces, texts
from tests.fuzz.subjects import SUBJECTS

#: These read a text many times over: for each Airflow, or in each format.
DEAR = ("drawing", "tables", "translation", "suggestions", "scripts", "names in outputs", "redaction")


def _examples(name: str) -> settings:
    count = 15 if name in DEAR else 40
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", SUBJECTS)
def test_nothing_but_our_own_errors(name: str) -> None:
    @_examples(name)
    @given(foreign)
    def run(text: str) -> None:
        with suppress(ShellError):
            SUBJECTS[name](text)

    run()


#: More than Python's own limits: digits of a number, depth of JSON, and what only looks like a number.
NUMBER = "9" * 5_000
HARD = (
    *(
        NUMBER,
        f"1.2.{NUMBER}",
        f'{{"a": {NUMBER}}}',
        f"[{NUMBER}]",
        f"- a: {NUMBER}\n",
        f"x://a:{NUMBER}/",
        f"::h:{NUMBER}",
    ),
    *(piece * 1_200 for piece in ("[", '{"a":', "a: ", "- ", "@", "\\x", "{{", " ", "y", "-c a ")),
    *("²", "٣", "1e999", "NaN", "2024-99-99T99:99:99", f"- a: {'[' * 3_000}\n", f"{' ' * 5_000}- a: b\n"),
)
BEFORE = (
    "dags trigger one -c ",
    "connections add a --conn-extra ",
    "version | ",
    "!",
    "tasks run a b ",
    "dags delete x -y",
    "dag_id | n\n===+===\na | ",
)


@pytest.mark.parametrize("name", SUBJECTS)
def test_nor_for_what_is_beyond_the_limits(name: str) -> None:
    """Yield each text alone and after two beginnings, which vary by reader."""
    first = list(SUBJECTS).index(name)
    for number, text in enumerate(HARD, first):
        for before in ("", BEFORE[number % len(BEFORE)], BEFORE[(number + 3) % len(BEFORE)]):
            with suppress(ShellError):
                SUBJECTS[name](before + text)


def by_whole_lines(lines: list[str]) -> list[tuple[int, str]]:
    """Return the result of ``logical_lines`` in a plain and slow way."""
    made, held, first = [], "", 0
    for number, line in enumerate(lines, 1):
        first = first or number
        _, end, problem = split(held + line)
        quote = (held + line)[problem.position] if problem is not None and problem.message != OPEN_END else ""
        comment = problem is None and (held + line).startswith("#", end)
        if (len(line) - len(line.rstrip("\\"))) % 2 and quote != "'" and not comment:
            held += line[:-1] + "  "
        elif quote:
            held += line + "\n"
        else:
            made.append((first, held + line))
            held, first = "", 0
    return [*made, (first, held[:-1])] if held else made


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["'", '"', "\\", "a", " ", "\n", "|", ">", "#", "\\\n", "'\n"]), max_size=30).map("".join)
)
def test_lines_go_on_where_a_parse_of_the_whole_says_so(text: str) -> None:
    lines = text.split("\n")
    assert list(logical_lines(lines)) == by_whole_lines(lines)


def test_no_airflow_has_longer_commands() -> None:
    words = {len(name.split()) for version in versions() for name in load_grammar(version).names}
    assert max(words) <= LONGEST


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | foreign.map(lambda text: text.encode("utf-8", "replace")), st.integers(100, 599))
def test_any_body_is_streams_or_a_sentence(body: bytes, status: int) -> None:
    said = "x"
    try:
        read_output(HttpResponse(status, body))
    except ShellError as error:
        said = str(error)
    assert said.isprintable()


@given(st.text(st.characters(codec="ascii", exclude_categories=("C", "Z")), min_size=LONG_TOKEN), texts, texts)
def test_no_token_is_left_in_a_output(token: str, before: str, after: str) -> None:
    body = (before + token + after).encode("utf-8", "replace")
    output = _without(token, HttpResponse(403, body, location=before + token))
    assert token in MASK or (token.encode() not in bytes(output.body) and token not in output.location)


@settings(max_examples=40, deadline=None)
@given(pieces, foreign)
def test_an_audit_line_is_one_line_of_json(line: str, output: str) -> None:
    from mwaa_shell.airflow.secrets.redaction import mask_line

    bodies = recorder._output_of(mask_line(line), Result(stdout=output.encode("utf-8", "replace")), ("pin",))
    assert "\n" not in json.dumps(bodies)
