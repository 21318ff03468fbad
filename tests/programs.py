"""The program run in the process of the tests: most of a start is Python and its imports, and says nothing new.

A test that is about the process itself (its streams, signals, terminal, imports) starts the real one.
"""

from __future__ import annotations

import gc
import io
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from inspect import CO_VARKEYWORDS, isfunction
from subprocess import CompletedProcess
from typing import Any
from unittest.mock import patch

from botocore import hooks
from botocore.loaders import JSONFileLoader, Loader

from mwaa_shell import cli
from mwaa_shell.errors import ShellError, sentence
from mwaa_shell.mwaa import programs
from mwaa_shell.mwaa.aws_session import EndpointsLoader
from mwaa_shell.streams import Streams


def run_here(arguments: Sequence[str], environ: Mapping[str, str], stdin: bytes = b"") -> CompletedProcess[bytes]:
    """Run the program with these arguments and this environment, no stream of which is a terminal."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    lines = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8", errors="surrogateescape")
    streams = Streams(lines, stdout, stderr, stdin_tty=False, stdout_tty=False, stderr_tty=False)
    with patch.dict(os.environ, environ, clear=True), process_unchanged():
        try:
            code = int(cli.run(arguments, streams))
        except ShellError as error:  # what the launcher makes of it
            streams.error(sentence(error.message, error.state), error.hint)
            code = int(error.exit_code)
    return CompletedProcess(list(arguments), code, stdout.getvalue(), stderr.getvalue())


@contextmanager
def process_unchanged() -> Iterator[None]:
    """Take back what the program sets once for its whole process."""
    threshold, hook = gc.get_threshold(), threading.excepthook
    with patch.object(programs, "TERMINAL", programs.TerminalUse()):
        try:
            yield
        finally:
            gc.set_threshold(*threshold)
            gc.unfreeze()  # Hypothesis asks the collector for references to its random numbers
            threading.excepthook = hook


def keep_data_of_botocore() -> None:
    """Work out once a process what botocore's own files and code decide, which takes most of the time of a session.

    That is its data, the list of its services and the new names of its events. Whether a handler takes any argument is
    read from its code: what is kept by handler would keep those of each session.
    """
    list_services, takes_any = Loader.list_available_services, hooks.accepts_kwargs

    @cache
    def listed(kind: str, *folders: str) -> Any:
        return list_services(Loader(extra_search_paths=folders, include_default_search_paths=False), kind)

    names: dict[str, str] = {}  # of events, the old ones and what they are called now
    begin = hooks.EventAliaser.__init__

    def begun(self: hooks.EventAliaser, emitter: Any, event_aliases: Any = None) -> None:
        begin(self, emitter, event_aliases)
        if self._event_aliases == hooks.EVENT_ALIASES:
            self._alias_name_cache = names

    for loader in (JSONFileLoader, EndpointsLoader):
        _keep_files(loader)
    Loader.list_available_services = lambda self, kind: listed(kind, *self.search_paths)
    hooks.EventAliaser.__init__ = begun
    hooks.accepts_kwargs = lambda handler: (
        bool(handler.__code__.co_flags & CO_VARKEYWORDS) if isfunction(handler) else takes_any(handler)
    )


def _keep_files(loader: type[JSONFileLoader]) -> None:
    read = loader.load_file
    kept = cache(partial(read, loader()))

    def load_file(self: JSONFileLoader, path: str) -> Any:
        return kept(path) if path.startswith(Loader.BUILTIN_DATA_PATH) else read(self, path)

    loader.load_file = load_file
