"""Several shells, several threads and shells that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import mwaa_shell
from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry, Search
from mwaa_shell.history.store import History
from mwaa_shell.result import Outcome

HERE = EnvironmentKey("123456789012", "eu-west-1", "my-env")
ROUNDS = 100

#: Begins and finishes entries as soon as it is told to.
WRITER = f"""
import sys
from pathlib import Path
from mwaa_shell.history.entries import CommandOutcome, HistoryEntry
from mwaa_shell.history.store import History
from mwaa_shell.result import Outcome
history = History(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for turn in range({ROUNDS}):
    number = history.begin(HistoryEntry(turn, "1", "eu-west-1", "my-env", f"{{sys.argv[2]}} {{turn}}"))
    history.finish(number, CommandOutcome(Outcome.OK, 1.0))
history.close()
print(history.trouble)
"""
#: Begins one entry, and then waits to be killed.
VICTIM = """
import sys
from pathlib import Path
from mwaa_shell.history.entries import HistoryEntry
from mwaa_shell.history.store import History
history = History(Path(sys.argv[1]))
print(history.begin(HistoryEntry(1.0, "1", "eu-west-1", "my-env", "dags trigger sales")), flush=True)
sys.stdin.readline()
"""


def child(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(mwaa_shell.__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_shells_that_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "history.sqlite"
    names = ["first", "second", "third"]
    writers = [child(WRITER, str(path), name) for name in names]
    assert [line_of(writer) for writer in writers] == ["ready"] * len(names)
    for writer in writers:  # the file is made now, by all of them
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.communicate(timeout=60)[0].strip() for writer in writers] == [""] * len(names)
    with History(path) as history:
        found = history.find(limit=10 * ROUNDS)
        assert history.trouble == ""
    assert {entry.line for entry in found} == {f"{name} {turn}" for name in names for turn in range(ROUNDS)}
    assert [entry.number for entry in found] == list(range(len(names) * ROUNDS, 0, -1))
    assert {entry.outcome for entry in found} == {Outcome.OK}
    assert len({entry.shell for entry in found}) == len(names)


def test_a_shell_that_is_killed_leaves_an_unknown_outcome(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with child(VICTIM, str(path)) as victim:
        number = int(line_of(victim))
        victim.send_signal(signal.SIGKILL)
        victim.wait(60)
    with History(path) as history:
        entry = history.get(number)
        assert entry
        assert (entry.line, entry.outcome, entry.seconds) == ("dags trigger sales", Outcome.UNKNOWN, None)
        assert history.find(Search(failed_only=True)) == [entry]
        assert history.trouble == ""


def test_threads_of_one_shell(tmp_path: Path) -> None:
    with History(tmp_path / "history.sqlite") as history:

        def work(name: str) -> None:
            for turn in range(ROUNDS):
                number = history.begin(HistoryEntry(0.0, HERE.account, HERE.region, HERE.environment, f"{name} {turn}"))
                history.suggest(name, HERE)
                history.finish(number, CommandOutcome(Outcome.OK))

        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert history.trouble == ""
        assert len(history.find(limit=1_000)) == 2 * ROUNDS
        assert history.find(Search(failed_only=True)) == []


def test_a_key_does_not_wait_for_a_thread_that_has_the_file(tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()
    with History(tmp_path / "history.sqlite") as history:
        history.begin(HistoryEntry(0.0, HERE.account, HERE.region, HERE.environment, "dags list"))

        def slow(connection: object) -> None:
            entered.set()
            leave.wait(60)

        thread = threading.Thread(target=history._do, args=(slow, None))
        thread.start()
        entered.wait(60)
        assert (history.suggest("dags", HERE), history.lines(HERE)) == ("", [])
        leave.set()
        thread.join()
        assert (history.suggest("dags", HERE), history.lines(HERE)) == ("dags list", ["dags list"])
        assert history.trouble == ""
