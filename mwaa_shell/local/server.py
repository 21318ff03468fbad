"""The process of the local environments: both endpoints and the Airflows behind them. ``launcher.py`` starts it.

The first line of standard input is a JSON object that says what to serve; then standard input is held open by whoever
started this process, and its end, however that came about, ends everything. Standard output brings one JSON object a
line: ``{"progress": text}`` while something is made, then ``{"ready": {...}}`` or ``{"error": sentence}``; at any time
``{"note": text}`` for what the user has to know.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from mwaa_shell.errors import ShellError
from mwaa_shell.local import aws_api, web_server
from mwaa_shell.local.airflow_config import options_in
from mwaa_shell.local.airflow_process import AirflowProcess, keep_on_loopback, prepare_folders
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, Tokens
from mwaa_shell.local.certificate import AUTHORITY, server_context
from mwaa_shell.local.folders import LocalState, make_private
from mwaa_shell.local.http_server import Server
from mwaa_shell.local.provision import Installation
from mwaa_shell.local.recipes import recipe_for
from mwaa_shell.local.rest import LimitedRest, rest_api
from mwaa_shell.local.scheduler import Scheduler, SchedulerPlan, free_port, plan
from mwaa_shell.local.web_server import CliEndpoint, Limits, Recorder, refusal


def environment_name(version: str) -> str:
    """What a local environment is called: MWAA's names take no dots."""
    return f"local-{version.replace('.', '-')}"


def tell(**message: object) -> None:
    with suppress(BrokenPipeError):  # whoever started us has left; the end of standard input says the same
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def serve(wanted: dict[str, Any], stack: ExitStack) -> dict[str, Any]:
    """Start everything that ``wanted`` names; how to reach it."""
    states = [
        LocalState(Path(item["state"]), Path(item["dags"]), tuple(item["settings"].items()))
        for item in wanted["environments"]
    ]
    for item, state in zip(wanted["environments"], states, strict=True):
        name = f"Airflow {item['version']}"
        stack.enter_context(used(prepare_folders(state) / "used", name, told=wanted["prompt"]))
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=states[0].folder)))
    airflows, schedulers = [], []
    for item, state in zip(wanted["environments"], states, strict=True):
        installed = Installation(recipe_for(item["version"]), Path(item["venv"]))
        keep_on_loopback(installed.venv)
        runs = plan(installed.recipe.version, state, free_port()) if wanted["scheduler"] else SchedulerPlan()
        airflow = AirflowProcess(
            installed, state, scratch / item["version"], fresh=wanted["fresh"], settings=runs.settings
        )
        airflow.note = lambda text: tell(note=text)
        stack.callback(airflow.close)
        airflow.warm_up()
        airflows.append(airflow)
        if runs.services:
            schedulers.append(Scheduler(airflow, runs.services, lambda text: tell(note=text)))
            stack.callback(schedulers[-1].close)
    tls = make_private(scratch / "tls")
    context = server_context(tls)
    tokens, keys = Tokens(), aws_api.make_keys()
    recorder = Recorder(Path(wanted["record"]) if wanted["record"] else None)
    hosted = {}
    for airflow in airflows:
        recipe = airflow.installed.recipe
        name = environment_name(str(recipe.version))
        limits = Limits(partial(refusal, version=recipe.version)) if wanted["limits"] else None
        endpoint = CliEndpoint(
            name, recipe.version.major, airflow.run_prepared, tokens, recorder, limits, airflow.set_up
        )
        web = Server(web_server.handler_for(endpoint), context)
        rest = rest_api(airflow)
        if rest is not None:
            stack.callback(rest.close)
        invoke = rest.invoke if rest else None
        if invoke is not None and limits:
            invoke = LimitedRest(invoke).invoke
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
            account=airflow.state.account,
            created=made.stat().st_mtime if made.exists() else time.time(),
        )
        _run_in_background(web)
    api = Server(aws_api.handler_for(AwsApi(keys, tokens, hosted)))
    _run_in_background(api)
    for airflow in airflows:
        if not airflow.is_set_up():
            airflow.set_up(lambda line: tell(progress=line))
    for scheduler in schedulers:
        scheduler.start()
    return {
        "endpoint": f"http://127.0.0.1:{api.port}",
        "region": aws_api.REGION,
        "account": states[0].account,
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
        "ca_bundle": str(tls / AUTHORITY),
        "environments": list(hosted),
    }


@contextmanager
def used(lock: Path, name: str, *, told: bool) -> Iterator[None]:
    """Hold a share of an environment, and tell whoever starts if it is not the only one and they are to be told."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if told:
                tell(note=f"Another shell has {name} open too: both see and change the same runs and variables")
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _run_in_background(server: Server) -> None:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()


def end_orphans() -> None:
    """End what a process of commands has left that was killed itself: its tasks and schedulers are ours since."""
    processes: Any = importlib.import_module("mwaa_shell.local.processes")
    for pid in processes.descendants(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.umask(0o077)
    importlib.import_module("mwaa_shell.local.processes").adopt_orphans()
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        stack.callback(end_orphans)
        try:
            tell(ready=serve(json.loads(sys.stdin.readline()), stack))
        except ShellError as error:
            tell(error=str(error))
            return
        except Exception as error:  # whatever it is, the shell has to say it: nobody reads our standard error
            tell(error=f"The private MWAA could not be started: {type(error).__name__}: {error}")
            return
        sys.stdin.read()


if __name__ == "__main__":
    main()
