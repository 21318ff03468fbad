"""The text of a reply on its way to a terminal: bytes, safe text, folded text, coloured text; each as lazy as a screen.

Nothing is read that nobody wants to see yet, so that any reply opens at once, whatever its size and however long its
lines are.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.sanitise import sanitised
from mwaa_shell.output.style.fold import blocks, folded
from mwaa_shell.output.style.highlight import Painter
from mwaa_shell.output.style.theme import EITHER, Theme
from mwaa_shell.reply_bytes import Body, LazyBytes

#: Bytes that are decoded at a time; fewer for the first screen.
FIRST, CHUNK = 1 << 14, 1 << 16
INVALID = re.compile("[\udc80-\udcff]")
#: Commands that do their work in front of one's eyes: what they log is what they were run for.
LOGGING = (
    ("tasks", "test"), ("tasks", "run"), ("dags", "test"), ("dags", "backfill"),
    ("db",), ("fab-db",), ("db-manager",), ("sync-perm",),
    ("test",), ("run",), ("backfill",), ("initdb",), ("upgradedb",), ("resetdb",), ("sync_perm",),
)  # fmt: skip


def readable(
    chunks: Iterable[str], view: DisplayOptions, *, fold: bool = True, usage: bool = True, theme: Theme = EITHER
) -> Iterator[str]:
    """Text made readable for a terminal, in pieces that end in a newline or are a part of a long line.

    It is sanitised, coloured where ``view.color`` says so, and folded: log lines with ``fold``, the help text of
    argparse with ``usage``, warnings of no use and tracebacks always.
    """
    pieces = folded(blocks(sanitised(chunks)), noise=fold, usage=usage)
    if not view.color:
        yield from (text for _, text in pieces)
        return
    painter = Painter(theme)
    for look, text in pieces:
        yield painter.paint(look, text)


def raw(chunks: Iterable[str], view: DisplayOptions) -> Iterator[str]:
    """The text with nothing folded and nothing coloured: only sanitised."""
    yield from sanitised(chunks)


class Decoded(Iterator[str]):
    """UTF-8 in chunks; each byte that is none becomes U+FFFD, and is counted."""

    def __init__(self, data: Body | memoryview) -> None:
        self.invalid = 0  #: bytes that were no UTF-8, in the chunks that were taken until now
        self._chunks = self._decoded(memoryview(data) if isinstance(data, bytes) else data)

    def __next__(self) -> str:
        return next(self._chunks)

    def _decoded(self, data: LazyBytes | memoryview) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        start, size = 0, FIRST
        while start < len(data):
            text = decoder.decode(data[start : start + size], start + size >= len(data))
            start, size = start + size, CHUNK
            if not text.isascii():
                text, count = INVALID.subn("\ufffd", text)
                self.invalid += count
            if text:
                yield text

    @property
    def note(self) -> str:
        """A sentence about what was no UTF-8; empty where all was."""
        if not self.invalid:
            return ""
        are = "byte is" if self.invalid == 1 else "bytes are"
        return f"{self.invalid} {are} no UTF-8 and shown as \ufffd"


def decoded(data: Body | memoryview) -> Decoded:
    """The text of a reply, in chunks that are decoded when they are wanted."""
    return Decoded(data)


def is_noise_the_answer(words: tuple[str, ...]) -> bool:
    """Whether a command is run for what it logs, as ``tasks test`` is: nothing of that is to be folded."""
    return any(words[: len(command)] == command for command in LOGGING)


def is_help_the_answer(words: tuple[str, ...]) -> bool:
    """Whether a command was asked for its help text."""
    return "-h" in words or "--help" in words
