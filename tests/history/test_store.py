"""What is kept of commands, and how it is found again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import mwaa_shell
from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry, Search, rerun_of
from mwaa_shell.history.rerun import Expansion, expand
from mwaa_shell.history.store import NEWEST, History, _suggestions, default_path
from mwaa_shell.result import Outcome

HERE = EnvironmentKey("123456789012", "eu-west-1", "my-env")
THERE = EnvironmentKey("123456789012", "eu-west-1", "other-env")
#: The same name, in other hands.
ABROAD = EnvironmentKey("123456789012", "us-east-1", "my-env")
FOREIGN = EnvironmentKey("210987654321", "eu-west-1", "my-env")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History(path) as history:
        yield history
        assert history.trouble == ""


def entry(line: str, where: EnvironmentKey = HERE, when: float = 1000.5) -> HistoryEntry:
    return HistoryEntry(when, where.account, where.region, where.environment, line)


def typed(history: History, *lines: str, where: EnvironmentKey = HERE) -> list[int]:
    numbers = [history.begin(entry(line, where)) for line in lines]
    assert None not in numbers
    return [number for number in numbers if number]


def of_the_found(entries: list[HistoryEntry]) -> list[str]:
    return [entry.line for entry in entries]


def test_default_path_is_in_the_data_folder(tmp_path: Path) -> None:
    assert default_path().name == "history.sqlite"
    assert tmp_path in default_path().parents


def test_history_makes_no_folder_before_the_first_entry(path: Path) -> None:
    with History(path):
        assert not path.parent.exists()


def test_sqlite_is_imported_when_it_is_used() -> None:
    check = (
        "import sys, mwaa_shell.history.store as store\n"
        "store.History(store.default_path())\n"
        "print('sqlite3' in sys.modules)"
    )
    root = Path(mwaa_shell.__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", check], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_only_the_owner_can_look(path: Path, history: History) -> None:
    path.parent.mkdir(mode=0o755)
    typed(history, "dags list")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"history.sqlite": 0o600, "history.sqlite-wal": 0o600, "history.sqlite-shm": 0o600}


def test_a_file_that_others_can_read_is_closed_to_them(path: Path) -> None:
    with History(path) as history:
        typed(history, "dags list")
    path.chmod(0o644)
    with History(path) as history:
        assert of_the_found(history.find()) == ["dags list"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_command_from_beginning_to_end(history: History) -> None:
    before = entry("dags list")._replace(origin=rerun_of(7), masked=True)
    number = history.begin(before)
    assert number == 1
    begun = history.get(number)
    assert begun == before._replace(number=1, shell=history.shell)
    assert (begun.outcome, begun.seconds) == (Outcome.UNKNOWN, None)
    history.finish(number, CommandOutcome(Outcome.FAILED, 2.5, 200, 10, 20, "2.10.3"))
    assert history.get(number) == begun._replace(
        outcome=Outcome.FAILED,
        seconds=2.5,
        http_status=200,
        stdout_bytes=10,
        stderr_bytes=20,
        version="2.10.3",
    )


def test_a_version_that_is_known_stays(history: History) -> None:
    number = history.begin(entry("dags list")._replace(version="3.3.1"))
    history.finish(number, CommandOutcome(Outcome.OK, 1.0))
    found = history.get(1)
    assert found
    assert (found.version, found.outcome, found.http_status) == ("3.3.1", Outcome.OK, None)


def test_an_entry_that_could_not_be_written_has_no_end(history: History) -> None:
    history.finish(None, CommandOutcome(Outcome.OK))
    assert history.find() == []


def test_nobody_ends_what_another_shell_has_begun(path: Path, history: History) -> None:
    (number,) = typed(history, "dags list")
    with History(path) as other:
        other.finish(number, CommandOutcome(Outcome.OK))
    assert of_the_found(history.find(Search(failed_only=True))) == ["dags list"]


def test_numbers_are_never_given_twice(path: Path, history: History) -> None:
    typed(history, "one", "two")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM commands")
    assert typed(history, "three") == [3]
    assert history.get(2) is None


@pytest.mark.parametrize(
    "line", ["variables set ü 'Straße 🚲'", "a\nb\tc", "a\0b", "'; DROP TABLE commands; --", "x" * 500_000]
)
def test_any_line_comes_back(history: History, line: str) -> None:
    (number,) = typed(history, line)
    found = history.get(number)
    assert found
    assert found.line == line
    assert history.lines(HERE) == [line]
    assert history.suggest(line[:1], HERE) == line


def test_half_a_character_does_no_harm(history: History) -> None:
    typed(history, "dags \udcff \ud800")
    assert history.lines(HERE) == ["dags ? ?"]
    assert history.suggest("dags \udcff", HERE) == "dags ? ?"
    assert history.find(Search(text="\udcff"))


# -- finding -----------------------------------------------------------------------------------------------------------


def test_the_newest_first(history: History) -> None:
    typed(history, "one", "two", "two")
    typed(history, "three", where=THERE)
    assert of_the_found(history.find()) == ["three", "two", "two", "one"]
    assert of_the_found(history.find(limit=1)) == ["three"]
    assert of_the_found(history.find(Search(where=HERE), 2)) == ["two", "two"]


def test_an_environment_is_its_account_region_and_name(history: History) -> None:
    for where in (HERE, THERE, ABROAD, FOREIGN):
        typed(history, str(where), where=where)
    for where in (HERE, THERE, ABROAD, FOREIGN):
        assert of_the_found(history.find(Search(where=where))) == [str(where)]
        assert history.lines(where)[0] == str(where)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SALES", ["dags list sales_100%"]),
        ("100%", ["dags list sales_100%"]),
        ("s_1", ["dags list sales_100%"]),
        ("\\", ["a\\b"]),
    ],
)
def test_text_is_no_pattern(history: History, text: str, found: list[str]) -> None:
    typed(history, "dags list sales_100%", "dags list salesX100x", "a\\b")
    assert of_the_found(history.find(Search(text=text)))[-1:] == found


def test_what_did_not_end_well(history: History) -> None:
    for outcome in Outcome:
        history.finish(history.begin(entry(outcome)), CommandOutcome(outcome))
    assert of_the_found(history.find(Search(failed_only=True))) == ["not run", "interrupted", "unknown", "failed"]


def test_since_and_all_together(history: History) -> None:
    for when in (100, 200, 300):
        number = history.begin(entry(f"dags {when}", when=when))
        history.finish(number, CommandOutcome(Outcome.OK if when == 200 else Outcome.FAILED))
    assert of_the_found(history.find(Search(since=200))) == ["dags 300", "dags 200"]
    search = Search("dags", HERE, failed_only=True, this_shell=True, since=200)
    assert of_the_found(history.find(search)) == ["dags 300"]


def test_what_this_shell_did(path: Path, history: History) -> None:
    with History(path) as other:
        typed(other, "of the other")
    typed(history, "of this one")
    assert of_the_found(history.find(Search(this_shell=True))) == ["of this one"]


# -- what an expansion means -------------------------------------------------------------------------------------------


def test_the_last_are_those_of_this_shell_and_then_older_ones_of_this_environment(path: Path, history: History) -> None:
    with History(path) as earlier:
        typed(earlier, "earlier here")
        typed(earlier, "earlier there", where=THERE)
        assert (history.past(HERE).last() or entry("")).line == "earlier here"
        typed(history, "mine here")
        typed(history, "mine there", where=THERE)
        typed(earlier, "meanwhile here")
    back = [history.last(HERE, step) for step in range(-1, 5)]
    lines = [found.line if found else None for found in back]
    assert lines == [None, None, "mine there", "mine here", "earlier here", None]


def test_the_last_of_a_kind(history: History) -> None:
    typed(history, "dags list", "dags trigger Sales", "DAGS x", "pools list")
    assert [found and found.number for found in (
        history.last(HERE, starts="dags"),
        history.last(HERE, starts="list"),
        history.last(HERE, 2, starts="dags"),
    )] == [2, None, 1]  # fmt: skip


def test_what_scripts_ran_is_not_what_was_typed(history: History) -> None:
    typed(history, "typed")
    for origin in ("-c", "file"):
        history.begin(entry("of a script")._replace(origin=origin))
    found = history.last(HERE)
    assert found
    assert found.line == "typed"
    assert (history.lines(HERE), history.suggest("of", HERE)) == (["typed"], None)
    assert len(history.find()) == 3
    history.begin(entry("of a script")._replace(origin=rerun_of(2)))
    assert history.lines(HERE) == ["of a script", "typed"]


def test_a_typed_line_finds_its_entry(history: History) -> None:
    history.begin(entry("connections add a --conn-uri •••")._replace(masked=True))
    found = expand("^ a ^ b ^ -v", history.past(HERE))
    assert isinstance(found, Expansion)
    assert (found.line, found.entry.number, found.entry.masked) == ("connections add b --conn-uri ••• -v", 1, True)
    same = expand("!1", history.past(THERE))
    assert isinstance(same, Expansion)


def test_numbers_that_nothing_could_have(history: History) -> None:
    typed(history, "dags list")
    assert [history.get(number) for number in (0, -1, 2, 2**63 - 1)] == [None] * 4


# -- lines and suggestions ---------------------------------------------------------------------------------------------


def test_each_line_once_this_environments_first(history: History) -> None:
    typed(history, "a", "b", "a")
    typed(history, "c", "b", where=THERE)
    typed(history, "d", where=FOREIGN)
    assert history.lines(HERE) == ["a", "b", "d", "c"]
    assert history.lines(THERE) == ["b", "c", "d", "a"]
    assert history.lines(HERE, 3) == ["a", "b", "d"]
    assert history.lines(ABROAD, 2) == ["d", "b"]


def test_the_newest_suggestion_of_this_environment(history: History) -> None:
    typed(history, "dags list", "dags list -o json", "dags list -o yaml", "dags report")
    typed(history, "dags list -o plain", "tasks list", where=THERE)
    assert history.suggest("dags li", HERE) == "dags list -o yaml"
    assert history.suggest("dags list", HERE) == "dags list -o yaml"
    assert history.suggest("ta", HERE) == "tasks list"
    assert history.suggest("dags report", HERE) is None
    assert [history.suggest(prefix, HERE) for prefix in ("", " ", "DAGS", "x", "dags%", "dags_")] == [None] * 6


def test_a_suggestion_is_never_masked(history: History) -> None:
    typed(history, "connections list")
    history.begin(entry("connections add x •••")._replace(masked=True))
    assert history.suggest("conn", HERE) == "connections list"
    assert history.suggest("connections a", HERE) is None
    assert history.lines(HERE)[0] == "connections add x •••"


def test_old_lines_are_found_behind_many_newer_ones(history: History) -> None:
    typed(history, "zz top", "dags list")
    typed(history, *(f"tasks {number}" for number in range(NEWEST + 5)))
    assert history.suggest("zz", HERE) == "zz top"
    assert history.suggest("dags", THERE) == "dags list"
    assert history.suggest("tasks", HERE) == f"tasks {NEWEST + 4}"


def test_no_key_reads_all_rows(path: Path, history: History) -> None:
    typed(history, "dags list")
    with closing(sqlite3.connect(path)) as connection:
        for query, values in _suggestions("dags", HERE):
            plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
            (step,) = [one for one in plan if " recent" in one]
            assert "INDEX recent_" in step or "PRIMARY KEY (environment=? AND region=? AND account=? AND line>?" in step


def test_another_account_after_all(path: Path, history: History) -> None:
    unknown = HERE._replace(account="")
    with History(path) as other:
        typed(other, "of the other", where=unknown)
    typed(history, "one", where=unknown)
    typed(history, "two", where=FOREIGN)
    history.correct(unknown, HERE.account)
    history.correct(HERE, HERE.account)
    assert of_the_found(history.find(Search(where=HERE))) == ["one"]
    assert of_the_found(history.find(Search(where=unknown))) == ["of the other"]
    assert history.lines(HERE, 1) == ["one"]
    assert history.lines(unknown, 1) == ["of the other"]


# -- what is too old ---------------------------------------------------------------------------------------------------


def numbers_left(path: Path) -> tuple[list[int], list[int]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = ("commands", "recent")
        found = [[row[0] for row in connection.execute(f"SELECT number FROM {one} ORDER BY number")] for one in tables]
    return found[0], found[1]


def test_the_oldest_go_when_a_shell_that_has_written_leaves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with History(path) as history:
        typed(history, *(f"line {number}" for number in range(1, 16)))
    monkeypatch.setattr("mwaa_shell.history.store.KEPT", 10)
    with History(path) as history:
        assert history.find()
    assert len(numbers_left(path)[0]) == 15, "whoever only reads changes nothing"
    with History(path) as history:
        assert typed(history, "line 3") == [16]
        assert history.get(5)
    assert numbers_left(path) == (list(range(7, 17)), list(range(7, 17)))


def test_an_empty_history_is_left_alone(path: Path, history: History) -> None:
    typed(history, "dags list")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM commands")
    history.close()
    assert history.trouble == ""


def test_nobody_waits_to_drop_what_another_shell_is_writing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mwaa_shell.history.store.KEPT", 1)
    monkeypatch.setattr("mwaa_shell.history.store.PATIENCE", 0.01)
    history = History(path)
    typed(history, *"abcdef")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        history.close()
        other.execute("ROLLBACK")
    assert history.trouble == ""
    assert numbers_left(path)[0] == [1, 2, 3, 4, 5, 6]
