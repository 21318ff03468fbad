"""The modules imported before the first prompt, with the time of each.

python -m tests.benchmarks.imports [RUNS] [ROWS]

The least of several runs, in milliseconds; ``-X importtime`` itself makes them slower. What a bare prompt_toolkit
prompt imports too is left out: the rest is what there is to gain.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.programs import Running, installed

#: Ends the program at its first drawing: later imports do not count. ``-X importtime`` does not
#: see what importlib imports, as faces of packages do.
STOP = """
import importlib, os, sys
importlib.import_module = lambda name: (__import__(name), sys.modules[name])[1]
os.dup2(os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
from prompt_toolkit.renderer import Renderer
draw = Renderer.render
Renderer.render = lambda *words, **named: (draw(*words, **named), os._exit(0))
"""
OURS = f"{STOP}\nfrom mwaa_shell.cli import main; main(['my-env'])"
BARE = f"{STOP}\nfrom prompt_toolkit import PromptSession; PromptSession().prompt('my-env> ')"
LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)")


def imported(code: str, environ: Mapping[str, str], folder: Path) -> dict[str, float]:
    """Return the own milliseconds of each module in one run in a terminal."""
    told = folder / "told"
    with Running([sys.executable, "-X", "importtime", "-c", code, str(told)], environ) as program:
        while program.read(30):
            pass
    return {name: int(micros) / 1000 for micros, name in LINE.findall(told.read_text())}


def main() -> None:
    """Print the modules of the shell alone, slowest first, and sums by package."""
    runs, rows = (int(word) for word in (sys.argv[1:] + ["7", "40"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = installed(folder)
        bare = [imported(BARE, environ, folder) for _ in range(runs)]
        ours = [imported(OURS, environ, folder) for _ in range(runs)]
    least = {name: min(run.get(name, 1e9) for run in ours) for name in ours[0] if name not in bare[0]}
    floor = sum(min(run.get(name, 1e9) for run in bare) for name in bare[0])
    packages = Counter[str]()
    for module, time in least.items():
        packages[module.split(".")[0]] += time  # type: ignore[assignment]
    print(
        f"a bare prompt: {len(bare[0])} modules, {floor:.1f} ms; ours beyond: {len(least)}, {sum(least.values()):.1f}"
    )
    print("by package: " + ", ".join(f"{module} {time:.1f}" for module, time in packages.most_common(12)))
    for module, time in sorted(least.items(), key=lambda one: -one[1])[:rows]:
        print(f"{time:8.2f}  {module}")


if __name__ == "__main__":
    main()
