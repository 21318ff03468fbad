"""The pages of the documentation on a terminal and in a pipe: ``mwaa-shell help TOPIC`` and ``.help TOPIC``."""

from __future__ import annotations

import io

import pytest

from mwaa_shell.cli import run
from mwaa_shell.docs import TOPICS, render, topic_result
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.options import read_options
from mwaa_shell.streams import Streams


def printed(*arguments: str, terminal: bool = False, color: str = "auto") -> str:
    """Return what the program prints on a terminal or into a pipe."""
    output = io.BytesIO()
    streams = Streams(io.StringIO(), output, io.BytesIO(), False, terminal, False)
    assert run([*arguments, "--color", color], streams) is ExitCode.OK
    return output.getvalue().decode()


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("topic", TOPICS)
def test_page_fits_its_columns(topic: str, columns: int) -> None:
    text = bytes(topic_result(topic, columns).stdout).decode()
    assert text.isprintable() or set(filter(lambda char: not char.isprintable(), text)) == {"\n"}
    assert columns == 40 or not [line for line in text.splitlines() if len(line) > min(columns, 100)]
    assert "](" not in text
    assert "**" not in text


def test_headings_are_bold_on_a_terminal_and_plain_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "")
    assert printed("help", "runs").startswith("Following runs\n")
    assert "\x1b" not in printed("help", "runs")
    assert "\x1b" not in printed("help", "runs", terminal=True, color="never")
    assert printed("help", "runs", terminal=True, color="always").startswith("\x1b[1mFollowing runs\n\x1b[0m")


def test_help_without_a_topic_lists_the_topics() -> None:
    assert all(f"\n{topic} " in printed("help") for topic in TOPICS)


def test_unknown_topic_is_a_usage_error_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"^Unknown topic 'scrips'. Did you mean 'scripts'\?$"):
        topic_result("scrips", 80)
    with pytest.raises(UsageError, match="Unknown topic"):
        topic_result("x", 80)


def test_environment_called_help_is_reached_with_the_option() -> None:
    options = read_options(["-e", "help"])
    assert (options.env, options.environment, options.help_topic) == ("help", None, None)
    assert read_options(["help"]).help_topic == ""
    assert read_options(["help", "runs"]).help_topic == "runs"
    with pytest.raises(UsageError):
        read_options(["help", "runs", "more"])


def test_tables_wrap_within_their_columns() -> None:
    table = "| name | what |\n|---|---|\n| `a` | one `two\\|three` four |\n| b | **x** [y](z.md) |"
    assert render(table, 22) == (
        "  name  what\n"
        "  ----  --------------\n"
        "  a     one\n"
        "        `two|three`\n"
        "        four\n"
        "  b     x y\n"
    )  # fmt: skip


def test_paragraphs_lists_and_examples_are_indented() -> None:
    page = "# T\n\n![p](x.svg)\n\none\ntwo\n\n- a b c\n  d\n- e\n\nsee:\n\n    $ x\n\n    $ y    # long\n\n## U\n"
    assert render(page, 10) == (
        "T\n\n  one two\n\n  - a b c\n    d\n  - e\n\n  see:\n\n    $ x\n\n    $ y    # long\n\nU\n"
    )
