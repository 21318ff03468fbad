"""The completion script for zsh: one spec of ``_arguments`` for each option. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mwaa_shell.shell_completion.options import Option, Value, airflow_versions, filled

#: What completes a value; a blank completes nothing and shows what is wanted.
ACTIONS = {
    Value.TEXT: " ",
    Value.FILE: "_files",
    Value.FOLDER: "_files -/",
    Value.VERSION: "_mwaa_shell_versions",
    Value.VERSIONS: "_mwaa_shell_listed",
    Value.ENVIRONMENT: "_mwaa_shell_names environments",
    Value.PROFILE: "_mwaa_shell_names profiles",
    Value.REGION: "_mwaa_shell_names regions",
}


def script(options: Sequence[Option]) -> str:
    """What ``eval`` makes completion of, and what works as a file of ``$fpath`` too."""
    specs = [spec for option in options for spec in _specs(option)]
    return filled(
        "zsh.sh",
        options="\n".join(f"        {_quoted(spec)} \\" for spec in specs),
        versions=" ".join(airflow_versions()),
    )


def _specs(option: Option) -> Iterator[str]:
    """One for each spelling; the others are not offered any more when one is there."""
    for flag in option.flags:
        others = "*" if option.repeatable else f"({' '.join(option.flags)})" if len(option.flags) > 1 else ""
        between = behind = ""
        if option.value is not Value.NOTHING:
            between = "=-" if option.joined else "=" if flag.startswith("--") else ""
            colons = "::" if option.joined or option.may_be_bare else ":"
            behind = f"{colons}{_escaped(option.metavar)}:{_action(option)}"
        yield f"{others}{flag}{between}[{_escaped(option.summary)}]{behind}"


def _action(option: Option) -> str:
    return f"({' '.join(option.choices)})" if option.choices else ACTIONS[option.value]


def _escaped(text: str) -> str:
    return re.sub(r"([\\:\[\]])", r"\\\1", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
