"""Watching an environment: a repeated command, and a DAG run until it ends."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.monitor.failure import (
        FailedRun,
        FailedTask,
        as_json,
        find_causes,
        next_lines,
        one_line,
        render_failed_run,
        task_of_dag,
    )
    from mwaa_shell.monitor.follow import FollowOptions, RunFollower, SourceMaker
    from mwaa_shell.monitor.run_sources import (
        CliRunSource,
        RestRunSource,
        RunCommandFailed,
        RunNotFound,
        RunSource,
    )
    from mwaa_shell.monitor.runs import (
        FINISHED,
        LATEST,
        LATEST_FAILED,
        STATES,
        Run,
        Snapshot,
        Task,
        by_urgency,
        in_order,
        parse_time,
    )
    from mwaa_shell.monitor.watch import (
        RedrawOnTick,
        Watch,
        WatchCondition,
        WatchOptions,
        count_down,
        parse_states,
        unreachable_states,
    )
else:
    __getattr__, __all__ = lazy(__name__, __file__)
