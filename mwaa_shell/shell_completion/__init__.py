"""Completion of the launcher's own options in bash, zsh and fish: ``mwaa-shell --completions SHELL``.

A script is made from the parser: options, their choices, which of them take files and which take names. The names
change, so a script calls the program back for them (``NAMES``); it answers from what is on disk and waits for nobody.

The prompt's completion is another thing: see ``terminal/completer.py``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

#: What scripts can be made for.
SHELLS = ("bash", "zsh", "fish")
#: How a script calls back: ``mwaa-shell --complete-names KIND WORD...``, with the words in front of the cursor.
NAMES = "--complete-names"


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The script for one of ``SHELLS``."""
    from mwaa_shell.shell_completion import bash, fish, zsh
    from mwaa_shell.shell_completion.options import options_of

    made = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}[shell]
    return made(options_of(parser))


def answer(arguments: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """What a script is told when it calls back: one name a line, nothing where nothing is known. Never raises."""
    from mwaa_shell.shell_completion.names import names
    from mwaa_shell.shell_completion.options import options_of

    kind, *words = arguments or [""]
    return "".join(f"{name}\n" for name in names(kind, words, options_of(parser)))
