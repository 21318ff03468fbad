"""The endpoints of local environments, on threads of the shell, and the Airflows."""

from __future__ import annotations

import fcntl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mwaa_shell.local import aws_api, web_server
from mwaa_shell.local.airflow_process import AirflowProcess, keep_on_loopback, options_in, prepare_folders
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, Tokens
from mwaa_shell.local.folders import LocalState, make_private
from mwaa_shell.local.http_server import AUTHORITY, Server, server_context
from mwaa_shell.local.logs_api import LogFiles
from mwaa_shell.local.provision import Installation, Progress
from mwaa_shell.local.rest import LimitedRest, rest_api
from mwaa_shell.local.scheduler import Scheduler, SchedulerPlan, free_port, is_scheduled, plan
from mwaa_shell.local.web_server import NO_LIMITS, CliEndpoint, Limits, Recorder, refusal
from mwaa_shell.settings import Access, LocalSettings

#: Shows a sentence about what goes wrong in a local environment; called on any thread.
ShowNotice = Callable[[str], None]


class RunningServer(NamedTuple):
    """Running local environments, and how to reach them."""

    access: Access
    environments: tuple[str, ...]


def start_servers(
    environments: Sequence[tuple[Installation, LocalState]],
    options: LocalSettings,
    stack: ExitStack,
    progress: Progress,
    note: ShowNotice,
) -> RunningServer:
    """Start the servers of local environments and their Airflows. ``stack`` ends them all."""
    for installed, state in environments:
        lock, name = prepare_folders(state) / "used", f"Airflow {installed.recipe.version}"
        stack.enter_context(share_environment(lock, name, note if options.prompt else None))
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mwaa-shell-local-")))
    airflows, schedulers = [], []
    for installed, state in environments:
        keep_on_loopback(installed.venv)
        version = installed.recipe.version
        runs = plan(version, state, free_port()) if options.scheduler else SchedulerPlan()
        folder = scratch / str(version)
        airflow = AirflowProcess(installed, state, folder, fresh=options.fresh_processes, settings=runs.settings)
        airflow.note = note
        stack.callback(airflow.close)
        airflow.warm_up()
        airflows.append(airflow)
        if runs.services:
            schedulers.append(Scheduler(airflow, runs.services, note))
            stack.callback(schedulers[-1].close)
    tls = make_private(scratch / "tls")
    context = server_context(tls)
    tokens, keys = Tokens(), aws_api.make_keys()
    recorder = Recorder(options.record)
    hosted = {}
    for airflow in airflows:
        recipe = airflow.installed.recipe
        name = f"local-{recipe.version}".replace(".", "-")  # MWAA's names take no dots
        limits = Limits(partial(refusal, version=recipe.version)) if options.limits else NO_LIMITS
        endpoint = CliEndpoint(name, recipe.version.major, airflow.run, tokens, recorder, limits, airflow.set_up)
        web = _run_in_background(Server(web_server.handler_for(endpoint), context), stack)
        rest = rest_api(airflow, limits=options.limits)
        invoke = None
        if rest is not None:
            stack.callback(rest.close)
            invoke = LimitedRest(rest.invoke).invoke if options.limits else rest.invoke
        made = airflow.state.initialised
        hosted[name] = LocalEnvironment(
            name=name,
            version=str(recipe.version),
            host=f"127.0.0.1:{web.port}",
            details={
                "DagS3Path": str(airflow.state.dags),
                "AirflowConfigurationOptions": options_in(dict(airflow.state.settings)),
            },
            rest=invoke,
            logs=LogFiles(airflow.state.airflow_home / "logs", airflow.state.folder).groups(
                scheduled=options.scheduler or is_scheduled(airflow.state)
            ),
            account=airflow.state.account,
            created=made.stat().st_mtime if made.exists() else time.time(),
        )
    api = _run_in_background(Server(aws_api.handler_for(AwsApi(keys, tokens, hosted))), stack)
    for airflow in airflows:
        airflow.set_up(progress)
    elsewhere = any(is_scheduled(state) for _, state in environments)  # by another shell
    for scheduler in schedulers:
        scheduler.start()
    access = Access(
        region=aws_api.REGION,
        endpoint_url=f"http://127.0.0.1:{api.port}",
        ca_bundle=str(tls / AUTHORITY),
        keys=keys,
        direct=True,
        account=airflows[0].state.account,
        scheduled=options.scheduler or elsewhere,
    )
    return RunningServer(access, tuple(hosted))


@contextmanager
def share_environment(lock: Path, name: str, note: ShowNotice | None) -> Iterator[None]:
    """Hold a shared lock on an environment. With ``note``, report that another shell has it open too."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if note is not None:
                note(f"Another shell has {name} open, too. Both see and change the same runs and variables")
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _run_in_background(server: Server, stack: ExitStack) -> Server:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return server
