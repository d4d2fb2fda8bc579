"""The parser of the command line, put together from the commands of each kind."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.cli.matrix_options import EXIT_CODES, add_matrix_commands, add_upkeep_commands
from crossload.cli.model_options import add_model_commands
from crossload.version import __version__

if TYPE_CHECKING:
    from crossload.cli.option_values import Calls


def build_parser(calls: Calls) -> argparse.ArgumentParser:
    """Build the parser with all commands and options.

    Parameters
    ----------
    calls
        Functions of the commands by name. The parsed options have the one of their command as
        ``call``; it is None where no command was given.
    """
    parser = argparse.ArgumentParser(
        prog="crossload",
        description="Measured compatibility of saved models across versions.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"crossload {__version__}")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(),
        help="project folder, which holds matrix/ (default: here)",
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.set_defaults(call=None)
    commands = parser.add_subparsers(title="commands", dest="command")
    # --help lists them in this order: those that most people need first
    add_matrix_commands(commands, calls)
    add_model_commands(commands, calls)
    add_upkeep_commands(commands, calls)
    return parser


def options_of(parser: argparse.ArgumentParser) -> dict[str, set[str]]:
    """List the options by command; under an empty name those that stand before a command."""
    # argparse has no other way to ask for them
    actions = parser._actions  # noqa: SLF001
    found = {
        "": {name for action in actions for name in action.option_strings if name.startswith("--")}
    }
    for action in actions:
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            found |= {command: options_of(each)[""] for command, each in action.choices.items()}
    return found
