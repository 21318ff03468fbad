"""Named commands: their parameters arrive as they were given, and their file stays as a person wrote it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mwaa_shell import saved_commands
from mwaa_shell.airflow.command_line import parse, split
from mwaa_shell.errors import ShellError, UsageError
from mwaa_shell.saved_commands import SavedCommand, fill_parameters, load, parameters, quote_parameters, remove, save

NIGHTLY = "dags trigger {dag} -c '{conf}'"
#: Text in which quotes, escapes, blanks, operators and braces are common.
VALUES = st.text(
    st.sampled_from("ab'\"\\ \t|>#{}$`~\n") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=12
).filter(lambda text: "\0" not in text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "commands.toml"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir()
    path.write_bytes(text.encode())
    return path


def lines(path: Path) -> dict[str, str]:
    return {name: one.line for name, one in load(path).items()}


# -- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (NIGHTLY, ("dag", "conf")),
        ("dags list", ()),
        ("dags trigger {dag} -r {dag}", ("dag",)),
        ("dags trigger x -c '{\"d\": 1}'", ()),
        ("dags trigger x -c '{}'", ()),
        ("dags trigger x -c '{\"d\":{day}}'", ("day",)),
        ("dags trigger {Dag} { dag } {1} {a b} {}", ()),
        ("dags trigger x -c {{ds}} -r {run-id} -e {_e}", ("run-id", "_e")),
        (r"dags trigger \{dag} '\{conf}' \\{run}", ("run",)),
        ("dags list > {file}", ("file",)),
        ("dags list -o json | jq '.[] | {dag_id}'", ()),
        ("dags trigger 'open {dag}", ("dag",)),
    ],
)
def test_parameters_are_names_in_braces(line: str, names: tuple[str, ...]) -> None:
    assert parameters(line) == names


@pytest.mark.parametrize(
    ("line", "value", "wanted"),
    [
        ("dags trigger {x}", "sales", "dags trigger sales"),
        ("dags trigger {x}", "a b", "dags trigger 'a b'"),
        ("dags trigger {x}", "", "dags trigger ''"),
        ("dags trigger {x}", "it's", 'dags trigger "it\'s"'),
        ("dags trigger -c '{x}'", '{"d":1}', "dags trigger -c '{\"d\":1}'"),
        ("dags trigger -c '{x}'", '{"d":"it\'s"}', r'''dags trigger -c "{\"d\":\"it's\"}"'''),
        ('dags trigger -c "{x}"', '{"d":1}', "dags trigger -c '{\"d\":1}'"),
        ("dags trigger --conf={x} y", "a|b", "dags trigger '--conf=a|b' y"),
        ("dags list > {x}", "my file", "dags list > 'my file'"),
    ],
)
def test_values_are_quoted_for_their_place(line: str, value: str, wanted: str) -> None:
    assert fill_parameters(line, {"x": value}) == wanted


#: Lines, and the values of their words with %s where a parameter stands.
LINES = [
    ("a {x} b {y}", ["a", "%(x)s", "b", "%(y)s"]),
    ("a '{x}' '{y}'", ["a", "%(x)s", "%(y)s"]),
    ('a "{x}" "{y}"', ["a", "%(x)s", "%(y)s"]),
    ("a --c={x}{y}.z", ["a", "--c=%(x)s%(y)s.z"]),
    ('a \'<{x}\\\'"<{y}\\"{x}"', ["a", '<%(x)s\\<%(y)s"%(x)s']),
    ('a "\\{x}\\\\{y}\\\'" \'{ "k": "{x}" }\'', ["a", "\\{x}\\%(y)s\\'", '{ "k": "%(x)s" }']),
    ("{x} \\{x} \\\\{y} {{x}}", ["%(x)s", "{x}", "\\%(y)s", "{{x}}"]),
]


@pytest.mark.parametrize(("line", "words"), LINES)
@settings(deadline=None, max_examples=60)
@given(x=VALUES, y=VALUES)
@example(x="it's", y='"')
@example(x="\\", y="\\'")
@example(x="{y}", y="{x}")
@example(x="", y="#")
def test_every_value_arrives_as_it_was_given(line: str, words: list[str], x: str, y: str) -> None:
    values = {"x": x, "y": y}
    made = parse(fill_parameters(line, values))
    assert made.problem is None
    assert made.destination is None
    assert list(made.values) == [word % values for word in words]


@settings(deadline=None, max_examples=60)
@given(VALUES.filter(lambda text: text.strip("\n") != ""))
def test_a_files_name_arrives_as_it_was_given(value: str) -> None:
    made = parse(fill_parameters("dags list > '{x}'", {"x": value})).destination
    assert made is not None
    assert made.target == value


@settings(deadline=None)
@given(st.text(st.sampled_from("ab'\"\\ |>{}x") | st.characters(exclude_categories=["Cs"]), max_size=30), VALUES)
def test_any_line_is_filled_or_refused_with_a_sentence(line: str, value: str) -> None:
    values = dict.fromkeys(parameters(line), value)
    if split(line)[2] is None:
        assert split(fill_parameters(line, values))[2] is None
    else:
        with pytest.raises(UsageError, match=r"is not closed|ends with a backslash"):
            fill_parameters(line, values)


def test_what_is_missing_and_what_is_unknown_is_said_with_the_usage() -> None:
    with pytest.raises(UsageError, match=r"^conf is missing$"):
        fill_parameters(NIGHTLY, {"dag": "x"})
    with pytest.raises(UsageError, match=r"^dag is missing, conf is missing, there is no parameter day"):
        fill_parameters(NIGHTLY, {"day": "x"})
    with pytest.raises(UsageError, match="there is no parameter x"):
        fill_parameters("dags list", {"x": ""})
    assert SavedCommand("nightly", NIGHTLY).usage == ".do nightly dag=DAG conf=CONF"
    assert SavedCommand("all dags", "dags list").usage == ".do 'all dags'"


def test_some_values_can_be_put_in() -> None:
    assert quote_parameters(NIGHTLY, {"dag": "a b", "other": "x"}) == "dags trigger 'a b' -c '{conf}'"


# -- the file ---------------------------------------------------------------------------------------------------------

BY_HAND = """\
# our team's

