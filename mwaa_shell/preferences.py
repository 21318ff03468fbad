"""The table of settings of ``.set``, also for completion and documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from mwaa_shell.errors import UsageError
from mwaa_shell.prompt_text import COLORS, PROTECTED
from mwaa_shell.suggestions import did_you_mean, must_be


class Preference(NamedTuple):
    """One setting: one of its words, a text that ``also`` accepts, or a number.

    A number is whole and from ``least`` to ``most``.
    """

    name: str
    default: str
    summary: str  #: one line, in operator's words
    words: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    also: Callable[[str], bool] | None = None  #: accepts further values
    form: str = ""  #: the form of further values, as help shows it

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it takes, and the form of others; none for a number."""
        return (*self.words, *([self.form] if self.form else []))

    @property
    def takes(self) -> str:
        """The values that it takes, as help shows them."""
        return ", ".join(self.choices) or f"{self.least} to {self.most}"

    def accepts(self, value: str) -> bool:
        """Return whether the preference takes a value."""
        if self.words or self.also:
            return value in self.words or bool(self.also and self.also(value))
        return value.isascii() and value.isdigit() and self.least <= int(value[:6]) <= self.most


#: Characters of words and patterns, which every name is compared with.
LONGEST = 1_000


def _are_words(value: str) -> bool:
    return "\n" not in value and len(value) <= LONGEST


def _is_zone(name: str) -> bool:
    import zoneinfo  # reads a file; only a named zone needs it

    try:
        return bool(zoneinfo.ZoneInfo(name))
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError, RecursionError):  # a name of hundreds of parts
        return False


def _is_style(name: str) -> bool:
    from pygments.styles import get_all_styles  # only for who sets one, and without any style itself

    return name in get_all_styles()


PREFERENCES = (
    Preference("menu", "typing", "when the menu opens: while typing, on Tab, or never",
               ("typing", "tab", "never")),
    Preference("menu-after", "1", "characters of a word before the menu opens", least=0, most=20),
    Preference("menu-rows", "8", "rows of the menu, at most", least=1, most=40),
    Preference("names", "auto", "source of names: REST and output, output only, none",
               ("auto", "learn", "off")),
    Preference("history", "on", "write sent commands to the history", ("on", "off")),
    Preference("secret-words", "", "more names of secrets than those Airflow masks",
               also=_are_words, form="words such as pin,*_code"),
    Preference("output", "auto", "output format, also for pipes unless auto or raw",
               ("auto", "table", "vertical", "json", "yaml", "csv", "raw")),
    Preference("tables", "own", "who draws tables: mwaa-shell (own) or Airflow", ("own", "airflow")),
    Preference("zone", "local", "time zone of dates in tables (airflow: unchanged)",
               ("local", "utc", "airflow"), also=_is_zone, form="a name such as Europe/Berlin"),
    Preference("protect", PROTECTED, "environments where every change needs confirmation",
               also=_are_words, form="names or patterns such as *prod*,live"),
    Preference("prompt-color", "auto", "prompt color (auto: green, red if protected)",
               ("auto", *COLORS)),
    Preference("style", "auto", "pygments style for all colors (auto: built in)",
               ("auto",), also=_is_style, form="a style of pygments such as monokai"),
    Preference("theme", "auto", "terminal background (auto: from $COLORFGBG)",
               ("auto", "dark", "light")),
    Preference("pager", "on", "show long output in a pager", ("on", "off")),
    Preference("pipe", "data", "what pipes get of -o json, yaml: data or every byte",
               ("data", "raw")),
    Preference("reveal", "off", "show the passwords that Airflow prints", ("on", "off")),
    Preference("trigger-run-id", "off", "add a run ID to dags trigger, so that a repeat fails",
               ("on", "off")),
    Preference("keys", "emacs", "key bindings of the prompt", ("emacs", "vi")),
)  # fmt: skip


@dataclass(slots=True)
class Preferences:
    """The values of this run: of ``.set``, else of ``config.toml``, else defaults."""

    given: dict[str, str] = field(default_factory=dict)  #: by the file, on the environment that is open
    _set: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return the value of an existing preference."""
        for values in (self._set, self.given):
            if name in values:
                return values[name]
        return preference(name).default

    def is_set(self, name: str) -> bool:
        """Return whether a preference was set while the shell ran."""
        return name in self._set

    def number(self, name: str) -> int:
        """Return the value of a preference that is a number."""
        return int(self[name])

    def list_of(self, name: str) -> tuple[str, ...]:
        """Return the words of a preference."""
        return tuple(self[name].replace(",", " ").split())

    def copy(self) -> Preferences:
        """Return preferences for another environment, without the values of the file."""
        return Preferences({}, dict(self._set))

    def set(self, name: str, value: str) -> None:
        """Set a preference. Raises ``UsageError`` for an unknown name or a wrong value."""
        chosen = preference(name)
        if not chosen.accepts(value):
            raise UsageError(must_be(name, chosen.choices or chosen.takes, value))
        self._set[name] = value


def preference(name: str) -> Preference:
    """Return the preference of a name. Raises ``UsageError`` with a similar name."""
    found = next((one for one in PREFERENCES if one.name == name), None)
    if found is None:
        names = [one.name for one in PREFERENCES]
        raise UsageError(f"Unknown setting '{name}'{did_you_mean(name, names)}", hint="List them with .set.")
    return found
