"""The names behind Tab: what is on disk, whatever state it is in, and nothing heavy to read it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mwaa_shell.airflow.versions import Version
from mwaa_shell.config import config_path
from mwaa_shell.docs import TOPICS
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.mwaa.environment import EnvironmentInfo
from mwaa_shell.names.cache_files import MAX_LISTINGS, cache_folder, identify, keep_listing, remembered_environments
from mwaa_shell.options import build_parser
from mwaa_shell.settings import Access, AccessKey
from mwaa_shell.shell_completion.names import names
from tests.test_cli import HEAVY

OPTIONS = build_parser()
CONFIG = """\
[default]
region = eu-west-1

[profile data-prod]
region=eu-central-1
[profile "with blank"]  # a comment
s3 =
  region = nowhere
[sso-session corp]
sso_region = us-east-9
[profile broken
[profile \x1b[31mred]
"""
CREDENTIALS = "[default]\naws_access_key_id = x\n[from-credentials]\nregion = us-east-1\n"


def see(name: str, access: Access, region: str) -> None:
    """Be on an environment, as far as its names are concerned."""
    connection = Connection(EnvironmentRef(name, access))
    arn = f"arn:aws:airflow:{region}:111122223333:environment/{name}"
    connection.info = EnvironmentInfo(name, version=Version(2, 10, 3), arn=arn)
    connection.region = region
    assert identify(connection) is not None


@pytest.fixture
def seen() -> None:
    """Three environments of AWS, and a private one."""
    see("sales-prod", Access(profile="data-prod"), "eu-central-1")
    see("sales-dev", Access(), "eu-west-1")
    see("sales-dev", Access(region="us-east-1"), "us-east-1")
    see("local-3-3-1", Access(region="local-1", keys=AccessKey("a", "b")), "local-1")


@pytest.fixture
def configured(tmp_path: Path) -> None:
    """AWS configuration files with profiles."""
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text(CREDENTIALS)


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "doctor help sales-dev sales-prod"),
        ("--data", "doctor help sales-dev sales-prod"),
        ("--profile data-prod", "doctor help sales-prod"),
        ("--profile=data-prod", "doctor help sales-prod"),
        ("--region us-east-1", "doctor help sales-dev"),
        ("--profile new", "doctor help sales-dev sales-prod"),  # nothing was seen with it yet
        ("--profile", ""),  # the next word is its value
        ("-c dags", "doctor help sales-dev sales-prod"),
        ("--yes", "doctor help sales-dev sales-prod"),
        ("doctor", "sales-dev sales-prod"),
        ("doctor --json", "sales-dev sales-prod"),
        ("doctor sales-dev", ""),
        ("help", " ".join(sorted(TOPICS))),
        ("help scripts", ""),
        ("sales-dev", ""),
        ("--local 2.10.3", "doctor help"),
        ("--local --serve", "doctor help"),
        ("--local", ""),
        ("--unknown", "doctor help sales-dev sales-prod"),
    ],
)
def test_what_can_stand_in_the_place_of_the_environment(words: str, expected: str) -> None:
    assert names("place", words.split(), OPTIONS) == expected.split()


@pytest.mark.usefixtures("seen")
def test_environments_behind_an_option() -> None:
    assert names("environments", ["--profile", "data-prod", "-e"], OPTIONS) == ["sales-prod"]
    assert names("environments", ["doctor", "-e"], OPTIONS) == ["sales-dev", "sales-prod"]


@pytest.mark.usefixtures("seen")
def test_environments_of_the_last_listing() -> None:
    keep_listing(["old"], Access(profile="data-prod"), "eu-central-1")
    keep_listing(["sales-prod", "sales-test"], Access(profile="data-prod"), "eu-central-1")
    keep_listing(["lab"], Access(), "eu-north-1")
    keep_listing(["local-2-10-3"], Access(keys=AccessKey("a", "b")), "local-1")
    assert names("environments", [], OPTIONS) == ["lab", "sales-dev", "sales-prod", "sales-test"]
    assert names("environments", ["--profile", "data-prod"], OPTIONS) == ["sales-prod", "sales-test"]
    assert names("environments", ["--region", "eu-north-1"], OPTIONS) == ["lab"]
    assert "eu-north-1" in names("regions", [], OPTIONS)


def test_a_listing_is_for_its_owner_only_and_old_ones_go() -> None:
    for number in range(MAX_LISTINGS + 1):
        keep_listing([f"env-{number}"], Access(), f"region-{number}")
    file = cache_folder() / "listed.json"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(file.parent.iterdir()) == [file]
    assert len(list(remembered_environments())) == MAX_LISTINGS
    assert "env-0" not in names("environments", [], OPTIONS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"x": ["a"], "[]": ["a"], "[1, 2]": ["a"], "[\\"a\\", \\"b\\"]": [1]}',
    ],
)
def test_a_damaged_listing_is_none(content: bytes) -> None:
    cache_folder().mkdir(parents=True)
    (cache_folder() / "listed.json").write_bytes(content)
    assert names("environments", [], OPTIONS) == []
    keep_listing(["a"], Access(), "eu-west-1")
    assert names("environments", [], OPTIONS) == ["a"]


SECTIONS = """\
environment = "main-env"
region = "eu-west-1"
[environments."prod-*"]
protected = true
[environments."dev-?"]
[environments."[ab]"]
[environments.staging]
profile = "data-prod"
[environments."two words"]
"""


def test_environments_that_the_settings_name_in_full() -> None:
    path = config_path()
    path.parent.mkdir(parents=True)
    path.write_text(SECTIONS)
    assert names("environments", [], OPTIONS) == ["main-env", "staging", "two words"]
    assert names("environments", ["--profile", "data-prod"], OPTIONS) == ["staging"]
    assert names("environments", ["--region", "eu-west-1"], OPTIONS) == ["main-env"]
    path.write_text("no = toml =")
    assert names("environments", [], OPTIONS) == []


@pytest.mark.usefixtures("configured")
def test_profiles_of_both_files() -> None:
    assert names("profiles", [], OPTIONS) == ["data-prod", "default", "from-credentials", "with blank"]


@pytest.mark.usefixtures("configured", "seen")
def test_regions_of_profiles_and_of_environments() -> None:
    assert names("regions", [], OPTIONS) == ["eu-central-1", "eu-west-1", "us-east-1"]


@pytest.mark.usefixtures("configured")
def test_variables_put_the_files_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").write_text("[profile other]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", "$HOME/elsewhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "~/nowhere")
    assert names("profiles", [], OPTIONS) == ["other"]


@pytest.mark.parametrize("kind", ["place", "environments", "profiles", "regions", "", "unknown"])
def test_where_nothing_is_known_nothing_is_offered(kind: str) -> None:
    assert names(kind, [], OPTIONS) == (["doctor", "help"] if kind == "place" else [])


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"x": 1, "[]": [], "[1, 2, 3, 4]": ["a", "b"], "x[": {}}',
        json.dumps({json.dumps(["\x1b]0;x\x07", "", "", ""]): ["a", "", ""]}).encode(),
    ],
)  # fmt: skip
def test_a_damaged_file_is_as_if_there_were_none(content: bytes, tmp_path: Path) -> None:
    cache_folder().mkdir(parents=True)
    (cache_folder() / "environments.json").write_bytes(content)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_bytes(content)
    for kind in ("environments", "profiles", "regions"):
        assert names(kind, [], OPTIONS) == []


@pytest.mark.usefixtures("seen", "configured")
def test_the_program_answers_and_imports_nothing_heavy() -> None:
    script = """
import sys
from mwaa_shell.cli import main
try:
    main(["--complete-names", "place", "--profile", "data-prod"])
except SystemExit as end:
    assert not end.code
print(*sys.modules, file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "doctor\nhelp\nsales-prod\n"
    loaded = {name.split(".")[0] for name in ended.stderr.split()}
    assert loaded.isdisjoint(set(HEAVY) - {"platformdirs"})


def test_listing_is_kept_for_the_profile_of_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "one")
    keep_listing(["a"], Access(), "eu-north-1")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "two")
    keep_listing(["b"], Access(), "eu-north-1")
    keep_listing(["c"], Access(profile="three"), "eu-north-1")
    assert sorted(remembered_environments()) == [
        ("a", "one", "eu-north-1"),
        ("b", "two", "eu-north-1"),
        ("c", "three", "eu-north-1"),
    ]
