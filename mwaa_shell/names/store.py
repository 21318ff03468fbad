"""Cached names on disk: a JSON file for each account, region and environment.

Only the owner can read it. A save includes what other shells have saved meanwhile. Nothing here raises: a file that
cannot be read or written becomes a sentence. A damaged file, and that of another version, is replaced at the next save.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.cache_files import lock_folder, replace_file
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import KEPT, OF_A_DAG, ListKey, Name, NameList, facts_of
from mwaa_shell.paths import check_owner

FORMAT = 3
#: Bytes; a larger file is not read.
LARGEST = 64_000_000
#: The facts that are written. Nothing of a variable, and of a connection nothing but its type.
FACTS: Mapping[Kind, frozenset[str]] = {
    Kind.DAG: frozenset({"paused", "owners", "last_state"}),
    Kind.RUN: frozenset({"state", "date", "after"}),
    Kind.TASK: frozenset({"operator"}),
    Kind.POOL: frozenset({"slots"}),
    Kind.CONNECTION: frozenset({"type"}),
}


class NameStore:
    """The file of one environment."""

    def __init__(self, folder: Path, account: str, region: str, environment: str) -> None:
        self.owner = {"account": account, "region": region, "environment": environment}
        mark = hashlib.sha256(json.dumps([account, region, environment]).encode()).hexdigest()[:16]
        self.path = folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', environment)[:60]}-{mark}.names"
        self._stamp: tuple[int, int] | None = None  #: of the file that was read or written last
        self._changed: Mapping[ListKey, float] = {}  #: when each list in that file was changed

    def load(self) -> tuple[NameCatalogue, str | None]:
        """Return the saved names, and why the file cannot be read. A damaged file has no names."""
        catalogue, reason = self._read()
        self._changed = _times(catalogue)
        return catalogue, reason

    def _read(self) -> tuple[NameCatalogue, str | None]:
        self._stamp, catalogue = self._file(), NameCatalogue()
        try:
            check_owner(self.path)
            content = json.loads(self.path.read_bytes() if self.path.stat().st_size <= LARGEST else b"")
            if content["format"] == FORMAT and all(content[member] == text for member, text in self.owner.items()):
                picks = {_key(kind, dag): dict(scores) for kind, dag, scores in content["picks"]}
                catalogue.merge({_key(one["kind"], one["dag"]): _from_json(one) for one in content["lists"]}, picks)
        except FileNotFoundError:
            pass
        except OSError as error:
            return catalogue, f"The cached names cannot be read: {error.strerror or error}"
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
            return NameCatalogue(), None
        return catalogue, None

    def save(self, catalogue: NameCatalogue) -> str | None:
        """Save all names; return why that failed, if it did. Lists of other shells are added to the catalogue."""
        try:
            with lock_folder(self.path.parent):
                self._merge_saved(catalogue)
                picks = [[kind.value, dag, dict(scores)] for (kind, dag), scores in catalogue.picks().items()]
                lists = [_to_json(key, entry) for key, entry in catalogue.snapshot().items()]
                content = {"format": FORMAT, **self.owner, "picks": picks, "lists": lists}
                replace_file(self.path, json.dumps(content, ensure_ascii=False).encode(errors="replace"))
                self._stamp, self._changed = self._file(), _times(catalogue)
        except OSError as error:
            return f"The names cannot be cached: {error.strerror or error}"
        return None

    def _merge_saved(self, catalogue: NameCatalogue) -> None:
        """Add the lists that other shells have saved meanwhile."""
        if self._file() != self._stamp:
            theirs = self._read()[0]
            saved = theirs.snapshot().items()
            catalogue.merge({key: one for key, one in saved if self._changed.get(key) != one.changed}, theirs.picks())
            catalogue.prepare()

    def _file(self) -> tuple[int, int] | None:
        """Return the inode and the time of the file, which change if a shell replaces it."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def delete(self) -> str | None:
        """Delete the file; return why that failed, if it did."""
        try:
            self.path.unlink(missing_ok=True)
            for unfinished in self.path.parent.glob(f".{self.path.stem}.*"):
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            return f"The cached names cannot be deleted: {error.strerror or error}"
        return None


def _times(catalogue: NameCatalogue) -> Mapping[ListKey, float]:
    return {key: entry.changed for key, entry in catalogue.snapshot().items()}


def _to_json(key: ListKey, entry: NameList) -> dict[str, Any]:
    kind, dag = key
    allowed = FACTS.get(kind, frozenset())
    return {
        "kind": kind.value, "dag": dag, "learned": entry.learned, "changed": entry.changed,
        "source": entry.source, "complete": entry.complete,
        "names": {text: _allowed(entry.facts[text], allowed) for text in entry.texts},
    }  # fmt: skip


def _from_json(data: Mapping[str, Any]) -> NameList:
    """Return an unsorted list of the file. Any foreign exception means that the file is damaged."""
    allowed = FACTS.get(Kind(data["kind"]), frozenset())
    names = (Name(text, _allowed(facts, allowed)) for text, facts in data["names"].items())
    learned, changed = float(data["learned"]), float(data["changed"])
    return NameList((), facts_of(names, None), learned, changed, str(data["source"]), data["complete"] is True)


def _allowed(facts: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, str]:
    return {fact: str(value) for fact, value in facts.items() if fact in allowed}


def _key(kind: str, dag: str) -> ListKey:
    found = Kind(kind)
    if found not in KEPT or bool(dag) is not (found in OF_A_DAG):
        raise ValueError(kind)
    return found, str(dag)
