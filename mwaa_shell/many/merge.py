"""One Result of several environments: a table with their names, or blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from mwaa_shell.airflow.output_lines import has_data
from mwaa_shell.errors import ExitCode, sentence
from mwaa_shell.output.records import Records, find_in_bytes
from mwaa_shell.output.tables import has_secrets
from mwaa_shell.result import Part, Result

#: The first column of merged records.
COLUMN = "environment"


#: Seconds from which a line shows the duration.
SHOWN = 0.05


class Ended(NamedTuple):
    """The end of a command on one environment, which is called ``label``."""

    label: str
    result: Result


def merge(ended: Sequence[Ended], *, by_environment: bool, format: str, reported: bool) -> Result:  # noqa: A002
    """Return one Result for all, with the gravest exit code and a summary.

    ``format`` is the format of records. ``reported`` says whether the user has seen how each command ended.
    """
    records = {} if by_environment else {one.label: found for one in ended if (found := _records(one.result))}
    made = _merged([one for one in ended if one.label in records], records, format) if records else Result()
    left = [one for one in ended if one.label not in records]
    parts = [Part(one.label, _as_talk(one.result) if records else _output(one.result, format)) for one in left]
    worst = gravest([one.result for one in ended])
    return made._replace(
        outcome=worst.outcome,
        exit_code=worst.exit_code,
        message=_summary(ended, reported=reported),
        hint=_hint(ended, worst),
        remark="\n".join(dict.fromkeys(one for one in (*(one.result.remark for one in ended), made.remark) if one)),
        parts=tuple(part for part in parts if part.result.stdout or part.result.stderr),
        hidden=tuple(dict.fromkeys(secret for one in ended for secret in one.result.hidden)),
    )


def _hint(ended: Sequence[Ended], worst: Result) -> str:
    """Return the next step of the gravest result, with its environment if need be."""
    hints = {one.result.hint for one in ended if not one.result.ok}
    label = next(one.label for one in ended if one.result is worst)
    return f"{worst.hint.removesuffix('.')} (on {label})" if worst.hint and len(hints) > 1 else worst.hint


def _records(result: Result) -> Records | None:
    if not result.ok or not result.words:
        return None
    return find_in_bytes(result.stdout, result.words, "surrogateescape")


def _merged(ended: Sequence[Ended], records: dict[str, Records], format: str) -> Result:  # noqa: A002
    rows = [{COLUMN: label, **_without_column(row)} for label, found in records.items() for row in found.records]
    text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    first = next((one.result for one in ended if has_secrets(one.result.words)), ended[0].result)
    besides = any(has_data(found.before) or has_data(found.after) for found in records.values())
    remark = "Airflow printed other text too. --by-environment shows it." if besides else ""
    return Result(
        stdout=text.encode("utf-8", "surrogateescape"),
        words=(*first.words, "-o", "json"),
        added=first.added,
        format=format,
        remark=remark,
    )


def _without_column(row: object) -> dict[str, object]:
    assert isinstance(row, dict)
    return {name: value for name, value in row.items() if name != COLUMN}


def _output(result: Result, format: str) -> Result:  # noqa: A002
    """Return the output of a command without its outcome."""
    return Result(stdout=result.stdout, stderr=result.stderr, words=result.words, added=result.added,
                  hidden=result.hidden, format=format if result.added and result.ok else "")  # fmt: skip


def _as_talk(result: Result) -> Result:
    """Return output as standard error, beside a table on standard output."""
    stdout = bytes(result.stdout)
    end = b"" if not stdout or stdout.endswith(b"\n") else b"\n"
    return _output(result, "")._replace(stdout=b"", stderr=stdout + end + bytes(result.stderr))


def _summary(ended: Sequence[Ended], *, reported: bool) -> str:
    """Return which environments were not ok and, unless shown before, why."""
    bad = [one for one in ended if not one.result.ok]
    if not bad:
        return ""
    alike: dict[str, list[str]] = {}  #: environments by how they ended
    for one in bad:
        alike.setdefault(one.result.outcome.value if reported else ending(one.result), []).append(one.label)
    head = f"Not ok on {len(bad)} of {counted(len(ended))}"
    if reported:
        return ". ".join([head, *(f"{how.capitalize()}: {', '.join(labels)}" for how, labels in alike.items())])
    return "\n".join([f"{head}:", *(f"  {', '.join(labels)}: {how}" for how, labels in alike.items())])


def counted(number: int) -> str:
    """Return a number of environments in words."""
    return "1 environment" if number == 1 else f"{number} environments"


def ending(result: Result, seconds: float = 0.0) -> str:
    """Return how the command ended on one environment, in one line."""
    took = f", {seconds:.1f} s" if seconds >= SHOWN else ""
    why = "" if result.ok else " ".join(sentence(result.message, result.state).split())
    return f"{result.outcome.value}{took}{f': {why}' if why else ''}"


#: Exit codes from the harmless to the gravest: after the last three, a command may have run.
GRAVITY = (
    ExitCode.OK, ExitCode.USAGE, ExitCode.REFUSED, ExitCode.NOTHING_RAN, ExitCode.FAILED, ExitCode.UNKNOWN,
    ExitCode.INTERRUPTED,
)  # fmt: skip


def gravest(results: Sequence[Result]) -> Result:
    """Return the result with the gravest exit code."""
    return max(results, key=lambda one: GRAVITY.index(one.exit_code) if one.exit_code in GRAVITY else len(GRAVITY))
