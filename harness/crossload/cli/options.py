"""The commands and options of the command line."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Call = Callable[[argparse.Namespace], int | None]

_EXIT_CODES = """
exit codes: 0 the run is complete (pairs that do not load are results), 1 --strict and cells failed, or a dangerous
file, 2 bad matrix file, command line or model file, 3 nothing selected, 4 bad recipe file, 5 pins that cannot be, 6 store cannot be written, 7 fault of the
harness, 8 environment cannot be had here, 130 stopped by Ctrl-C
"""


_SEARCH_EXIT_CODES = (
    "exit codes: 0 found, 2 bad input, 3 nothing to be found, 130 stopped by Ctrl-C"
)
_OWN_EXIT_CODES = (
    "exit codes: 0 safe, 1 breaks or drifts, 2 bad input, 3 cannot tell, 130 stopped by Ctrl-C"
)


def build_parser(calls: Mapping[str, Call]) -> argparse.ArgumentParser:
    """All commands and options; ``calls`` are what the commands do, by name."""
    parser = argparse.ArgumentParser(
        prog="crossload",
        description="Measured compatibility of saved models across versions.",
        epilog=_EXIT_CODES,
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

    command = commands.add_parser(
        "run", help="measure matrices and print their tables", epilog=_EXIT_CODES
    )
    command.add_argument(
        "matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)"
    )
    _add_selectors(command)
    command.add_argument("--jobs", type=_positive, default=0, help="workers (default: one a core)")
    command.add_argument(
        "--strict",
        action="store_true",
        help="exit code 1 if any cell is not as expected (without expectations: failed), or was not measured",
    )
    command.add_argument(
        "--fresh", action="store_true", help="ignore what was measured before, and measure it anew"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="print the plan and measure nothing"
    )
    command.add_argument(
        "--explain", action="store_true", help="say why what is to be measured, and measure nothing"
    )
    command.add_argument(
        "--shard", default="", metavar="K/N", help="the K-th of N parts (crossload plan shows them)"
    )
    much = command.add_argument_group("how much")
    much.add_argument(
        "--budget",
        type=_seconds,
        metavar="TIME",
        help="the most valuable cells first, until 90s, 10m or 1h are up",
    )
    much.add_argument(
        "--frontier",
        action="store_true",
        help="measure where verdicts change, infer what lies between",
    )
    where = command.add_argument_group("where")
    where.add_argument(
        "--store",
        default="",
        metavar="URL",
        help="folder or fsspec URL of outcomes (s3://bucket/name)",
    )
    where.add_argument(
        "--executor",
        choices=["local", "dask"],
        default="local",
        help="who does the work (default: local)",
    )
    where.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="of Dask, such as tcp://host:8786"
    )
    command.add_argument(
        "--no-fork", action="store_true", help="a new process a batch, as where there is no fork"
    )
    command.set_defaults(call=calls["run"])

    command = commands.add_parser("plan", help="split matrices into parts for several machines")
    command.add_argument(
        "matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)"
    )
    _add_selectors(command, formats=False)
    command.add_argument("--shards", type=_positive, default=1, metavar="N", help="number of parts")
    layouts = ["text", "json", "github"]
    command.add_argument(
        "--format", dest="layout", choices=layouts, default="text", help="github: a strategy.matrix"
    )
    command.set_defaults(call=calls["plan"])

    command = commands.add_parser(
        "merge", help="join what other machines measured, judge and publish"
    )
    command.add_argument(
        "folders", nargs="+", metavar="FOLDER", help="stores, or folders that hold one"
    )
    command.add_argument(
        "--matrix", action="append", default=[], metavar="MATRIX", help="these matrices only"
    )
    command.add_argument(
        "--store", default="", metavar="URL", help="where to join them (default: .crossload/store)"
    )
    command.add_argument(
        "--strict",
        action="store_true",
        help="exit code 1 if any cell is not as expected (without expectations: failed), or was not measured",
    )
    command.set_defaults(call=calls["merge"])

    command = commands.add_parser(
        "report", help="judge and publish what is known, without measuring or building anything"
    )
    command.add_argument(
        "matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)"
    )
    command.add_argument(
        "--since",
        default="",
        metavar="RUN",
        help="say what changed since a run (20261122T..., or last)",
    )
    command.add_argument(
        "--store", default="", metavar="URL", help="folder or fsspec URL of outcomes"
    )
    command.set_defaults(call=calls["report"])

    command = commands.add_parser("export", help="published outcomes in another format")
    command.add_argument("matrix", metavar="MATRIX")
    layouts = ["csv", "junit", "badge", "badge-json", "github", "markdown", "rst", "html"]
    command.add_argument("--as", dest="layout", choices=layouts, required=True, help="format")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="where to (default: standard output)"
    )
    table = command.add_argument_group("which cells (markdown, rst and html, which are one table)")
    for name, example in (("family", "trees"), ("case", "random-forest/*"), ("format", "joblib")):
        table.add_argument(f"--{name}", metavar="PATTERN", help=f"such as {example!r}")
    command.set_defaults(call=calls["export"])

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
    command.set_defaults(call=calls["inspect"])

    _add_own(commands, calls)

    command = commands.add_parser("gc", help="drop what no matrix refers to from the store")
    command.add_argument("--dry-run", action="store_true", help="say what would be dropped")
    command.set_defaults(call=calls["gc"])

    command = commands.add_parser("lock", help="refresh the locks of matrices")
    command.add_argument("matrices", nargs="*", metavar="MATRIX")
    command.add_argument(
        "--only", action="append", default=[], metavar="ENV", help="these environments only"
    )
    command.set_defaults(call=calls["lock"])

    command = commands.add_parser(
        "versions", help="propose releases newer than those of the matrices"
    )
    command.add_argument("matrices", nargs="*", metavar="MATRIX")
    command.set_defaults(call=calls["versions"])

    command = commands.add_parser(
        "expect", help="propose expectations for the unexpected failures of a report"
    )
    command.add_argument("matrix", metavar="MATRIX")
    command.set_defaults(call=calls["expect"])

    command = commands.add_parser(
        "env", help="build one environment and print the path of its interpreter"
    )
    command.add_argument("id", metavar="ENV")
    command.set_defaults(call=calls["env"])

    command = commands.add_parser(
        "schema", help="print the JSON Schema of matrix files, or of summary.json"
    )
    command.add_argument("what", nargs="?", choices=["matrix", "summary"], default="matrix")
    command.set_defaults(call=calls["schema"])
    return parser


def _add_own(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], calls: Mapping[str, Call]
) -> None:
    """Commands about the user's own models."""
    command = commands.add_parser(
        "check",
        help="may a saved model be loaded after an upgrade, with the same answers? measured on the file",
        epilog=_OWN_EXIT_CODES,
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
    _add_about_models(command)
    command.add_argument(
        "--load-as",
        default="",
        metavar="WAY",
        help="of a SavedModel: savedmodel-keras, -signature, -tfsm",
    )
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.set_defaults(call=calls["check"])

    command = commands.add_parser(
        "upgrade", help="check every model from one lock file to another", epilog=_OWN_EXIT_CODES
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
    _add_about_models(command)
    command.set_defaults(call=calls["upgrade"])

    command = commands.add_parser(
        "blame", help="which package of an upgrade makes a model fail?", epilog=_SEARCH_EXIT_CODES
    )
    command.add_argument("model", metavar="MODEL")
    command.add_argument("--to", required=True, metavar="VERSIONS", help="as of check")
    _add_source(command)
    _add_about_models(command)
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
    _add_about_models(command)
    command.set_defaults(call=calls["bisect"])

    command = commands.add_parser(
        "route",
        help="a way through where an upgrade breaks: load and save again over versions and formats",
        epilog="exit codes: 0 there is a way, 1 there is none, 2 bad input, 3 cannot tell, 130 stopped by Ctrl-C",
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
    _add_about_models(command)
    command.set_defaults(call=calls["route"])


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="source",
        default="",
        metavar="VERSIONS",
        help="what wrote the models, as --to (default: what the files record)",
    )


def _add_about_models(command: argparse.ArgumentParser) -> None:
    """What all commands about models take."""
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
        default="",
        metavar="FUNCTION",
        help="of --with-code: gives the network that weights belong to",
    )
    trust = command.add_argument_group("trust")
    trust.add_argument(
        "--trust",
        action="store_true",
        help="load without asking; loading executes what is in a file",
    )
    trust.add_argument(
        "--trust-dangerous", action="store_true", help="even what is known to be dangerous"
    )
    trust.add_argument(
        "--seconds",
        type=_positive,
        default=120,
        metavar="N",
        help="limit of one load (default: 120)",
    )
    trust.add_argument(
        "--memory",
        type=_positive,
        default=8192,
        metavar="MB",
        help="limit of one load (default: 8192)",
    )
    command.add_argument("--fresh", action="store_true", help="ignore what was measured before")
    command.add_argument(
        "--no-fork", action="store_true", help="a new process a load, as where there is no fork"
    )


def options_of(parser: argparse.ArgumentParser) -> dict[str, set[str]]:
    """Options by command; under an empty name those of all commands."""
    # argparse has no other way to ask for them
    actions = parser._actions  # noqa: SLF001
    found = {
        "": {name for action in actions for name in action.option_strings if name.startswith("--")}
    }
    for action in actions:
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            found |= {command: options_of(each)[""] for command, each in action.choices.items()}
    return found


def _add_selectors(command: argparse.ArgumentParser, *, formats: bool = True) -> None:
    specifier = "id, pattern or specifier such as 'sklearn>=1.2'; may be repeated"
    command.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ENV",
        help=f"save and load in these: {specifier}",
    )
    command.add_argument(
        "--writer", action="append", default=[], metavar="ENV", help=f"save in these: {specifier}"
    )
    command.add_argument(
        "--reader", action="append", default=[], metavar="ENV", help=f"load in these: {specifier}"
    )
    command.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="CASE",
        help="recipe, or recipe/format; patterns",
    )
    if formats:
        command.add_argument(
            "--format", action="append", default=[], metavar="FORMAT", help="formats; patterns"
        )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"expected a whole number of at least 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s?)?", text.strip())
    try:
        parts = [float(part) if part else 0.0 for part in found.groups()] if found else []
    except ValueError:
        parts = []
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if seconds <= 0:
        msg = f"expected a time such as 90s, 10m or 1h30m, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return seconds
