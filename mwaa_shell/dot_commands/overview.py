"""What ``.help`` shows before anybody asks for more: every directive by what it is for, on one screen."""

from __future__ import annotations

#: What can be typed, but for directives.
LINES = (
    ("dags list", "an Airflow command, sent as typed"),
    ("dags list -o json | jq .", "send its standard output to a local command"),
    ("dags list > FILE", "or to a file (>> appends)"),
    ("!!  !42  !dags  ^old^new", "run an earlier command again, such as number 42"),
)
#: Every directive stands in one of them.
GROUPS = (
    ("where you are", (".use", ".envs", ".info", ".doctor", ".readonly")),
    ("replies", (".as", ".output", ".raw", ".copy", ".tee")),
    ("runs", (".follow", ".watch")),
    ("names to complete", (".names", ".refresh", ".forget")),
    ("what was sent", (".history", ".redo", ".log", ".script")),
    ("your own lines", (".save", ".do", ".saved", ".unsave", ".source", ".translate", ".send")),
    ("the shell", (".help", ".keys", ".set", ".settings", ".exit")),
)
#: What tells more.
MORE = (
    (".help dags trigger", "all about a command, .help .use about one of these"),
    (".help all", "what each of these is for"),
    ("Tab, F1", "complete, and explain what is under the cursor"),
)


def overview() -> str:
    """The screen, as text of at most 80 columns and 24 rows."""
    width = max(len(left) for left, _ in (*LINES, *MORE))
    rows = [f"{left:<{width}}  {right}" for left, right in LINES]
    rows += ["", *(f"{name:<{width}}  {' '.join(directives)}" for name, directives in GROUPS), ""]
    return "\n".join([*rows, *(f"{left:<{width}}  {right}" for left, right in MORE)])
