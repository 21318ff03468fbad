"""Names for what is drawn around the prompt, in the terminal's own colours."""

from __future__ import annotations

from prompt_toolkit.styles import Style

from mwaa_shell.prompt_text import COLOURS

STYLE = Style.from_dict(
    {
        "environment": "bold ansigreen",
        "environment.protected": "bold ansired",
        **{f"environment.{colour}": f"bold ansi{colour}" for colour in COLOURS},
        "warning": "reverse ansired",
        "mark": "",
        "line.command": "ansicyan",
        "line.unknown": "ansired",
        "line.flag": "ansiblue",
        "line.value": "ansigreen",
        "line.directive": "ansimagenta",
        "line.comment": "ansibrightblack",
        "line.added": "ansibrightblack",
        "message.wrong": "ansired",
        "message.changed": "ansiyellow",
        "bottom-toolbar": "noreverse ansibrightblack",
        "toolbar.environment": "bold",
        "hint.given": "",
        "hint.open": "bold",
        "hint.current": "bold underline",
        "doubtful": "ansibrightblack",
        "line.json.key": "ansicyan",
        "line.json.string": "ansigreen",
        "line.json.other": "ansiyellow",
        "toolbar.doing": "ansicyan",
        "toolbar.trouble": "ansiyellow",
        "completion-menu": "bg:default fg:default",
        "completion-menu.completion.current": "noinherit reverse",
        "completion-menu.meta.completion": "noinherit ansibrightblack",
        "completion-menu.meta.completion.current": "noinherit reverse",
        "scrollbar.background": "bg:default",
        "scrollbar.button": "bg:ansibrightblack",
        "auto-suggestion": "ansibrightblack",
    }
)
