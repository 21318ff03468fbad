"""Texts, docstrings and comments follow the writing rules of CONTRIBUTING.md, as far as a program can check."""

from __future__ import annotations

from mwaa_shell.config import SETTINGS
from mwaa_shell.dot_commands import DOT_COMMANDS
from mwaa_shell.key_table import KEYS
from mwaa_shell.options import build_parser
from mwaa_shell.preferences import PREFERENCES
from tests.docs import README
from tests.words import all_matches

#: Characters of a summary, and bytes of the README.
LONGEST_SUMMARY, LARGEST_README = 52, 10_000


def test_texts_docstrings_and_comments_keep_the_rules() -> None:
    assert not all_matches(), "reword the texts"


def test_summaries_are_short() -> None:
    summaries = [str(action.help) for action in build_parser()._actions]
    summaries += [command.summary for command in DOT_COMMANDS]
    summaries += [preference.summary for preference in PREFERENCES]
    summaries += [setting.summary for setting in SETTINGS]
    summaries += [key.does for key in KEYS]
    assert not [summary for summary in summaries if len(summary) > LONGEST_SUMMARY]


def test_readme_takes_minutes_to_read() -> None:
    assert README.stat().st_size <= LARGEST_README
