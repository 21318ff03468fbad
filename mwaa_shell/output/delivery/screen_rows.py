"""Counts the rows that text takes on a terminal, up to as many as there are: enough to know whether it fits."""

from __future__ import annotations

import re

#: Characters that one cell may have, marks and colour codes with it, before text is taken for longer than the screen.
PER_CELL = 64
TAB = 8
#: Colour codes, what moves on, and text.
PARTS = re.compile(r"\x1b[^m]*m?|\n|\t|[^\x1b\n\t]+")


class ScreenRows:
    """Takes text piece by piece, wherever it is cut, until it is more than fits; never looks at more of it."""

    def __init__(self, rows: int, width: int) -> None:
        self._most = rows
        self._width = max(width, 1)
        self._left = max(rows, 1) * self._width * PER_CELL  #: characters that are looked at, whatever they are
        self._row = 0  #: rows that are full
        self._column = 0
        self._in_code = False

    def fits(self, piece: str) -> bool:
        """Whether all text up to now and this piece fits; ``False`` is final."""
        for match in PARTS.finditer(self._behind_code(piece[: self._left])):
            text = match[0]
            if text[0] == "\x1b":  # only colour codes come here, and those end in m
                self._in_code = text[-1] != "m"
            elif text == "\n":
                self._row, self._column = self._row + 1, 0
            elif text == "\t":  # goes no further than the last column
                self._column = min((self._column // TAB + 1) * TAB, self._width - 1)
            elif text.isascii() and text.isprintable():
                self._fill(len(text))
            else:
                self._one_by_one(text)
            if self._row + bool(self._column) > self._most:
                self._left = 0
                return False
        self._left = max(self._left - len(piece), 0)
        return self._left > 0

    def _behind_code(self, piece: str) -> str:
        """The piece without the rest of a code that began in the one before."""
        if not self._in_code:
            return piece
        end = piece.find("m")
        self._in_code = end < 0
        return piece[end + 1 :] if end >= 0 else ""

    def _fill(self, cells: int) -> None:
        """Go on by so many characters of one cell each."""
        full, rest = divmod(self._column + cells - 1, self._width)
        self._row, self._column = self._row + full, rest + 1

    def _one_by_one(self, text: str) -> None:
        from wcwidth import wcwidth

        for character in text:
            self._step(max(wcwidth(character), 0))

    def _step(self, cells: int) -> None:
        """Go on in the row; what does not fit into its rest begins the next one, as a terminal wraps."""
        if self._column + cells > self._width:
            self._row, self._column = self._row + 1, 0
        self._column += min(cells, self._width)
