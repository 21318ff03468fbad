"""Characters of web pages and of other shells in a command."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.line_rules import problem_in
from mwaa_shell.airflow.versions import Version

TREE = load_grammar(Version(2, 10, 3))


@pytest.mark.parametrize(
    ("line", "message", "position"),
    [
        ("dags\u00a0list", "The command contains a no-break space (U+00A0)", 4),
        ("dags\u200b list", "The command contains a zero width space (U+200B)", 4),
        ("dags trigger x \u2013conf {}", "\u2013 is an en dash (U+2013)", 15),
        ("dags trigger x \u2014\u2014conf {}", "\u2014 is an em dash (U+2014)", 15),
        ("dags list \u2013o json", "\u2013 is an en dash (U+2013)", 10),
        ("dags list\u2010runs", "\u2010 is a typographic hyphen (U+2010)", 9),
        ("variables set k \u201cv\u201d", "\u201c is a left double quotation mark (U+201C)", 16),
        ("variables set k \u2018v\u2019", "\u2018 is a left single quotation mark (U+2018)", 16),
        (".use\u00a0other", "The command contains a no-break space (U+00A0)", 4),
        ("dags trigger $DAG", "$DAG would be sent as text", 13),
        ("dags trigger ${DAG}_x", "${DAG} would be sent as text", 13),
        ("variables set k $(date)", "$( would be sent as text", 16),
        ('variables set k "at $NOW"', "$NOW would be sent as text", 20),
        ("dags list;", "; would be sent as text", 9),
        ("dags trigger x; dags list", "; would be sent as text", 14),
        ("dags list && version", "&& would be sent as text", 10),
        ("dags trigger x &", "& would be sent as text", 15),
        ("variables set k < file", "< would be sent as text", 16),
        ("$ dags list", "'$' is the prompt of a shell", 0),
        ("  (venv) me@host:~$ airflow dags list", "'(venv) me@host:~$' is the prompt of a shell", 2),
        ("demo> dags list", "'demo>' is the prompt of a shell", 0),
        ("demo> version", "'demo>' is the prompt of a shell", 0),
        (">>> dags list", "'>>>' is the prompt of a shell", 0),
    ],
)
def test_an_odd_character_is_named_with_its_place(line: str, message: str, position: int) -> None:
    problem = problem_in(line, TREE)
    assert problem is not None
    assert problem.message.startswith(message)
    assert (problem.position, problem.at_character) == (position, True)


@pytest.mark.parametrize(
    "line",
    [
        "variables set k 'a\u00a0b \u2013 \u201cc\u201d $HOME'",
        'variables set k "a\u2013b"',
        'variables set k "it\'s $HOME"',
        r"variables set k \$HOME",
        r"variables set k \;",
        "variables set k 'v;'",
        'variables set k "&&"',
        "variables set k a;b&&c<d&",
        "dags list | tee f; date && date",
        "variables set k ^a$",
        "variables set k $5",
        "version> out",
        "dags list | awk '{print $1}' | sed \u2013n",
        "dags list # a comment \u2013 with $NAME",
        ".send dags trigger $DAG",
        ".source $HOME",
        "# \u201cnightly\u201d",
    ],
)
def test_what_is_quoted_or_meant_is_no_mistake(line: str) -> None:
    assert problem_in(line, TREE) is None


def test_a_password_is_not_shown_as_a_name() -> None:
    problem = problem_in("connections add x --conn-type http --conn-password pa$word", TREE)
    assert problem is not None
    assert problem.message.startswith("$ would be sent as text")
    blank = problem_in("connections add x --conn-type http --conn-password pa\u00a0word", TREE)
    assert blank is not None
    assert blank.message == "The command contains a no-break space (U+00A0)"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("{\u201ca\u201d: 1}", "a left double quotation mark (U+201C)"),
        ('{"a":\u00a01}', "a no-break space (U+00A0)"),
        ('{"a": 1,\\\n "b": 2}', "a backslash"),
    ],
)
def test_malformed_json_names_the_odd_character(value: str, what: str) -> None:
    problem = problem_in(f"dags trigger x --conf '{value}'", TREE)
    assert problem is not None
    assert problem.message == f"The JSON of --conf is malformed: {what} is not part of JSON"
