"""Names for what is drawn around the prompt, in the terminal's own colors; the line has those of pygments."""

from __future__ import annotations

from functools import lru_cache

from prompt_toolkit.styles import BaseStyle, Style, merge_styles, style_from_pygments_cls

from mwaa_shell.prompt_text import COLOURS

STYLE = Style.from_dict(
    {
        "environment": "bold ansigreen",
        "environment.protected": "bold ansired",
        **{f"environment.{colour}": f"bold ansi{colour}" for colour in COLOURS},
        "warning": "reverse ansired",
        "mark": "",
        "line.added": "ansibrightblack",
        "message.wrong": "ansired",
        "message.changed": "ansiyellow",
        "bottom-toolbar": "noreverse ansibrightblack",
        "toolbar.environment": "bold",
        "hint.given": "",
        "hint.open": "bold",
        "hint.current": "bold underline",
        "doubtful": "ansibrightblack",
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


@lru_cache(maxsize=4)
def with_pygments(name: str, theme: str, colorfgbg: str) -> BaseStyle:
    """Return the style of the prompt with the colors of a pygments style; see ``style_class`` for the arguments."""
    from mwaa_shell.output.style.styles import style_class  # pygments: the prompt stands before

    return merge_styles([style_from_pygments_cls(style_class(name, theme, colorfgbg)), STYLE])
