"""A virtualenv that is kept on loopback: its Pythons listen there and nowhere else, and connect as before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.airflow_process import LOOPBACK_MODULE as MODULE
from mwaa_shell.local.airflow_process import keep_on_loopback

#: Binds what its arguments say and prints where that listens, or the number of the error.
PROGRAM = """
import json, os, socket, sys
family, host, port, kind = getattr(socket, sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
if port < 0:
    with socket.socket(family) as free:
        free.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        port = free.getsockname()[1]
made = socket.socket(family)
try:
    if kind != "unbound":
        made.bind((host, port) if kind == "text" else (host.encode(), port))
    made.listen(5) if kind != "unbound" else made.listen()
    print(json.dumps(made.getsockname()[0]))
except OSError as error:
    print(json.dumps(error.errno))
"""
ADDRNOTAVAIL = 99 if sys.platform == "linux" else 49


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtualenv that is kept on loopback."""
    venv = tmp_path_factory.mktemp("venv") / "made"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    keep_on_loopback(venv)
    return venv / "bin" / "python"


def listens(python: Path, *arguments: str, isolated: bool = False) -> object:
    given = [str(python), *(["-I"] if isolated else []), "-c", PROGRAM, *arguments]
    ended = subprocess.run(given, capture_output=True, text=True, check=True, env={})
    assert ended.stderr == ""
    return json.loads(ended.stdout)


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("host", ["0.0.0.0", "", "127.0.0.1", "localhost", "192.0.2.1", "<broadcast>"])
def test_a_chosen_port_is_bound_on_loopback(python: Path, host: str, isolated: bool) -> None:
    assert listens(python, "AF_INET", host, "-1", "text", isolated=isolated) == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_a_host_may_be_bytes(python: Path, host: str) -> None:
    assert listens(python, "AF_INET", host, "-1", "bytes") == "127.0.0.1"


def test_ipv6_is_kept_on_loopback(python: Path) -> None:
    import socket

    with socket.socket(socket.AF_INET6) as tried:
        try:
            tried.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    assert {listens(python, "AF_INET6", host, "-1", "text") for host in ("::", "::1", "::ffff:0.0.0.0")} == {"::1"}


@pytest.mark.parametrize(("host", "kind"), [("0.0.0.0", "text"), ("", "unbound")])
def test_a_port_that_the_system_chooses_does_not_listen_elsewhere(python: Path, host: str, kind: str) -> None:
    assert listens(python, "AF_INET", host, "0", kind) == ADDRNOTAVAIL
    assert listens(python, "AF_INET", "127.0.0.1", "0", "text") == "127.0.0.1"


def test_a_client_that_binds_before_it_connects_is_left_alone(python: Path) -> None:
    program = "import socket; s = socket.socket(); s.bind(('0.0.0.0', 0)); print(s.getsockname()[0])"
    ended = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "0.0.0.0\n"


def test_other_kinds_of_sockets_are_left_alone(python: Path, tmp_path: Path) -> None:
    program = (
        f"import socket; s = socket.socket(socket.AF_UNIX); s.bind({str(tmp_path / 's')!r}); s.listen(); print('ok')"
    )
    ended = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "ok\n"


def test_an_older_copy_is_replaced(python: Path) -> None:
    venv = python.parent.parent
    copy = next(venv.glob(f"lib/python*/site-packages/{MODULE}.py"))
    copy.write_text("")
    keep_on_loopback(venv)
    assert listens(python, "AF_INET", "", "-1", "text") == "127.0.0.1"


def test_a_folder_that_is_not_a_virtualenv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalProblem, match="is not a virtualenv"):
        keep_on_loopback(tmp_path)
