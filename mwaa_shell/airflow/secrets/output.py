"""Masks for secrets in outputs, and the outputs that a log must not have.

``config list``, ``config get-value`` and ``info`` print options of ``airflow.cfg``, in any version. Options with a
secret's name are masked as a whole, in addresses only the password. Airflow hides such options in its web pages
(``sensitive_config_values`` of its configuration), but not in its CLI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.output_lines import HEAD, Classifier
from mwaa_shell.airflow.secrets.values import (
    CONSTANTS,
    Named,
    SecretPart,
    mask_secrets,
    may_be_secret,
    secrets_of,
    secrets_of_data,
    sensitive,
)

#: ``name = value`` of a file, which Airflow may have commented out; ``name | value`` of ``info``.
OPTION = re.compile(
    r"(?P<head>\s{0,9}(?:#\s{0,9})?(?P<name>[\w.-]{1,200})\s{0,200}[=|]\s{0,9})(?P<value>\S.*)", re.DOTALL
)
#: Colors, with ``--color on``: they part a name from its value.
SGR = re.compile(r"\x1b\[[\d;]{0,20}m")
#: Ends of names whose values are secret, beside the words that Airflow hides anywhere.
SECRET_END = re.compile(r"(?:_key|_basic_auth|backend_kwargs|engine_args)\Z")
#: Ends of names of places and names, which are not secret.
PLACE_END = re.compile(r"(?:_file|_path|_names?|_id|_class|_adapter|ssl_key|tls_key)\Z")
#: Options that are addresses. A value of another form is masked as a whole.
ADDRESS_END = re.compile(r"(?:sql_alchemy_conn(?:_async)?|broker_url|result_backend)\Z")
#: Commands and groups that print stored values or run code that may print any.
TELLING = (
    "connections", "variables", "config", "info", "rotate_fernet_key", "shell", "db shell", "render", "tasks render",
    "test", "tasks test", "dags test", "run", "tasks run", "standalone", "users export", "roles export", "plugins",
)  # fmt: skip
#: ``name: value`` and ``name=value`` in any text; bounded, so that a long line takes no more than its length.
PAIR = re.compile(r"""(?<![\w.-])(?P<name>[\w.-]+)["']?\s{0,9}[:=]\s{0,9}["']?(?=(?P<secret>[^\s"',}\]]{1,400}))""")
CREDENTIALS = re.compile(r"\b(?:Bearer|Basic)\s{1,9}(?P<secret>\S+)")


# -- any command -------------------------------------------------------------------------------------------------------


def why_not_kept(words: Sequence[str], *, masked: bool) -> str:
    """Return why the output of a command must not be written down; empty if it may be."""
    if masked:
        return "it has a secret that the output may repeat"
    if ".rest" in words[:2]:
        return ".rest may print passwords"
    words = [word for word in words if word != "--"]  # newer Pythons take one in front of each word of a command
    name = next((one for one in TELLING if tuple(words[: one.count(" ") + 1]) == tuple(one.split())), "")
    return f"{name} may print passwords" if name else ""


def mask_output(text: str, patterns: Sequence[str] = ()) -> str:
    """Return output with masks for secret names and for passwords in URIs."""
    named = partial(sensitive, patterns=tuple(patterns))
    return "".join(mask_secrets(line, _secrets_in_line(line, named)) for line in text.splitlines(keepends=True))


def _secrets_in_line(line: str, named: Named) -> Iterator[SecretPart]:
    line = re.sub(r"(?<=\w)'(?=\w)", "-", line)  # that of "can't" quotes nothing
    if "://" in line:
        yield from secrets_of("x" + line[1:], named)
    if ":" in line or "=" in line:
        yield from secrets_of_data(line, named)
    yield from secret_pairs(line, named)
    for one in CREDENTIALS.finditer(line):
        yield SecretPart(*one.span("secret"), "credentials", one["secret"])


def secret_pairs(text: str, named: Named) -> Iterator[SecretPart]:
    """Yield the values of ``name: value`` and ``name=value`` with a secret's name."""
    for one in PAIR.finditer(text):
        if named(one["name"]) and one["secret"].lower() not in CONSTANTS and not one["secret"].isdigit():
            yield SecretPart(*one.span("secret"), one["name"], one["secret"])


# -- options of the configuration --------------------------------------------------------------------------------------


def shows_options(words: Sequence[str]) -> bool:
    """Return whether a command prints options of the configuration, by its words."""
    return tuple(words[:1]) in (("config",), ("info",))


def is_secret_option(name: str) -> bool:
    """Return whether the value of an option is secret as a whole."""
    plain = name.lower()
    return not PLACE_END.search(plain) and (sensitive(plain) or bool(SECRET_END.search(plain)))


def mask_options(text: str, words: Sequence[str]) -> str:
    """Return output with a mask for each secret."""
    lines = text.splitlines(keepends=True)
    return "".join(_of_one(lines, _asked_for(words)) if _asked_for(words) else _of_all(lines))


def _asked_for(words: Sequence[str]) -> str:
    """Return the option whose value alone is printed; empty where there are several."""
    given = [word for word in words[2:] if not word.startswith("-")]
    return given[1] if tuple(words[:2]) == ("config", "get-value") and len(given) > 1 else ""


def _of_one(lines: Sequence[str], name: str) -> Iterator[str]:
    for line, reading in zip(lines, Classifier().read(lines), strict=True):
        yield _without_passwords(line) if reading.noise or not line.strip() else _value(name, line)


def _of_all(lines: Sequence[str]) -> Iterator[str]:
    secret = False  # the option above is, and may continue
    for line in lines:
        plain = SGR.sub("", line)
        option = None if HEAD.match(plain) else OPTION.fullmatch(plain)
        if option is not None:
            shown = _value(option["name"], option["value"])
            secret = is_secret_option(option["name"]) and shown != option["value"]
            yield line if shown == option["value"] else option["head"] + shown
        elif secret and plain[:1] in (" ", "\t") and plain.strip():
            yield f"{plain[: len(plain) - len(plain.lstrip())]}{MASK}{_end(plain)}"
        else:
            secret = False
            yield _without_passwords(line)


def _value(name: str, written: str) -> str:
    """Return the value of one option, masked, with the text after it."""
    value = SGR.sub("", written).strip()
    if _is_secret(name, value):
        return MASK + _end(written)
    return mask_secrets(written, secrets_of(written, partial(sensitive)))


def _is_secret(name: str, value: str) -> bool:
    if not value or not may_be_secret(value, name):
        return False
    written_apart = ADDRESS_END.search(name.lower()) and "://" not in value and bool(re.search("[=@]", value))
    return is_secret_option(name) or bool(written_apart)


def _without_passwords(line: str) -> str:
    """Return a line without passwords. A date in brackets at its start is no JSON."""
    if "://" not in line:
        return line
    return mask_secrets(line, secrets_of(f"x{line[1:]}", partial(sensitive)))


def _end(line: str) -> str:
    """Return the blanks that end a line: those of a table, and its line end."""
    return line[len(line.rstrip()) :]
