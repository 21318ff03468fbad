"""Other programs: known prompts, and the command of AWS's guide for a shell.

They are installed on demand, in an environment of their own below the user's cache folder; nothing of the project
needs them. litecli represents pgcli and mycli, which share its core and need a database server; aws-shell is left out:
its first start indexes for half a minute.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import platformdirs

WANTED = ("litecli==1.17.1", "ptpython==3.0.32", "awscli==1.46.3")
#: How each is started in an empty folder, and what its prompt ends in.
PROMPTS = {"litecli": (("litecli", "empty.db"), "empty.db>"), "ptpython": (("ptpython",), ">>>")}
#: One command in the words of a Unix shell: a token, a request, and two programs to read what comes back.
SCRIPT = """
set -e
said=$(aws mwaa create-cli-token --name my-env)
token=$(jq -r .CliToken <<<"$said")
host=$(jq -r .WebServerHostname <<<"$said")
curl -sS --cacert "$AWS_CA_BUNDLE" "https://$host/aws_mwaa/cli" -H "Authorization: Bearer $token" \
  -H "Content-Type: text/plain" --data-raw version | jq -r .stdout | base64 -d
"""


def programs() -> Path:
    """Return the folder of the programs, after installing missing versions."""
    home = Path(platformdirs.user_cache_dir("mwaa-shell")) / "peers"
    done = home / "installed"
    if not done.exists() or done.read_text() != "\n".join(WANTED):
        print(f"installing {', '.join(WANTED)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *WANTED], check=True)
        done.write_text("\n".join(WANTED))
    return home / "bin"


def script(environ: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]] | None:
    """Return arguments and environment of the command of AWS's guide."""
    if not all(map(which, ("bash", "curl", "jq", "base64"))):
        return None
    return ["bash", "-c", SCRIPT], {**environ, "PATH": f"{folder}:{environ.get('PATH', '')}"}
