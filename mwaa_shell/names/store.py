"""Cached names on disk: one file for each account, region and environment, readable by its owner only.

A file is lines of JSON: its owner, the picked names, the lists in pieces (typing continues between two of them), and
the number of lines. Nothing here raises: a file that cannot be read or written becomes a sentence.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import KEPT, NO_FACTS, OF_A_DAG, Facts, ListKey, NameList
from mwaa_shell.paths import check_owner, make_folder

FORMAT = 1
#: What is larger is not read, in bytes; of what would be larger, only what changed last is written.
LARGEST = 32_000_000
#: Room for the lines that hold no names, in bytes.
SPARE = 1_000_000
#: So many names stand in a line.
PIECE = 2_000
#: The facts that are written. Nothing of a variable, and of a connection nothing but its type.
FACTS: Mapping[Kind, frozenset[str]] = {
    Kind.DAG: frozenset({"paused", "owners", "last_state"}),
    Kind.RUN: frozenset({"state", "date", "after"}),
    Kind.TASK: frozenset({"operator"}),
    Kind.POOL: frozenset({"slots"}),
    Kind.CONNECTION: frozenset({"type"}),
}
_NO_FACTS_ALLOWED: frozenset[str] = frozenset()
#: How often a save starts anew because another shell has just saved.
TRIES = 3

Stamp = tuple[int, int, int]  #: tells one version of a file from another


class UnusableFile(Exception):
    """The file has no names of this environment; the text is the reason."""


class NameStore:
    """The file of one environment, which several shells may share; one thread at a time."""

    def __init__(self, folder: Path, account: str, region: str, environment: str) -> None:
        self.owner = {"account": account, "region": region, "environment": environment}
        mark = hashlib.sha256(json.dumps([account, region, environment]).encode()).hexdigest()[:16]
        self.path = folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', environment)[:60]}-{mark}.names"
        self._stamp: Stamp | None = None  #: of what was last read or written here

    def load(self) -> tuple[NameCatalogue, str | None]:
        """Return the saved names, and why there are none; a file that does not exist is no reason."""
        self._stamp = self._stamp_now()
        catalogue = NameCatalogue()
        try:
            known, picks = self._read()
        except FileNotFoundError:
            return catalogue, None
        except OSError as error:
            return catalogue, f"The kept names cannot be read: {error.strerror or error}"
        except UnusableFile as error:
            return catalogue, f"The kept names are of no use: {error}"
        catalogue.merge(known, picks)
        return catalogue, None

    def save(self, catalogue: NameCatalogue) -> str | None:
        """Save all names; return why that failed, if it did.

        Names that another shell has saved meanwhile are merged into the catalogue first.
        """
        try:
            make_folder(self.path.parent)
            for _ in range(TRIES):
                stamp = self._stamp_now()
                if stamp is not None and stamp != self._stamp:
                    self._merge_theirs(catalogue)
                if self._write(catalogue, stamp):
                    break
        except OSError as error:
            return f"The names cannot be kept: {error.strerror or error}"
        return None

    def delete(self) -> str | None:
        """Delete the file; return why that failed, if it did."""
        self._stamp = None
        try:
            self.path.unlink(missing_ok=True)
            for unfinished in self.path.parent.glob(f".{self.path.stem}.*"):
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            return f"The kept names cannot be deleted: {error.strerror or error}"
        return None

    def _stamp_now(self) -> Stamp | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _merge_theirs(self, catalogue: NameCatalogue) -> None:
        try:
            catalogue.merge(*self._read())
        except (OSError, UnusableFile):
            pass  # there is nothing to save in it

    def _write(self, catalogue: NameCatalogue, stamp: Stamp | None) -> bool:
        """Replace the file, unless another shell has just replaced it; return whether it was written."""
        handle, name = tempfile.mkstemp(prefix=f".{self.path.stem}.", dir=self.path.parent)  # 0600 from creation
        try:
            with os.fdopen(handle, "wb") as file:
                for line in _lines(self.owner, catalogue):
                    file.write(line)
            if self._stamp_now() != stamp:
                os.unlink(name)
                return False
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        self._stamp = self._stamp_now()
        return True

    def _read(self) -> tuple[dict[ListKey, NameList], dict[ListKey, Mapping[str, float]]]:
        check_owner(self.path)
        with self.path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST:
                raise UnusableFile("the file is too large")
            try:
                return _parsed(self.owner, iter(file))
            except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, StopIteration):
                raise UnusableFile("the file is damaged") from None


def _lines(owner: Mapping[str, str], catalogue: NameCatalogue) -> Iterator[bytes]:
    """Yield the lines of the file: the latest changes first, and those beyond the limit left out."""
    yield _line({"mwaa-shell names": FORMAT, **owner})
    picks = [[kind.value, dag, dict(scores)] for (kind, dag), scores in catalogue.picks().items()]
    yield _line({"picks": picks})
    count, size = 3, SPARE  # the first two lines and the last
    for key, known in sorted(catalogue.known().items(), key=lambda one: -one[1].changed):
        pieces = [_line(piece) for piece in _pieces(key, known)]
        size += sum(map(len, pieces))
        if size > LARGEST:
            break
        count += len(pieces)
        yield from pieces
    yield _line({"lines": count})


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def _pieces(key: ListKey, known: NameList) -> Iterator[dict[str, Any]]:
    """Yield a list in pieces that can be read alone; names refer to shared facts by number."""
    kind, dag = key
    allowed = FACTS.get(kind, _NO_FACTS_ALLOWED)
    about = {
        "kind": kind.value, "dag": dag, "learned": known.learned, "changed": known.changed,
        "source": known.source, "complete": known.complete,
    }  # fmt: skip
    left = ((text, known.facts[text]) for text in known.texts)
    for _ in range(0, max(1, len(known.texts)), PIECE):
        piece = list(islice(left, PIECE))
        shared: dict[tuple[tuple[str, str], ...], int] = {}
        which = [shared.setdefault(_allowed(facts, allowed), len(shared)) for _, facts in piece]
        texts = [text for text, _ in piece]
        yield {**about, "names": texts, "facts": [dict(items) for items in shared], "which": which}


def _allowed(facts: Mapping[str, str], allowed: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple((fact, value) for fact, value in facts.items() if fact in allowed)


def _parsed(
    owner: Mapping[str, str], lines: Iterator[bytes]
) -> tuple[dict[ListKey, NameList], dict[ListKey, Mapping[str, float]]]:
    """What a file says; any foreign exception means that it is damaged."""
    head = json.loads(next(lines))
    if head.pop("mwaa-shell names") != FORMAT:
        raise UnusableFile("another version of the shell has written them")
    if head != owner:
        raise UnusableFile("they are of another environment")
    picks = {_key(kind, dag): _scores(scores) for kind, dag, scores in json.loads(next(lines))["picks"]}
    names: dict[ListKey, dict[str, Facts]] = {}
    about: dict[ListKey, Mapping[str, Any]] = {}
    for count, line in enumerate(lines, 3):
        piece = json.loads(line)
        if "lines" in piece:
            if piece["lines"] != count:
                raise UnusableFile("the file is damaged")
            return {key: _known(names[key], about[key]) for key in about}, picks
        key = _key(piece["kind"], piece["dag"])
        names.setdefault(key, {}).update(_named(key[0], piece))
        about[key] = piece
    raise UnusableFile("the file is not complete")


def _key(kind: str, dag: str) -> ListKey:
    found = Kind(kind)
    if found not in KEPT or bool(dag) is not (found in OF_A_DAG):
        raise ValueError(kind)
    return found, str(dag)


def _scores(scores: Mapping[str, Any]) -> Mapping[str, float]:
    return {str(name): _finite(score) for name, score in scores.items()}


def _finite(number: Any) -> float:
    if not math.isfinite(number):
        raise ValueError(number)
    return float(number)


def _named(kind: Kind, piece: Mapping[str, Any]) -> Iterator[tuple[str, Facts]]:
    allowed = FACTS.get(kind, _NO_FACTS_ALLOWED)
    tables = [_facts(facts, allowed) for facts in piece["facts"]]
    for text, number in zip(piece["names"], piece["which"], strict=True):
        if not text.isprintable():
            raise ValueError(text)
        yield text, tables[number]


def _known(facts: Mapping[str, Facts], piece: Mapping[str, Any]) -> NameList:
    learned, changed = _finite(piece["learned"]), _finite(piece["changed"])
    return NameList((), facts, learned, changed, str(piece["source"]), piece["complete"] is True)


def _facts(facts: Mapping[str, Any], allowed: frozenset[str]) -> Facts:
    found = {fact: str(value) for fact, value in facts.items() if fact in allowed}
    return MappingProxyType(found) if found else NO_FACTS
