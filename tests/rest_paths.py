"""Generator of the tables of REST paths in ``airflow/data``: ``python -m tests.rest_paths [VERSION ...]``.

Each table comes from the OpenAPI document in the package of that Airflow, which is installed without what it depends
on. Facts are kept, no texts: paths, methods, names of query parameters, names and types of a body's members. A file
holds one path a line, so that differences between two Airflows can be read::

    {"version": "2.10.3",
    "paths": {
    "/pools": {"GET": {"query": ["limit", "offset", "order_by"]}, "POST": {"body": {"name": "string", ...}}},
    ...
    }}

Paths of which other parts than IDs make more than the 64 characters that AWS takes are left out, and so are the pages
of a login.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mwaa_shell.airflow.rest import LONGEST_PATH, METHODS, REST_SINCE, operations, operations_in
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem, ShellError
from mwaa_shell.local.provision import find_uv
from mwaa_shell.local.recipes import recipe_for, recipes
from tests.grammars import DATA

#: Where the packages of Airflow 2 and 3 have the document.
DOCUMENTS = {
    2: ("apache-airflow", "airflow/api_connexion/openapi/v1.yaml"),
    3: ("apache-airflow-core", "airflow/api_fastapi/core_api/openapi/v*-rest-api-generated.yaml"),
}


def main(texts: list[str]) -> None:
    """Write the tables of some versions, or of all that have a REST API on MWAA; none that the version before has."""
    for recipe in [recipe_for(text) for text in texts] or recipes():
        if recipe.version >= REST_SINCE:
            path, document = data_file(recipe.version), read_document(recipe.version)
            path.unlink(missing_ok=True)
            operations.cache_clear()
            text = render(recipe.version, document)
            if tuple(operations_in(json.loads(text)["paths"])) == operations(recipe.version):
                print(f"{recipe.version} has the paths of the version before and needs no table", file=sys.stderr)
                continue
            path.write_text(text)
            print(f"{path.name}: {path.stat().st_size} bytes", file=sys.stderr)


def data_file(version: Version) -> Path:
    """Return where the table of a version is kept."""
    return DATA / f"rest-{version}.json"


def read_document(version: Version) -> Mapping[str, Any]:
    """Return the OpenAPI document of an Airflow; raise ``LocalProblem`` where its package cannot be installed."""
    package, place = DOCUMENTS[min(version.major, 3)]
    with tempfile.TemporaryDirectory() as folder:
        command = [str(find_uv()), "pip", "install", "-q", "--no-deps", "--target", folder, f"{package}=={version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalProblem(f"{package} {version} could not be installed: {done.stderr.strip()}")
        (found,) = Path(folder).glob(place)
        document: Mapping[str, Any] = yaml.safe_load(found.read_text())
        return document


def render(version: Version, document: Mapping[str, Any]) -> str:
    """Return the text of a table."""
    paths = {}
    for path, item in document["paths"].items():
        name = re.sub(r"^/api/v\d+", "", path)
        operations = {method: _operation(document, item, method) for method in METHODS if method.lower() in item}
        if len(re.sub(r"\{\w+\}", "x", name)) <= LONGEST_PATH and not name.startswith("/auth/"):
            paths[name] = operations
    lines = [f"{json.dumps(path)}: {json.dumps(paths[path])}" for path in sorted(paths)]
    return f'{{"version": "{version}",\n"paths": {{\n' + ",\n".join(lines) + "\n}}\n"


def _operation(document: Mapping[str, Any], item: Mapping[str, Any], method: str) -> dict[str, Any]:
    operation = item[method.lower()]
    parameters = [_resolved(document, one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    query = sorted(one["name"] for one in parameters if one["in"] == "query")  # their order differs between patches
    content = _resolved(document, operation.get("requestBody", {})).get("content", {})
    body = dict(_members(document, content.get("application/json", {}).get("schema", {})))
    return {name: value for name, value in (("query", query), ("body", body)) if value}


def _resolved(document: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference leads to."""
    while "$ref" in one:
        found: Any = document
        for part in one["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        one = found
    return one


def _members(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the members that a body may have, with their types."""
    schema = _resolved(document, schema)
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _members(document, part)
    for name, member in schema.get("properties", {}).items():
        if not member.get("readOnly"):
            yield name, _type(document, member)


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    schema = _resolved(document, schema)
    several = (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ()))
    types = [_type(document, one) for one in several] or [str(schema.get("type", "any"))]
    return next((one for one in types if one != "null"), "any")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ShellError as error:
        raise SystemExit(str(error)) from None
