"""A program in the place of uv: it makes the folders that uv would make, and keeps what it was called with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa_shell.local.provision import Installation, provide
from mwaa_shell.local.recipes import recipe_for

RECIPE = recipe_for("3.3.1")
DOES = """#!/bin/sh
echo "$*" >> "{calls}"
env > "{calls}.env"
{first}
case "$1" in
venv) for venv; do :; done; mkdir -p "$venv/bin"; touch "$venv/bin/python"; echo made >&2;;
pip) [ ! -f "$4" ] || cp "$4" "{calls}.toml"; echo installed >&2; {last};;
esac
"""


@dataclass
class FakeUv:
    """The program, its calls and the cache that it fills; ``told`` is the progress that was made."""

    folder: Path
    told: list[str] = field(default_factory=list)

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def venv(self) -> Path:
        return self.cache / "3.3.1-py3.12"

    @property
    def calls(self) -> list[str]:
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    @property
    def left(self) -> list[str]:
        """What is in the cache apart from locks."""
        return sorted(path.name for path in self.cache.iterdir() if path.suffix != ".lock")

    def does(self, first: str = ":", last: str = ":") -> None:
        """``first`` is done by every call, ``last`` at the end of an install."""
        (self.folder / "uv").write_text(DOES.format(calls=self.folder / "calls", first=first, last=last))
        (self.folder / "uv").chmod(0o755)

    def provide(self, **changes: Any) -> Installation:
        return provide(RECIPE._replace(**changes), self.told.append)
