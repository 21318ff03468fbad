"""Takes the pictures of the README: the real program in a terminal of its own, on a private MWAA.

    python screenshots/take.py [NAME ...]

Airflows that are not installed yet are installed into the user's cache (``MWAA_SHELL_LOCAL_CACHE`` puts it elsewhere);
databases and settings are in a temporary folder. One picture shows a pipe to ``jq``, which has to be there.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from render import svg  # noqa: E402

from tests.terminal.emulator import Terminal  # noqa: E402

#: Five tasks that take a while.
DAGS = HERE.parent / "tests" / "end_to_end" / "dags"
#: Seconds for a private MWAA to start, which installs Airflow if need be.
START = 1200


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the scenario leaves the screen as it is to be seen."""

    name: str
    columns: int
    rows: int
    versions: str
    scenario: Callable[[Terminal, str], None]  #: gets the name of the environment that is open
    options: tuple[str, ...] = ()  #: more of them; the folder that the program starts in has DAGS as ``dags``

    @property
    def opened(self) -> str:
        """The environment of the first version."""
        return f"local-{self.versions.split(',')[0].replace('.', '-')}"


def session(terminal: Terminal, environment: str) -> None:
    """A table, a record, a failure and a pipe."""
    pipe = "dags list -o json | jq -r '.[].dag_id'"
    run(terminal, environment, "dags list", "dags trigger hello_world", "dags list-runs -d no_such_dag", pipe)
    settle(terminal)


def picker(terminal: Terminal, environment: str) -> None:
    """The menu of environments with what is known of each, and one selected."""
    terminal.enter(".use")
    terminal.wait_for(lambda text: text.count("AVAILABLE") == 3)
    terminal.key("down")
    terminal.wait_for("environment: local-")


def typed(text: str, wanted: str, *keys: str) -> Callable[[Terminal, str], None]:
    """What stands on the screen after a text and some keys, once the wanted words are there."""

    def scenario(terminal: Terminal, environment: str) -> None:
        terminal.send(text)
        terminal.wait_for(f"{environment}> {text}")
        for key in keys:
            terminal.key(key)
        terminal.wait_for(wanted)

    return scenario


def spoken(version: str, commands: str, flags: str, mistake: str, foreign: str) -> tuple[Picture, ...]:
    """The five pictures of what the shell knows of one Airflow version."""
    shown = (
        ("commands", typed(commands, "run of a DAG")),
        ("flags", typed(flags, "--conf")),
        ("fuzzy", typed("trig", "run of a DAG")),
        ("mistake", typed(mistake, "did you mean", "enter")),
        ("translation", typed(foreign, "Enter runs it", "enter")),
    )
    return tuple(Picture(f"{version}/{name}", 100, 12, version, scenario) for name, scenario in shown)


def dags(terminal: Terminal, environment: str) -> None:
    """The environment's DAGs, as they are known before anything was listed."""
    terminal.wait_for("3 DAGs")
    terminal.send("dags trigger s")
    terminal.wait_for("sales_daily  ")


def runs(terminal: Terminal, environment: str) -> None:
    """The runs of a DAG with their states, newest first."""
    for line in ("dags test hello_world 2026-01-31", "dags test hello_world 2026-02-01", "dags trigger hello_world"):
        terminal.enter(line)
        terminal.wait_for_prompt(environment)
    terminal.send("\x0c")  # on an empty screen
    terminal.wait_for_prompt(environment)
    terminal.send("tasks states-for-dag-run hello_world ")
    terminal.wait_for("tasks states-for-dag-run")
    terminal.key("tab")
    terminal.wait_for(lambda text: text.count("success") == 2 and "refreshing" not in text, 60)


def run(terminal: Terminal, environment: str, *lines: str) -> None:
    """Lines, each to its end."""
    for line in lines:
        enter(terminal, line)
        terminal.wait_for_prompt(environment, 120)


def enter(terminal: Terminal, line: str) -> None:
    """Type a line and see it, then Enter: so the echo has what is added to it."""
    terminal.send(line)
    terminal.wait_for(lambda _: line in "".join(terminal.lines))
    terminal.key("enter")


def clear(terminal: Terminal, environment: str) -> None:
    """Empty the screen."""
    terminal.send("\x0c")
    terminal.wait_for_prompt(environment)


def settle(terminal: Terminal) -> None:
    """Wait for the toolbar, which is drawn once the prompt's place is known, and for the names in it."""
    terminal.wait_for(lambda text: "AVAILABLE  " in text and "refreshing" not in text, 60)


def ran(*lines: str) -> Callable[[Terminal, str], None]:
    """The ends of some lines."""

    def scenario(terminal: Terminal, environment: str) -> None:
        run(terminal, environment, *lines)
        settle(terminal)

    return scenario


def table(terminal: Terminal, environment: str) -> None:
    """A table of Airflow's own, and the same from the shell."""
    tests = (f"dags test hello_world {day}" for day in ("2026-01-31", "2026-02-01"))
    run(terminal, environment, *tests, "dags trigger hello_world")
    clear(terminal, environment)
    ask = "dags list-runs -d hello_world"
    run(terminal, environment, ".set tables airflow", ask, ".set tables own", ask)
    settle(terminal)


