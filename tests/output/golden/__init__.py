"""The recorded outputs of real Airflow programs as the shell shows them on a terminal, one file a version and width.

``python -m tests.output.golden`` writes the files anew. Read what has changed before you keep it.
"""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mwaa_shell.airflow.additions import ADDED
from mwaa_shell.airflow.outcome import judge
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.presenter import PromptDisplay, show
from mwaa_shell.result import Result, failed
from mwaa_shell.streams import Streams

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "samples"
WIDTHS = (80, 120, 200)
VERSIONS = tuple(sorted(path.stem for path in SAMPLES.glob("*.json")))
#: Shortly after the outputs were recorded.
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def path_of(version: str, width: int) -> Path:
    """The golden file."""
    return HERE / f"{version}-{width}.txt"


def drawn(version: str, width: int) -> str:
    """What a golden file is to hold: each command behind a ``$``, and everything that stands below its line."""
    view = DisplayOptions(width=width, now=NOW)
    return "\n".join(f"$ {line}\n{shown(result, view)}" for line, result in outputs(version))


def outputs(version: str) -> Iterator[tuple[str, Result]]:
    """Each command as it was typed, with the end that it came to.

    What was recorded with ``-o json`` comes twice: typed by the user, and added by the shell to draw a table of it.
    """
    recorded: dict[str, dict[str, Any]] = json.loads((SAMPLES / f"{version}.json").read_text(encoding="utf-8"))
    for sample in recorded.values():
        words = tuple(sample["argv"])
        ending = judge(words, sample["stdout"], sample["stderr"], parse_version(version))
        result = Result() if ending.ok else failed(ending.reason)._replace(judged=True)
        result = result._replace(
            stdout=sample["stdout"].encode(),
            stderr=sample["stderr"].encode(),
            words=words,
            remote=True,
        )
        yield shlex.join(words), result
        if shlex.join(words[-2:]) == ADDED:
            yield shlex.join(words[:-2]), result._replace(added=ADDED)


def shown(result: Result, view: DisplayOptions) -> str:
    """Both streams and the ending, on a terminal without colors."""
    screen = io.BytesIO()
    streams = Streams(io.StringIO(), screen, screen, True, True, True, no_color=True)
    show(result, streams, view, PromptDisplay())
    return screen.getvalue().decode()
