"""The columns of a table and what is known of them by their names: which hold ids, which matter least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from mwaa_shell.output import measure
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.style import states
from mwaa_shell.output.tables import cells
from mwaa_shell.output.tables.cells import Texts

#: What is copied into the next command: never folded, never left out, never converted.
IDS = frozenset({
    "dag_id", "run_id", "dag_run_id", "task_id", "conn_id", "key", "name", "pool", "username", "package_name",
    "property_name", "worker_name", "Conn Id", "Pool", "Username", "Provider",
})  # fmt: skip
#: What says how things are: goes after all else.
TELLING = states.COLUMNS | {"is_paused", "paused", "conn_type", "Conn Type", "value", "property_value", "error"}
#: What few look for, or what another column says as well: the first to go where there is no room.
LOW = frozenset({
    "bundle_name", "bundle_version", "fileloc", "filepath", "relative_fileloc", "file_token", "dag_display_name",
    "root_dag_id", "is_subdag", "pickle_id", "last_pickled", "last_expired", "scheduler_lock", "default_view",
    "run_after", "logical_date", "execution_date", "state_date", "data_interval_start", "data_interval_end",
    "last_scheduling_decision", "external_trigger", "triggering_user_name",
    "id", "is_encrypted", "is_extra_encrypted", "get_uri", "conn_id_attribute_name", "team_name", "include_deferred",
    "Is Encrypted", "Is Extra Encrypted",
})  # fmt: skip
#: Characters; more are not said in a sentence.
SAYABLE = 200
#: Up to this wide a column is not worth wrapping.
NARROW = 20


class Worth(IntEnum):
    """What a column is worth on a narrow screen, from what goes first."""

    LOW = 0
    PLAIN = 1
    TELLING = 2
    ID = 3


@dataclass(slots=True, eq=False)
class Column:
    """A column that is ready to be drawn."""

    name: str  #: Airflow's, as it came
    title: str  #: the same, safe on a terminal
    texts: Texts
    worth: Worth
    natural: int  #: how wide it is if nothing is folded
    folds: bool  #: whether its cells may be folded
    same: bool  #: whether it says the same in all rows, and something short; of states that is never said
    room: int = 0  #: how wide it is drawn

    @property
    def least(self) -> int:
        """The narrowest that it may be drawn."""
        if not self.folds or self.worth is Worth.LOW:
            return self.natural
        return min(self.natural, max(NARROW, measure.width(self.title)))

    @property
    def stateful(self) -> bool:
        """Whether it holds states."""
        return self.name in states.COLUMNS

    @property
    def right(self) -> bool:
        """Whether it is set to the right, as numbers are."""
        return self.texts.numbers


def columns(found: Records, view: DisplayOptions) -> list[Column]:
    """All columns of a table, in their order."""
    names = frozenset(found.columns)
    return [_column(name, [record.get(name) for record in found.records], worth(name, names), view)
            for name in found.columns]  # fmt: skip


def worth(name: str, names: Iterable[str]) -> Worth:
    """What a column is worth among the others: the file is what matters where no DAG is named."""
    if name in IDS:
        return Worth.ID
    if name in TELLING:
        return Worth.TELLING
    of_a_file = name in ("fileloc", "filepath", "file") and "dag_id" not in names
    return Worth.LOW if name in LOW and not of_a_file else Worth.PLAIN


def _column(name: str, values: list[object], worth_: Worth, view: DisplayOptions) -> Column:
    texts = cells.texts(values, view, whole=worth_ is Worth.ID)
    title = cells.label(name)
    natural = max(map(measure.widest, texts.shown), default=0)
    folds = worth_ is not Worth.ID and (natural > NARROW or any("\n" in text for text in texts.shown))
    same = name not in states.COLUMNS and _is_same(texts.shown)
    return Column(name, title, texts, worth_, max(natural, measure.width(title)), folds, same)


def _is_same(texts: list[str]) -> bool:
    return len(texts) > 1 and len(texts[0]) <= SAYABLE and all(text == texts[0] for text in texts)
