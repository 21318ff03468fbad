"""How a team's requirements.txt is read, and what distinguishes two of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.provision import Requirements, read_requirements

OF_AIRFLOW = "https://raw.githubusercontent.com/apache/airflow/constraints-2.10.3/constraints-3.11.txt"


def written(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def asked(folder: Path, text: str) -> Requirements:
    return read_requirements(written(folder, text), folder / "dags", None)


@pytest.mark.parametrize(
    "text",
    [
        "pandas==2.0\nnumpy\n",
        "# what we need\npandas==2.0   # for reports\n\n  numpy\n",
        "pandas==2.0\r\nnumpy",
        "pandas\\\n==2.0\nnumpy".replace("\\\n==", "==\\\n"),
    ],
)
def test_lines_are_read_without_comments_and_breaks(text: str, tmp_path: Path) -> None:
    found = asked(tmp_path, text)
    assert [line.replace(" ", "") for line in found.lines] == ["pandas==2.0", "numpy"]
    assert found.constraints == ()


@pytest.mark.parametrize("option", ["--constraint ", "--constraint=", "-c ", "-c"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_airflows_own_constraints_are_the_pins_here(option: str, quote: str, tmp_path: Path) -> None:
    found = asked(tmp_path, f"{option}{quote}{OF_AIRFLOW}{quote}\npandas\n")
    assert (found.lines, found.constraints) == (("pandas",), ())


def test_constraints_of_the_team_take_their_place(tmp_path: Path) -> None:
    written(tmp_path, "pandas==1.5 # old\n", "own.txt")
    found = asked(tmp_path, f"--constraint {OF_AIRFLOW}\n-c own.txt\n-c https://files.example/c.txt\npandas\n")
    assert (found.lines, found.constraints) == (("pandas",), ("pandas==1.5", "-c https://files.example/c.txt"))


def test_paths_of_mwaa_stand_for_the_folders_here(tmp_path: Path) -> None:
    dags, plugins = tmp_path / "dags", tmp_path / "plugins"
    dags.mkdir()
    written(dags, "pandas==1.5\n", "constraints.txt")
    text = (
        "--constraint /usr/local/airflow/dags/constraints.txt\n--find-links /usr/local/airflow/plugins\n"
        "/usr/local/airflow/plugins/own-1.0-py3-none-any.whl\npandas\n"
    )
    found = read_requirements(written(tmp_path, text), dags, plugins)
    assert found.lines == (f"--find-links {plugins}", f"{plugins}/own-1.0-py3-none-any.whl", "pandas")
    assert found.constraints == ("pandas==1.5",)


def test_nested_files_are_read_in(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    written(tmp_path / "more", "numpy\n-r other.txt\n", "base.txt")
    written(tmp_path / "more", "scipy\n", "other.txt")
    assert asked(tmp_path, "-r more/base.txt\npandas\n").lines == ("numpy", "scipy", "pandas")
    written(tmp_path / "more", "-r base.txt\n", "other.txt")
    with pytest.raises(LocalProblem, match=r"base\.txt names itself$"):
        asked(tmp_path, "--requirement=more/base.txt\n")


@pytest.mark.parametrize("text", ["-r none.txt", "-c none.txt"])
def test_a_missing_file_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(LocalProblem) as raised:
        asked(tmp_path, text)
    assert str(raised.value) == f"The requirements {tmp_path}/none.txt cannot be read: No such file or directory"


def test_the_key_changes_with_what_is_asked_for(tmp_path: Path) -> None:
    wheel = written(tmp_path, "one", "own.whl")
    written(tmp_path, "pandas==1.5", "c.txt")
    texts = ["pandas", "pandas==1", "-c c.txt\npandas", "./own.whl"]
    keys = [asked(tmp_path, text).key for text in texts]
    wheel.write_text("another")
    written(tmp_path, "pandas==1.6", "c.txt")
    keys += [asked(tmp_path, text).key for text in texts[2:]]
    assert len(set(keys)) == 6
    assert asked(tmp_path, "# a comment\npandas").key == keys[0]
