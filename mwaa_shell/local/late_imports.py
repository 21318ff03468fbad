"""Modules that commands import late: noted by each command, and imported ahead of need by the process of all.

This file runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's, and so imports nothing of this
package.

A module that prints while it is imported is given back, so that the command that needs it prints the same.
"""

import importlib
import json
import os
import sys

KEEP_OUT = (
    "airflow.cli.commands.",
    "unusual_prefix_",
    "airflow_local_settings",
    "webserver_config",
    "airflow.www_rbac.views",  # 1.10 reads the DAG folder with it
)
NEVER_FORGET = ("airflow.models", "airflow.settings", "airflow.configuration")


class LateImports:
    """What is known of them in this process, and in a file for the next start."""

    def __init__(self, file, venv):
        self.file = file  # keeps the names; a cache
        self.venv = venv
        self.pending = []  # still to be imported

    def begin(self):
        """Take up what earlier processes have noted."""
        self.pending = self.known()

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
        fresh = [name for name in names if name not in known]
        self.pending += fresh
        try:
            if fresh:
                write_whole(self.file, json.dumps(known + fresh))
        except OSError:
            pass  # a cache that cannot be written costs the next start some speed, nothing else

    def import_one(self, captured):
        """Import one module ahead of need; ``captured`` gives what a function prints."""
        name = self.pending.pop(0)
        if name in sys.modules:
            return
        printed = captured(lambda: try_import(name))
        if any(printed) and not name.startswith(NEVER_FORGET):
            sys.modules.pop(name, None)

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
