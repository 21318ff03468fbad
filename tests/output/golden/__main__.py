"""Writes the golden files."""

from __future__ import annotations

from tests.output.golden import VERSIONS, WIDTHS, drawn, path_of

for version in VERSIONS:
    for width in WIDTHS:
        path_of(version, width).write_text(drawn(version, width), encoding="utf-8")
