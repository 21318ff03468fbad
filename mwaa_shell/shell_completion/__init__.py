"""Completion of the program's own options in bash, zsh and fish: ``mwaa-shell --completions SHELL``.

shtab makes a script from the parser. Names change, so a script calls the program back for them (``NAMES``), which
answers from what is on disk without waiting. Completion at the prompt stands in ``dot_commands`` and ``terminal``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

#: What scripts can be made for.
SHELLS = ("bash", "zsh", "fish")
#: How a script calls back: ``mwaa-shell --complete-names KIND WORD...``, with the words in front of the cursor.
NAMES = "--complete-names"


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return the script for one of ``SHELLS``."""
    from mwaa_shell.shell_completion import scripts  # imports shtab
    from mwaa_shell.shell_completion.options import options_of

    return scripts.script(shell, options_of(parser))


def answer(arguments: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """Return what a script reads when it calls back: one name a line. Never raises."""
    from mwaa_shell.shell_completion.names import names
    from mwaa_shell.shell_completion.options import options_of

    kind, *words = arguments or [""]
    return "".join(f"{name}\n" for name in names(kind, words, options_of(parser)))
