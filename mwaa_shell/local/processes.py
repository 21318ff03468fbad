"""The processes of a local environment: found and ended with all that they have started, whoever has let go of them.

This file runs inside the Airflow's own Python (3.7 to 3.13) too, and so imports nothing of this package.
"""

import ctypes
import errno
import os
import signal
import subprocess

#: Who is killed may have started another meanwhile: how often is looked again.
LOOKS = 5


def adopt_orphans():
    """On Linux, let processes whose parent has ended become our children, so that they can be found and ended."""
    prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def end_with_parent():
    """On Linux, be asked to end if the parent is killed, which then can end nothing itself."""
    prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def prctl(option, value):
    try:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):
        pass


def descendants(root):
    """The processes below one, as ps tells."""
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
    """End every process below this one, also what has a session of its own."""
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
        reap_quietly()


def reap_quietly():
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass
