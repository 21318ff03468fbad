"""Variables, connections and pools through the CLI, where REST is not permitted.

One command prints all entries: ``variables export`` can write to its standard output. Whether MWAA permits it is not
known, as AWS does not list it. Where it is refused, lists and single variables are read, which AWS lists. The list of
connections is refused then, so existing ones are known when ``connections add`` fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell import debug_log
from mwaa_shell.airflow.bulk import BulkKind, Entry, as_printed, printing_command, read_printed
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.output_lines import LineKind, classify, data_lines
from mwaa_shell.airflow.secrets.values import mask_quoted, quotable
from mwaa_shell.errors import NothingRan
from mwaa_shell.job import Job
from mwaa_shell.mwaa import run_command
from mwaa_shell.output.records import read_rows
from mwaa_shell.result import Outcome, Result
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.versions import Version
    from mwaa_shell.job import ProgressListener

#: Members of a connection by their flags.
FLAGS = {
    "conn_type": "--conn-type", "description": "--conn-description", "host": "--conn-host", "login": "--conn-login",
    "password": "--conn-password", "schema": "--conn-schema", "port": "--conn-port", "extra": "--conn-extra",
}  # fmt: skip


class CliStep(NamedTuple):
    """The command that sets one entry, and the secrets in it."""

    name: str
    line: str
    secrets: tuple[str, ...] = ()


def entries_there(
    session: Session, kind: BulkKind, version: Version, wanted: Sequence[Entry] | None = None
) -> list[Entry]:
    """Return all entries that commands of MWAA show; raise ``NothingRan``.

    With ``wanted`` entries, others may be missing, and of connections all but their IDs.
    """
    line = printing_command(kind, version)
    result = _read(session, line)
    printed = read_printed(kind, _text(result), version) if result.ok else None
    texts = {str(one[kind.key]): str(one.get("value", "")) for one in wanted or ()}
    if printed is not None:
        return [{**one, **_as_wanted(one, texts.get(str(one[kind.key])))} for one in printed]
    if kind.name == "variables":
        keys = _keys(session, kind, version)
        return _variables(session, keys if wanted is None else [key for key in keys if key in texts], texts, version)
    if kind.name == "pools" and version.major >= 2:
        return [_pool(row) for row in _rows(session, kind)]
    if kind.name == "connections" and wanted is not None:
        return [{kind.key: row.get("conn_id")} for row in _rows(session, kind)]
    raise _unread(session, line, result)


def _unread(session: Session, line: str, result: Result) -> NothingRan:
    """Return the error about a command whose output shows no entries."""
    if result.message:
        return NothingRan(f"{line} failed: {result.message}", hint=result.hint)
    return NothingRan(f"{line} printed no JSON on {session.connection.target.name}")


def _as_wanted(entry: Entry, wanted: str | None) -> Entry:
    """Return the wanted value of a variable if the CLI may have printed that as JSON."""
    return {"value": wanted} if wanted is not None and "value" in entry and as_printed(wanted) == entry["value"] else {}


def _rows(session: Session, kind: BulkKind) -> list[dict[str, str]]:
    result = _read(session, f"{kind.name} list -o json")
    if kind.name == "connections" and result.http_status == 403:
        return []
    rows = read_rows(_text(result), "json") if result.ok else None
    if rows is None:
        raise _unread(session, f"{kind.name} list", result)
    return rows


def _text(result: Result) -> str:
    return result.stdout.decode("utf-8", "replace")


def _pool(row: dict[str, str]) -> Entry:
    slots = row.get("slots")
    pool: dict[str, object] = {"name": row.get("pool"), "description": row.get("description", "")}
    pool["slots"] = int(slots) if slots is not None and slots.lstrip("-").isdigit() else None
    return pool | ({"include_deferred": row["include_deferred"] == "True"} if "include_deferred" in row else {})


def _keys(session: Session, kind: BulkKind, version: Version) -> list[str]:
    if version.major >= 2:
        return [row.get("key", "") for row in _rows(session, kind)]
    result = _read(session, "variables")
    if not result.ok:
        raise _unread(session, "variables", result)
    return data_lines(_text(result))


def _variables(session: Session, keys: Sequence[str], wanted: Mapping[str, str], version: Version) -> list[Entry]:
    """Return variables, with one command for each."""
    found: list[Entry] = []
    with ProgressBar(session.ui.watcher or session.ui.bar, len(keys)) as bar:
        for bar.done, key in enumerate(keys):
            line = f"variables get -- {quote(key)}" if version.major >= 2 else f"variables --get {quote(key)}"
            result = _read(session, line, bar)
            if not result.ok:
                raise NothingRan(f"variables get {key}: {result.message}")
            found.append({"key": key, "value": _value(_text(result), wanted.get(key))})
    return found


def _value(text: str, wanted: str | None) -> str:
    """Return the value in the output of ``variables get``, without log lines."""
    text = text.removesuffix("\n")
    if wanted is not None and f"\n{text}".endswith(f"\n{wanted}"):
        return wanted
    for line in classify(text):
        if line.kind is not LineKind.LOG or not text.startswith(f"{line.text}\n"):
            break
        text = text[len(line.text) + 1 :]
    return text


def steps(kind: BulkKind, entries: Sequence[Entry], version: Version, *, describes: bool) -> Iterator[CliStep]:
    """Yield the commands that set entries.

    ``describes`` says whether ``variables set`` takes a description.
    """
    for entry in entries:
        name = str(entry[kind.key])
        if version.major < 2:
            values = [str(entry[one]) for one in ("value", "slots") if one in entry]
            values += [str(entry.get("description", ""))] if kind.name == "pools" else []
            command = {"variables": "variables", "pools": "pool"}[kind.name]
            yield CliStep(
                name, f"{command} --set {_words(name, *values)}", () if kind.name == "pools" else tuple(values)
            )
        elif kind.name == "variables":
            value = str(entry["value"])
            text = str(entry.get("description") or "")
            flags = [f"--description={text}"] if text and describes else []
            yield CliStep(name, f"variables set {_words(*flags, '--', name, value)}", (value,))
        elif kind.name == "pools":
            flags = ["--include-deferred"] if entry.get("include_deferred") else []
            words = (*flags, "--", name, str(entry["slots"]), str(entry.get("description", "")))
            yield CliStep(name, f"pools set {_words(*words)}")
        else:
            flags = [f"{FLAGS[one]}={value}" for one, value in entry.items() if one in FLAGS]
            secrets = tuple(str(entry[one]) for one in ("password", "extra") if one in entry)
            yield CliStep(name, f"connections add {_words(*flags, '--', name)}", secrets)


def _words(*words: str) -> str:
    return " ".join(map(quote, words))


def send_step(session: Session, step: CliStep, watcher: ProgressListener) -> Result:
    """Send the command of one entry; return its result without its secrets."""
    debug_log.keep_out(*step.secrets)
    return without_output(run_command(session.connection, parse(step.line), watcher), quotable(step.secrets))


def without_output(result: Result, secrets: Sequence[str]) -> Result:
    """Return how a step ended, without its output and with its secrets masked."""
    message = mask_quoted(result.message, secrets)
    return Result(result.outcome, result.exit_code, message=message, state=result.state, hint=result.hint)


def _read(session: Session, line: str, watcher: ProgressListener | None = None) -> Result:
    """Send a read-only command; Ctrl-C ends the import or export."""
    result = run_command(session.connection, parse(line), watcher or session.ui.watcher)
    if result.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    return result


#: Columns of the bar between its brackets.
BAR_WIDTH = 14
#: Seconds until the pace of the first entries says how long the others may take.
ESTIMATE_AFTER = 3.0


class ProgressBar:
    """A ``ProgressListener`` of several jobs that shows one bar for all of them."""

    def __init__(self, watcher: ProgressListener | None, total: int) -> None:
        self.done = 0  #: entries, written by the thread that sends them
        self._watcher = watcher
        self._total = total
        self._shown: Job[None] = Job(lambda job: None, "bar")  # never started: it measures the time and has the text

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watcher is not None:
            self._watcher.over()

    def tick(self, job: Job[Any]) -> None:
        """Draw the bar again."""
        if self._watcher is not None:
            self._shown.phase = bar_text(self.done, self._total, self._shown.elapsed)
            self._watcher.tick(self._shown)

    def over(self) -> None:
        """Leave the bar on the screen for the next job."""


def bar_text(done: int, total: int, elapsed: float) -> str:
    """Return a bar, the numbers and, after some seconds, the estimated time left."""
    bar = "=" * (BAR_WIDTH * done // total) + ">"
    text = f"[{bar[:BAR_WIDTH]:<{BAR_WIDTH}}]  {done:,} of {total:,}"
    if not 0 < done < total or elapsed < ESTIMATE_AFTER:
        return text
    left = elapsed / done * (total - done)
    return f"{text}  {left / 60:.0f} min left" if left >= 90 else f"{text}  {left:.0f} s left"
