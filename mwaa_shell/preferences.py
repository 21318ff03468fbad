"""What a user can set while the shell runs: one table, from which ``.set``, completion and documentation are made."""

from __future__ import annotations

from dataclasses import dataclass, field

from mwaa_shell.errors import UsageError


@dataclass(frozen=True, slots=True)
class Preference:
    """One thing that can be set: to one of its words, or to a whole number from ``least`` to ``most``."""

    name: str
    default: str
    summary: str  #: one line, in operator's words
    words: tuple[str, ...] = ()
    least: int = 0
    most: int = 0

    @property
    def takes(self) -> str:
        """What it can be set to, as help shows it."""
        return ", ".join(self.words) or f"{self.least} to {self.most}"

    def accepts(self, value: str) -> bool:
        """Whether it can be set to this."""
        if self.words:
            return value in self.words
        return value.isascii() and value.isdigit() and self.least <= int(value[:6]) <= self.most


PREFERENCES = (
    Preference("menu", "typing", "when the menu opens: while you type, when you press Tab, or never",
               ("typing", "tab", "never")),
    Preference("menu-after", "1", "while you type, after how many characters of a word", least=0, most=20),
    Preference("menu-rows", "8", "how many rows the menu takes at most", least=1, most=40),
    Preference("names", "auto", "names that complete: asked for over REST, only learned, or none",
               ("auto", "learn", "off")),
    Preference("history", "on", "whether what is sent is written to the history", ("on", "off")),
    Preference("keys", "emacs", "whose keys edit the line", ("emacs", "vi")),
)  # fmt: skip


@dataclass(slots=True)
class Preferences:
    """The values of this run; what is not set has its default."""

    _set: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The value of a preference that exists."""
        return self._set.get(name) or preference(name).default

    def number(self, name: str) -> int:
        """The value of a preference that is a number."""
        return int(self[name])

    def set(self, name: str, value: str) -> None:
        """Change one; raises ``UsageError`` for a name that does not exist and a value that it does not take."""
        chosen = preference(name)
        if not chosen.accepts(value):
            raise UsageError(f"{name} can be {chosen.takes}, not {value or 'empty'}")
        self._set[name] = value


def preference(name: str) -> Preference:
    """The preference of this name; raises ``UsageError`` with the nearest one."""
    found = next((one for one in PREFERENCES if one.name == name), None)
    if found is None:
        import difflib

        names = [one.name for one in PREFERENCES]
        near = difflib.get_close_matches(name, names, 1)
        raise UsageError(f"There is nothing called {name} to set; {_meant(near, names)}")
    return found


def _meant(near: list[str], names: list[str]) -> str:
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
