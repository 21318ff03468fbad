"""The terminal: the only importers of prompt_toolkit."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.terminal.canvas import Progress, drawing
    from mwaa_shell.terminal.shell import Shell
else:
    __getattr__, __all__ = lazy(__name__, __file__)
