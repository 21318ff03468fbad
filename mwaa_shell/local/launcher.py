"""The start of a local environment from the shell: install, run the server, show progress, pass on its notices."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mwaa_shell
from mwaa_shell.errors import LocalProblem, UsageError
from mwaa_shell.interrupts import ended_in_order
from mwaa_shell.local import airflow_config, provision, recipes, requirements
from mwaa_shell.local.certificate import require_trustme
from mwaa_shell.local.folders import state_for
from mwaa_shell.local.provision import Progress
from mwaa_shell.local.recipes import Recipe, recipe_for
from mwaa_shell.settings import Access, AccessKey, LocalSettings
from mwaa_shell.status_line import StatusLine
from mwaa_shell.streams import Streams

#: Runs the server from this very package; the working folder, where anything may lie, is not on its path.
SERVE = "import sys; sys.path.append(sys.argv[1]); from mwaa_shell.local.server import main; main()"

#: Shows a sentence about what goes wrong in a local environment; called on any thread.
ShowNotice = Callable[[str], None]
#: Seconds after which the status line has a number, and seconds between two drawings.
QUIET, TICK = 1.0, 0.1


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A local environment that answers, and how to reach it."""

    access: Access
    environments: tuple[str, ...]


def default_recipe() -> Recipe:
    """The newest Airflow that an interpreter on this machine can run; the newest of all where none fits."""
    newest_first = tuple(reversed(recipes.recipes()))
    for recipe in newest_first:
        if provision.ready(recipe) or recipes.find_interpreter(recipe.pythons):
            return recipe
    return newest_first[0]


@contextmanager
def running(
    wanted: LocalSettings, timeout: float, progress: Progress, note: ShowNotice = lambda text: None
) -> Iterator[RunningServer]:
    """A local environment that lives as long as the block, and ends with this process whatever ends it."""
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
                yield RunningServer(_access(reached, timeout, wanted.scheduler), tuple(reached["environments"]))
        finally:
            _end(server)


@contextmanager
def _hearing(server: subprocess.Popen[bytes], note: ShowNotice) -> Iterator[None]:
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


def _await_ready(server: subprocess.Popen[bytes], progress: Progress, note: ShowNotice) -> dict[str, Any]:
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
        keys=AccessKey(reached["access_key"], reached["secret_key"]),
        direct=True,
        scheduled=scheduled,
        account=reached["account"],
    )


def exports(running: RunningServer) -> str:
    """Shell lines that let any AWS client use this local environment; the key in them is good for this start only."""
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


class Notices:
    """Where the notices of a running server go: to the prompt, else to standard error in place of the status line."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._prompts: list[ShowNotice] = []

    @contextmanager
    def shown_by(self, prompt: ShowNotice) -> Iterator[None]:
        """Let a prompt show the notices while the block runs: the prompt has to know when its cursor moves."""
        self._prompts.append(prompt)
        try:
            yield
        finally:
            self._prompts.remove(prompt)

    def show(self, text: str) -> None:
        """Show one notice; called on any thread."""
        if self._prompts:
            self._prompts[-1](text)
            return
        if StatusLine(self._streams).draws:
            self._streams.talk(b"\r\x1b[J")
        self._streams.note(text)


class StartProgress:
    """The steps of a start: the status line with a clock on a terminal, elsewhere a line for each step."""

    def __init__(self, streams: Streams, clock: Callable[[], float] = time.monotonic, tick: float = TICK) -> None:
        self._streams = streams
        self._line = StatusLine(streams)
        self._clock, self._seconds_between = clock, tick
        self._began = clock()
        self._step = self._text = ""
        self._over = threading.Event()
        self._drawing = threading.Lock()
        self._ticking: threading.Thread | None = None

    def say(self, text: str) -> None:
        """Show ``what: step`` or ``what: step: detail``; the detail, such as a package, on a terminal only."""
        step = ": ".join(text.split(": ")[:2])
        if self._line.draws:
            self._text = text
            self._line.stop_echo()
            self.draw()
            if self._ticking is None:
                self._ticking = threading.Thread(target=self._tick, name="status line", daemon=True)
                self._ticking.start()
        elif step != self._step:
            self._streams.note(step)
        self._step = step

    def draw(self) -> None:
        """Draw the line with the seconds of all steps together."""
        with self._drawing:
            seconds = self._clock() - self._began
            if self._text and not self._over.is_set():
                self._line.draw(f"{seconds:5.1f} s  {self._text}" if seconds >= QUIET else self._text)

    def _tick(self) -> None:
        while not self._over.wait(self._seconds_between):
            self.draw()

    def end(self) -> None:
        """Erase the line and let the terminal echo again."""
        with self._drawing:
            self._line.erase()
            self._over.set()
        if self._ticking is not None:
            self._ticking.join()
        self._line.echo()


@contextmanager
def start_local(wanted: LocalSettings, timeout: float, streams: Streams, notices: Notices) -> Iterator[RunningServer]:
    """Run a local environment while the block runs, and show the steps of its start."""
    progress = StartProgress(streams)
    wanted = wanted._replace(prompt=wanted.prompt and streams.stdin_tty)
    try:
        with ExitStack() as stack:
            with ended_in_order():  # else a signal would leave the terminal without echo
                started = stack.enter_context(running(wanted, timeout, progress.say, notices.show))
                progress.end()
            yield started
    except BaseException:
        progress.end()
        raise


def serve(started: RunningServer, streams: Streams) -> None:
    """Print how other clients reach a local environment, and wait until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    streams.data(exports(started).encode())
    streams.note("serving until Ctrl-C; the lines above make other clients use it")
    with suppress(KeyboardInterrupt):
        signal.pause()
