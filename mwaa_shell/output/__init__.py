"""The display of a Result: its records, tables, colors and destination."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.output import clipboard, measure, style, yaml_text
    from mwaa_shell.output.display import DisplayOptions, view_of, zone
    from mwaa_shell.output.local_program import lend_terminal, program_name
    from mwaa_shell.output.measure import BOLD, DIM, GREEN, NOT_REVERSE, RED, REVERSE, YELLOW, paint
    from mwaa_shell.output.presenter import Canvas, PlainCanvas, PromptDisplay, let_pass, show
    from mwaa_shell.output.redirect import Transcript, check_writable, in_one, select_output, write_file, write_output
    from mwaa_shell.output.render import render_lines
    from mwaa_shell.output.sanitiser import sanitise
else:
    __getattr__, __all__ = lazy(__name__, __file__)
