"""Which tests run one after the other in one process of pytest-xdist, as they share what is dear to make.

pytest-xdist's own groups are marks on tests, which no process but their own sees; pytest 9.2 has no place any more
where it puts them. So what belongs together is told by a test's file and parameters.
"""

from __future__ import annotations

import re
import zlib

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

#: Tests of real Airflows by file: those that ask one with a scheduler, one with limits, and those that make their own.
SCHEDULING = ("test_follow.py", "test_logs.py", "test_why.py")
LIMITED = ("test_limits.py",)
ALONE = (
    *("test_grammars.py", "test_local_options.py", "test_loopback.py", "test_parsers_agree.py"),
    "test_scheduler.py",
)
#: Tests that ask the parser of an Airflow about the same lines.
PARSING = ("test_separators.py",)
#: Files that make something once for many tests.
WHOLE = ("test_shells.py", "test_translation.py")
#: Files of few tests, each of which takes several seconds.
LONG = ("test_long_lines.py", "test_soak.py")
#: The Airflow of a test that names none.
USUAL = "2.10.3"
#: Into so many parts other files are divided; one part is handed out at once.
PARTS = 6


def scope(nodeid: str) -> str:
    """What a test runs together with: an Airflow that is served, what a file builds once, or a part of a file."""
    path, _, name = nodeid.partition("::")
    _, _, file = path.rpartition("/")
    if "/end_to_end/" in f"/{path}":
        if file in ALONE:
            return nodeid
        kinds = {"scheduling": SCHEDULING, "limited": LIMITED, "parsing": PARSING}
        kind = next((kind for kind, files in kinds.items() if file in files), "serving")
        version = re.search(r"\d+\.\d+\.\d+", name.partition("[")[2])
        return f"{kind} {version[0] if version else USUAL}"
    if "/packaging/" in f"/{path}" or file in WHOLE:
        return path
    return f"{path} {zlib.crc32(name.encode()) % PARTS}"


#: What begins first, as it takes longest: the rest fills what is left over.
ORDER = ("serving", "scheduling", "limited", "parsing")


def is_of_airflow(nodeid: str) -> bool:
    """Return whether a test runs a real Airflow."""
    return "/end_to_end/" in f"/{nodeid}"


def rank(nodeid: str) -> int:
    """Where a test stands in the run: those that share an Airflow, those that make their own, long ones, all others."""
    if not is_of_airflow(nodeid):
        path = nodeid.partition("::")[0]
        return len(ORDER) + (1 if scope(nodeid) == path or path.endswith(LONG) else 2)
    kind = scope(nodeid).partition(" ")[0]
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


class Together(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Hands out scopes in the order in which their tests were collected.

    One worker always has other tests than those of real Airflows, which often wait: a core is idle where all do.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = [units for one, units in self.assigned_work.items() if one is not node]
        if len(others) > 1 and all(map(_waits_for_airflow, others)):
            other = next((name for name, unit in self.workqueue.items() if not is_of_airflow(next(iter(unit)))), None)
            if other is not None:
                self.workqueue.move_to_end(other, last=False)
        super()._assign_work_unit(node)


def _waits_for_airflow(units: dict[str, dict[str, bool]]) -> bool:
    """Return whether a worker has tests of real Airflows to run."""
    return any(is_of_airflow(one) and not done for unit in units.values() for one, done in unit.items())
