"""The launcher: prints help, draws the first prompt and calls ``launch``.

The only ``sys.exit`` of the program. Each import is paid for by what is shown next, so there are hardly any here:
``--help`` and ``--version`` import nothing at all, and the first prompt is drawn before ``launch`` is imported.
"""

from __future__ import annotations

import os
import sys

from mwaa_shell import __version__, startup
from mwaa_shell.prompt_text import PROTECTED, is_protected

TYPE_CHECKING = False  # the module of that name takes longer than --version may
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from mwaa_shell.errors import ExitCode
    from mwaa_shell.streams import Streams


def run(arguments: Sequence[str], streams: Streams | None = None) -> ExitCode:
    """Run the program, on the process's own streams if no others are given.

    Raises ``ShellError`` for what could not even begin.
    """
    if streams is None:
        startup.stop_collecting_garbage()
    from mwaa_shell.options import named_environment, read_options  # argparse, which --version does not need

    options = read_options(arguments)
    early = startup.EarlyPrompt(os.environ)
    try:
        name = named_environment(options) if streams is None else ""
        if name:
            early.show(name, protected=is_protected(name, PROTECTED), read_only=options.read_only)
        from mwaa_shell import launch  # all the rest, after the first prompt

        return launch.run(options, early, streams)
    finally:
        early.over()


def _text_of(arguments: Sequence[str]) -> str:
    """Return the text of ``--help``, ``--help-all`` or ``--version``, or empty."""
    if arguments == ["--version"]:
        return f"mwaa-shell {__version__}\n"
    if arguments in (["--help"], ["-h"], ["--help-all"]):
        return startup.help_text(whole=arguments == ["--help-all"])
    return ""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and end the process with its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    text = _text_of(words) if sys.stdout else ""
    try:
        if text:
            sys.stdout.write(text)
        code = 0 if text else int(run(words))
        if sys.stdout:
            sys.stdout.flush()
    except BaseException as error:
        from mwaa_shell import launch  # as above

        code = launch.explain(error)
    if not text:
        from mwaa_shell import debug_log  # already imported

        debug_log.event("end", code=code)
    startup.leave_garbage()
    sys.exit(code)
