"""The start of a local environment: installation, servers, progress and notices."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec

from mwaa_shell.errors import LocalProblem, UsageError
from mwaa_shell.interrupts import ended_in_order
from mwaa_shell.local import airflow_process, provision, recipes
from mwaa_shell.local.folders import LocalState, state_for
from mwaa_shell.local.provision import Installation, Progress
from mwaa_shell.local.recipes import Recipe, recipe_for
from mwaa_shell.local.server import RunningServer, ShowNotice, start_servers
from mwaa_shell.settings import LocalSettings
from mwaa_shell.streams import StatusLine, Streams

#: Seconds after which the status line has a number, and seconds between two drawings.
QUIET, TICK = 1.0, 0.1


def default_recipe() -> Recipe:
    """Return the newest Airflow of MWAA that a Python of this machine runs. If none fits, it is the newest."""
    newest_first = tuple(recipe for recipe in reversed(recipes.recipes()) if recipe.on_mwaa)
    for recipe in newest_first:
        if provision.ready(recipe) or recipes.find_interpreter(recipe.pythons):
            return recipe
    return newest_first[0]


@contextmanager
def running(
    options: LocalSettings, timeout: float, progress: Progress, note: ShowNotice = lambda text: None
) -> Iterator[RunningServer]:
    """Run a local environment while the block runs. Its processes end with this one, however this one ends."""
    chosen = [recipe_for(text) for text in options.versions] or [default_recipe()]
    if len(set(chosen)) != len(chosen):
        raise UsageError("--local names a version twice")
    if options.record is not None and not (options.record.is_dir() and os.access(options.record, os.W_OK)):
        raise UsageError(f"--record requires a writable folder, not '{options.record}'")
    if find_spec("trustme") is None:  # before anything else takes minutes
        raise LocalProblem("trustme is missing", hint="Install mwaa-shell with its extra: 'mwaa-shell[local]'.")
    settings = tuple(airflow_process.variables(options.airflow_config, options.plugins_folder).items())
    environments = [_environment(recipe, options, settings, progress) for recipe in chosen]
    with ExitStack() as stack:
        server = start_servers(environments, options, stack, progress, note)
        yield server._replace(access=server.access._replace(timeout=timeout))


def _environment(
    recipe: Recipe, options: LocalSettings, settings: tuple[tuple[str, str], ...], progress: Progress
) -> tuple[Installation, LocalState]:
    state = state_for(recipe.version, options.dags_folder)._replace(settings=settings)
    if options.requirements is None:
        return provision.provide(recipe, progress), state
    plugins = options.plugins_folder and options.plugins_folder.expanduser().resolve()
    asked = provision.read_requirements(options.requirements, state.dags, plugins)
    return provision.provide_with(asked, recipe, progress), state


def exports(running: RunningServer) -> str:
    """Return shell lines that let any AWS client use this local environment. Their key is for this start only."""
    access = running.access
    assert access.keys is not None
    lines = {
        "AWS_ACCESS_KEY_ID": access.keys.access_key,
        "AWS_SECRET_ACCESS_KEY": access.keys.secret_key,
        "AWS_DEFAULT_REGION": access.region,
        "AWS_REGION": access.region,
        "AWS_ENDPOINT_URL_MWAA": access.endpoint_url,
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": access.endpoint_url,
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
    """Notices of a running server: for the prompt, else in place of the status line."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._prompt: ShowNotice | None = None

    @contextmanager
    def shown_by(self, prompt: ShowNotice) -> Iterator[None]:
        """Let a prompt show the notices while the block runs. The prompt has to know when its cursor moves."""
        self._prompt = prompt
        try:
            yield
        finally:
            self._prompt = None

    def show(self, text: str) -> None:
        """Show one notice; called on any thread."""
        prompt = self._prompt
        if prompt is not None:
            prompt(text)
            return
        if StatusLine(self._streams).draws:
            self._streams.write_err(b"\r\x1b[J")
        self._streams.note(text)


class StartProgress:
    """The steps of a start: a status line with a clock, or a line for each step. Only a terminal has a status line."""

    def __init__(self, streams: Streams, clock: Callable[[], float] = time.monotonic, tick: float = TICK) -> None:
        self._streams = streams
        self._line = StatusLine(streams)
        self._clock, self._seconds_between = clock, tick
        self._began = clock()
        self._step = self._text = ""
        self._over = threading.Event()
        self._drawing = threading.Lock()
        self._ticking: threading.Thread | None = None

    def show_step(self, text: str) -> None:
        """Show ``what: step`` or ``what: step: detail``. The detail, such as a package, is for a terminal only."""
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
def start_local(options: LocalSettings, timeout: float, streams: Streams, notices: Notices) -> Iterator[RunningServer]:
    """Run a local environment while the block runs, and show the steps of its start."""
    progress = StartProgress(streams)
    options = options._replace(prompt=options.prompt and streams.stdin_tty)
    try:
        with ExitStack() as stack:
            with ended_in_order():  # else a signal would leave the terminal without echo
                started = stack.enter_context(running(options, timeout, progress.show_step, notices.show))
                progress.end()
            yield started
    except BaseException:
        progress.end()
        raise


def serve(started: RunningServer, streams: Streams) -> None:
    """Print how other clients reach a local environment; wait for Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    streams.write_out(exports(started).encode())
    streams.note("serving until Ctrl-C. Set the variables above for other clients.")
    with suppress(KeyboardInterrupt):
        signal.pause()
