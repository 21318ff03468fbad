"""Replies that show a value as it was before the command: ``dags pause`` and ``dags unpause`` of some versions."""

from __future__ import annotations

from collections.abc import Sequence

from mwaa_shell.airflow.versions import Version

#: Versions, from one on and below another, whose table says ``is_paused`` as it was before the change.
SHOWN_BEFORE = ((Version(2, 9, 0), Version(2, 10, 0)), (Version(3, 1, 0), Version(99, 0, 0)))
#: What each command makes of a DAG, and the value that it then shows.
MADE = {"dags unpause": ("unpaused", "True"), "dags pause": ("paused", "False")}


def about_value_before(words: Sequence[str], version: Version, printed: str) -> str:
    """What to say under a reply that looks as if nothing had changed; empty where it does not."""
    made, before = MADE.get(" ".join(words[:2]), ("", ""))
    if not made or not any(since <= version < until for since, until in SHOWN_BEFORE):
        return ""
    _, heading, table = printed.partition("is_paused")
    if not heading or before not in table:
        return ""
    return f"Airflow {version} shows is_paused as it was before the command; now it is {made}"
