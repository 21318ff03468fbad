"""The settings of ``config.toml`` and its reader. The shell never writes the file.

The table ``SETTINGS`` lists them. It includes all settings of ``.set``, under the same names. A mistake in the file is
reported with its line, and the shell starts without that setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from mwaa_shell.addresses import read_connect_to, read_proxy_address
from mwaa_shell.errors import UsageError
from mwaa_shell.paths import config_folder
from mwaa_shell.preferences import LONGEST, PREFERENCES, Preference
from mwaa_shell.suggestions import closest, did_you_mean, must_be


class Setting(NamedTuple):
    """One setting of the file."""

    name: str
    summary: str  #: one line, in operator's words
    takes: str  #: what it can be, as documentation shows it
    example: str  #: as TOML
    accepts: Callable[[object], bool]
    everywhere: bool = True  #: at the top of the file
    per_environment: bool = True  #: in the section of an environment
    variables: tuple[str, ...] = ()  #: environment variables for the same, which win
    choices: tuple[str, ...] = ()  #: the words of ``takes``


class ConfigValue(NamedTuple):
    """A value and its line in the file, counted from 1."""

    value: object
    line: int


class Config(NamedTuple):
    """The usable settings of the file, and the sentences about its mistakes."""

    path: Path | None = None
    general: Mapping[str, ConfigValue] = MappingProxyType({})
    environments: tuple[tuple[str, Mapping[str, ConfigValue]], ...] = ()  #: pattern of a name -> what holds there
    groups: Mapping[str, tuple[str, ...]] = MappingProxyType({})  #: name -> environments, as ``.on`` takes them
    problems: tuple[str, ...] = ()  #: sentences
    doubtful: bool = False  #: whether a mistake may have disabled a protection

    @property
    def name(self) -> str:
        """The file's name, as messages show it."""
        return self.path.name if self.path else ""

    def on(self, environment: str) -> Mapping[str, ConfigValue]:
        """Return the settings of an environment: general ones, then fitting sections."""
        found = dict(self.general)
        for pattern, said in self.environments:
            if fnmatchcase(environment.lower(), pattern.lower()):  # as "protect" takes them
                found |= said
        return found


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


