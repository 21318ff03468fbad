"""The user's own file of settings, ``config.toml``: read once, never written. What it says that makes no sense is told
with its line, and the shell goes on without it.

The table ``SETTINGS`` says what can stand there; what ``.set`` can change stands there under the same names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from mwaa_shell.preferences import LONGEST, PREFERENCES, Preference

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
    Setting("profile", "AWS profile", "a name", '"data-platform"', _text, variables=("AWS_PROFILE",)),
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


def default_path() -> Path:
    """Where the file belongs on this machine."""
    from pathlib import Path

    import platformdirs

    return Path(platformdirs.user_config_dir("mwaa-shell")) / "config.toml"


def read(path: Path) -> Config:
    """What a file says; nothing where there is none. Never raises."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return Config(path, problems=(f"{path} cannot be read: {reason}",), doubtful=True)
    return parse(text, path)


def parse(text: str, path: Path) -> Config:
    """What the text of a file says. Never raises."""
    import tomllib

    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Config(path, problems=(f"{path} is not TOML and is left out: {error}",), doubtful=True)
    lines = dict(_lines(text))
    wrong: list[tuple[int, str]] = []
    sections = tables.pop("environments", {})
    general = dict(_said(tables, "", lines, wrong))
    environments = []
    for pattern, members in sections.items() if isinstance(sections, dict) else ():
        if not isinstance(members, dict):
            line = lines.get((ENVIRONMENTS, pattern), 0)
            wrong.append((line, f"{_short(pattern)} is no section of an environment"))
        elif len(pattern) > LONGEST:
            long = f"the name of an environment, or a pattern for several, has at most {LONGEST} characters"
            wrong.append((lines.get((pattern, ""), 0), long))
        else:
            environments.append((pattern, dict(_said(members, pattern, lines, wrong))))
    problems = tuple(f"{path}:{line}: {what}" if line else f"{path}: {what}" for line, what in sorted(wrong))
    doubtful = any(GUARDING.search(what) for _, what in wrong)
    return Config(path, general, tuple(environments), problems, doubtful)


#: What a mistake is about that may cost the protection of an environment.
GUARDING = re.compile(r"read.?only|protect|environment", re.IGNORECASE)


def _said(
    members: Mapping[str, object], section: str, lines: Mapping[tuple[str, str], int], wrong: list[tuple[int, str]]
) -> Iterator[tuple[str, Said]]:
    """What can be used of one section; the rest is told, each with its line or 0."""
    for name, value in members.items():
        line = lines.get((section, name), 0)
        setting = NAMED.get(name)
        if isinstance(value, dict):
            wrong.append((line, _no_section(name, value)))
        elif setting is None or not (setting.per_environment if section else setting.everywhere):
            wrong.append((line, _unknown(name, section, setting)))
        elif not setting.accepts(value):
            wrong.append((line, f"{name} takes {setting.takes}, not {_seen(name, value)}"))
        else:
            yield name, Said(value, line)


def _no_section(name: str, members: Mapping[str, object]) -> str:
    """What is lost with a section that nobody knows is said where that may have been meant to guard something."""
    import difflib

    near = '; did you mean [environments."NAME"]?' if difflib.get_close_matches(name, ["environments"]) else ""
    guarding = next((key for key in members if GUARDING.search(key)), "")
    return f"there is no section [{_short(name)}]{near}" + (f"; {_short(guarding)} does not hold" if guarding else "")


def _seen(name: str, value: object) -> str:
    """A wrong value, as it may be shown: a proxy's may have a password in it."""
    return "that" if name == "proxy" else _short(value)


def _unknown(name: str, section: str, setting: Setting | None) -> str:
    if setting is not None:
        place = "at the top of the file" if section else "in the section of an environment"
        return f"{name} can only stand {place}"
    import difflib

    near = difflib.get_close_matches(name, NAMED, 1)
    return f"there is no setting {_short(name)}" + (f"; did you mean {near[0]}?" if near else "")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= 60 else f"{text[:57]}..."


#: Stands for a section that is none of an environment, before its name: no pattern begins with it.
OTHER = "\n"
ENVIRONMENTS = f"{OTHER}environments"


def _lines(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Where each key of each section stands: the parser of the standard library does not tell."""
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        header = _header(stripped) if stripped.startswith("[") else None
        if header is not None:
            section = header[1] if header[0] == "environments" and header[1] else OTHER + header[0]
            yield ("", header[0]) if section.startswith(OTHER) else (section, ""), number
        elif "=" in stripped and not stripped.startswith("#"):
            yield (section, stripped.split("=", 1)[0].strip().strip("\"'")), number


def _header(line: str) -> tuple[str, str] | None:
    """``environments`` and ``prod-*`` of ``[environments."prod-*"]``; ``None`` for what is none, such as a list."""
    import tomllib

    try:
        tables = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    name = next(iter(tables), "")
    inner = tables.get(name)
    return name, next(iter(inner), "") if isinstance(inner, dict) else ""


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
