"""MWAA: the AWS API, the connection to an environment, and one command on it."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.mwaa import programs
    from mwaa_shell.mwaa.aws import CallerIdentity, CliToken, Credentials, MwaaApi, WebLogin
    from mwaa_shell.mwaa.aws_errors import read_date
    from mwaa_shell.mwaa.command_runner import ask_version, run_command, run_under_lock
    from mwaa_shell.mwaa.connection import Connection, ConnectionPool, EnvironmentRef
    from mwaa_shell.mwaa.environment import EnvironmentInfo, facts, how_to_reach
    from mwaa_shell.mwaa.logs import EventPage, LogsApi, LogStream
    from mwaa_shell.mwaa.route import Route, hide_credentials, read_proxy
    from mwaa_shell.mwaa.transport import TlsPeer, Transport, transport_for
else:
    __getattr__, __all__ = lazy(__name__, __file__)