#: The forms of what options take as well; a test compares them.
VERSION = re.compile(r"(?s:.*)(?<![\d.])\d{1,9}\.\d{1,9}(?:\.\d{1,9})?(?!\d)(?s:.*)")
REGION = re.compile(r"[A-Za-z0-9-]{1,63}")
URL = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def _form(form: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: _text(value) and bool(form.fullmatch(str(value)))


def _read_by(read: Callable[[str], object], value: object) -> bool:
    try:
        return _text(value) and read(str(value)) is not None
    except UsageError:
        return False


def _rules(value: object) -> bool:
    return isinstance(value, list) and all(_read_by(read_connect_to, one) for one in value)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _number(least: float, most: float) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _of(one: Preference) -> Setting:
    """Return a preference as a setting: a number, a word or a list of words."""
    number = not one.words and one.also is None
    example = one.default if number else f'"{one.default}"'
    variables = ("MWAA_SHELL_SECRET_WORDS",) if one.name == "secret-words" else ()
    accepts = lambda value: one.accepts(as_preference(value))  # noqa: E731
    return Setting(one.name, one.summary, one.takes, example, accepts, variables=variables, choices=one.choices)


def as_preference(value: object) -> str:
    """Return the value of a preference as ``.set`` takes it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def as_preferences(values: Mapping[str, ConfigValue]) -> dict[str, str]:
    """Return those values of the file that are preferences."""
    return {one.name: as_preference(values[one.name].value) for one in PREFERENCES if one.name in values}


#: In the order of the template.
SETTINGS: tuple[Setting, ...] = (
    Setting("environment", "environment to open if none is named", "a name", '"my-env"', _text,
            per_environment=False, variables=("MWAA_ENVIRONMENT",)),
    Setting("profile", "AWS profile", "a name", '"data-platform"', _text,
            variables=("AWS_PROFILE", "AWS_DEFAULT_PROFILE")),
    Setting("region", "AWS region", "a name", '"eu-central-1"', _form(REGION),
            variables=("AWS_REGION", "AWS_DEFAULT_REGION")),
    Setting("endpoint-url", "URL of another endpoint for the AWS API", "a URL", '"https://vpce.example.com"',
            _form(URL), variables=("AWS_ENDPOINT_URL_MWAA",)),
    Setting("ca-bundle", "CA certificates to trust, for AWS and the web server", "a file", '"company.pem"', _text,
            variables=("AWS_CA_BUNDLE",)),
    Setting("proxy", "proxy for the web server", "a URL of http, https or socks5h", '"socks5h://127.0.0.1:1080"',
            partial(_read_by, read_proxy_address)),
    Setting("connect-to", "where to connect instead, for tunnels", "a list of HOST:PORT:HOST:PORT",
            '["::127.0.0.1:8443"]', _rules),
    Setting("timeout", "seconds to wait for a response", "1 to 3600", "75", _number(1, 3600)),
    Setting("max-response", "largest response in MB, decompressed", "1 to 100000", "512", _number(1, 100_000)),
    Setting("airflow-version", "Airflow version, if GetEnvironment is not permitted", "a version", '"2.10.3"',
            _form(VERSION)),
    Setting("read-only", "block commands that change data", "true or false", "false", _flag),
    Setting("protected", "require confirmation of every change", "true or false", "true",
            _flag, everywhere=False),
    Setting("log-file", "append each sent command to FILE as JSON lines", "a file", '"mwaa-commands.jsonl"', _text,
            per_environment=False),
    *map(_of, PREFERENCES),
)  # fmt: skip
NAMED = {setting.name: setting for setting in SETTINGS}


#: What the template shows in the section of an environment.
SHOWN_AGAIN = ("profile", "protected", "names", "prompt-color")


def template() -> str:
    """Return a ``config.toml`` with every setting, commented out, with an example."""
    made = ["# Settings of mwaa-shell. Options of the command line and environment variables win over this file.", ""]
    for setting in SETTINGS:
        if setting.everywhere:
            wins = f", or ${setting.variables[0]}" if setting.variables else ""
            made += [f"# {setting.summary} ({setting.takes}{wins})", f"# {setting.name} = {setting.example}", ""]
    made += ["# For environments whose names fit a pattern:", '# [environments."*prod*"]']
    made += [f"# {one.name} = {one.example}" for one in SETTINGS if one.name in SHOWN_AGAIN]
    made += ["", "# Groups of environments, for .on @dr", "# [groups]", '# dr = ["etl-a@eu-west-1", "etl-b@us-east-1"]']
    return "\n".join(made) + "\n"


# -- reading it --------------------------------------------------------------------------------------------------------


def config_path() -> Path:
    """Return the path of the file on this machine."""
    return config_folder() / "config.toml"


def load_config(path: Path) -> Config:
    """Return the settings of a file, none for a missing one. Never raises."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return Config(path, problems=(f"{path} cannot be read: {reason}",), doubtful=True)
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """Return the settings in the text of a file. Never raises."""
    try:
        tables = _tables(text)
    except (ValueError, RecursionError) as error:
        return Config(path, problems=(f"{path} is ignored: it is not TOML ({error})",), doubtful=True)
    lines = dict(_lines(text))
    wrong: list[tuple[int, str]] = []
    sections = tables.pop("environments", {})
    groups = dict(_groups(tables.pop("groups", {}), lines, wrong))
    general = dict(_usable(tables, "", lines, wrong))
    environments = []
    for pattern, members in sections.items() if isinstance(sections, dict) else ():
        if not isinstance(members, dict):
            line = lines.get((ENVIRONMENTS, pattern), 0)
            wrong.append((line, f"{_short(pattern)} is not a section of an environment"))
        elif len(pattern) > LONGEST:
            long = f"the name or pattern of environments must be at most {LONGEST} characters"
            wrong.append((lines.get((pattern, ""), 0), long))
        else:
            environments.append((pattern, dict(_usable(members, pattern, lines, wrong))))
    problems = tuple(f"{path}:{line}: {what}" if line else f"{path}: {what}" for line, what in sorted(wrong))
    doubtful = any(GUARDING.search(what) for _, what in wrong)
    return Config(path, general, tuple(environments), groups, problems, doubtful)


def _tables(text: str) -> dict[str, Any]:
    """Return what TOML holds. Raises ``ValueError`` or ``RecursionError``."""
    import tomllib  # heavy: only where there is a file

    return tomllib.loads(text)


#: The words of a mistake that may disable the protection of an environment.
GUARDING = re.compile(r"read.?only|protect|environment", re.IGNORECASE)


def _usable(
    members: Mapping[str, object], section: str, lines: Mapping[tuple[str, str], int], wrong: list[tuple[int, str]]
) -> Iterator[tuple[str, ConfigValue]]:
    """Yield the usable settings of a section, and append mistakes to ``wrong``.

    A mistake has its line, or 0 for an unknown one.
    """
    for name, value in members.items():
        line = lines.get((section, name), 0)
        setting = NAMED.get(name)
        if isinstance(value, dict):
            wrong.append((line, _no_section(name, value)))
        elif setting is None or not (setting.per_environment if section else setting.everywhere):
            wrong.append((line, _unknown(name, section, setting)))
        elif not setting.accepts(value):
            shown = None if name == "proxy" else _short(value)  # a proxy's address may hold a password
            wrong.append((line, must_be(name, setting.choices or setting.takes, shown)))
        else:
            yield name, ConfigValue(value, line)


def _groups(
    section: object, lines: Mapping[tuple[str, str], int], wrong: list[tuple[int, str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the usable groups of environments, and append mistakes to ``wrong``."""
    if not isinstance(section, dict):
        wrong.append((lines.get(("", "groups"), 0), "groups must be a section: [groups]"))
        return
    for name, members in section.items():
        if isinstance(members, list) and members and all(_text(one) and not one.startswith("@") for one in members):
            yield name, tuple(members)
        else:
            takes = 'a list of names such as ["my-env", "etl-*@eu-west-1"]'
            wrong.append((lines.get((f"{OTHER}groups", name), 0), f"the group {_short(name)} must be {takes}"))


def _no_section(name: str, members: Mapping[str, object]) -> str:
    """Return the message about an unknown section and a guarding setting in it."""
    near = '. Did you mean [environments."NAME"]?' if closest(name, ["environments"]) else ""
    guarding = next((key for key in members if GUARDING.search(key)), "")
    lost = f" Its {_short(guarding)} is ignored." if guarding else ""
    return f"unknown section [{_short(name)}]{near or '.'}{lost}"


def _unknown(name: str, section: str, setting: Setting | None) -> str:
    if setting is not None:
        place = "at the top of the file" if section else "in the section of an environment"
        return f"{name} works only {place}"
    return f"unknown setting '{_short(name)}'{did_you_mean(name, NAMED)}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= 60 else f"{text[:57]}..."


#: The prefix of a section that is not of an environment: no pattern begins with a line break.
OTHER = "\n"
ENVIRONMENTS = f"{OTHER}environments"


def _lines(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the line of each key of each section, which ``tomllib`` does not report."""
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
    """Return ``environments`` and ``prod-*`` of ``[environments."prod-*"]``.

    Returns ``None`` for a line that is not a header.
    """
    try:
        tables = _tables(line)
    except (ValueError, RecursionError):
        return None
    name = next(iter(tables), "")
    inner = tables.get(name)
    return name, next(iter(inner), "") if isinstance(inner, dict) else ""
