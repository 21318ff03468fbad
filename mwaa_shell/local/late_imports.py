"""Modules that commands import late: noted by each command, and imported ahead of need by the process of all.

This file runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's, and so imports nothing of this
package.

A module is imported ahead only if that prints nothing: the command that needs it prints what a fresh process prints. A
forked process tries the modules first, because nothing can undo an import.
"""

import importlib
import json
import os
import sys
from functools import partial

KEEP_OUT = (
    "airflow.cli.commands.",
    "unusual_prefix_",
    "airflow_local_settings",
    "webserver_config",
    "airflow.www_rbac.views",  # 1.10 reads the DAG folder with it
)
#: In the file of names, before one that prints.
LOUD = "!"
#: Added to the priority of a process that tries imports: a command goes first.
NICE = 5


class LateImports:
    """What is known of them in this process, and in a file for the next start."""

    def __init__(self, file, venv, report):
        self.file = file  # keeps the names; a cache
        self.venv = venv
        self.report = report  # where a trial writes how far it came
        self.untried = []
        self.pending = []  # tried, still to be imported
        self.trial = None  # the process that tries

    def begin(self):
        """Take up what earlier processes have noted."""
        self.untried = [name for name in self.known() if not name.startswith(LOUD)]

    def known(self):
        try:
            with open(self.file) as file:
                names = json.load(file)
            return [name for name in names if isinstance(name, str) and not name.startswith(KEEP_OUT)]
        except (OSError, ValueError):
            return []

    def learn(self, note):
        """Take the note that a command has left, for this process and for the next start."""
        try:
            with open(note) as file:
                names = json.load(file)
            os.unlink(note)
        except (OSError, ValueError):
            return
        known = self.known()
        fresh = [name for name in names if name not in known and LOUD + name not in known]
        self.untried += fresh
        self.keep(known + fresh, fresh)

    def keep(self, names, news):
        try:
            if news:
                write_whole(self.file, json.dumps(names))
        except OSError:
            pass  # a cache that cannot be written costs the next start some speed, nothing else

    def idles(self):
        """Whether there is something to do while no command runs."""
        return bool(self.pending or (self.untried and self.trial is None))

    def go_on(self, captured, fork):
        """Import one module ahead of need, or begin to try those that are left.

        ``captured`` gives what a function prints, ``fork`` runs one in a process of its own.
        """
        if self.pending:
            name = self.pending.pop(0)
            if name not in sys.modules and any(captured(partial(try_import, name))):
                self.give_up(name)
        else:
            self.trial = fork(lambda: self.try_all(captured))

    def try_all(self, captured):
        """In a process of its own: import what is left up to the first module that prints, and tell how far."""
        os.nice(NICE)
        with open(self.report, "w") as report:
            for name in self.untried:
                if name not in sys.modules and any(captured(partial(try_import, name))):
                    return
                report.write(name + "\n")
                report.flush()

    def tried(self):
        """The trial has ended: take in what it told."""
        self.trial = None
        try:
            with open(self.report) as report:
                quiet = report.read().splitlines()
            os.unlink(self.report)
        except OSError:
            quiet = []
        self.pending += quiet
        rest = self.untried[len(quiet) :]
        self.untried = rest[1:]
        if rest:
            self.give_up(rest[0])

    def give_up(self, name):
        """Leave a module to the commands, here and in later processes."""
        self.keep([LOUD + one if one == name else one for one in self.known()], [name])

    def leave_note(self, note, before):
        """In the process of a command: which modules it has imported since ``before``, in the order of their ends."""
        names = []
        for name, module in list(sys.modules.items()):
            origin = getattr(module, "__file__", None) or ""
            ours = origin.startswith(self.venv) or os.path.dirname(os.__file__) in origin
            if name not in before and ours and not name.startswith(KEEP_OUT) and name != "__main__":
                names.append(name)
        try:
            write_whole(note, json.dumps(names))
        except OSError:
            pass  # a full disk costs the next command some speed, nothing else


def try_import(name):
    try:
        importlib.import_module(name)
    except BaseException:  # whatever a module does, the command that wants it will meet it itself
        pass


def write_whole(path, text):
    with open(path + ".part", "w") as file:
        file.write(text)
    os.rename(path + ".part", path)
