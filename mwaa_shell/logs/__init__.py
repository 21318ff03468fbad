"""Logs from CloudWatch: of the tasks of a DAG run, and of components."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.logs.follower import FollowedLog, LogFollower
    from mwaa_shell.logs.reader import (
        LogGroupInfo,
        LogRange,
        NoLog,
        component_log,
        failed_tasks,
        find_logs,
        list_log_groups,
        log_group,
        log_result,
        read_log,
        run_to_read,
        tasks_to_follow,
        tasks_to_read,
        tasks_with_logs,
    )
else:
    __getattr__, __all__ = lazy(__name__, __file__)
