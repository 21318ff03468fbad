"""The text of an output on its way to a terminal: bytes, safe text, folded text, colored text, each read lazily.

No chunk is read before the terminal needs it. So any output opens at once, whatever its size and however long its lines
are.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.sanitise import sanitised
from mwaa_shell.output.style.fold import blocks, folded
from mwaa_shell.output.style.text_style import TextStyle
from mwaa_shell.reply_bytes import Body, LazyBytes

#: Bytes to decode at a time: of the first screen, and then.
FIRST, CHUNK = 1 << 14, 1 << 16
#: Characters to color, some fifty screens; text beyond them is plain, and as fast as it is read.
COLORED = 1 << 18
INVALID = re.compile("[\udc80-\udcff]")
#: Commands that work in the foreground: their log lines are their output.
LOGGING = (
    ("tasks", "test"), ("tasks", "run"), ("dags", "test"), ("dags", "backfill"),
    ("db",), ("fab-db",), ("db-manager",), ("sync-perm",),
    ("test",), ("run",), ("backfill",), ("initdb",), ("upgradedb",), ("resetdb",), ("sync_perm",),
)  # fmt: skip


def readable(chunks: Iterable[str], view: DisplayOptions, *, fold: bool = True, usage: bool = True) -> Iterator[str]:
    """Yield text made readable for a terminal, in pieces that end in a newline or are a part of a long line.

    The text is sanitised, colored where ``view.color`` says so, and folded: log lines with ``fold``, the help text of
    argparse with ``usage``, warnings of no use and tracebacks always.
    """
    pieces = folded(blocks(sanitised(chunks)), noise=fold, usage=usage)
    if not view.color:
        yield from (text for _, text in pieces)
        return
    from mwaa_shell.output.style.formatter import formatter_for  # pygments, which is slow, and for colours alone
    from mwaa_shell.output.style.lexer import tokens_of

    formatter, left = formatter_for(view), COLORED
    for look, text in pieces:
        if left <= 0:
            yield text
            continue
        end = len(text) if len(text) <= left else text.rfind("\n", 0, left) + 1
        left -= len(text)
        yield from formatter.pieces(tokens_of(look, text[:end]))
        if end < len(text):
            yield text[end:]


def note(text: str, view: DisplayOptions) -> str:
    """Return a sentence of the shell itself, dim where there is colour."""
    if not view.color:
        return text
    from mwaa_shell.output.style.formatter import formatter_for  # pygments, which is slow, and for colours alone
    from mwaa_shell.output.style.lexer import tokens_of

    return "".join(formatter_for(view).pieces(tokens_of(TextStyle.NOTE, text)))


def raw(chunks: Iterable[str], view: DisplayOptions) -> Iterator[str]:
    """Yield the text with nothing folded and nothing colored, only sanitised."""
    yield from sanitised(chunks)


class Decoded(Iterator[str]):
    """UTF-8 in chunks; each invalid byte becomes U+FFFD and is counted."""

    def __init__(self, data: Body | memoryview) -> None:
        self.invalid = 0  #: invalid bytes in the chunks that were read
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
        """Return a sentence about the invalid bytes; empty without any."""
        if not self.invalid:
            return ""
        are = "byte is" if self.invalid == 1 else "bytes are"
        return f"{self.invalid} {are} no UTF-8 and shown as \ufffd"


def decoded(data: Body | memoryview) -> Decoded:
    """Return the text of an output, in chunks that are decoded when they are read."""
    return Decoded(data)


def is_noise_the_answer(words: tuple[str, ...]) -> bool:
    """Return whether a command is run for its log lines, as ``tasks test`` is: they are not folded then."""
    return any(words[: len(command)] == command for command in LOGGING)


def is_help_the_answer(words: tuple[str, ...]) -> bool:
    """Return whether a command was asked for its help text."""
    return "-h" in words or "--help" in words
