"""Held here: version numbers are found in any text, compare by number, and are read off the ``version`` command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.versions import Version, parse_version, version_in_output

SAMPLES = Path(__file__).parents[1] / "samples"
NUMBERS = st.integers(0, 9999)


@settings(deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_version_is_read_back_as_it_was_written(major: int, minor: int, patch: int) -> None:
    assert parse_version(str(Version(major, minor, patch))) == Version(major, minor, patch)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_version_or_none(text: str) -> None:
    found = parse_version(text)
    assert found is None or str(found.major) == str(int(found.major))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.10.3", Version(2, 10, 3)),
        ("v2.0.2", Version(2, 0, 2)),
        ("3.0", Version(3, 0, 0)),
        ("1.10.12", Version(1, 10, 12)),
        ("2.11.0.dev0", Version(2, 11, 0)),
        ("3.2.1rc1", Version(3, 2, 1)),
        ("apache-airflow==2.9.2", Version(2, 9, 2)),
        ("Airflow 2.5.1 on Python 3.10", Version(2, 5, 1)),
        ("", None),
        (None, None),
        ("3", None),
        ("latest", None),
        ("three.two", None),
    ],
)
def test_the_first_version_in_a_text(text: str | None, version: Version | None) -> None:
    assert parse_version(text) == version


def test_versions_compare_by_number() -> None:
    ordered = ["1.10.12", "2.0.2", "2.2.2", "2.9.2", "2.10.1", "2.10.3", "2.11.0", "3.0.6", "3.3.1"]
    versions = [version for version in map(parse_version, ordered) if version is not None]
    assert sorted(versions, reverse=True) == versions[::-1]
    assert [str(version) for version in versions] == ordered


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: str(path.stem))
def test_the_version_command_of_every_recorded_airflow(path: Path) -> None:
    output = json.loads(path.read_text())["version"]["stdout"]
    assert str(version_in_output(output)) == path.stem


@pytest.mark.parametrize(
    ("stdout", "version"),
    [
        ("2.10.3\n", Version(2, 10, 3)),
        ("[2024-01-01T00:00:00.000+0000] {x.py:1} INFO - boto 1.2.3\n2.8.1\n", Version(2, 8, 1)),
        ("CloudWatch logging is disabled for X\n  v1.10.12  \n\n", Version(1, 10, 12)),
        ("2.11.0.dev0+composer\n", Version(2, 11, 0)),
        ("2.10.3\nat 127.0.0.1 port\n", Version(2, 10, 3)),
        ("1.1.1\n2.2.2\n", Version(2, 2, 2)),
        ("2.10\n", None),
        ("Airflow 2.10.3\n", None),
        ("", None),
    ],
)
def test_the_version_stands_on_a_line_of_its_own(stdout: str, version: Version | None) -> None:
    assert version_in_output(stdout) == version
