"""What can be set: every default is a value that the preference takes; what is no value is refused in a sentence."""

from __future__ import annotations

import pytest

from mwaa_shell.errors import UsageError
from mwaa_shell.preferences import PREFERENCES, Preference, Preferences


@pytest.mark.parametrize("one", PREFERENCES, ids=lambda one: one.name)
def test_defaults_are_values(one: Preference) -> None:
    assert one.accepts(one.default)
    assert Preferences()[one.name] == one.default


def test_what_is_set_holds() -> None:
    preferences = Preferences()
    preferences.set("menu", "never")
    preferences.set("menu-rows", "12")
    assert (preferences["menu"], preferences.number("menu-rows")) == ("never", 12)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("menu", "always", "menu must be typing, tab or never, not 'always'"),
        ("menu-rows", "0", "menu-rows must be 1 to 40, not 0"),
        ("menu-rows", "many", "not 'many"),
        ("menu-rows", "9" * 5000, "not '999"),
        ("menu-rows", "²", "not '²"),
        ("menus", "tab", "Unknown setting 'menus'. Did you mean 'menu'"),
        ("qqq", "tab", "Unknown setting"),
    ],
)
def test_what_is_no_value_is_refused(name: str, value: str, said: str) -> None:
    preferences = Preferences()
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        preferences.set(name, value)
    assert preferences["menu"] == "typing"
