"""Airflow version numbers, as ordered values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mwaa_shell.errors import UsageError
from mwaa_shell.suggestions import did_you_mean, listed, shorten_word


class Version(NamedTuple):
    """``2.10.3``; compares by number."""

    major: int
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str | None) -> Version | None:
    """Return the first version number in ``text``; AWS binds the form to no list."""
    found = re.search(r"(?<![\d.])([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?(?![\d])", text or "")
    if found is None:
        return None
    return Version(int(found[1]), int(found[2]), int(found[3] or 0))


def version_in_output(stdout: str) -> Version | None:
    """Return the version on its own line in the output of ``version``."""
    for line in reversed(stdout.splitlines()):
        found = re.fullmatch(r"\s*v?(\d+\.\d+\.\d+)\S*\s*", line)
        if found:
            return parse_version(found[1])
    return None


def unknown_version(text: str, known: Iterable[Version]) -> UsageError:
    """Return the error about an unknown version, with the newest known ones.

    It proposes only a version with the same major and minor number.
    """
    newest_first, wanted = sorted(known, reverse=True), parse_version(text)
    near = [version for version in newest_first if wanted is not None and version[:2] == wanted[:2]]
    question = did_you_mean(text, map(str, near))
    choices = listed([str(version) for version in newest_first], "mwaa-shell help local")
    return UsageError(f"Unknown Airflow version '{shorten_word(text)}'{question}", hint=f"Use one of: {choices}.")
