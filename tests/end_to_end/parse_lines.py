"""Says which command lines the parser of the Airflow that this runs in takes: JSON lists of words in, verdicts out.

This file runs inside the Airflow's own Python (3.7 to 3.13) and imports nothing of this package. Each verdict is a
list: whether the line is taken, and what argparse said if it is not.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import sys


def build_parser() -> argparse.ArgumentParser:
    """The parser of the airflow program."""
    try:
        module = importlib.import_module("airflow.cli.cli_parser")
    except ImportError:
        module = importlib.import_module("airflow.bin.cli")  # 1.10
    parser: argparse.ArgumentParser = module.get_parser()
    return parser


def verdict(parser: argparse.ArgumentParser, words: list[str]) -> tuple[bool, str]:
    """argparse leaves by SystemExit: with 0 after --help, with 2 after an error; it may also crash."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            parser.parse_args(words)
    except SystemExit as left:
        return not left.code, said.getvalue()[-300:]
    except Exception as error:
        return False, repr(error)[-300:]
    return True, ""


if __name__ == "__main__":
    answer = os.dup(1)
    os.dup2(2, 1)
    lines = json.load(sys.stdin)
    made = build_parser()
    found = [verdict(made, words) for words in lines]
    with os.fdopen(answer, "w") as file:
        json.dump(found, file)
