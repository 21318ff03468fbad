"""The doctor: what works from here, and what to do about the rest.

``mwaa-shell doctor`` and ``.doctor`` run it. Each check gives one result within a time limit. A check that depends on a
failed one is skipped. Nothing is changed, on this machine or on the environment, and no secret is shown.
"""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.doctor import report
    from mwaa_shell.doctor.environment import Examined, examine
    from mwaa_shell.doctor.report import CheckResult
else:
    __getattr__, __all__ = lazy(__name__, __file__)
