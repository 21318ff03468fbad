"""The process of the ``airflow`` program: one import, one fork for each command.

This file runs inside the Airflow's own Python (3.7 to 3.13), and so imports nothing of this package. It is
single-threaded: a fork of a process with threads is unsafe. A small parent process ends all that this process leaves if
it is killed, as by a machine that runs out of memory.

The server writes one JSON object a line to standard input::

    {"id": 1, "argv": ["dags", "list"], "stdout": "/path", "stderr": "/path", "counts": false}

It reads one object a line from standard output: ``{"ready": true}`` once Airflow is imported, then
``{"id": 1, "rc": 0}`` for each command that ended. A command that ``counts`` reports how many of the DAG files it has
read: ``{"id": 1, "progress": "200 of 5,000"}``. The end of standard input ends this process and every command.

What Airflow prints while it is imported is at the head of each output, as if a fresh process were started for each
command. The models of the database are imported once, too, if that prints nothing. What a command imports besides, it
imports itself, as a fresh process does. A command that may request more log lines gets a fresh process: imports write
such lines too.
"""

import atexit
import contextlib
import ctypes
import errno
import functools
import gc
import importlib
import json
import os
import random
import re
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

#: Words that may be ``-v`` or ``--verbose`` in one of the ways that argparse takes.
ASKS_FOR_MORE = re.compile("-[^-]*v|--v")
#: Rounds in which processes are ended: an ended one may have started another meanwhile.
LOOKS = 5
#: Seconds between two reports of the number of files read.
PAUSE = 0.2


class Worker:
    """The pipes and the running commands."""

    def __init__(self, script, scratch, way=""):
        self.script = script  # the venv's own airflow program
        self.scratch = scratch  # a private folder for what imports print
        self.way = way  # "fresh": a new process for each command, as MWAA does; "lean": models are not imported before
        self.requests = os.dup(0)
        self.responses = os.dup(1)
        self.running = {}  # pid -> request id
        self.buffer = b""
        self.preface = (b"", b"")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)

    # -- importing -----------------------------------------------------------------------------------------------

    def import_airflow(self):
        """Import Airflow, its parser and its models once, keeping what the parser prints.

        Collections of garbage would find next to none, and take 0.6 s of the 2.2 s of Airflow 3.3.1.
        """
        if self.way != "fresh":
            gc.disable()
            self.preface = self.printed(build_parser)
            if self.way != "lean" and any(self.printed(import_models)):
                self.start_again()
            gc.enable()
        self.send({"ready": True})

    def start_again(self):
        """Start this process again without the models. Some commands import none, and must not have their lines."""
        os.dup2(self.requests, 0)
        os.dup2(self.responses, 1)
        isolated = ["-I"] * sys.flags.isolated
        os.execv(sys.executable, [sys.executable, *isolated, __file__, self.script, self.scratch, "lean", "again"])

    def printed(self, work):
        """Return what some work prints, on standard output and on standard error."""
        with tempfile.TemporaryFile(dir=self.scratch) as out, tempfile.TemporaryFile(dir=self.scratch) as err:
            saved = os.dup(1), os.dup(2)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            try:
                work()
            finally:
                flush()
                os.dup2(saved[0], 1)
                os.dup2(saved[1], 2)
                os.close(saved[0])
                os.close(saved[1])
            out.seek(0)
            err.seek(0)
            return out.read(), err.read()

    # -- serving -------------------------------------------------------------------------------------------------

    def send(self, message):
        os.write(self.responses, json.dumps(message).encode() + b"\n")

    def serve(self):
        """Serve until standard input ends. In a forked child, return what it has to run."""
        wake, tell = os.pipe()
        os.set_blocking(tell, False)
        signal.set_wakeup_fd(tell)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        while True:
            ready = select.select([self.requests, wake], [], [])[0]
            if wake in ready:
                os.read(wake, 4096)
                self.reap()
            if self.requests in ready:
                data = os.read(self.requests, 65536)
                if not data:
                    signal.pause()  # the parent ends this process with all others
                job = self.accept(data)
                if job is not None:
                    signal.set_wakeup_fd(-1)
                    os.close(wake)
                    os.close(tell)
                    return job

    def accept(self, data):
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            job = json.loads(line.decode())
            gc.freeze()  # a collection in the child would copy shared memory
            pid = os.fork()
            if pid == 0:
                return job
            self.running[pid] = job["id"]
        return None

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.running:
                number = self.running.pop(pid)
                code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                self.send({"id": number, "rc": code})

    # -- in the forked child -------------------------------------------------------------------------------------

    def become(self, job):
        """Turn this forked child into the airflow program of one command."""
        os.setsid()
        end_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(self.requests)
        if job.get("counts") and self.way != "fresh":
            os.set_inheritable(self.responses, False)
            count_files(lambda text: self.send({"id": job["id"], "progress": text}))
        else:
            os.close(self.responses)
        for number, name in ((1, "stdout"), (2, "stderr")):
            target = os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            os.dup2(target, number)
            os.close(target)
        if self.way == "fresh" or any(map(ASKS_FOR_MORE.match, job["argv"])):
            os.execv(self.script, [self.script] + job["argv"])
        os.write(1, self.preface[0])
        os.write(2, self.preface[1])
        random.seed()
        dispose_pool()
        sys.argv = [self.script] + job["argv"]
        sys.excepthook = self.print_exception

    def print_exception(self, kind, error, trace):
        """Print the traceback as a fresh process does, without this file's frames."""
        frame = trace
        while frame is not None and frame.tb_frame.f_code.co_filename != self.script:
            frame = frame.tb_next
        traceback.print_exception(kind, error, frame or trace)


