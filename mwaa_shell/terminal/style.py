"""Names for what is drawn around the prompt, in the terminal's own colours."""

from __future__ import annotations

from prompt_toolkit.styles import Style

STYLE = Style.from_dict(
    {
        "environment": "bold ansigreen",
        "mark": "",
        "bottom-toolbar": "noreverse ansibrightblack",
        "toolbar.environment": "bold",
        "toolbar.trouble": "ansiyellow",
        "completion-menu": "bg:default",
        "completion-menu.completion": "bg:default",
        "completion-menu.completion.current": "reverse",
        "completion-menu.meta.completion": "bg:default ansibrightblack",
        "completion-menu.meta.completion.current": "reverse",
        "auto-suggestion": "ansibrightblack",
    }
)
