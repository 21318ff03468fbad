"""What the program reads is what people have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.airflow.twins import DATA, SOURCES, twin_of, written


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_twin_is_the_newest(source: Path) -> None:
    assert twin_of(source).read_text() == written(source), "python -m tests.airflow.twins writes the twins anew"


def test_every_file_of_data_has_a_source() -> None:
    """Command trees are read off Airflow's own parsers, and are JSON from the start."""
    others = {path.stem for path in DATA.glob("*.json") if not path.name.startswith("airflow-")}
    assert others == {source.stem for source in SOURCES} == {"endings", "knowledge", "summaries", "translations"}
