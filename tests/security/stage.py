"""A double of MWAA with made-up secrets, and a user with secrets everywhere."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from urllib.parse import quote

from tests.double import Double, Request, command_response, never, response
from tests.proxies import ConnectProxy
from tests.security.canaries import TOKEN, core, secret

CONNECTIONS = json.dumps([
    {"conn_id": "wh", "conn_type": "postgres", "password": secret("stored"),
     "get_uri": f"postgres://u:{quote(secret('storeduri'))}@h/db", "extra": {"api_key": secret("storedextra")}},
]).encode()  # fmt: skip
#: The variables of a user's environment that hold keys of AWS.
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
#: Lines without a response, with a malformed response, and without permission.
HANGS, GARBLED, REFUSED = "dags list-import-errors", "dags report", "pools list"


def act(double: Double, refuses: str = "") -> None:
    """Let the double play: tokens are canaries, and a refusal quotes them.

    Of commands that begin with ``refuses``, argparse does not take the last argument, and quotes it.
    """
    usual = double.answer_aws

    def aws(request: Request) -> bytes:
        if request.path.startswith("/clitoken/") and request.path.endswith("/my-env"):
            double.tokens.append(f"{core(TOKEN)}.{len(double.tokens)}")
            return response(200, {"CliToken": double.tokens[-1], "WebServerHostname": double.host})
        return usual(request)

    def web(request: Request) -> bytes | None:
        command = request.body.decode().removesuffix(" -o json")
        if command == HANGS:
            return never(request)
        if command == GARBLED:
            return response(200, {"stdout": "?", "stderr": request.headers["authorization"]})
        if command == REFUSED:
            return response(403, {"message": f"no '=' in Authorization header: {request.headers['authorization']}"})
        if command.startswith("connections list"):
            return command_response(CONNECTIONS)
        if refuses and command.startswith(refuses):
            said = f"usage: airflow [-h] ...\nairflow: error: unrecognized arguments: {shlex.split(command)[-1]}\n"
            return command_response(b"", said.encode())
        return command_response(b"done\n")

    double.aws.behave, double.web.behave = aws, web


def variables(environ: dict[str, str], proxy: ConnectProxy | None = None) -> dict[str, str]:
    """The user's environment: keys of AWS, and a proxy with a password."""
    made = environ | {
        "AWS_ACCESS_KEY_ID": core("accesskey"),
        "AWS_SECRET_ACCESS_KEY": core("secretkey"),
        "AWS_SESSION_TOKEN": core("sessiontoken"),
        "TMPDIR": str(Path(environ["HOME"]) / "tmp"),
    }
    Path(made["TMPDIR"]).mkdir(exist_ok=True)
    if proxy is not None:
        made["HTTPS_PROXY"] = f"http://me:{core('proxyvariable')}@127.0.0.1:{proxy.port}"
    return made


def lines() -> list[str]:
    """The typed lines of a user with secrets."""
    uri = f"postgres://u:{quote(secret('uri'))}@h/db"
    query = f"https://u@h/x?api_key={core('query')}"
    return [
        f"connections add one --conn-uri '{uri}'",
        f"connections add two --conn-type http --conn-password '{secret('password')}'",
        f"connections add three --conn-type http --conn-extra '{json.dumps({'client_secret': secret('extra')})}'",
        f"connections add four --conn-json '{json.dumps({'conn_type': 'http', 'password': secret('json')})}'",
        f"users create -u me -e m@e -f m -l e -r Admin -p '{secret('user')}'",
        f"variables set db_password '{secret('variable')}'",
        f"variables set address '{query}'",
        f"dags trigger one -c '{json.dumps({'api_key': secret('conf')})}'",
        f"version | env API_TOKEN={core('local')} cat",
        f".send connections add five --conn-password={core('sent')}",
        f"connections add --conn-password {core('mistake')} --no-such-flag six",
        f" variables set api_key {core('private')}",
        f".save db variables set db_password {core('saved')}",
        ".save any variables set {key} {value}",
        f".do any key=api_token value={core('given')}",
        f".script variables set db_password {core('script')} curl",
    ]


def several() -> list[str]:
    """Lines for several environments, which a prompt would ask about."""
    return [
        f".on my-env variables set db_password {core('several')}",
        f".on my-env,nowhere connections add --no-such-flag seven --conn-password {core('several')}",
    ]
