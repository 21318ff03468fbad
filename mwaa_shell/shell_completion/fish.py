"""The completion script for fish: one ``complete`` for each option. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mwaa_shell.shell_completion.options import Option, Value, airflow_versions, filled, flags_with

#: What completes a value. ``-x`` takes nothing but what is offered, ``-F`` files.
ACTIONS = {
    Value.NOTHING: "",
    Value.TEXT: "-x",
    Value.FILE: "-r -F",
    Value.FOLDER: "-x -a '(__fish_complete_directories)'",
    Value.VERSION: "-x -k -a '(__mwaa_shell_versions)'",
    Value.VERSIONS: "-x -k -a '(__mwaa_shell_listed)'",
    Value.ENVIRONMENT: "-x -a '(__mwaa_shell_names environments)'",
    Value.PROFILE: "-x -a '(__mwaa_shell_names profiles)'",
    Value.REGION: "-x -a '(__mwaa_shell_names regions)'",
}


def script(options: Sequence[Option]) -> str:
    """What ``source`` makes completion of."""
    return filled(
        "fish.fish",
        options="\n".join(_complete(option) for option in options if option.flags),
        versions=" ".join(airflow_versions()),
        bare=" ".join(flags_with(options, Value.VERSIONS)),
    )


def _complete(option: Option) -> str:
    spelled = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
    action = f"-x -a {_quoted(' '.join(option.choices))}" if option.choices else ACTIONS[option.value]
    if option.joined or option.may_be_bare:  # its value only behind =
        action = action.replace("-x ", "")
    return f"complete -c mwaa-shell {spelled} {action}".rstrip() + f" -d {_quoted(option.summary)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
