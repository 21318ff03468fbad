"""Runs the real ``airflow`` program for the local environment: imports Airflow once, then forks for each command.

This file runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's, and so imports nothing of this
package but two files beside it, which do the same. It is single-threaded: a fork of a process with threads is unsafe.

The server writes one JSON object a line to standard input::

    {"id": 1, "argv": ["dags", "list"], "stdout": "/path", "stderr": "/path", "service": false}

where a service is a command that does not end by itself, and reads one a line from standard output: ``{"ready": true}``
once Airflow is imported, then ``{"id": 1, "rc": 0}`` for each command that ended. A command that ``counts`` tells how
many of the DAG files it has read: ``{"id": 1, "progress": "200 of 5,000"}``. The end of standard input ends this
process and every command.

What Airflow prints while it is imported stands at the head of each answer, as it does when a fresh process is started
for each command. Modules that earlier commands imported late are imported here while nothing is asked for, but for
those that print. A command that may ask for more log lines gets a fresh process: imports write such lines too.
"""

import atexit
import functools
import gc
import importlib
import importlib.util
import json
import os
import random
import re
import runpy
import select
import signal
import sys
import tempfile
import threading
import time
import traceback

#: Words that may be ``-v`` or ``--verbose`` in one of the ways that argparse takes.
ASKS_FOR_MORE = re.compile("-[^-]*v|--v")
#: Seconds between two numbers of files that have been read.
PAUSE = 0.2


def beside(name):
    """A file beside this one as a module. Its folder is on no path, where its other names would be in Airflow's way."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location("mwaa_shell_" + name, path)
    module = importlib.util.module_from_spec(spec)
    keeps, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # nothing of this Python in that folder
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = keeps
    return module


class Worker:
    """The pipes and the running commands."""

    def __init__(self, script, scratch, late, fresh):
        self.script = script  # the venv's own airflow program
        self.scratch = scratch  # a private folder for what imports print
        self.late = late  # the late imports
        self.fresh = fresh  # a new process for each command, as MWAA does
        self.requests = os.dup(0)
        self.replies = os.dup(1)
        self.running = {}  # pid -> (request id, path of its list of imports)
        self.services = set()  # those that keep nobody waiting
        self.buffer = b""
        self.preface = (b"", b"")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)

    # -- importing -----------------------------------------------------------------------------------------------

    def import_airflow(self):
        """Import Airflow and build its parser once, keeping what that prints."""
        if not self.fresh:
            self.preface = self.captured(build_parser)
            self.late.begin()
        self.send({"ready": True})

    def captured(self, work):
        """What ``work`` writes to the two standard streams, as bytes."""
        saved = os.dup(1), os.dup(2)
        files = tempfile.TemporaryFile(dir=self.scratch), tempfile.TemporaryFile(dir=self.scratch)
        flush()
        os.dup2(files[0].fileno(), 1)
        os.dup2(files[1].fileno(), 2)
        try:
            work()
        finally:
            flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])
        return tuple(read_back(file) for file in files)

    # -- serving -------------------------------------------------------------------------------------------------

    def send(self, message):
        os.write(self.replies, json.dumps(message).encode() + b"\n")

    def serve(self):
        """Answer until standard input ends; in a forked child, return what it has to run instead."""
        wake, tell = os.pipe()
        os.set_blocking(tell, False)
        signal.set_wakeup_fd(tell)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        while True:
            idle = self.late.idles() and self.services.issuperset(self.running)
            ready = select.select([self.requests, wake], [], [], 0 if idle else None)[0]
            if wake in ready:
                os.read(wake, 4096)
                self.reap()
            if self.requests in ready:
                data = os.read(self.requests, 65536)
                if not data:
                    self.stop()
                job = self.accept(data)
                if job is not None:
                    signal.set_wakeup_fd(-1)
                    os.close(wake)
                    os.close(tell)
                    return job
            if not ready and idle:
                self.late.go_on(self.captured, self.aside)

    def accept(self, data):
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            job = json.loads(line.decode())
            gc.freeze()  # a collection in the child would copy every page it shares with us
            pid = os.fork()
            if pid == 0:
                return job
            self.running[pid] = (job["id"], job["stdout"] + ".imports")
            if job.get("service"):
                self.services.add(pid)
        return None

    def aside(self, work):
        """Run a function in a process of its own that takes no commands; its pid."""
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            try:
                processes.end_with_parent()
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(self.requests)
                os.close(self.replies)
                work()
            finally:
                os._exit(0)
        return pid

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.late.trial:
                self.late.tried()
            if pid in self.running:
                number, imports = self.running.pop(pid)
                self.services.discard(pid)
                self.late.learn(imports)
                code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                self.send({"id": number, "rc": code})

    def stop(self):
        """End every command with all that it has started."""
        processes.end_family()
        os._exit(0)

    # -- in the forked child -------------------------------------------------------------------------------------

    def become(self, job):
        """Turn this forked child into the airflow program of one command."""
        os.setsid()
        processes.end_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(self.requests)
        if job.get("counts") and not self.fresh:
            os.set_inheritable(self.replies, False)
            count_files(lambda text: self.send({"id": job["id"], "progress": text}))
        else:
            os.close(self.replies)
        for number, name in ((1, "stdout"), (2, "stderr")):
            target = os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            os.dup2(target, number)
            os.close(target)
        if self.fresh or any(map(ASKS_FOR_MORE.match, job["argv"])):
            os.execv(self.script, [self.script] + job["argv"])
        os.write(1, self.preface[0])
        os.write(2, self.preface[1])
        random.seed()
        dispose_pool()
        sys.argv = [self.script] + job["argv"]
        sys.excepthook = self.print_exception

    def print_exception(self, kind, error, trace):
        """The traceback as a fresh process prints it: from the airflow program on, without this file's frames."""
        frame = trace
        while frame is not None and frame.tb_frame.f_code.co_filename != self.script:
            frame = frame.tb_next
        traceback.print_exception(kind, error, frame or trace)


