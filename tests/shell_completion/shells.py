"""Real shells that complete what is typed: bash and zsh in a terminal of their own, fish by its own ``complete -C``.

In bash and zsh a key puts all that fits into the line, as words quoted for the shell; then the line runs behind
``shown``, which writes its words down. So what is compared is what the program would get.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.terminal.emulator import Terminal

PROMPT = "ready> "
SHOWN = 'shown() { shift; printf "%s\\0" "$@" > "$OUT"; }\n'
BASH = SHOWN + f"PS1='{PROMPT}'\neval \"$(mwaa-shell --completions bash)\"\n"
ZSH = (
    SHOWN
    + f"""PROMPT='{PROMPT}'
bindkey -e
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
"""
)
#: The script as a start-up file reads it, before anybody has called compinit.
ZSH_EVAL = ZSH + 'eval "$(mwaa-shell --completions zsh)"\n'
#: The script as a file in a folder of its own.
ZSH_FILE = ZSH + (
    "mkdir -p ~/functions && mwaa-shell --completions zsh > ~/functions/_mwaa-shell\n"
    "fpath=(~/functions $fpath)\nautoload -Uz compinit && compinit -u\n"
)
ZSH_KEY = "zle -C all-matches complete-word _generic\nbindkey '^X*' all-matches\n"


class Typed:
    """A shell in a terminal that is asked for one line after the other."""

    def __init__(self, argv: list[str], environ: Mapping[str, str], folder: Path, key: str) -> None:
        self._out = folder.parent / "out"
        self._key = key
        self._numbers = itertools.count()
        self.terminal = Terminal(argv, {**environ, "OUT": str(self._out)}, columns=1500, rows=10, cwd=folder)
        self.terminal.wait_for(PROMPT.rstrip())

    def complete(self, line: str) -> list[str]:
        """The words of the line with all that fits in place of the last one."""
        number = next(self._numbers)
        self.terminal.enter(f"{line}{self._key}\x01shown {number} \x05; echo done''-{number}")
        self.terminal.wait_for(f"\ndone-{number}")
        return self._out.read_text().split("\0")[:-1]


def _bash(environ: Mapping[str, str], folder: Path) -> Typed:
    start = folder.parent / "bashrc"
    start.write_text(BASH)
    return Typed(["bash", "--noprofile", "--rcfile", str(start), "-i"], environ, folder, "\x1b*")


def _zsh(environ: Mapping[str, str], folder: Path, start: str) -> Typed:
    (Path(environ["HOME"]) / ".zshrc").write_text(start + ZSH_KEY)
    return Typed(["zsh", "-d", "-i"], environ, folder, "\x18*")


class Fish:
    """fish, which tells what it would offer."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ, self._folder = environ, folder
        self._script = folder.parent / "completions.fish"
        self._run(f"mwaa-shell --completions fish > {self._script}")

    def complete(self, line: str) -> list[str]:
        """The words before the last, and what fits in place of that one."""
        told = self._run(f"source {self._script}; complete -C $argv[1]", line)
        return [*line.split(" ")[:-1], *(row.partition("\t")[0] for row in told.splitlines())]

    def _run(self, code: str, *arguments: str) -> str:
        told = subprocess.run(
            ["fish", "--no-config", "-c", code, *arguments],
            env=dict(self._environ), cwd=self._folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert not told.stderr
        return told.stdout


SHELLS: Mapping[str, Callable[[Mapping[str, str], Path], Typed | Fish]] = {
    "bash": _bash,
    "zsh eval": lambda environ, folder: _zsh(environ, folder, ZSH_EVAL),
    "zsh file": lambda environ, folder: _zsh(environ, folder, ZSH_FILE),
    "fish": Fish,
}