def build_parser():
    """Import what every command imports. Airflow itself caches the parser from 2.0 on."""
    try:
        from airflow.cli import cli_parser
    except ImportError:
        from airflow.bin import cli

        cli.CLIFactory.get_parser()
    else:
        cli_parser.get_parser()


def import_models():
    """Import the models and configure their relations; print errors.

    Both are done before most commands, and take most of their time.
    """
    try:
        models = importlib.import_module("airflow.models")
        getattr(models, "import_all_models", lambda: None)()  # older versions have imported them
        importlib.import_module("sqlalchemy.orm").configure_mappers()
    except Exception:
        traceback.print_exc()


def count_files(tell):
    """Count the DAG files that are read from now on. The class that reads them moved within Airflow 3."""
    for name in ("airflow.dag_processing.dagbag", "airflow.models.dagbag"):
        try:
            bag = importlib.import_module(name).DagBag
            bag.process_file = counting(bag.process_file, tell)
        except (ImportError, AttributeError):
            continue
        return


def counting(read, tell):
    """Return ``read`` with a count of files, reported a few times a second."""
    files, all_files, told = 0, 0, 0.0

    @functools.wraps(read)
    def counted(bag, *arguments, **named):
        nonlocal files, all_files, told
        files += 1
        if time.monotonic() - told > PAUSE:
            told = time.monotonic()
            all_files = all_files or count(bag.dag_folder)
            tell("{:,} of {:,}".format(files, max(files, all_files)))
        return read(bag, *arguments, **named)

    return counted


def count(folder):
    """Return the number of Python files and archives below a folder."""
    found = os.walk(str(folder), followlinks=True)
    return sum(file.endswith((".py", ".zip")) for _, _, files in found for file in files)


def dispose_pool():
    """Close the pooled database connections, which processes must not share."""
    settings = sys.modules.get("airflow.settings")
    engine = getattr(settings, "engine", None)
    if engine is not None:
        engine.dispose()


def run_program(script):
    """Run the airflow program as ``python script`` does, and return its exit code."""
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
    """End as the interpreter does, without the removal of a thousand modules. That takes longer than a command."""
    threading._shutdown()
    # Before Python 3.10 this raises the last error too, once it is printed; the interpreter's own end ignores it.
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    flush()
    os._exit(code & 0xFF)


def flush():
    """Flush as the interpreter does at its end. A command may have closed or removed a stream."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()


# -- processes -----------------------------------------------------------------------------------------------------


def adopt_orphans():
    """Make this process the parent of its orphans, so that it can end them (Linux)."""
    prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def supervise():
    """Continue in a child. The parent ends its whole family with standard input or with the child."""
    adopt_orphans()
    signal.signal(signal.SIGCHLD, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            end_with_parent()
            adopt_orphans()
            return
        end = select.poll()
        end.register(0, 0)  # no event but its end, which needs no reading
        end.poll()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end_family()
    os._exit(0)


def end_with_parent():
    """Ask the system to end this process if its parent is killed (Linux). A killed parent can end nothing itself."""
    prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def prctl(option, value):
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(root):
    """Return the process IDs below one, from ps."""
    listed = subprocess.Popen(["ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE)
    children = {}
    for line in listed.communicate()[0].splitlines():
        pid, parent = (int(word) for word in line.split())
        children.setdefault(parent, []).append(pid)
    found, todo = [], [root]
    while todo:
        below = [pid for pid in children.get(todo.pop(), []) if pid != listed.pid]
        found += below
        todo += below
    return found


def end_family():
    """End every process below this one, in other sessions too."""
    for _ in range(LOOKS):
        family = descendants(os.getpid())
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError as error:
                if error.errno not in (errno.ESRCH, errno.EPERM):
                    raise
        if not family:
            break
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


if __name__ == "__main__":
    script = sys.argv[1]
    sys.path.insert(0, os.path.dirname(script))  # as Python does for a program
    if sys.argv[4:] != ["again"]:
        supervise()
    worker = Worker(*sys.argv[1:4])
    worker.import_airflow()
    worker.become(worker.serve())
    leave(run_program(script))