[commands]   # what .do runs
# every night
nightly = "dags trigger {dag} -c '{conf}'"   # ask "ops" before

'ls' = 'dags list -o json | jq .'
"two words" = '''dags list'''
long = \"\"\"\\
  dags list \\
  -o json\"\"\"
  last = "version"
# the end
"""


def test_saved_commands_are_in_a_file_of_the_user(path: Path, tmp_path: Path) -> None:
    assert saved_commands.default_path() == tmp_path / ".config" / "mwaa-shell" / "commands.toml"
    assert load(path) == {}
    assert save(path, "nightly", f"  {NIGHTLY} ") is None
    assert load(path) == {"nightly": SavedCommand("nightly", NIGHTLY)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text().splitlines()[1:] == ["[commands]", f'nightly = "{NIGHTLY}"']
    assert [one.name for one in path.parent.iterdir()] == ["commands.toml"]


def test_a_file_by_hand_is_read(path: Path) -> None:
    assert lines(written(path, BY_HAND)) == {
        "nightly": NIGHTLY,
        "ls": "dags list -o json | jq .",
        "two words": "dags list",
        "long": "dags list -o json",
        "last": "version",
    }


def test_a_new_entry_changes_no_other_line(path: Path) -> None:
    save(written(path, BY_HAND), "new", r"""dags trigger x -c '{"d":"\"}'""")
    text = path.read_text()
    assert text.startswith(BY_HAND)
    assert text.removeprefix(BY_HAND) == r'''new = "dags trigger x -c '{\"d\":\"\\\"}'"''' + "\n"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("nightly", f'nightly = "{NIGHTLY}"   # ask', 'nightly = "version"   # ask'),
        ("ls", "'ls' = 'dags list -o json | jq .'", "'ls' = \"version\""),
        ("long", 'long = """\\\n  dags list \\\n  -o json"""', 'long = "version"'),
        ("last", '  last = "version"', '  last = "version"'),
    ],
)
def test_an_entry_is_replaced_in_its_place(path: Path, name: str, old: str, new: str) -> None:
    written(path, BY_HAND)
    assert save(path, name, "version") is not None
    assert path.read_text() == BY_HAND.replace(old, new)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("nightly", f'nightly = "{NIGHTLY}"   # ask "ops" before\n'),
        ("two words", "\"two words\" = '''dags list'''\n"),
        ("long", 'long = """\\\n  dags list \\\n  -o json"""\n'),
        ("last", '  last = "version"\n'),
    ],
)
def test_an_entry_goes_alone(path: Path, name: str, entry: str) -> None:
    before = load(written(path, BY_HAND))
    assert remove(path, name) == before[name]
    assert path.read_text() == BY_HAND.replace(entry, "")
    assert remove(path, name) is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", f'{saved_commands.HEAD}a = "version"\n'),
        ("# mine\n", '# mine\n\n[commands]\na = "version"\n'),
        ("[commands]", '[commands]\na = "version"\n'),
        ('[commands]\r\nb = "x"\r\n', '[commands]\r\nb = "x"\r\na = "version"\r\n'),
        ('[commands]\r\na = "x"\r\n', '[commands]\r\na = "version"\r\n'),
        ('[commands]\na = """\\\nx"""\nb = \'a = 1\'', "[commands]\na = \"version\"\nb = 'a = 1'"),
        ('[commands]\nb = """\\\na = 1"""\na = "x"\n', '[commands]\nb = """\\\na = 1"""\na = "version"\n'),
        ("commands.a = 'x'\n", 'commands.a = "version"\n'),
        ("commands = {a = 'x', b = 'y'}\n", "commands = {a = \"version\", b = 'y'}\n"),
        ("[commands]\n\"\\u0061\" = 'x'\n", '[commands]\n"\\u0061" = "version"\n'),
    ],
)
def test_files_of_many_forms(path: Path, text: str, after: str) -> None:
    save(written(path, text), "a", "version")
    assert path.read_bytes().decode() == after


def test_an_entry_that_tomlkit_cannot_change_alone_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(path, BY_HAND)
    monkeypatch.setattr(saved_commands, "_edited", lambda text, name, line: text.replace("dags list", "dags"))
    for line in ("dags", None):
        with pytest.raises(UsageError, match="last cannot be changed without changing other lines"):
            save(path, "last", line) if line else remove(path, "last")
    assert path.read_text() == BY_HAND


@pytest.mark.parametrize(
    ("data", "where", "why"),
    [
        (b"[commands]\na = x\n", 2, "Invalid value"),
        (b"[commands]\na = 'x'\na = 'y'\n", 3, "Cannot overwrite a value"),
        (b"[commands]\na = '''\n", 3, "Expected"),
        (b'[commands]\n\na = "\xff"\n', 3, "this is not UTF-8 text"),
        (b"# x\na = 'x'\n", 2, "'a' is not [commands], the only table of this file"),
        (b"[commands]\n[commands.a]\nb = 'x'\n", 2, "'a' must be text in quotes"),
        (b"[commands]\nb = 'x'\n a=1\n", 3, "'a' must be text in quotes"),
        (b"\ncommands = 1\n", 2, "'commands' must be a table: write [commands]"),
        (b"[commands]\na = ''\n", 2, "'a' must be one line"),
        (b"[commands]\na = '''\nx\ny'''\n", 2, "'a' must be one line"),
        (b"a = " + b"[" * 5000, 1, "nested too deeply"),
    ],
)
def test_a_bad_file_is_told_by_its_line_and_left_alone(path: Path, data: bytes, where: int, why: str) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    for ask in (lambda: load(path), lambda: save(path, "n", "version"), lambda: remove(path, "n")):
        with pytest.raises(UsageError) as caught:
            ask()
        assert why in str(caught.value)
        assert str(caught.value).startswith(f"{path}:{where}: ")
    assert path.read_bytes() == data


def test_a_link_is_written_through_and_the_mode_is_kept(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("[commands]\n")
    real.chmod(0o644)
    path.parent.mkdir()
    path.symlink_to(real)
    save(path, "a", "version")
    assert path.is_symlink()
    assert lines(real) == {"a": "version"}
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


def test_what_cannot_be_read_or_written_is_a_sentence(path: Path, tmp_path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(UsageError, match="Is a directory"):
        load(path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be read"):
        save(tmp_path / "file" / "commands.toml", "a", "version")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(UsageError, match="cannot be read"):
        save(loop, "a", "version")


def test_a_full_disk_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(path, BY_HAND)

    def full(old: str, new: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ShellError, match="No space left on device"):
        save(path, "a", "version")
    assert path.read_text() == BY_HAND
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@settings(deadline=None, max_examples=60)
@given(line=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool))
@example(line="a\tb")
@example(line="'''")
@example(line="\\")
def test_any_line_is_read_as_it_was_saved(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    path = tmp_path_factory.mktemp("any") / "commands.toml"
    path.write_text(BY_HAND)
    for name in ("new", "nightly", "long"):
        save(path, name, line)
        assert lines(path)[name] == line
        remove(path, name)
    assert lines(path) == {"ls": "dags list -o json | jq .", "two words": "dags list", "last": "version"}


@pytest.mark.parametrize("name", ["", "two words", "a.b", "-a", "é", "a=b"])
def test_a_name_is_one_word(path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a name for a command"):
        save(path, name, "version")
    assert not path.exists()


def test_a_command_of_two_lines_is_refused(path: Path) -> None:
    with pytest.raises(UsageError, match="a cannot be changed without changing other lines"):
        save(written(path, "[commands]\n"), "a", "x\ny")
    assert path.read_text() == "[commands]\n"
