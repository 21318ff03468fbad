"""The history of commands: entries, their file, reruns and the audit log."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.history.entries import (
        COMMAND,
        FILE,
        MOST_NUMBERS,
        TYPED,
        EnvironmentKey,
        HistoryEntry,
        Search,
        new_batch,
        numbers,
        rerun_of,
        since,
    )
    from mwaa_shell.history.recorder import HistoryRecorder, environment_key
    from mwaa_shell.history.rerun import check_command, expand, reason_to_review
    from mwaa_shell.history.store import default_path
else:
    __getattr__, __all__ = lazy(__name__, __file__)