def build_parser():
    """Import what every command imports; the parser is cached by Airflow itself from 2.0 on."""
    try:
        from airflow.cli import cli_parser
    except ImportError:
        from airflow.bin import cli

        cli.CLIFactory.get_parser()
    else:
        cli_parser.get_parser()


def count_files(tell):
    """Let the DAG files that are read from now on be counted, and the DAGs that are stored.

    The places hold for all Airflows; where one of them is not, nothing is counted.
    """
    for name in ("airflow.dag_processing.dagbag", "airflow.models.dagbag"):
        try:
            bag = importlib.import_module(name).DagBag
        except (ImportError, AttributeError):
            continue
        if hasattr(bag, "process_file"):
            reading = Counter(tell, "{:,} of {:,}")
            bag.process_file = reading.around(bag.process_file)
            break
    try:
        model = importlib.import_module("airflow.models.serialized_dag").SerializedDagModel
        model.write_dag = staticmethod(Counter(tell, "{:,} stored").around(model.write_dag))
    except (ImportError, AttributeError):
        pass


class Counter:
    """How often a function has been called, told at most a few times a second."""

    def __init__(self, tell, text):
        self.tell = tell
        self.text = text
        self.calls = 0
        self.files = 0
        self.told = 0.0

    def around(self, function):
        @functools.wraps(function)
        def counted(first, *arguments, **named):
            self.calls += 1
            if time.monotonic() - self.told > PAUSE:
                self.files = self.files or count(getattr(first, "dag_folder", None))
                self.told = time.monotonic()
                self.tell(self.text.format(self.calls, max(self.calls, self.files)))
            return function(first, *arguments, **named)

        return counted


def count(folder):
    """The Python files below a folder; 1 where there is none."""
    if folder is None:
        return 1
    found = os.walk(str(folder), followlinks=True)
    return sum(file.endswith((".py", ".zip")) for _, _, files in found for file in files)


def dispose_pool():
    """A pooled database connection must not be shared between processes."""
    settings = sys.modules.get("airflow.settings")
    engine = getattr(settings, "engine", None)
    if engine is not None:
        engine.dispose()


def run_program(script):
    """Run the airflow program as ``python script`` does; its exit code."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as left:
        if left.code is None or isinstance(left.code, int):
            return left.code or 0
        sys.stderr.write("%s\n" % (left.code,))
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def leave(code):
    """End as the interpreter does, but for taking a thousand modules apart: that takes longer than a command."""
    threading._shutdown()
    atexit._run_exitfuncs()
    flush()
    os._exit(code & 0xFF)


def flush():
    """As the interpreter does at its end: a command may have closed a stream, or taken it away."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()


def read_back(file):
    with file:
        file.seek(0)
        return file.read()


if __name__ == "__main__":
    processes, late_imports = beside("processes"), beside("late_imports")
    script = sys.argv[1]
    sys.path.insert(0, os.path.dirname(script))  # as Python does for a program
    venv = os.path.dirname(os.path.dirname(os.path.abspath(script)))
    late = late_imports.LateImports(sys.argv[3], venv, os.path.join(sys.argv[2], "imports.tried"))
    worker = Worker(script, sys.argv[2], late, sys.argv[4:] == ["fresh"])
    processes.adopt_orphans()
    worker.import_airflow()
    job = worker.serve()
    worker.become(job)
    loaded = set(sys.modules)
    code = run_program(script)
    late.leave_note(job["stdout"] + ".imports", loaded)
    leave(code)
