"""The completion script for bash, from the 3.2 of macOS on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mwaa_shell.shell_completion.options import Option, Value, airflow_versions, filled


def script(options: Sequence[Option]) -> str:
    """What ``eval`` makes completion of."""
    return filled(
        "bash.sh",
        options="\n".join(flag for option in options for flag in option.flags),
        kinds="\n".join(_kinds(options)),
        joined="|".join(flag for option in options if option.joined for flag in option.flags),
        versions="\n".join(airflow_versions()),
    )


def _kinds(options: Sequence[Option]) -> Iterator[str]:
    """For each option that takes a value, what it takes: a branch of ``case``."""
    for option in options:
        if option.flags and option.value is not Value.NOTHING:
            kind = f"'choices {' '.join(option.choices)}'" if option.choices else str(option.value)
            yield f"        {' | '.join(option.flags)}) kind={kind} ;;"
