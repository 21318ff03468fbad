"""What a reply says does not exist: Airflow's own sentences, with the very name that stood in the line.

A sentence counts only as a whole line, alone or behind the name of an exception, so little that a DAG file or a task
prints is taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mwaa_shell.airflow.arguments import ParsedCommand
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.output_lines import SGR, data_lines
from mwaa_shell.names.arguments import used
from mwaa_shell.names.model import NameRemoved

#: ``{}`` is the name, ``{dag}`` the DAG of the line; 1.10 to 3.3.
SENTENCES: Mapping[Kind, tuple[str, ...]] = {
    Kind.DAG: (
        "Dag id {} not found",
        "Dag id {} not found in DagModel",
        "dag_id could not be found: {}. Either the dag did not exist or it failed to parse.",
        "Dag '{}' could not be found; either it does not exist or it failed to parse.",
        "Dag '{}' could not be found in the database.",
        "DAG: {} does not exist in 'dag' table",
        "DAG: {} does not exist in the database",
        "Can not find dag '{}'",
        "Can not find dag '{}' in database",
        "Could not find dag {}",
    ),
    Kind.TASK: ("Task {} not found",),
    Kind.RUN: (
        "DagRun for {dag} with run_id or execution_date of '{}' not found",
        "DagRun for {dag} with run_id or logical_date of '{}' not found",
    ),
    Kind.VARIABLE: ("Variable {} does not exist", "Variable {} does not exist."),
    Kind.CONNECTION: ("Did not find a connection with `conn_id`={}", "Connection not found."),
    Kind.POOL: ("Pool {} does not exist", "Pool '{}' doesn't exist"),
    Kind.ROLE: ("Role named '{}' does not exist", "{} is not a valid role.", '"{}" is not a valid role.'),
    Kind.USER: ('User "{}" does not exist', "{} is not a valid user", "{} is not a valid user."),
    Kind.ASSET: ("Asset with name {} does not exist.",),
}
#: With these a DAG is looked for in some files or bundles only.
ELSEWHERE = frozenset({"--subdir", "--bundle-name", "--dagfile-path"})
EXCEPTION = re.compile(r"(?:\w+\.)+\w+: ")
#: No reply that is but such a sentence, with log lines around it, is longer.
SHORT = 10_000
#: What follows a sentence on its line and depends on the environment.
TAIL = " Valid roles are: ["


def absent(understanding: ParsedCommand, stdout: str, stderr: str, ok: bool) -> Iterator[NameRemoved]:
    """The names of the line that the reply says do not exist. A command that did not fail says it and nothing else."""
    names = [(Kind.RUN if kind is Kind.DATE_OR_RUN else kind, text) for kind, text in used(understanding)]
    if not names or (ok and (len(stdout) > SHORT or len(data_lines(stdout)) != 1)):
        return
    said = set(_sentences(stdout + "\n" + stderr))
    dag = next((text for kind, text in names if kind is Kind.DAG), "")
    for kind, text in dict.fromkeys(names):
        if kind is Kind.DAG and understanding.given & ELSEWHERE:
            continue
        if any(form.format(text, dag=dag) in said for form in SENTENCES.get(kind, ())):
            yield NameRemoved(kind, text, dag if kind in (Kind.TASK, Kind.RUN) else "")


def _sentences(text: str) -> Iterator[str]:
    for line in SGR.sub("", text).split("\n"):
        whole = line.strip().split(TAIL)[0]
        found = EXCEPTION.match(whole)
        yield whole
        if found:
            yield whole[found.end() :]