def watch(terminal: Terminal, environment: str) -> None:
    """The round in which a run has come to its end."""
    repeat = ".watch -n 2 --until-state success,failed dags list-runs -d night_shift"
    run(terminal, environment, "dags unpause night_shift")
    for day, conf in enumerate(('{"seconds": 0, "fail": true}', '{"seconds": 0}'), 1):
        run(terminal, environment, f"dags trigger night_shift -r night_{day} -e 2026-02-0{day} -c '{conf}'", repeat)
    run(terminal, environment, "dags trigger night_shift -r night_3 -e 2026-02-03 -c '{\"seconds\": 3}'")
    clear(terminal, environment)
    terminal.enter(repeat.replace("--until-state success,failed ", ""))
    terminal.wait_for(lambda text: "running" in text and "next" in text, 60)
    terminal.wait_for(lambda text: text.count("success") == 2 and "next" in text, 60)


def follow(terminal: Terminal, environment: str) -> None:
    """A run in its midst."""
    run(terminal, environment, "dags unpause night_shift", "dags trigger night_shift -c '{\"seconds\": 7}'")
    clear(terminal, environment)
    terminal.enter(".follow night_shift")
    terminal.wait_for(lambda text: "3 of 5" in text and "1 running" in text and "next" in text, 120)


def rails(terminal: Terminal, environment: str) -> None:
    """What is asked before something is destroyed, here and on a protected environment."""
    delete = "dags delete sales_daily"
    terminal.enter(delete)
    terminal.wait_for("[y/N]")
    run(terminal, environment, "n")
    terminal.enter(".set protect local*")
    terminal.wait_for_prompt(f"[protected] {environment}")
    terminal.enter(delete)
    terminal.wait_for("its name to run it")
    terminal.send(environment[:5])
    terminal.wait_for(f": {environment[:5]}")


#: Airflow 2.7 is the newest whose ``dags`` commands name no file of this machine, in a column or in a warning.
#: A scheduler that runs the tasks of ``DAGS``.
RUNNING = ("--scheduler", "--dags-folder", "dags")
PICTURES = (
    Picture("session", 100, 34, "2.7.2", session),
    Picture("table", 100, 27, "2.7.2", table),
    Picture(
        "traceback", 100, 14, "2.7.2", ran("dags trigger no_such_dag", ".send dags trigger", "dags list-runs -d x")
    ),
    Picture("watch", 100, 10, "2.10.3", watch, RUNNING),
    Picture("follow", 100, 12, "2.10.3", follow, RUNNING),
    Picture("rails", 130, 8, "2.7.2", rails),
    Picture("doctor", 100, 29, "2.7.2", ran(".doctor")),
    Picture("picker", 100, 12, "2.10.3,3.3.1,1.10.12", picker),
    Picture("dags", 100, 12, "2.10.3", dags),
    Picture("runs", 100, 12, "2.10.3", runs),
    *spoken("1.10.12", "tr", "trigger_dag -", "list_dags --reprt", "dags trigger hello_world"),
    *spoken(
        "2.10.3", "dags tr", "dags trigger -", "dags list --colums dag_id", "trigger_dag hello_world -e 2026-01-31"
    ),
    *spoken("3.3.1", "dags tr", "dags trigger -", "dags list --colums dag_id", "dags list-runs -d hello_world"),
)


def take(picture: Picture) -> str:
    """The picture as SVG; raises if something of this machine could be read in it."""
    arguments = ("--local", picture.versions, *picture.options)
    with tempfile.TemporaryDirectory(prefix="mwaa-shell-pictures-") as folder:
        shutil.copytree(DAGS, f"{folder}/dags")
        argv = [sys.executable, "-m", "mwaa_shell", *arguments]
        with Terminal(argv, _environment(folder), picture.columns, picture.rows, folder) as terminal:
            terminal.wait_for_prompt(picture.opened, START)
            terminal.wait_for("AVAILABLE")
            picture.scenario(terminal, picture.opened)
            terminal.wait_for(lambda _: not terminal.screen.cursor.hidden)  # it is hidden while something is drawn
            _check_private("".join(terminal.lines), folder)
            drawn = svg(terminal.screen, " ".join(("mwaa-shell", *arguments)))
            terminal.send("\x03\x04")  # Ctrl-C out of whatever is open, Ctrl-D out of the shell
            terminal.wait_exit()
    return drawn


def _environment(folder: str) -> dict[str, str]:
    """This process's environment without what would change the program, and with folders of its own."""
    foreign = ("AWS_", "MWAA_", "PYTHON", "XDG_", "COLUMNS", "LINES", "NO_COLOR", "COLORFGBG", "TERM", "LC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    kept["MWAA_SHELL_LOCAL_CACHE"] = os.environ.get("MWAA_SHELL_LOCAL_CACHE") or f"{cache}/mwaa-shell/local"
    kept.setdefault("UV_PYTHON_INSTALL_DIR", f"{data}/uv/python")  # an installed Airflow outlives the folder
    # Folders that are said are those below ~; what does not fit the screen scrolls off.
    return {**kept, "HOME": folder, "LANG": "C.UTF-8", "PAGER": ""}


def _check_private(text: str, folder: str) -> None:
    cache = os.environ.get("MWAA_SHELL_LOCAL_CACHE") or str(Path.home())
    for private in (folder, cache, str(Path.home()), str(HERE.parent), socket.gethostname()):
        if private in text:
            raise SystemExit(f"The picture would show {private}:\n{text}")


def main() -> None:
    """Take the pictures that are named, or all."""
    names = sys.argv[1:] or [picture.name for picture in PICTURES]
    unknown = set(names) - {picture.name for picture in PICTURES}
    if unknown:
        known = ", ".join(picture.name for picture in PICTURES)
        raise SystemExit(f"There is no picture {', '.join(sorted(unknown))}; there are {known}")
    for picture in PICTURES:
        if picture.name in names:
            path = HERE / f"{picture.name}.svg"
            path.parent.mkdir(exist_ok=True)
            path.write_text(take(picture), encoding="utf-8")
            print(path.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
