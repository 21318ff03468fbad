"""Printer of the command tree of the Airflow that runs it, as JSON: facts of its argparse parser, no help texts.

This file runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's, and so imports nothing of this
package. It writes one object to standard output (whatever Airflow prints while it is imported goes to standard
error)::

    {"groups": ["dags", ...], "commands": [{"name": "dags trigger", "aliases": [], "provider": "core",
     "positionals": [{"name": "dag_id", "nargs": null, "choices": null, "type": null, "default": null,
                      "metavar": null}],
     "options": [{"flags": ["-c", "--conf"], "dest": "conf", "nargs": null, "choices": null, "type": null,
                  "default": null, "required": false, "action": "store", "metavar": null}],
     "exclusive": [{"required": false, "members": ["--conf", "dag_id"]}]}]}

The order is the parser's own. ``nargs`` is argparse's: null, a number (0 for a flag), "?", "*", "+", "..." or "A...".
``--help``, which every parser has, is left out.
"""

import argparse
import getpass
import importlib.util
import json
import os
import socket

#: Callables whose own name says less than the one that Airflow's CLI gives them.
TYPES = {"parse": "parsedate", "loads": "json.loads", "Arg.add_to_parser": "directory"}


def build_parser():
    """Return the parser of the airflow program, with the commands of what is installed and configured."""
    try:
        from airflow.cli.cli_parser import get_parser
    except ImportError:
        from airflow.bin.cli import get_parser
    return get_parser()


def tree(parser):
    """Return the groups and the leaf commands."""
    groups, commands = [], []
    walk(parser, [""], groups, commands)
    return {"groups": groups, "commands": commands}


def walk(parser, names, groups, commands):
    """Collect what is below one parser. ``names`` are its own, then its aliases."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        commands.append(command(parser, names))
        return
    if names[0]:
        groups.append(names[0])
    for words, child in children(below[0]):
        walk(child, [(name + " " + word).strip() for name in names for word in words], groups, commands)


def children(action):
    """Return each parser below, with the words that call it: argparse enters the name first, then its aliases."""
    found = []
    for word, parser in action.choices.items():
        known = [words for words, other in found if other is parser]
        if known:
            known[0].append(word)
        else:
            found.append(([word], parser))
    return found


def command(parser, names):
    """Return one leaf command."""
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    return {
        "name": names[0],
        "aliases": names[1:],
        "provider": provider(import_path(parser.get_default("func"))),
        "positionals": [positional(action) for action in actions if not action.option_strings],
        "options": [option(parser, action) for action in actions if action.option_strings],
        "exclusive": [exclusive(group) for group in parser._mutually_exclusive_groups],
    }


def positional(action):
    return dict(argument(action), name=action.dest)


def option(parser, action):
    about = {
        "flags": list(action.option_strings),
        "dest": action.dest,
        "required": bool(action.required),
        "action": action_name(parser, action),
    }
    return dict(argument(action), **about)


def argument(action):
    """Return what positionals and options have in common."""
    return {
        "nargs": action.nargs,
        "choices": choices(action.choices),
        "type": type_name(action.type),
        "default": default(action.default),
        "metavar": list(action.metavar) if isinstance(action.metavar, tuple) else action.metavar,
    }


def exclusive(group):
    members = [action.option_strings[-1] if action.option_strings else action.dest for action in group._group_actions]
    return {"required": bool(group.required), "members": members}


def choices(values):
    """Return choices as a list. Those of a set are sorted, because its order changes with each process."""
    if values is None:
        return None
    plain = [value if isinstance(value, (str, int, float)) else str(value) for value in values]
    return sorted(plain) if isinstance(values, (set, frozenset)) else plain


def default(value):
    """Return a plain value, ``None`` for an object and for what depends on the machine: any text with a path in it."""
    if isinstance(value, (list, tuple)):
        plain = [default(one) for one in value]
        return None if None in plain else plain
    if isinstance(value, str):
        return None if os.sep in value or value in machine() or value == argparse.SUPPRESS else value
    return value if isinstance(value, (bool, int, float)) else None


def machine():
    """Return names of this machine and its user, from which a default may have been made."""
    try:
        return getpass.getuser(), socket.gethostname()
    except Exception:  # a user without a name, as in a container
        return (socket.gethostname(),)


def type_name(kind):
    """Return the callable's name; of a factory's, with its arguments: positive_int(allow_zero=True)."""
    if kind is None:
        return None
    name = getattr(kind, "__qualname__", type(kind).__name__)
    factory, made, _ = name.partition(".<locals>.")
    if not made or factory in TYPES:
        return TYPES.get(factory, name)
    names = kind.__code__.co_freevars
    given = [f"{name}={kind.__closure__[place].cell_contents!r}" for place, name in enumerate(names)]
    return f"{factory}({', '.join(given)})"


def action_name(parser, action):
    """Return argparse's word for an action, such as store_true; the name of its class if it has none."""
    for word, kind in parser._registries["action"].items():
        if isinstance(word, str) and kind is type(action):
            return word
    return type(action).__name__


def import_path(function):
    """Return the module and name of a command's function. A command that is loaded late has the path with it."""
    code = getattr(function, "__code__", None)
    if code is not None and "import_path" in code.co_freevars:
        return function.__closure__[code.co_freevars.index("import_path")].cell_contents
    return getattr(function, "__module__", "") or ""


def provider(path):
    """Return the distribution of a command: "core", or the provider's name, such as "cncf.kubernetes"."""
    parts = path.split(".")
    if parts[:2] != ["airflow", "providers"]:
        return "core"
    for end in range(3, len(parts)):
        if exists(".".join([*parts[:end], "get_provider_info"])):
            return ".".join(parts[2:end])
    return parts[2]


def exists(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:  # what should hold it is no package
        return False


if __name__ == "__main__":
    answer = os.dup(1)
    os.dup2(2, 1)
    found = tree(build_parser())
    with os.fdopen(answer, "w") as file:
        json.dump(found, file)
