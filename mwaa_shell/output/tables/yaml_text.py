"""Writes records as YAML: blocks as Airflow writes them, text in double quotes wherever it could be taken for more."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

#: Text that is text in any YAML, without quotes: words that begin with a letter, and paths.
PLAIN = re.compile(r"[A-Za-z/][\w./+@-]*(?::[\w./+@-]+)*(?: [\w./+@-]+(?::[\w./+@-]+)*)*", re.ASCII)
#: What some YAML reads as another value than text.
WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})
#: What JSON leaves as it is and YAML does not allow or may fold: control characters, other line ends, surrogates.
SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def lines(value: object) -> Iterator[str]:
    """The lines of a value; a list or a mapping that holds something is a block."""
    if isinstance(value, dict) and value:
        for name, own in value.items():
            yield from _behind(f"{_scalar(str(name))}:", own)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            first, *rest = lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _scalar(value)


def _behind(name: str, value: object) -> Iterator[str]:
    if isinstance(value, dict | list | tuple) and value:
        yield name
        indent = "  " if isinstance(value, dict) else ""
        yield from (indent + line for line in lines(value))
    else:
        yield f"{name} {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, str):
        if PLAIN.fullmatch(value) and value.lower() not in WORDS:
            return value
        return SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, float):
        return _number(value)
    return "[]" if value == () else json.dumps(value)  # nothing, true, false, a whole number, an empty list or mapping


def _number(value: float) -> str:
    """YAML wants a point in a number with an exponent, and has words of its own for what is none."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
