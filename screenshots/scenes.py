"""The scenarios of the pictures: each leaves the screen of the running program as its picture shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from camera import Camera
from render import DARK, LIGHT, Theme

from tests.terminal.emulator import Terminal


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the scenario leaves the screen as it is to be seen."""

    name: str
    columns: int
    rows: int
    versions: str
    scenario: Callable[[Terminal, str], None]  #: gets the name of the environment that is open
    options: tuple[str, ...] = ()  #: more of them; the folder that the program starts in has DAGs as ``dags``
    theme: Theme = DARK
    filmed: Callable[[Camera, str], None] | None = None  #: what happens after the scenario, for a picture that moves

    @property
    def opened(self) -> str:
        """The environment of the first version."""
        return f"local-{self.versions.split(',')[0].replace('.', '-')}"


def session(terminal: Terminal, environment: str) -> None:
    """A table, a record, a failure and a pipe."""
    pipe = "dags list -o json | jq -r '.[].dag_id'"
    run(terminal, environment, "dags list", "dags trigger hello_world", "dags list-runs -d no_such_dag", pipe)
    settle(terminal)


def light(terminal: Terminal, environment: str) -> None:
    """The same on a light background."""
    run(terminal, environment, "dags list", "dags list-runs -d no_such_dag", "dags list -o json | cat")
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
        ("mistake", typed(mistake, "Did you mean", "enter")),
        ("translation", typed(foreign, "Enter runs it", "enter")),
    )
    return tuple(Picture(f"{version}/{name}", 100, 12, version, scenario) for name, scenario in shown)


def dags(terminal: Terminal, environment: str) -> None:
    """The environment's DAGs, as they are known before anything was listed."""
    terminal.wait_for("4 DAGs")
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
    """The repetition in which a run has come to its end."""
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


def safety(terminal: Terminal, environment: str) -> None:
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


def awake(terminal: Terminal, environment: str) -> None:
    """An empty screen, and a DAG that runs when it is triggered."""
    run(terminal, environment, "dags unpause night_shift")
    clear(terminal, environment)
    settle(terminal)


def tour(camera: Camera, environment: str) -> None:
    """Two minutes of work in half a one: look, trigger, follow, pipe, mistype, be asked."""
    terminal = camera.terminal
    camera.hold(1)
    camera.type("dags list", 0.3)
    camera.enter(environment, 2)
    camera.type("dags trig", 1)
    camera.key("tab", 0.5)
    camera.type(" ni", 0.8)
    camera.key("tab", 0.6)
    camera.key("enter", 0.9)
    camera.enter(environment, 1.8)
    camera.type(".follow night_shift", 0.3)
    camera.terminal.key("enter")
    while "5 of 5" not in terminal.text:
        camera.hold(0.9)
        before = _progress(terminal.text)
        terminal.wait_for(lambda text, before=before: _progress(text) != before, 120)  # type: ignore[misc]
    terminal.wait_for_prompt(environment, 120)
    camera.hold(2.5)
    camera.still = len(camera.frames) - 1
    clear(terminal, environment)
    camera.hold(0.4)
    camera.type("dags list-runs -d night_shift -o json | jq -r '.[].state'", 0.4)
    camera.enter(environment, 1.8)
    camera.type("dags trigger night_shift --cnof '{}'", 0.4)
    terminal.key("enter")
    terminal.wait_for("Did you mean")
    camera.hold(2.2)
    terminal.key("ctrl-c")
    terminal.wait_for_prompt(environment)
    camera.hold(0.4)
    camera.type("dags delete sales_daily", 0.4)
    terminal.key("enter")
    terminal.wait_for("[y/N]")
    camera.hold(2.2)
    camera.type("n", 0.4)
    camera.enter(environment, 2.5)


def _progress(text: str) -> list[str]:
    """How much of a run is done, as it is said on the screen."""
    return re.findall(r"\d of 5 tasks done|is queued|\brunning  ", text)


def history(terminal: Terminal, environment: str) -> None:
    """What was run, some of it failed, and how a line of it is run again."""
    ran_before = ("dags list", "dags trigger no_such_dag", "variables set colour blue", "dags list-runs -d x")
    run(terminal, environment, *ran_before)
    clear(terminal, environment)
    run(terminal, environment, ".history", ".history --failed")
    enter(terminal, "^x^hello_world")
    terminal.wait_for_prompt(environment, 60)
    settle(terminal)


#: Airflow 2.7 is the newest whose ``dags`` commands name no file of this machine, in a column or in a warning.
#: With a scheduler it warns of a setting in each output, and shows where it is installed: 2.6.3 does not.
#: A scheduler that runs the tasks of ``DAGS``.
RUNNING = ("--scheduler", "--dags-folder", "dags")
PICTURES = (
    Picture("tour", 92, 24, "2.6.3", awake, RUNNING, filmed=tour),
    Picture("session", 100, 34, "2.7.2", session),
    Picture("table", 100, 27, "2.7.2", table),
    Picture(
        "traceback", 100, 14, "2.7.2", ran("dags trigger no_such_dag", ".send dags trigger", "dags list-runs -d x")
    ),
    Picture("watch", 100, 10, "2.10.3", watch, RUNNING),
    Picture("follow", 100, 12, "2.10.3", follow, RUNNING),
    Picture("history", 100, 15, "2.7.2", history),
    Picture("settings", 100, 27, "2.7.2", ran(".set zone Europe/Berlin", ".set output vertical", ".settings")),
    Picture("help", 100, 21, "2.7.2", ran(".help")),
    Picture("explained", 100, 28, "2.7.2", ran(".help dags trigger")),
    Picture("light", 100, 17, "2.7.2", light, theme=LIGHT),
    Picture("safety", 130, 8, "2.7.2", safety),
    Picture("doctor", 100, 31, "2.7.2", ran(".doctor")),
    Picture("picker", 100, 12, "2.10.3,3.3.1,1.10.12", picker),
    Picture("dags", 100, 12, "2.10.3", dags),
    Picture("runs", 100, 12, "2.10.3", runs),
    *spoken("1.10.12", "tr", "trigger_dag -", "list_dags --reprt", "dags trigger hello_world"),
    *spoken(
        "2.10.3", "dags tr", "dags trigger -", "dags list --colums dag_id", "trigger_dag hello_world -e 2026-01-31"
    ),
    *spoken("3.3.1", "dags tr", "dags trigger -", "dags list --colums dag_id", "dags list-runs -d hello_world"),
)
