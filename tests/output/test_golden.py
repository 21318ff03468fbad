"""Every recorded output looks on a terminal as it did when somebody read it last, and nothing of it is lost.

How the files are made is in ``golden``.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

import pytest

from mwaa_shell.airflow.output_lines import data_lines
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.tables.secrets import has_secrets
from mwaa_shell.result import Result
from tests.output.golden import VERSIONS, WIDTHS, drawn, outputs, path_of, shown

#: What has another form on the screen: truth values, nothing at all, and the titles of 1.10's tables.
OTHERWISE = {"True", "False", "null", "None", "No data found", "DAGS", "DAG RUNS"}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("version", VERSIONS)
def test_outputs_look_as_they_did(version: str, width: int) -> None:
    made, kept = drawn(version, width), path_of(version, width).read_text(encoding="utf-8")
    changes = difflib.unified_diff(kept.splitlines(), made.splitlines(), "as it was", "as it is", lineterm="", n=2)
    assert made == kept, "\n".join(["python -m tests.output.golden writes it anew", *changes])


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_lost(version: str) -> None:
    seen, view = 0, DisplayOptions(width=200, zone=None, reveal=True)
    for line, result in outputs(version):
        screen = shown(result, view)
        if "more fields" in screen:
            screen = shown(result, replace(view, format="vertical"))
        if "usage folded" not in screen and not has_secrets(result.words):  # truth values that are folded in a cell
            flat = re.sub(r"\s", "", screen)
            lost = [word for word in said(result) if word not in flat]
            assert not lost, line
            seen += 1
    assert seen > 30


def said(result: Result) -> list[str]:
    """The words of both streams that are no noise, apart from what has another form on the screen."""
    text = "\n".join(data_lines(result.stdout.decode()) + data_lines(result.stderr.decode()))
    for gone in sorted(OTHERWISE, key=len, reverse=True):
        text = re.sub(rf"\b{gone}\b", "", text)
    return re.findall(r"\w[\w./:+-]*", text.replace("\\n", "\n").replace("\\\\", "\\"))
