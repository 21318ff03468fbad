"""The colors of a line, from the lexer itself."""

from __future__ import annotations

import pytest
from prompt_toolkit.document import Document

from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.style import LineLexer

SESSION = Session(Settings(environment="my-env", airflow_version="2.10.3"))


def colors(text: str) -> list[tuple[str, str]]:
    """The words and their tokens, without what is between them."""
    pieces = LineLexer(SESSION).lex_document(Document(text))(0)
    return [(style.removeprefix("class:pygments."), run) for style, run, *_ in pieces if not style.endswith(".text")]


@pytest.mark.parametrize(
    "conf", ["""'{"region": "north", "n": -1.5e3, "on": true}'""", r'''"{\"region\": \"north\", \"n\": -1.5e3}"''']
)
def test_json_inside_conf(conf: str) -> None:
    found = [(name, run.replace("\\", "")) for name, run in colors(f"dags trigger -c {conf} x")]
    assert ("name.tag", '"region"') in found
    assert ("literal.string.double", '"north"') in found
    assert ("literal.number.float", "-1.5e3") in found


def test_json_is_colored_where_json_goes() -> None:
    assert colors("""dags trigger -r '{"a": 1}' x""") == [
        ("keyword.namespace", "dags"), ("keyword", "trigger"), ("name.attribute", "-r"),
        ("literal.string", """'{"a": 1}'"""), ("name", "x"),
    ]  # fmt: skip


def test_behind_send_the_command_has_its_colors() -> None:
    sent = [("keyword.pseudo", ".send"), ("keyword.namespace", "dags"), ("error", "triger")]
    assert colors(".send dags triger x")[:3] == sent
    assert colors(".use dags") == [("keyword.pseudo", ".use")]
    assert colors(".send .use x") == [("keyword.pseudo", ".send")]


def test_a_word_that_may_become_a_command_is_no_error() -> None:
    assert ("error", "tri") not in colors("dags tri")
    assert ("error", "tri") in colors("dags tri x")


@pytest.mark.parametrize("text", ['dags trigger -c "{', "dags trigger -c '" + '"\\' * 3000, "dags trigger -c=\\"])
def test_half_a_json_is_no_trouble(text: str) -> None:
    assert colors(text)[0] == ("keyword.namespace", "dags")


def test_each_line_of_a_block_has_its_own_tokens() -> None:
    text = "dags list\n\n# note\nversion"
    line = LineLexer(SESSION).lex_document(Document(text))
    assert ["".join(fragment[1] for fragment in line(number)) for number in range(4)] == text.split("\n")
    assert line(9) == []


def test_tokens_have_the_colors_of_the_style_that_is_set() -> None:
    session = Session(Settings(environment="my-env", airflow_version="2.10.3"))
    lexer = LineLexer(session)
    before = lexer.style()
    lexer.lex_document(Document("dags"))
    own = lexer.style().get_attrs_for_style_str("class:pygments.keyword")
    assert before.get_attrs_for_style_str("class:pygments.keyword").color == ""
    assert own.color == "ansicyan"
    session.preferences.set("style", "monokai")
    assert lexer.style().get_attrs_for_style_str("class:pygments.keyword").color == "66d9ef"


def test_line_is_plain_until_its_colors_are_imported() -> None:
    imported: list[bool] = []
    lexer = LineLexer(SESSION, lambda: bool(imported))
    document = Document("dags list\nversion")
    before, line = lexer.invalidation_hash(), lexer.lex_document(document)
    assert [line(number) for number in range(3)] == [[("", "dags list")], [("", "version")], []]
    imported.append(True)
    assert lexer.invalidation_hash() != before
    assert lexer.lex_document(document)(0)[0] == ("class:pygments.keyword.namespace", "dags")
