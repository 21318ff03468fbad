"""Reads the user's own file of settings, ``config.toml``; nothing ever writes it.

What it says that makes no sense is told with its line, and the shell goes on without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mwaa_shell.config import NAMED, Config, Said, Setting
from mwaa_shell.preferences import LONGEST

if TYPE_CHECKING:
    from pathlib import Path


def default_path() -> Path:
    """Where the file belongs on this machine."""
    from mwaa_shell import paths

    return paths.config_folder() / "config.toml"


def read(path: Path) -> Config:
    """What a file says; nothing where there is none. Never raises."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
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
