"""The commands about saved models, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crossload import limits
from crossload.cli.option_values import positive_int

if TYPE_CHECKING:
    import argparse

    from crossload.cli.option_values import Calls, Commands

_SEARCH_EXIT_CODES = (
    "exit codes: 0 found, 2 bad input, 3 nothing to be found, 130 stopped by Ctrl-C"
)
_CHECK_EXIT_CODES = (
    "exit codes: 0 safe, 1 breaks or drifts, 2 bad input, 3 cannot tell, 130 stopped by Ctrl-C"
)


def add_model_commands(commands: Commands, calls: Calls) -> None:
    """Add the commands that say what saved models are, and whether they can be loaded.

    Parameters
    ----------
    commands
        Takes the parsers of the commands.
    calls
        Functions of the commands by name.
    """
    command = commands.add_parser(
        "inspect", help="say what saved models are and who wrote them, without executing them"
    )
    command.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="files, or folders of SavedModels and checkpoints",
    )
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_inspection_limits(command)
    command.set_defaults(call=calls["inspect"])

    command = commands.add_parser(
        "check",
        help="may a saved model be loaded after an upgrade, with the same answers?"
        " measured on the file",
        epilog=_CHECK_EXIT_CODES,
    )
    command.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="files, folders or patterns: joblib, pickle, skops, Keras, SavedModel",
    )
    command.add_argument(
        "--to",
        required=True,
        metavar="VERSIONS",
        help="'scikit-learn==1.9.1 numpy==2.4', a lock file, or REVISION:PATH of one in git",
    )
    _add_source(command)
    _add_model_options(command)
    command.add_argument(
        "--load-as",
        default="",
        metavar="WAY",
        help="of a SavedModel: savedmodel-keras, -signature, -tfsm",
    )
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.set_defaults(call=calls["check"])

    command = commands.add_parser(
        "upgrade", help="check every model from one lock file to another", epilog=_CHECK_EXIT_CODES
    )
    command.add_argument(
        "locks",
        nargs="*",
        metavar="LOCK",
        help="lock files as they are now, against those of --base",
    )
    command.add_argument(
        "--base",
        default="HEAD",
        metavar="REVISION",
        help="git revision of the old locks (default: HEAD)",
    )
    command.add_argument(
        "--from",
        dest="source",
        default="",
        metavar="OLD",
        help="lock file, REVISION:PATH, or versions",
    )
    command.add_argument("--to", default="", metavar="NEW", help="the same of the upgrade")
    models = "file, folder, or pattern such as 'models/*.joblib'; may be repeated"
    command.add_argument("--models", action="append", required=True, metavar="MODEL", help=models)
    command.add_argument(
        "--newest-safe",
        action="store_true",
        help="find the newest versions at which every model passes",
    )
    command.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write a comment for a pull request"
    )
    command.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    command.add_argument("--json", type=Path, metavar="FILE", help="write everything for programs")
    _add_model_options(command)
    command.set_defaults(call=calls["upgrade"])

    command = commands.add_parser(
        "blame", help="which package of an upgrade makes a model fail?", epilog=_SEARCH_EXIT_CODES
    )
    command.add_argument("model", metavar="MODEL")
    command.add_argument("--to", required=True, metavar="VERSIONS", help="as of check")
    _add_source(command)
    _add_model_options(command)
    command.set_defaults(call=calls["blame"])

    command = commands.add_parser(
        "bisect", help="the release at which a model stops to work", epilog=_SEARCH_EXIT_CODES
    )
    command.add_argument("package", metavar="PACKAGE", help="such as scikit-learn")
    command.add_argument("model", metavar="MODEL")
    command.add_argument(
        "--from", dest="source", required=True, metavar="VERSION", help="a release that is safe"
    )
    command.add_argument("--to", required=True, metavar="VERSION", help="a release that is not")
    command.add_argument(
        "--written",
        default="",
        metavar="VERSIONS",
        help="what wrote the model (default: what the file records)",
    )
    _add_model_options(command)
    command.set_defaults(call=calls["bisect"])

    command = commands.add_parser(
        "route",
        help="a way through where an upgrade breaks: load and save again over versions and formats",
        epilog="exit codes: 0 there is a way, 1 there is none, 2 bad input, 3 cannot tell,"
        " 130 stopped by Ctrl-C",
    )
    command.add_argument("model", metavar="MODEL")
    command.add_argument("--to", required=True, metavar="VERSIONS", help="as of check")
    command.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="write the shell script that goes the way (default: print it)",
    )
    _add_source(command)
    _add_model_options(command)
    command.set_defaults(call=calls["route"])


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="source",
        default="",
        metavar="VERSIONS",
        help="what wrote the models, as --to (default: what the files record)",
    )


def _add_inspection_limits(command: argparse.ArgumentParser) -> None:
    """Add the limits of looking at one file without loading it."""
    command.add_argument(
        "--inspect-seconds",
        type=positive_int,
        default=int(limits.SECONDS),
        metavar="N",
        help=f"limit of looking at one file without loading it (default: {limits.SECONDS:g})",
    )
    command.add_argument(
        "--inspect-memory",
        type=positive_int,
        default=limits.MEMORY >> 20,
        metavar="MB",
        help=f"memory that this may take (default: {limits.MEMORY >> 20})",
    )


def _add_model_options(command: argparse.ArgumentParser) -> None:
    """Add the options that all commands take which load models."""
    rows = command.add_argument_group(
        "rows to ask about (default: made from what the model remembers)"
    )
    rows.add_argument(
        "--data", type=Path, metavar="FILE", help="rows: .npy, .npz, .csv or .parquet"
    )
    rows.add_argument(
        "--target",
        default="",
        metavar="NAME",
        help="labels: a column of --data, or a file; then metrics are compared",
    )
    rows.add_argument(
        "--atol",
        type=float,
        metavar="X",
        help="how far a value may move (default: 1e-6 + 1e-5 of it)",
    )
    rows.add_argument("--rtol", type=float, metavar="X", help="the same, relative to the value")
    needs = command.add_argument_group("what models need beside known packages")
    needs.add_argument(
        "--with-code",
        action="append",
        type=Path,
        default=[],
        metavar="PATH",
        help="file or folder of your own modules; it is executed",
    )
    needs.add_argument(
        "--with",
        dest="packages",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="package that a model needs and does not name",
    )
    needs.add_argument(
        "--build",
        action="append",
        default=[],
        metavar="NAME",
        help="package that may be built from source, which runs its code, where it has no wheels;"
        " or, with --with-code, the function that gives the network that weights belong to",
    )
    trust = command.add_argument_group("trust")
    trust.add_argument(
        "--trust",
        action="store_true",
        help="load without asking files of which all names are known (such as models hold)",
    )
    trust.add_argument(
        "--trust-unknown",
        action="store_true",
        help="and those with names that are not known to be harmless",
    )
    trust.add_argument(
        "--trust-dangerous",
        action="store_true",
        help="and those that call what is known to be dangerous, or carry code",
    )
    trust.add_argument(
        "--seconds",
        type=positive_int,
        default=120,
        metavar="N",
        help="limit of one load (default: 120)",
    )
    trust.add_argument(
        "--memory",
        type=positive_int,
        default=8192,
        metavar="MB",
        help="limit of one load (default: 8192)",
    )
    _add_inspection_limits(command)
    command.add_argument("--fresh", action="store_true", help="ignore what was measured before")
    command.add_argument(
        "--no-fork", action="store_true", help="a new process a load, as where there is no fork"
    )
