"""Cached names of DAGs, runs, variables and so on, for completion and for checks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.names.cache_files import cache_folder, identify
    from mwaa_shell.names.catalogue import NameCatalogue
    from mwaa_shell.names.refresher import NameRefresher, name_candidates

__all__ = ["NameCatalogue", "NameRefresher", "cache_folder", "identify", "name_candidates"]

#: Imported on first use: the cache folder is read before names are, and the prompt stands before both.
_MODULES = {
    "NameCatalogue": "catalogue",
    "NameRefresher": "refresher",
    "cache_folder": "cache_files",
    "identify": "cache_files",
    "name_candidates": "refresher",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
