"""The dot-commands: a registry from which help, completion and docs are made.

A dot-command is a value: name, usage, summary and a function from the session and its words to a Result. What it shows
is the Result's standard output, so pipes and redirects work on it as on an Airflow command.
"""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.dot_commands.commands import grammar_of
    from mwaa_shell.dot_commands.completion import complete
    from mwaa_shell.dot_commands.environment import examined_session
    from mwaa_shell.dot_commands.table import (
        DOT_COMMANDS,
        check,
        command_checked_in,
        command_in,
        find_dot_command,
        help_at_cursor,
        meant_by,
        run,
    )
else:
    __getattr__, __all__ = lazy(__name__, __file__)
