"""A film: shots, each seen for a while, as one SVG that moves by itself wherever pictures may (GitHub, a browser).

All frames stand side by side behind the window, and a step of CSS moves them. A row that is seen in many of them is
drawn once. Where nothing moves, or nobody wants it to, the frame that says most stands still.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from render import DARK, HEIGHT, Theme, cells, row, size, top, window
from shot import Row, Shot


@dataclass(frozen=True, slots=True)
class Frame:
    """A shot, and for how many seconds it is seen."""

    seen: Shot
    seconds: float


def merged(frames: Sequence[Frame]) -> list[Frame]:
    """The frames with each that looks like the one before it added to that one."""
    kept: list[Frame] = []
    for frame in frames:
        if kept and kept[-1].seen == frame.seen:
            kept[-1] = Frame(frame.seen, kept[-1].seconds + frame.seconds)
        else:
            kept.append(frame)
    return kept


def at(frames: Sequence[Frame], seconds: float) -> int:
    """The number of the frame that is seen after so many seconds."""
    passed = 0.0
    for number, frame in enumerate(frames):
        passed += frame.seconds
        if passed > seconds + 0.001:
            return number
    return len(frames) - 1


def film(frames: Sequence[Frame], title: str, still: int, theme: Theme = DARK) -> str:
    """The picture that moves, again and again; ``still`` is the number of the frame that stands where none does."""
    columns, rows = len(frames[0].seen.rows[0]), len(frames[0].seen.rows)
    width = size(columns, rows)[0]
    drawn = _Rows(theme)
    strip = [
        f'<g transform="translate({number * width} 0)">{"".join(drawn.used(frame.seen))}</g>'
        for number, frame in enumerate(frames)
    ]
    inside = f'<rect x="1" y="{top(0) - 2}" width="{width - 2}" height="{rows * HEIGHT + 4}"/>'
    shapes = [
        f"<style>{_moves(frames, width, still)}</style>",
        f'<defs><clipPath id="inside">{inside}</clipPath>',
        *drawn.shapes,
        "</defs>",
        f'<g clip-path="url(#inside)"><g id="film" transform="translate({-still * width} 0)">',
        *strip,
        "</g></g>",
    ]
    return window(columns, rows, title, theme, shapes)


class _Rows:
    """Every row of the film, drawn once, at the top."""

    def __init__(self, theme: Theme) -> None:
        self.shapes: list[str] = []
        self._theme = theme
        self._names: dict[Row, str] = {}  #: no name for what is blank

    def used(self, seen: Shot) -> Iterator[str]:
        """What puts the rows of a shot in their places."""
        for y in range(len(seen.rows)):
            name = self._name(seen, y)
            if name:
                yield f'<use href="#{name}" y="{top(y)}"/>'

    def _name(self, seen: Shot, y: int) -> str:
        line = cells(seen, y)
        if line not in self._names:
            drawn = "".join(row(seen, y, self._theme, 0))
            self._names[line] = f"r{len(self.shapes)}" if drawn else ""
            self.shapes += [f'<g id="{self._names[line]}">{drawn}</g>'] if drawn else []
        return self._names[line]


def _moves(frames: Sequence[Frame], width: int, still: int) -> str:
    """When which frame is seen."""
    whole = sum(frame.seconds for frame in frames)
    steps, passed = [], 0.0
    for number, frame in enumerate(frames):
        steps.append(f"{passed / whole * 100:.3f}%{{transform:translateX({-number * width}px)}}")
        passed += frame.seconds
    return (
        f"#film{{animation:film {whole:.2f}s steps(1,end) infinite}}"
        f"@keyframes film{{{''.join(steps)}100%{{transform:translateX({-(len(frames) - 1) * width}px)}}}}"
        f"@media (prefers-reduced-motion:reduce){{#film{{animation:none;transform:translateX({-still * width}px)}}}}"
    )
