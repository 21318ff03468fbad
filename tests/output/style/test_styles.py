"""Held here: a style can be read on its background, and whatever style there is becomes what the terminal can draw."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pygments.style import Style
from pygments.styles import get_all_styles
from pygments.token import Comment, Keyword, Literal, Name, Text, Token, _TokenType

from mwaa_shell.errors import UsageError
from mwaa_shell.output.display import DisplayOptions, terminal_colors
from mwaa_shell.output.measure import RESET
from mwaa_shell.output.style.command_lexer import WORDS, AirflowCommandLexer
from mwaa_shell.output.style.fold import TextStyle
from mwaa_shell.output.style.lexer import VALUES, AirflowOutputLexer, tokens_of
from mwaa_shell.output.style.styles import (
    LOOKS,
    NULL,
    DarkStyle,
    LightStyle,
    NeutralStyle,
    SgrFormatter,
    formatter_for,
    style_class,
)
from mwaa_shell.preferences import Preferences


@pytest.mark.parametrize(
    ("wish", "colorfgbg", "style"),
    [
        ("auto", "", NeutralStyle),
        ("auto", "15;0", DarkStyle),
        ("auto", "0;15", LightStyle),
        ("auto", "0;default;7", LightStyle),
        ("auto", "7;8", DarkStyle),
        ("auto", "0;default", NeutralStyle),
        ("auto", "0;99", NeutralStyle),
        ("dark", "0;15", DarkStyle),
        ("light", "15;0", LightStyle),
    ],
)
def test_the_style_follows_the_background(wish: str, colorfgbg: str, style: type[Style]) -> None:
    assert style_class("auto", wish, colorfgbg) is style
    assert style_class("no style", wish, colorfgbg) is style


#: The sixteen colors but black, white and their like, as xterm and macOS have them: name, code, red, green, blue.
PALETTES = {
    "xterm": {"31": 0xCD0000, "32": 0x00CD00, "33": 0xCDCD00, "34": 0x0000EE, "35": 0xCD00CD, "36": 0x00CDCD}
    | {"90": 0x7F7F7F, "94": 0x5C5CFF},
    "macOS": {"31": 0x990000, "32": 0x00A600, "33": 0x999900, "34": 0x0000B2, "35": 0xB200B2, "36": 0x00A6B2}
    | {"90": 0x666666, "94": 0x0000FF},
}


def luminance(color: int) -> float:
    """Relative luminance, as the W3C defines it."""
    shares = [(color >> shift & 255) / 255 for shift in (16, 8, 0)]
    red, green, blue = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("style", "ground"), [(DarkStyle, 0x000000), (LightStyle, 0xFFFFFF)], ids=["dark", "light"])
@pytest.mark.parametrize("kind", LOOKS, ids=str)
def test_every_color_can_be_read_on_its_background(style: type[Style], ground: int, kind: _TokenType) -> None:
    *_, color = SgrFormatter(style, 256).code(kind)[2:-1].split(";")
    if color in ("", "1", "01"):
        return
    ratios = []
    for palette in PALETTES.values():
        low, high = sorted((luminance(palette[color]), luminance(ground)))
        ratios.append((high + 0.05) / (low + 0.05))
    assert max(ratios) >= 3, ratios


#: Tokens of which there is much: they have the color of the text.
PLAIN = {Literal.Scalar.Plain, Name, Name.Namespace, Text, Text.Whitespace}


def tokens_of_rules() -> Iterator[_TokenType]:
    """Yield the tokens that the rules of both lexers name."""
    yield from (*VALUES.values(), *WORDS.values())
    for rules in AirflowOutputLexer.tokens.values():
        for _, action, *_ in rules:
            if isinstance(action, _TokenType):
                yield action
            else:
                yield from inspect.getclosurevars(action).nonlocals.get("args", ())  # those of bygroups


def tokens_of_samples() -> Iterator[_TokenType]:
    """Yield the tokens in real output and the commands that print it, also those of pygments' own lexers."""
    for path in (Path(__file__).parents[2] / "samples").glob("*.json"):
        for command, output in json.loads(path.read_text()).items():
            yield from (kind for kind, _ in AirflowCommandLexer().get_tokens(command))
            for stream in ("stdout", "stderr"):
                yield from (kind for kind, _ in AirflowOutputLexer().get_tokens(output[stream]))


@pytest.mark.parametrize("tokens", [tokens_of_rules, tokens_of_samples])
def test_every_token_of_a_lexer_has_a_look(tokens: Callable[[], Iterator[_TokenType]]) -> None:
    found = set(tokens())
    assert len(found) > 15
    assert not [kind for kind in found - PLAIN if LOOKS.keys().isdisjoint(kind.split())]


SGR = re.compile(r"\x1b\[[0-9;]+m")


@pytest.mark.parametrize("name", ["auto", *sorted(get_all_styles())])
@pytest.mark.parametrize("colors", [16, 256, 1 << 24])
def test_every_style_has_a_code_for_every_token(name: str, colors: int) -> None:
    formatter = formatter_for(DisplayOptions(color=True, style=name, colors=colors))
    for kind in (*LOOKS, *VALUES.values(), NULL, Token.Of.Nobody, Name.Of.Nobody):
        code = formatter.code(kind)
        assert not code or SGR.fullmatch(code)
        assert colors != 16 or not re.search("[34]8;[25]", code), "the terminal has no other colors"


def test_terminals_get_the_colors_that_they_have() -> None:
    style = style_class("monokai")
    assert SgrFormatter(style, 1 << 24).code(Keyword) == "\x1b[38;2;102;217;239m"
    assert SgrFormatter(style, 256).code(Keyword) == "\x1b[38;5;81m"
    formatter = formatter_for(DisplayOptions(color=True, style="monokai", colors=16))
    assert formatter.code(Keyword) == "\x1b[36m", "the terminal gets the shell's own style"
    for colors in (16, 256, 1 << 24):
        assert SgrFormatter(DarkStyle, colors).code(Comment) == "\x1b[90m", "the terminal's own color"


@pytest.mark.parametrize(
    ("environ", "colors"),
    [
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "linux"}, 16),
        ({}, 16),
    ],
)
def test_how_many_colors_a_terminal_has(environ: dict[str, str], colors: int) -> None:
    assert terminal_colors(environ) == colors


def test_each_line_of_a_token_begins_and_ends_plain() -> None:
    formatter = formatter_for(DisplayOptions(color=True))
    text = "".join(formatter.pieces(tokens_of(TextStyle.NOTE, "a\n\nb\n")))
    code = formatter.code(Comment)
    assert text == f"{code}a{RESET}\n\n{code}b{RESET}\n"


def test_any_installed_style_can_be_set() -> None:
    preferences = Preferences()
    preferences.set("style", "monokai")
    assert preferences["style"] == "monokai"
    with pytest.raises(UsageError, match="a style of pygments such as monokai"):
        preferences.set("style", "no such style")
