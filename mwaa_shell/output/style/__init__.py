"""The text of an output: its parts, folding, and colors."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.output.style.command_lexer import AirflowCommandLexer
    from mwaa_shell.output.style.lexer import tokens_of
    from mwaa_shell.output.style.styles import STATE_TOKENS, formatter_for, state_code, style_class
else:
    __getattr__, __all__ = lazy(__name__, __file__)
