"""A long list in JSON, read a portion at a time: names are learned from it, and it is never in memory as a whole."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.understanding import Understanding
from mwaa_shell.catalog.listings import listed
from mwaa_shell.catalog.names import Change, Name, Seen

#: Characters of a portion, and of the longest record that is waited for.
PORTION, LONGEST_RECORD = 1 << 18, 1 << 22
_RECORD = json.JSONDecoder()
_BETWEEN = re.compile(r"[ \r\n,]{0,99}")


def listed_in(understanding: Understanding, stdout: Iterable[bytes], stderr: str) -> tuple[Change, ...]:
    """What ``listed`` tells of the whole, for a list of records that stands on standard output with nothing behind it.

    Nothing where it is anything else: a part of a list would be taken for all there is.
    """
    try:
        told = [listed(understanding, part, stderr + before) for before, part in _portions(stdout)]
    except (ValueError, RecursionError):
        return ()
    return tuple(_merged((one for changes in told for one in changes if isinstance(one, Seen)), all(told)))


def _merged(told: Iterable[Seen], complete: bool) -> Iterator[Seen]:
    """One for each kind and DAG; of a name that comes again, the first counts."""
    names: dict[tuple[Kind, str], dict[str, Name]] = {}
    whole: dict[tuple[Kind, str], bool] = {}
    for seen in told:
        key = (seen.kind, seen.dag)
        whole[key] = whole.get(key, complete) and seen.all
        known = names.setdefault(key, {})
        for name in seen.names:
            known.setdefault(name.text, name)
    for (kind, dag), known in names.items():
        yield Seen(kind, tuple(known.values()), dag, whole[kind, dag])


def _portions(stdout: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """What stands before the list, and some of its records as a list of their own. Raises ``ValueError``."""
    text = _Text(stdout)
    before = text.until("[{")
    ended = False
    while not ended:
        end = start = 1  # behind the bracket, or the comma
        while end - start < PORTION and not ended:
            end, ended = text.record(end)
        yield before, f"[{text.held[start:end]}]\n"
        text.drop(end)
    if text.rest().strip(" \r\n]"):
        raise ValueError("there is more behind the list")


class _Text:
    """The text that is at hand."""

    def __init__(self, stdout: Iterable[bytes]) -> None:
        self._chunks = iter(stdout)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.held = ""

    def _more(self) -> None:
        data = next(self._chunks, None)
        if data is None or len(self.held) > LONGEST_RECORD:
            raise ValueError("there is no more")
        self.held += self._decoder.decode(data)

    def until(self, start: str) -> str:
        """Drop what stands before the first of these at the beginning of a line; that."""
        while not self.held.startswith(start) and f"\n{start}" not in self.held:
            self._more()
        at = 0 if self.held.startswith(start) else self.held.index(f"\n{start}") + 1
        before, self.held = self.held[:at], self.held[at:]
        return before

    def record(self, start: int) -> tuple[int, bool]:
        """Where the record that begins at or behind a place ends, and whether it is the last one."""
        while True:
            try:
                _, end = _RECORD.raw_decode(self.held, start + len(_BETWEEN.match(self.held, start)[0]))  # type: ignore[index]
                behind = self.held[end : end + 99].lstrip(" \r\n")[:1]
                if behind in ("]", ","):
                    return end, behind == "]"
            except ValueError:
                pass
            self._more()

    def drop(self, end: int) -> None:
        """Keep what stands behind a place, and one character in front of it."""
        self.held = "," + self.held[end:].lstrip(" \r\n").removeprefix(",")

    def rest(self) -> str:
        """What is behind the list, at most so much of it that one can tell that there is something."""
        while len(self.held) < 99:
            data = next(self._chunks, None)
            if data is None:
                break
            self.held += self._decoder.decode(data)
        return self.held[1:]
