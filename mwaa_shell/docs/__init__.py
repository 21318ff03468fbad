"""The pages of the documentation, one Markdown file of this folder a topic."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, zip_longest
from textwrap import wrap

from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result, text_result
from mwaa_shell.suggestions import unknown

__all__ = ["TOPICS", "topic_list", "topic_result"]

INDENT = "  "
#: Between the columns of a table.
GAP = "  "
IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]*)\)")
CELL_END = re.compile(r"(?<!\\)\|")
ITEM = re.compile(r"(?:-|\d+\.) +")


def render(markdown: str, columns: int) -> str:
    """Return a page as text of at most so many columns.

    Only the Markdown of these pages is rendered. Headings begin in the first column and all else is indented, as in a
    man page. Examples are never wrapped.
    """
    texts = (_rendered(block, columns) for block in _blocks(markdown))
    return "\n\n".join(filter(None, texts)) + "\n"


def _blocks(markdown: str) -> Iterator[str]:
    """Yield headings, paragraphs, lists, tables and examples with their empty lines."""
    texts = re.split(r"\n{2,}", markdown.strip("\n"))
    for is_example, group in groupby(texts, lambda text: text.startswith("    ")):
        blocks = list(group)
        yield from ["\n\n".join(blocks)] if is_example else blocks


def _rendered(block: str, columns: int) -> str:
    if block.startswith("#"):
        return _inline(block.lstrip("# "))
    if block.startswith("    "):
        return block
    if block.startswith("|"):
        return _table(block.split("\n"), columns)
    if ITEM.match(block):
        return "\n".join(_item(item, columns) for item in re.split(r"\n(?=(?:-|\d+\.) )", block))
    return _indented(_wrapped(_inline(block), columns - len(INDENT)))


def _item(text: str, columns: int) -> str:
    """Return an item of a list, indented after its bullet."""
    bullet = ITEM.match(text)
    assert bullet is not None
    lines = _wrapped(_inline(text[bullet.end() :]), columns - len(INDENT) - bullet.end())
    return _indented([bullet[0] + lines[0], *(" " * bullet.end() + line for line in lines[1:])])


def _wrapped(text: str, room: int) -> list[str]:
    """Return the lines of a text, broken at blanks only."""
    return wrap(text, max(room, 1), break_long_words=False, break_on_hyphens=False)


def _indented(lines: list[str]) -> str:
    return "\n".join(f"{INDENT}{line}" for line in lines if line.strip())


def _inline(text: str) -> str:
    """Return text on one line without pictures, emphasis and links to other pages."""
    text = IMAGE.sub("", text).replace("**", "")
    text = LINK.sub(lambda link: f"{link[1]} ({link[2]})" if "://" in link[2] else link[1], text)
    return " ".join(text.split())


def _table(rows: list[str], columns: int) -> str:
    """Return a table, whose wide columns share the remaining space and wrap."""
    cells = [[_cell(cell) for cell in CELL_END.split(row.strip().strip("|"))] for row in rows]
    head, body = cells[0], cells[2:]
    for row in (head, *body):
        row[0] = row[0].replace("`", "")
    natural = [max(len(row[number]) for row in (head, *body)) for number in range(len(head))]
    widths = _shares(natural, columns - len(INDENT) - len(GAP) * (len(head) - 1))
    lines = [*_row(head, widths), GAP.join("-" * room for room in widths)]
    for row in body:
        lines += _row(row, widths)
    return _indented(lines)


def _cell(text: str) -> str:
    return _inline(text).replace(r"\|", "|")


def _shares(natural: list[int], room: int) -> list[int]:
    """Return the width of each column, at most an equal share of the remaining space."""
    widths = [0] * len(natural)
    order = sorted(range(len(natural)), key=natural.__getitem__)
    for place, number in enumerate(order):
        widths[number] = max(min(natural[number], room // (len(order) - place)), 1)
        room -= widths[number]
    return widths


def _row(cells: list[str], widths: list[int]) -> Iterator[str]:
    wrapped = [wrap(cell, room, break_on_hyphens=False) for cell, room in zip(cells, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        yield GAP.join(part.ljust(room) for part, room in zip(parts, widths, strict=True)).rstrip()


#: Each topic with a summary, in the order in which lists show them. A topic is the name of its file.
TOPICS = {
    "prompt": "completion, keys, output formats, pipes, pager",
    "history": "history, reruns, saved commands, exports, secrets",
    "many": ".envs, .on and --on: one command on several environments",
    "runs": ".follow and .watch",
    "logs": ".why and .logs: failures and logs in CloudWatch",
    "rest": ".rest and .backfills: Airflow's REST API",
    "bulk": ".export and .import: variables, connections, pools",
    "safety": "confirmations, read-only mode, unknown results",
    "scripts": "-c, -f, --data, --check, exit codes, logs",
    "local": "local environments, your own DAGs, other clients",
    "access": "permissions, credentials, private web servers",
    "troubleshooting": "doctor, error messages, --debug",
    "reference": "all options, dot-commands, settings and files",
}
#: The widest text that reads well, in columns.
WIDEST = 100


def topic_list() -> str:
    """Return the topics with their summaries, one on each line."""
    return "".join(f"{topic:<17}{summary}\n" for topic, summary in TOPICS.items())


def topic_result(topic: str, columns: int) -> Result:
    """Return the page of a topic as a result, wrapped for so many columns.

    Raises ``UsageError`` for a topic that does not exist.
    """
    if topic not in TOPICS:
        raise unknown("topic", topic, tuple(TOPICS), "mwaa-shell help")
    text = pkgutil.get_data(__package__, f"{topic}.md")
    assert text is not None  # every way to install a package can read its files
    return text_result(render(text.decode(), min(columns, WIDEST)))._replace(page=True)
