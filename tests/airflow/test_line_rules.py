"""What is said of a line before it is sent: mistakes, other Airflows' words, explanations, the hint under the line."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow import line_rules
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.completion import suggest, syntax_hint
from mwaa_shell.airflow.grammar import Grammar, load_grammar
from mwaa_shell.airflow.secrets import redaction
from mwaa_shell.airflow.versions import Version

OLD, NOW, NEW = (load_grammar(Version(*numbers)) for numbers in ((1, 10, 12), (2, 10, 3), (3, 3, 1)))


def test_a_mistake_in_other_words_says_what_it_is_here() -> None:
    problem = line_rules.problem_in("trigger_dag 'my dag'", NEW)
    assert problem is not None
    assert problem.hint == "Use: dags trigger 'my dag'"
    assert "dags trigger" in problem.message


def test_a_translation_with_a_mistake_is_not_proposed() -> None:
    problem = line_rules.problem_in("trigger_dag x --cnof 1", NOW)
    assert problem is not None
    assert "Unknown option '--cnof' of dags trigger" in problem.message
    assert problem.hint == ""


def test_a_mistake_in_nobodys_words_stays_what_it_is() -> None:
    problem = line_rules.problem_in("dags triger x", NOW)
    assert problem is not None
    assert problem.message == "Unknown command 'dags triger' in Airflow 2.10.3. Did you mean 'dags trigger'?"


@pytest.mark.parametrize("text", ["dags list", "", "# x", ".use x", "dags list | jq ."])
def test_nothing_is_wrong(text: str) -> None:
    assert line_rules.problem_in(text, NOW) is None


def test_an_unbalanced_quote_needs_no_version() -> None:
    assert line_rules.problem_in("dags list", None) is None
    assert line_rules.problem_in("dags list '", None) is not None


def test_a_block_is_translated_where_it_must_be() -> None:
    block = "# on call\ntrigger_dag x\n\ndags list\ndelete_dag \\\n  -y x\n"
    found = line_rules.translated_block(block, NOW)
    assert found is not None
    text, notes = found
    assert text == "# on call\ndags trigger x\n\ndags list\ndags delete -y x\n"
    assert len(notes) == 2


@pytest.mark.parametrize("text", ["dags list", "dags triger x", "# trigger_dag", "", "flibber '"])
def test_a_block_that_needs_nothing(text: str) -> None:
    assert line_rules.translated_block(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "cursor", "begins"),
    [
        ("dags trigger -c '{}' x", 14, "dags trigger: -c, --conf CONF\n"),
        ("dags trigger -c '{}' x", 18, "dags trigger: -c, --conf CONF\n"),
        ("dags trigger -c '{}' x", 22, "dags trigger: DAG_ID\n"),
        ("dags trigger -c '{}' x", 3, "dags trigger [flags] DAG_ID\n"),
        ("dags", 2, "dags: "),
    ],
)
def test_what_is_under_the_cursor_is_explained(text: str, cursor: int, begins: str) -> None:
    page = line_rules.help_at_cursor(text, cursor, NOW)
    assert page is not None
    assert page.startswith(begins)


@pytest.mark.parametrize("text", ["", "nothing", "# x"])
def test_what_nobody_knows_is_not_explained(text: str) -> None:
    assert line_rules.help_at_cursor(text, 0, NOW) is None
    assert line_rules.help_at_cursor("dags list", 0, None) is None


def pieces(text: str, cursor: int, grammar: Grammar = NOW) -> str:
    """The hint as a line: what is given in small letters, what the cursor is at between stars."""
    shown = []
    for piece in syntax_hint(understand(parse(text), grammar), cursor):
        word = piece.text.lower() if piece.given else piece.text
        shown.append(f"*{word}*" if piece.current else word)
    return " ".join(shown)


@pytest.mark.parametrize(
    ("text", "cursor", "shown"),
    [
        ("dags trigger ", 13, "dags trigger [...] *DAG_ID*"),
        ("dags trigger x", 14, "dags trigger [...] *dag_id*"),
        ("dags trigger x -c ", 18, "dags trigger *[-c conf]* [...] dag_id"),
        ("dags trigger x -c '{}'", 20, "dags trigger *[-c conf]* [...] dag_id"),
        ("dags trigger x ", 15, "dags trigger [...] dag_id"),
        ("tasks render a b", 16, "tasks render [...] dag_id *task_id* EXECUTION_DATE_OR_RUN_ID"),
        ("dags", 4, ""),
    ],
)
def test_the_hint_shows_where_one_is(text: str, cursor: int, shown: str) -> None:
    assert pieces(text, cursor) == shown


def test_what_mwaa_refuses_comes_last_and_says_why() -> None:
    found = suggest("trig", 4, NOW)
    assert found[0].text == "dags trigger"
    assert [one.text for one in found if one.doubt][:1] == ["triggerer"]
    assert next(one for one in suggest("dags det", 8, NOW)).doubt.startswith("came back as 403")
    assert not suggest("dags tr", 7, NOW)[0].doubt


def test_a_group_is_refused_if_all_of_it_is() -> None:
    doubts = {one.text: bool(one.doubt) for one in suggest("", 0, NOW)}
    assert doubts["celery"]
    assert not doubts["dags"]
    assert not doubts["db"]
    assert {one.text for one in suggest("", 0, OLD)}.isdisjoint({"dags", "tasks"})


def test_a_secret_stays_masked_where_its_mask_is_not_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "find_masks", lambda *_: ())
    assert line_rules.LineRules(NOW).mask("variables set token s3cret") == "variables set token ***"
