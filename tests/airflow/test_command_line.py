"""Held here: one parse of any line into words, spans, destination and problem, that splits as a POSIX shell does."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.command_line import (
    OTHER_WORDS,
    Destination,
    InputKind,
    Word,
    line_at,
    logical_lines,
    open_quote,
    output_format,
    parse,
    quote,
)

#: Text in which quotes, escapes, blanks and operators are common.
SHELLISH = st.text(st.sampled_from("ab.'\"\\ \t|>-#=~2é") | st.characters(exclude_categories=["Cs"]), max_size=30)
#: One command and nothing else: no operator, no line end, no comment.
COMMANDS = SHELLISH.filter(
    lambda text: text.strip() not in {"", *OTHER_WORDS} and not re.search(r"[|>\r\n]|(?:^|[ \t])#", text)
)


def split_like_a_shell(text: str) -> list[str] | None:
    """What ``shlex`` makes of it, ``None`` where it cannot."""
    try:
        return shlex.split(text, posix=True)
    except ValueError:
        return None


@settings(deadline=None)
@given(st.text())
def test_any_text_is_understood_without_an_exception(text: str) -> None:
    assert parse(text).text == text


@settings(deadline=None)
@given(SHELLISH)
def test_spans_lie_in_order_and_between_them_are_only_blanks(text: str) -> None:
    line = parse(text)
    position = 0
    for word in line.words:
        assert position <= word.start < word.end <= len(text)
        between = text[position : word.start]
        assert between.strip(" \t\r\n") in ("", "airflow")
        position = word.end


@settings(deadline=None)
@given(COMMANDS)
@example("a 'b c' \"d\\\"e\\f\" g\\ h''")
def test_values_are_those_of_a_posix_shell(text: str) -> None:
    values = split_like_a_shell(text)
    line = parse(text)
    if values is None or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        assert line.problem is not None
        assert 0 <= line.problem.position < len(text)
    else:
        assert line.problem is None
        assert line.values == tuple(values[1:] if values[0] == "airflow" and len(values) > 1 else values)


@settings(deadline=None)
@given(COMMANDS)
@example("variables set key value\\ ")
@example("variables set key \xa0")
def test_the_command_that_is_sent_splits_into_the_words_that_were_shown(text: str) -> None:
    line = parse(text)
    if line.problem is None:
        assert split_like_a_shell(line.command) == list(line.values)


@settings(deadline=None)
@given(st.text().filter(lambda text: not set(text) & set("\n\r\0")))
@example("")
@example('it\'s \\ and "so"')
def test_a_quoted_value_is_one_word_again(value: str) -> None:
    assert shlex.split(quote(value)) == [value]
    assert parse(f"variables set key {quote(value)}").values == ("variables", "set", "key", value)


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("a-b_c.d/e:f=g+h,i@j%", "a-b_c.d/e:f=g+h,i@j%"),
        ("", "''"),
        ("a b", "'a b'"),
        ('{"a": 1}', "'{\"a\": 1}'"),
        ("it's", '"it\'s"'),
        ("'\\\"", '"\'\\\\\\""'),
        ("a|b>c", "'a|b>c'"),
    ],
)
def test_quote_writes_no_more_than_is_needed(value: str, quoted: str) -> None:
    assert quote(value) == quoted


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "# a comment", "  # dags list | jq"])
def test_nothing_and_comments_are_blank(text: str) -> None:
    line = parse(text)
    assert (line.kind, line.words, line.problem) == (InputKind.BLANK, (), None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (".use other", InputKind.DOT_COMMAND),
        ("  .help", InputKind.DOT_COMMAND),
        ("help", InputKind.DOT_COMMAND),
        ("exit", InputKind.DOT_COMMAND),
        ("quit", InputKind.DOT_COMMAND),
        ("help dags", InputKind.DOT_COMMAND),
        ("helpme", InputKind.AIRFLOW),
        ("dags list", InputKind.AIRFLOW),
        ("dags .list", InputKind.AIRFLOW),
        ("airflow help", InputKind.AIRFLOW),
        ("airflow", InputKind.AIRFLOW),
    ],
)
def test_dot_commands_begin_with_a_dot_or_are_one_of_three_words(text: str, kind: InputKind) -> None:
    assert parse(text).kind is kind


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("airflow dags list", "dags list"),
        ("  airflow   dags   list  ", "dags   list"),
        ("airflow", "airflow"),
        ("airflowdags list", "airflowdags list"),
        ("dags trigger d -c '{\"a\":  1}'", "dags trigger d -c '{\"a\":  1}'"),
        ("airflow dags list | jq '.[]'", "dags list"),
        ("dags list>out.txt", "dags list"),
        ("variables set a 'b | c > d' >> log", "variables set a 'b | c > d'"),
        ("variables set a b\\|c", "variables set a b\\|c"),
    ],
)
def test_the_command_is_the_text_as_typed(text: str, command: str) -> None:
    line = parse(text)
    assert (line.command, line.problem) == (command, None)


def test_words_know_their_place() -> None:
    assert parse(" airflow tasks 'a b'").words == (Word("tasks", 9, 14), Word("a b", 15, 20))


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("dags list", None),
        ("dags list | jq .", Destination("|", "jq .")),
        ("dags list|jq '.[] | .a' > f", Destination("|", "jq '.[] | .a' > f")),
        ("dags list > out.json", Destination(">", "out.json")),
        ("dags list >out.json  ", Destination(">", "out.json")),
        ("dags list >> out.json", Destination(">>", "out.json")),
        ("dags list > 'my file'", Destination(">", "my file")),
        ('dags list >> "a \\"b"', Destination(">>", 'a "b')),
        ("dags list > a\\ b", Destination(">", "a b")),
        ("tasks list 2 > out", Destination(">", "out")),
        ("variables set a '> b'", None),
        ('variables set a "| b"', None),
        (".history > h.txt", Destination(">", "h.txt")),
    ],
)
def test_where_the_output_goes(text: str, destination: Destination | None) -> None:
    line = parse(text)
    assert (line.destination, line.problem) == (destination, None)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("dags list 2> err", "Only standard output can be sent to a file", 10),
        ("dags list &> err", "Only standard output can be sent to a file", 10),
        ("dags list >&2", "Only standard output can be sent to a file", 10),
        ("dags list 2>> err", "Only standard output can be sent to a file", 10),
        ("dags list |", "A local command is missing after |", 10),
        ("dags list >  ", "A file name is missing after >", 10),
        ("dags list >>", "A file name is missing after >>", 10),
        ("dags list || true", "A command cannot contain ||", 10),
        ("dags list > a b", "> requires one file name", 11),
        ("dags list > a > b", "> requires one file name", 11),
        ("dags list > 'a", "The quote ' is not closed", 12),
        ("| jq", "A command is missing before |", 0),
        ("  > file", "A command is missing before >", 2),
        ("dags 'list", "The quote ' is not closed", 5),
        ('dags li"st', 'The quote " is not closed', 7),
        ("dags list\\", "The command ends with a backslash", 9),
    ],
)
def test_what_is_wrong_and_where(text: str, message: str, position: int) -> None:
    line = parse(text)
    assert line.problem is not None
    assert (line.problem.message, line.problem.position) == (message, position)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dags list", None),
        ("dags list -o json", "json"),
        ("dags list --output yaml", "yaml"),
        ("dags list --output=plain", "plain"),
        ("dags list -ojson", "json"),
        ("dags list -o=json", "json"),
        ("dags list -o table -o json", "json"),
        ("dags list -o", None),
        ("dags list -o json --output", "json"),
        ("dags list --out json", "json"),
        ("dags list --outp=yaml", "yaml"),
        ("dags list --o json", None),
    ],
)
def test_the_output_format_is_the_last_one_given(words: str, expected: str | None) -> None:
    assert output_format(tuple(words.split())) == expected


@given(st.text(alphabet="ab \\'\n#", max_size=30), st.integers(0, 30))
@example("a \\\nb\\", 5)
@example("# c\nx 'y\n\n", 8)
def test_every_place_of_a_block_is_in_its_line(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    begins, line = line_at(text, cursor)
    assert begins <= cursor <= begins + len(line)
    for offset, char in enumerate(line):
        assert char in (text[begins + offset], " ")


@pytest.mark.parametrize("text", ["dags trigger x\x1a", "dags\x00 list", "dags trigger '\x1b[31m'", "x\x7f"])
def test_a_control_character_is_a_mistake(text: str) -> None:
    assert parse(text).problem is not None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a\nb\n", [(1, "a"), (2, "b")]),
        ("a\n\nb", [(1, "a"), (2, ""), (3, "b")]),
        ("a \\\nb\nc", [(1, "a   b"), (3, "c")]),
        ("a\\\n b\\\n c\nd", [(1, "a   b   c"), (4, "d")]),
        ("x\na\\", [(1, "x"), (2, "a ")]),
        ("a\\\\\nb", [(1, "a\\\\"), (2, "b")]),
        ("a\\\\\\\nb", [(1, "a\\\\  b")]),
        ("# a\\\nb", [(1, "# a\\"), (2, "b")]),
        ("a\\\n# b", [(1, "a  # b")]),
        ("\\ #'\nb'", [(1, "\\ #'\nb'")]),
    ],
)
def test_a_backslash_joins_lines_and_numbers_stay(text: str, lines: list[tuple[int, str]]) -> None:
    assert list(logical_lines(text.splitlines(keepends=True))) == lines


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("dags list # all", "dags list"),
        ("dags list #", "dags list"),
        ("dags list\t#it's \"open", "dags list"),
        ("dags list#all", "dags list#all"),
        ("variables set x '#fff'", "variables set x '#fff'"),
        ("dags list # a | b > c", "dags list"),
    ],
)
def test_a_comment_stands_behind_a_command(text: str, command: str) -> None:
    line = parse(text)
    assert (line.command, line.problem, line.destination) == (command, None, None)


def test_a_comment_stands_behind_a_file_name() -> None:
    assert parse("dags list > out # today").destination == Destination(">", "out")


def test_a_comment_ends_with_its_line() -> None:
    text = ["dags list # it's over \\", 'version # "', "dags trigger x --conf '{ # no comment", "}' # one"]
    assert [line for _, line in logical_lines(text)] == [*text[:2], "\n".join(text[2:])]


def test_a_backslash_joins_lines_but_between_single_quotes() -> None:
    text = ['variables set k "{\\', '}"', "variables set k '{\\", "}'"]
    assert [parse(line).values[-1] for _, line in logical_lines(text)] == ["{  }", "{\\\n}"]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("", ""),
        ("dags list", ""),
        ("variables set k '{", "'"),
        ('variables set k "{\n', '"'),
        ("variables set k '{\n}'", ""),
        ("dags list # it's", ""),
        ("dags list | jq '", ""),
        ("dags list \\", ""),
        ("variables set a 'b'\nvariables set k '{", "'"),
    ],
)
def test_an_open_quote_is_that_of_the_last_line(text: str, quote: str) -> None:
    assert open_quote(text) == quote
