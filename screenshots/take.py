"""Takes the pictures of the documentation: the real program in a terminal of its own, on a local environment.

    python screenshots/take.py [NAME ...]

Airflows that are not installed yet are installed into the user's cache (``MWAA_SHELL_LOCAL_CACHE`` puts it elsewhere);
databases and settings are in a temporary folder. Two pictures show a pipe to ``jq``, which has to be there; one of them
moves. What they show is in scenes.py; their clock stands, so that only what has changed in the program changes them.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from camera import Camera  # noqa: E402
from film import at, film, merged  # noqa: E402
from render import LIGHT, svg  # noqa: E402
from scenes import PICTURES, Picture  # noqa: E402
from shot import Shot, shot  # noqa: E402

from tests.terminal.emulator import Terminal  # noqa: E402

#: The examples, and five tasks that take a while.
DAGS = (HERE.parent / "mwaa_shell" / "local" / "dags", HERE.parent / "tests" / "end_to_end" / "dags")
#: Seconds for a local environment to start, which installs Airflow if need be.
START = 1200


def take(picture: Picture) -> str:
    """The picture as SVG; raises if something of this machine could be read in it."""
    arguments = ("--local", picture.versions, *picture.options)
    with tempfile.TemporaryDirectory(prefix="mwaa-shell-pictures-") as folder:
        for dags in DAGS:
            shutil.copytree(dags, f"{folder}/dags", dirs_exist_ok=True)
        argv = [sys.executable, "-m", "mwaa_shell", *arguments]
        environ = _environment(folder) | ({"COLORFGBG": "0;15"} if picture.theme is LIGHT else {})
        with Terminal(argv, environ, picture.columns, picture.rows, folder) as terminal:
            begun = datetime.now(UTC)
            terminal.wait_for_prompt(picture.opened, START)
            terminal.wait_for("AVAILABLE")
            picture.scenario(terminal, picture.opened)
            terminal.wait_for(lambda _: not terminal.screen.cursor.hidden)  # it is hidden while something is drawn
            drawn = _drawn(picture, terminal, begun, folder)
            terminal.send("\x03\x04")  # Ctrl-C out of whatever is open, Ctrl-D out of the shell
            terminal.wait_exit()
    return drawn


def _drawn(picture: Picture, terminal: Terminal, begun: datetime, folder: str) -> str:
    """What is on the screen, or the film of what happens now."""
    title = " ".join(("mwaa-shell", "--local", picture.versions, *picture.options))
    if picture.filmed is None:
        seen = shot(terminal.screen, begun)
        _check_private(seen, folder)
        return svg(seen, title, picture.theme)
    camera = Camera(terminal, begun)
    picture.filmed(camera, picture.opened)
    still = sum(frame.seconds for frame in camera.frames[: camera.still])
    frames = merged(camera.frames)
    for frame in frames:
        _check_private(frame.seen, folder)
    return film(frames, title, at(frames, still), picture.theme)


def _environment(folder: str) -> dict[str, str]:
    """This process's environment without what would change the program, and with folders of its own."""
    foreign = ("AWS_", "MWAA_", "PYTHON", "XDG_", "COLUMNS", "LINES", "NO_COLOR", "COLORFGBG", "TERM", "LC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    kept["MWAA_SHELL_LOCAL_CACHE"] = os.environ.get("MWAA_SHELL_LOCAL_CACHE") or f"{cache}/mwaa-shell/local"
    kept.setdefault("UV_PYTHON_INSTALL_DIR", f"{data}/uv/python")  # an installed Airflow outlives the folder
    # Folders that are said are those below ~; what does not fit the screen scrolls off.
    here = {"PYTHONPATH": str(HERE.parent)}  # the program beside this script, whichever is installed
    here["XDG_DATA_HOME"] = f"{folder}/.local/share"  # where a terminal of the tests notes an earlier start
    return {**kept, **here, "HOME": folder, "LANG": "C.UTF-8", "PAGER": "", "TZ": "UTC"}


def _check_private(seen: Shot, folder: str) -> None:
    text = "".join("".join(cell.data for cell in row).rstrip() for row in seen.rows)  # a long word goes on below
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
