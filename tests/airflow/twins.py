"""The data files that people write are TOML; what the program reads are their twins in JSON, which is quicker.

python -m tests.airflow.twins   writes the twins anew
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from mwaa_shell.airflow import grammar

DATA = Path(grammar.__file__).parent / "data"
SOURCES = sorted(DATA.glob("*.toml"))


def twin_of(source: Path) -> Path:
    """Where the twin of a file is."""
    return source.with_suffix(".json")


def written(source: Path) -> str:
    """What the twin of a file has to hold."""
    return json.dumps(tomllib.loads(source.read_text()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for one in SOURCES:
        twin_of(one).write_text(written(one))
