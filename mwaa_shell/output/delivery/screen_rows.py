"""Counts the rows that text takes on a terminal, up to as many as there are: enough to know whether it fits."""

from __future__ import annotations

#: Characters that one cell may have, marks and colour codes with it, before text is taken for longer than the screen.
PER_CELL = 64
TAB = 8


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
        from wcwidth import wcwidth

        for character in piece:
            self._left -= 1
            if self._in_code or character == "\x1b":  # only colour codes come here, and those end in m
                self._in_code = character != "m"
            elif character == "\n":
                self._row, self._column = self._row + 1, 0
            elif character == "\t":  # goes no further than the last column
                self._column = min((self._column // TAB + 1) * TAB, self._width - 1)
            else:
                self._step(max(wcwidth(character), 0))
            if self._left <= 0 or self._row + bool(self._column) > self._most:
                self._left = 0
                return False
        return self._left > 0

    def _step(self, cells: int) -> None:
        """Go on in the row; what does not fit into its rest begins the next one, as a terminal wraps."""
        if self._column + cells > self._width:
            self._row, self._column = self._row + 1, 0
        self._column += min(cells, self._width)
