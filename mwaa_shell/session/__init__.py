"""State, the context of one line, the executor and the safety checks."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.session import script, send, send_rest
    from mwaa_shell.session.confirmation import Confirmation, Impact, confirmation_for, is_no
    from mwaa_shell.session.environment import (
        choose,
        describe,
        list_environments,
        load_environment_info,
        open_default,
        remember_names,
        require_environment,
        require_environment_info,
        with_suggestion,
    )
    from mwaa_shell.session.executor import Executor, LineResult, Plan
    from mwaa_shell.session.next_steps import NO_SCHEDULER
    from mwaa_shell.session.send import LineContext, additions_to, fill_secrets
    from mwaa_shell.session.session import Batch, RunRef, Session, UserInterface
else:
    __getattr__, __all__ = lazy(__name__, __file__)
