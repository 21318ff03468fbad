"""Completion of mwaa-shell's own options in bash, zsh and fish.

shtab makes a script from the parser. Names change, so a script calls the program back for them (``NAMES``), which
answers from what is on disk without waiting. Completion at the prompt is in ``dot_commands`` and ``terminal``.
"""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.shell_completion.names import answer, script
else:
    __getattr__, __all__ = lazy(__name__, __file__, "NAMES", "SHELLS")


#: Shells that have a script.
SHELLS = ("bash", "zsh", "fish")
#: How a script calls back: ``mwaa-shell --complete-names KIND WORD...``, with the words in front of the cursor.
NAMES = "--complete-names"
