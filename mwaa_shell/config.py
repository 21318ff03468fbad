"""What the user's own file of settings, ``config.toml``, can say, and what it says once ``config_file.py`` has read it.

The table ``SETTINGS`` says what can stand there; what ``.set`` can change stands there under the same names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from mwaa_shell.preferences import PREFERENCES, Preference

if TYPE_CHECKING:
    from pathlib import Path


class Setting(NamedTuple):
    """One thing that the file can say."""

    name: str
    summary: str  #: one line, in operator's words
    takes: str  #: what it can be, as documentation shows it
    example: str  #: as TOML
    accepts: Callable[[object], bool]
    everywhere: bool = True  #: at the top of the file
    per_environment: bool = True  #: in the section of an environment
    variables: tuple[str, ...] = ()  #: environment variables that say the same, and win


class Said(NamedTuple):
    """A value, and where it stands: a line of the file, counted from 1."""

    value: object
    line: int


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says, and what is wrong with it."""

    path: Path | None = None
    general: Mapping[str, Said] = field(default_factory=dict)
    environments: tuple[tuple[str, Mapping[str, Said]], ...] = ()  #: pattern of a name -> what holds there
    problems: tuple[str, ...] = ()  #: sentences
    doubtful: bool = False  #: whether one of them may have been meant to keep something from being changed

    @property
    def name(self) -> str:
        """Of the file, as messages show it."""
        return self.path.name if self.path else ""

    def on(self, environment: str) -> Mapping[str, Said]:
        """What holds on an environment: the general part, and over it each section whose pattern fits, in order."""
        found = dict(self.general)
        for pattern, said in self.environments:
            if fnmatchcase(environment.lower(), pattern.lower()):  # as "protect" takes them
                found |= said
        return found


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


#: The forms of what options take as well, and read where they are used; a test holds the two together.
SCHEMES = ("http", "https", "socks5", "socks5h")
PART = r"(\[[^\s\[\]/@]+\]|[^\s:\[\]/@]*)"
CONNECT_TO = re.compile(rf"{PART}:(\d*):{PART}:(\d*)")
VERSION = re.compile(r"(?s:.*)(?<![\d.])\d{1,9}\.\d{1,9}(?:\.\d{1,9})?(?!\d)(?s:.*)")
REGION = re.compile(r"[A-Za-z0-9-]{1,63}")
URL = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def _form(form: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: _text(value) and bool(form.fullmatch(str(value)))


def _proxy(value: object) -> bool:
    from urllib.parse import urlsplit

    if not _text(value):
        return False
    url = str(value) if "://" in str(value) else f"http://{value}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    strange = re.search(r"[^\x21-\x7e]", url) or parts.path not in ("", "/") or parts.query or parts.fragment
    return parts.scheme in SCHEMES and bool(host) and port != 0 and not strange


def _rule(value: object) -> bool:
    found = CONNECT_TO.fullmatch(value) if isinstance(value, str) else None
    if found is None or not (found[3] or found[4]):
        return False
    return all(0 < int(port[:6]) < 65536 for port in (found[2], found[4]) if port)


def _rules(value: object) -> bool:
    return isinstance(value, list) and all(map(_rule, value))


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _number(least: float, most: float) -> Callable[[object], bool]:
    def accepts(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most

    return accepts


def _of(one: Preference) -> Setting:
    """A preference as a setting: a number, a word or a list of words."""
    number = not one.words and one.also is None
    example = one.default if number else f'"{one.default}"'
    variables = ("MWAA_SHELL_SECRET_WORDS",) if one.name == "secret-words" else ()
    return Setting(
        one.name, one.summary, one.takes, example, lambda value: one.accepts(as_preference(value)), variables=variables
    )


def as_preference(value: object) -> str:
    """The value of a preference as ``.set`` takes it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def as_preferences(said: Mapping[str, Said]) -> dict[str, str]:
    """Of what the file says, the preferences."""
    return {one.name: as_preference(said[one.name].value) for one in PREFERENCES if one.name in said}


#: In the order of the template.
SETTINGS: tuple[Setting, ...] = (
    Setting("environment", "the environment to open where none is named", "a name", '"my-env"', _text,
            per_environment=False, variables=("MWAA_ENVIRONMENT",)),
    Setting("profile", "AWS profile", "a name", '"data-platform"', _text,
            variables=("AWS_PROFILE", "AWS_DEFAULT_PROFILE")),
    Setting("region", "AWS region", "a name", '"eu-central-1"', _form(REGION),
            variables=("AWS_REGION", "AWS_DEFAULT_REGION")),
    Setting("endpoint-url", "another endpoint for the AWS API", "a URL", '"https://vpce.example.com"', _form(URL),
            variables=("AWS_ENDPOINT_URL_MWAA",)),
    Setting("ca-bundle", "CA certificates to trust, for AWS and the web server", "a file", '"company.pem"', _text,
            variables=("AWS_CA_BUNDLE",)),
    Setting("proxy", "on the way to the web server", "a URL of http, https or socks5h", '"socks5h://127.0.0.1:1080"',
            _proxy),
    Setting("connect-to", "where to connect instead, for tunnels", "a list of HOST:PORT:HOST:PORT",
            '["::127.0.0.1:8443"]', _rules),
    Setting("timeout", "seconds to wait for an answer", "1 to 3600", "75", _number(1, 3600)),
    Setting("max-reply", "longest reply to take, in MB after decompression", "1 to 100000", "512", _number(1, 100_000)),
    Setting("airflow-version", "the version, if AWS may not tell it", "a version", '"2.10.3"', _form(VERSION)),
    Setting("read-only", "send nothing that changes anything", "true or false", "false", _flag),
    Setting("protected", "ask before a change, and for the name before something is destroyed", "true or false", "true",
            _flag, everywhere=False),
    Setting("log-file", "add each command that is sent, as JSON lines", "a file", '"mwaa-commands.jsonl"', _text,
            per_environment=False),
    *map(_of, PREFERENCES),
)  # fmt: skip
NAMED = {setting.name: setting for setting in SETTINGS}


#: What the template shows in the section of an environment.
SHOWN_AGAIN = ("profile", "protected", "names", "colour")


def template() -> str:
    """A file with every setting in it, commented out: what stands there is what holds without it, or an example."""
    made = ["# Settings of mwaa-shell. Options of the command line and environment variables win over this file.", ""]
    for setting in SETTINGS:
        if setting.everywhere:
            made += [*_comment(setting), ""]
    made += ["# On environments whose names fit a pattern, these hold instead:", '# [environments."*prod*"]']
    made += [f"# {one.name} = {one.example}" for one in SETTINGS if one.name in SHOWN_AGAIN]
    return "\n".join(made) + "\n"


def _comment(setting: Setting) -> list[str]:
    wins = f"; ${setting.variables[0]} wins over it" if setting.variables else ""
    return [f"# {setting.summary} ({setting.takes}{wins})", f"# {setting.name} = {setting.example}"]
