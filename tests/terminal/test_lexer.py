"""The colours of a line, from the lexer itself."""

from __future__ import annotations

import pytest
from prompt_toolkit.document import Document

from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.lexer import LineLexer

SESSION = Session(Settings(environment="my-env", airflow_version="2.10.3"))


def colours(text: str) -> list[tuple[str, str]]:
    """The runs of one style, without those that have none."""
    pieces = LineLexer(SESSION).lex_document(Document(text))(0)
    found: list[tuple[str, str]] = []
    for style, char, *_ in pieces:
        name = style.removeprefix("class:line.")
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1] + char)
        else:
            found.append((name, char))
    return [(name, run) for name, run in found if name]


@pytest.mark.parametrize(
    "conf", ["""'{"region": "north", "n": -1.5e3, "on": true}'""", r'''"{\"region\": \"north\", \"n\": -1.5e3}"''']
)
def test_json_inside_conf(conf: str) -> None:
    found = [name for name, _ in colours(f"dags trigger -c {conf} x") if name.startswith("json")]
    assert found[:3] == ["json.key", "json.string", "json.key"]
    assert ("json.other", "-1.5e3") in colours(f"dags trigger -c {conf} x")


def test_json_is_coloured_where_json_goes() -> None:
    assert colours("""dags trigger -r '{"a": 1}' x""") == [
        ("command", "dags"), ("command", "trigger"), ("flag", "-r"), ("value", """'{"a": 1}'"""),
    ]  # fmt: skip


def test_behind_send_the_command_has_its_colours() -> None:
    assert colours(".send dags triger x") == [("directive", ".send"), ("command", "dags"), ("unknown", "triger")]
    assert colours(".use dags") == [("directive", ".use")]
    assert colours(".send .use x") == [("directive", ".send")]


@pytest.mark.parametrize("text", ['dags trigger -c "{', "dags trigger -c '" + '"\\' * 3000, "dags trigger -c=\\"])
def test_half_a_json_is_no_trouble(text: str) -> None:
    assert colours(text)[0] == ("command", "dags")
