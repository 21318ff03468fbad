"""Comparison of a local environment with fresh processes: ``python -m tests.end_to_end.same_bytes VERSION ...``.

It runs each command through the process that imports Airflow once, then as a fresh process of the same Airflow on the
same database, and prints where exit code or output differ by more than numbers and IDs. That takes minutes a version.
Two commands differ between fresh processes too: ``db clean`` prints a set, ``dags report`` sorts by duration.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path

from mwaa_shell.local.airflow_process import AirflowProcess, airflow_environment
from mwaa_shell.local.folders import LocalState
from mwaa_shell.local.provision import provide
from mwaa_shell.local.recipes import recipe_for

OLD = """
version; -h; list_dags; list_dags -r; variables -s k v; variables -g k; variables -g nope; variables; pool -l
list_tasks sales_daily --tree; list_tasks nope; pause hello_world; unpause nope; dag_state hello_world 2024-01-01
next_execution hello_world; connections --list; task_state hello_world say_hello 2024-01-01; clear nope -c; lst
trigger_dag -h; show_dag hello_world; render hello_world say_hello 2024-01-01; list_users; list_dag_runs hello_world
test hello_world say_hello 2024-01-01; connections -a --conn_id x --conn_uri a://b; delete_dag nope -y; sync_perm
"""
NEW = """
version; -h; --help; -v; -v version; -hv; -v dags list; dags -h; -h dags list; dags list; dags list -o json
dags list -v -o json; variables set k v; variables get k; variables get nope; variables delete nope; variables list
pools list; pools set p 3 d; pools delete nope; tasks list sales_daily; tasks list nope; tasks list sales_daily --tree
tasks state hello_world say_hello nope; tasks render hello_world say_hello 2024-01-01; tasks clear nope -y
tasks test hello_world say_hello 2024-01-01; dags pause hello_world; dags unpause nope; dags show hello_world
dags details hello_world -o yaml; dags list-import-errors; dags trigger -h; dags next-execution hello_world
dags report; dags reserialize; dags test hello_world 2024-01-01; dags lst; connections list -o plain
connections get nope; connections test nope; connections export -; roles list -o json; users list
providers list -o json; config get-value core nope; config get-value core executor; config list --section core
jobs check; info; cheat-sheet; db check; plugins; rotate-fernet-key; kubernetes -h; dags list-jobs
"""
THREE = """
assets list; backfill create --dag-id nope --from-date 2024-01-01 --to-date 2024-01-02; config lint
db clean --clean-before-timestamp 2020-01-01 --dry-run; dags list --local; teams list
"""
ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]+")
#: What differs from run to run: numbers, and the blanks that pad a log line to them.
NUMBER = re.compile(rb"[\d.:+\-TZ]+")


def comparable(code: int, *streams: bytes) -> list[str]:
    """Return exit code and output as lines, without what differs between two fresh processes."""
    text = b"\n".join(NUMBER.sub(b"0", re.sub(rb" +", b" ", ID.sub(b"ID", stream))) for stream in streams)
    return [f"exit code {code}", *text.decode(errors="replace").splitlines()]


def compare(version: str) -> int:
    """Print each command of one version with the differences; return how many commands differ."""
    installed = provide(recipe_for(version), print)
    text = OLD if version.startswith("1.") else NEW + (THREE if version.startswith("3.") else "")
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        state = LocalState(Path(folder) / "state", Path(folder) / "state" / "dags")
        airflow = AirflowProcess(installed, state, Path(folder) / "scratch")
        airflow.set_up(print)
        environ = airflow_environment(installed, state, os.environ)
        for command in re.split(r"[;\n]\s*", text.strip()):
            words = shlex.split(command)
            ours = airflow.run(words)
            fresh = subprocess.run(
                [installed.airflow, *words], env=environ, cwd=state.folder, stdin=subprocess.DEVNULL,
                capture_output=True, check=False,
            )  # fmt: skip
            expected = comparable(fresh.returncode, fresh.stdout, fresh.stderr)
            found = comparable(ours.code, ours.stdout, ours.stderr)
            different += expected != found
            print("same     " if expected == found else "DIFFERENT", version, command, flush=True)
            print(*unified_diff(expected, found, "fresh", "ours", n=0, lineterm=""), sep="\n", end="")
        airflow.close()
    return different


if __name__ == "__main__":
    raise SystemExit(sum(compare(version) for version in sys.argv[1:]))
