"""The commands about matrices, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crossload.cli.option_values import positive_int, seconds

if TYPE_CHECKING:
    import argparse

    from crossload.cli.option_values import Calls, Commands

EXIT_CODES = """
exit codes: 0 the run is complete (pairs that do not load are results), 1 --strict and cells failed,
or a dangerous file, 2 bad matrix file, command line or model file, 3 nothing selected, 4 bad recipe
file, 5 pins that cannot be, 6 disk or store cannot be used, 7 fault of the harness, 8 environment
cannot be had here, 9 gaps for want of something of this machine (nothing was published), 130
stopped by Ctrl-C
"""
"""Exit codes of `crossload.errors`, for the end of ``--help``."""

_STRICT = (
    "exit code 1 for verdicts other than those published, failures without a known cause,"
    " causes that explain nothing, and cells that were not measured"
)


def add_matrix_commands(commands: Commands, calls: Calls) -> None:
    """Add the commands that run matrices and publish what they found.

    Parameters
    ----------
    commands
        Takes the parsers of the commands.
    calls
        Functions of the commands by name.
    """
    command = commands.add_parser(
        "run", help="measure matrices and print their tables", epilog=EXIT_CODES
    )
    command.add_argument(
        "matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)"
    )
    _add_selectors(command)
    command.add_argument(
        "--jobs", type=positive_int, default=0, help="workers (default: one a core)"
    )
    command.add_argument("--strict", action="store_true", help=_STRICT)
    command.add_argument(
        "--fresh", action="store_true", help="ignore what was measured before, and measure it anew"
    )
    command.add_argument(
        "--verify", action="store_true", help="read all files of environments, byte by byte, first"
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
        type=seconds,
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
    command.add_argument(
        "--shards", type=positive_int, default=1, metavar="N", help="number of parts"
    )
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
    command.add_argument("--strict", action="store_true", help=_STRICT)
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
    # as EXPORTS and TABLE_LAYOUTS of report/ have them, which import too much for --help; a test
    # compares them
    layouts = ["csv", "junit", "badge", "badge-json", "github", "markdown", "rst", "html"]
    command.add_argument("--as", dest="layout", choices=layouts, required=True, help="format")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="where to (default: standard output)"
    )
    table = command.add_argument_group("which cells (markdown, rst and html, which are one table)")
    for name, example in (("family", "trees"), ("case", "random-forest/*"), ("format", "joblib")):
        table.add_argument(f"--{name}", metavar="PATTERN", help=f"such as {example!r}")
    command.set_defaults(call=calls["export"])


def add_upkeep_commands(commands: Commands, calls: Calls) -> None:
    """Add the commands that keep stores, locks and causes in order; parameters as above."""
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
        "causes", help="list the known causes of failures, or propose causes for those without one"
    )
    command.add_argument("action", choices=["list", "propose"], help="what to do")
    command.add_argument("matrices", nargs="*", metavar="MATRIX", help="by name (default: all)")
    command.set_defaults(call=calls["causes"])

    command = commands.add_parser(
        "env", help="build one environment and print the path of its interpreter"
    )
    command.add_argument("id", metavar="ENV")
    command.add_argument(
        "--verify", action="store_true", help="read all its files, byte by byte, first"
    )
    command.set_defaults(call=calls["env"])

    command = commands.add_parser(
        "schema", help="print the JSON Schema of matrix files, or of summary.json"
    )
    command.add_argument("what", nargs="?", choices=["matrix", "summary"], default="matrix")
    command.set_defaults(call=calls["schema"])


def _add_selectors(command: argparse.ArgumentParser, *, formats: bool = True) -> None:
    """Add the selectors of cells; without ``formats`` no --format, which means the output there."""
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
