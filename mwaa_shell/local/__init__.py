"""Local environments: a real Airflow on this machine, with the endpoints of MWAA."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.local.launcher import Notices, serve, start_local
    from mwaa_shell.local.server import RunningServer
else:
    __getattr__, __all__ = lazy(__name__, __file__)
