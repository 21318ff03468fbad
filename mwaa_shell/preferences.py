"""What a user can set while the shell runs: one table, from which ``.set``, completion and documentation are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from mwaa_shell.errors import UsageError
from mwaa_shell.prompt_text import COLOURS, PROTECTED


class Preference(NamedTuple):
    """One thing that can be set: to one of its words, or else to what ``also`` accepts, or to a whole number from
    ``least`` to ``most``."""

    name: str
    default: str
    summary: str  #: one line, in operator's words
    words: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    also: Callable[[str], bool] | None = None  #: accepts more than the words
    form: str = ""  #: what more that is, as help shows it

    @property
    def takes(self) -> str:
        """What it can be set to, as help shows it."""
        return ", ".join((*self.words, *([self.form] if self.form else []))) or f"{self.least} to {self.most}"

    def accepts(self, value: str) -> bool:
        """Whether it can be set to this."""
        if self.words or self.also:
            return value in self.words or bool(self.also and self.also(value))
        return value.isascii() and value.isdigit() and self.least <= int(value[:6]) <= self.most


#: Characters of words and patterns, which every name is compared with.
LONGEST = 1_000


def _are_words(value: str) -> bool:
    return "\n" not in value and len(value) <= LONGEST


def _is_zone(name: str) -> bool:
    import zoneinfo

    try:
        return bool(zoneinfo.ZoneInfo(name))
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError, RecursionError):  # a name of hundreds of parts
        return False


def _is_style(name: str) -> bool:
    from pygments.styles import get_all_styles  # only for who sets one, and without any style itself

    return name in get_all_styles()


PREFERENCES = (
    Preference("menu", "typing", "when the menu opens: while you type, when you press Tab, or never",
               ("typing", "tab", "never")),
    Preference("menu-after", "1", "while you type, after how many characters of a word", least=0, most=20),
    Preference("menu-rows", "8", "how many rows the menu takes at most", least=1, most=40),
    Preference("names", "auto", "names that complete: asked for over REST, only learned, or none",
               ("auto", "learn", "off")),
    Preference("history", "on", "whether what is sent is written to the history", ("on", "off")),
    Preference("secret-words", "", "more names of secrets than Airflow hides; begins as $MWAA_SHELL_SECRET_WORDS",
               also=_are_words, form="words such as pin,*_code"),
    Preference("output", "auto", "what replies are drawn as, and handed to a pipe or file as unless it is auto or raw",
               ("auto", "table", "vertical", "json", "yaml", "csv", "raw")),
    Preference("tables", "own", "whose tables: our own, for which -o json is added, or Airflow's", ("own", "airflow")),
    Preference("zone", "local", "the time zone of dates in tables; airflow leaves them as they are",
               ("local", "utc", "airflow"), also=_is_zone, form="a name such as Europe/Berlin"),
    Preference("protect", PROTECTED, "which environments are protected: there a change is asked about",
               also=_are_words, form="names or patterns such as *prod*,live"),
    Preference("colour", "auto", "of the name on the prompt; auto is green, or red where it is protected",
               ("auto", *COLOURS)),
    Preference("style", "auto", "the pygments style of all colours; auto is the shell's own for the background",
               ("auto",), also=_is_style, form="a style of pygments such as monokai"),
    Preference("theme", "auto", "the background that the shell's own style is for; auto asks $COLORFGBG",
               ("auto", "dark", "light")),
    Preference("pager", "on", "whether what does not fit the screen goes through a pager", ("on", "off")),
    Preference("pipe", "data", "what local commands and files get of a -o json or yaml reply: its data, or every byte",
               ("data", "raw")),
    Preference("reveal", "off", "whether passwords that Airflow prints are shown on a terminal", ("on", "off")),
    Preference("trigger-run-id", "off", "whether dags trigger gets a run id: then a repeat starts no second run",
               ("on", "off")),
    Preference("keys", "emacs", "whose keys edit the line", ("emacs", "vi")),
)  # fmt: skip


@dataclass(slots=True)
class Preferences:
    """The values of this run: what was set, else what the user's file gives, else the default."""

    given: dict[str, str] = field(default_factory=dict)  #: by the file, on the environment that is open
    _set: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The value of a preference that exists."""
        for values in (self._set, self.given):
            if name in values:
                return values[name]
        return preference(name).default

    def is_set(self, name: str) -> bool:
        """Whether it was set while the shell ran."""
        return name in self._set

    def number(self, name: str) -> int:
        """The value of a preference that is a number."""
        return int(self[name])

    def list_of(self, name: str) -> tuple[str, ...]:
        """The value of a preference that is several words."""
        return tuple(self[name].replace(",", " ").split())

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
