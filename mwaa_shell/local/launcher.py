"""Starts the private MWAA from the shell: provisions what is asked for, runs the server, says how to reach it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mwaa_shell
from mwaa_shell.errors import LocalProblem, UsageError
from mwaa_shell.local import airflow_config, interpreters, provision, requirements
from mwaa_shell.local.certificate import require_trustme
from mwaa_shell.local.folders import state_for
from mwaa_shell.local.provision import Progress
from mwaa_shell.local.recipes import Recipe, recipe_for, recipes
from mwaa_shell.settings import Access, Keys, LocalSettings

#: Runs the server from this very package; the working folder, where anything may lie, is not on its path.
SERVE = "import sys; sys.path.append(sys.argv[1]); from mwaa_shell.local.server import main; main()"

#: Called on another thread with a sentence about what goes wrong behind the commands.
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """A private MWAA that answers, and how to reach it."""

    access: Access
    environments: tuple[str, ...]


def default_recipe() -> Recipe:
    """The newest Airflow that an interpreter on this machine can run; the newest of all where none fits."""
    newest_first = tuple(reversed(recipes()))
    for recipe in newest_first:
        if provision.ready(recipe) or interpreters.find(recipe.pythons):
            return recipe
    return newest_first[0]


@contextmanager
def running(
    wanted: LocalSettings, timeout: float, progress: Progress, note: Note = lambda text: None
) -> Iterator[Running]:
    """A private MWAA that lives as long as the block, and ends with this process whatever ends it."""
    chosen = [recipe_for(text) for text in wanted.versions] or [default_recipe()]
    if len(set(chosen)) != len(chosen):
        raise UsageError("--local names a version twice: leave one out")
    if wanted.record is not None and not (wanted.record.is_dir() and os.access(wanted.record, os.W_OK)):
        raise UsageError(f"{wanted.record} is no folder that can be recorded into: make it, or name another")
    require_trustme()
    own_settings = airflow_config.variables(wanted.airflow_config, wanted.plugins_folder)
    order = {
        "environments": [_environment(recipe, wanted, own_settings, progress) for recipe in chosen],
        "record": str(wanted.record.resolve()) if wanted.record else None,
        "fresh": wanted.fresh_processes,
        "scheduler": wanted.scheduler,
        "prompt": wanted.prompt,
        "limits": wanted.limits,
    }
    with subprocess.Popen(
        [sys.executable, "-P", "-c", SERVE, str(Path(mwaa_shell.__file__).parent.parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C at the prompt is not for it
    ) as server:
        try:
            assert server.stdin is not None
            with suppress(BrokenPipeError):  # it ended at once: what it said is read below
                server.stdin.write(json.dumps(order).encode() + b"\n")
                server.stdin.flush()
            reached = _await_ready(server, progress, note)
            with _hearing(server, note):
                yield Running(_access(reached, timeout, wanted.scheduler), tuple(reached["environments"]))
        finally:
            _end(server)


@contextmanager
def _hearing(server: subprocess.Popen[bytes], note: Note) -> Iterator[None]:
    """Pass on what the server has to say while the block runs; ends the server, which ends the listening."""

    def listen() -> None:
        assert server.stdout is not None
        for line in server.stdout:
            note(json.loads(line)["note"])

    listener = threading.Thread(target=listen, name="private MWAA", daemon=True)
    listener.start()
    try:
        yield
    finally:
        _end(server)
        listener.join()


def _end(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    with suppress(BrokenPipeError):
        server.stdin.close()


def _environment(
    recipe: Recipe, wanted: LocalSettings, own_settings: dict[str, str], progress: Progress
) -> dict[str, object]:
    state = state_for(recipe.version, wanted.dags_folder)
    if wanted.requirements is None:
        installed = provision.provide(recipe, progress)
    else:
        plugins = wanted.plugins_folder and wanted.plugins_folder.expanduser().resolve()
        asked = requirements.read(wanted.requirements, state.dags, plugins)
        installed = provision.provide_with(asked, recipe, progress)
    return {
        "settings": own_settings,
        "version": str(recipe.version),
        "venv": str(installed.venv),
        "state": str(state.folder),
        "dags": str(state.dags),
    }


def _await_ready(server: subprocess.Popen[bytes], progress: Progress, note: Note) -> dict[str, Any]:
    assert server.stdout is not None
    for line in server.stdout:
        message = json.loads(line)
        if "progress" in message:
            progress(message["progress"])
        elif "note" in message:
            note(message["note"])
        elif "error" in message:
            raise LocalProblem(message["error"])
        elif "ready" in message:
            return dict(message["ready"])
    raise LocalProblem("The private MWAA ended before it was ready: start it again, and report it if it does so again")


def _access(reached: dict[str, Any], timeout: float, scheduled: bool) -> Access:
    return Access(
        region=reached["region"],
        endpoint_url=reached["endpoint"],
        ca_bundle=reached["ca_bundle"],
        timeout=timeout,
        keys=Keys(reached["access_key"], reached["secret_key"]),
        direct=True,
        scheduled=scheduled,
        account=reached["account"],
    )


def exports(running: Running) -> str:
    """Shell lines that let any AWS client use this private MWAA; the key in them is good for this start only."""
    access = running.access
    assert access.keys is not None
    lines = {
        "AWS_ACCESS_KEY_ID": access.keys.access_key,
        "AWS_SECRET_ACCESS_KEY": access.keys.secret_key,
        "AWS_DEFAULT_REGION": access.region,
        "AWS_REGION": access.region,
        "AWS_ENDPOINT_URL_MWAA": access.endpoint_url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_CA_BUNDLE": access.ca_bundle,
        "REQUESTS_CA_BUNDLE": access.ca_bundle,
        "CURL_CA_BUNDLE": access.ca_bundle,
        "SSL_CERT_FILE": access.ca_bundle,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "MWAA_ENVIRONMENT": running.environments[0],
    }
    unset = "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN\n"
    return unset + "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in lines.items())
