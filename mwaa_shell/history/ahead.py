"""What is known of lines that have not run yet, while those behind them are checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.link import Link
    from mwaa_shell.settings import Access


@dataclass(slots=True)
class Ahead:
    """What the lines before will have done."""

    saved: dict[str, str | None] = field(default_factory=dict)  #: commands that have been saved or dropped, by name
    link: Link | None = None  #: to the environment that a ``.use`` will have opened
    access: Access | None = None  #: and how AWS will be reached, as far as the user will have said it
    elsewhere: bool = False  #: a ``.use`` will have opened one that nobody knows yet
    protect: str | None = None  #: the patterns that ``.set protect`` will have set
    read_only: bool | None = None  #: what ``.readonly`` will have said
    lines: int = 0  #: how many there were: so many commands at least may be in the history by then
    where: str = ""  #: the place of the line that is being checked, ``FILE:NUMBER``
