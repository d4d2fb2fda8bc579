"""The command line: parses, calls, and prints errors in one place."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crossload import __version__
from crossload.config.schema import did_you_mean
from crossload.errors import INTERRUPTED_EXIT_CODE, ConfigError, CrossloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from crossload.plan import Selection

_EXIT_CODES = """
exit codes: 0 the run is complete (pairs that do not load are results), 1 --strict and cells failed, 2 bad matrix file
or command line, 3 nothing selected, 4 bad recipe file, 5 pins that cannot be, 6 store cannot be written, 7 fault of the
harness, 8 environment cannot be had here, 130 stopped by Ctrl-C
"""


_PIPE_EXIT_CODE = 141
"""As shells have it (128 + SIGPIPE)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script; gives the exit code."""
    parser = build_parser()
    chosen, unknown = parser.parse_known_args(arguments)
    if unknown:
        name, options = unknown[0].split("=")[0], _options(parser)
        own = options.get(chosen.command, set()) | options[""]
        known = sorted(command for command, names in options.items() if name in names)
        told = f"it is an option of {', '.join(known)}" if known else did_you_mean(name, sorted(own))
        parser.error(f"{chosen.command or 'crossload'} has no argument {name!r} - {told}")
    if chosen.call is None:
        parser.print_help()
        return 2
    signal.signal(signal.SIGTERM, _interrupt_once)
    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        call: Callable[[argparse.Namespace], None] = chosen.call
        call(chosen)
    except CrossloadError as error:
        if chosen.debug:
            raise
        print(f"ERROR {error}", file=sys.stderr)  # noqa: T201
        if error.hint:
            print(f"TIP {error.hint}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        how = "The same command without --fresh" if getattr(chosen, "fresh", False) else "The same command"
        text = f"\nstopped; children are ended, everything measured so far is kept. {how} goes on from there."
        print(text, file=sys.stderr)  # noqa: T201
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:  # whoever read has seen enough (| head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_EXIT_CODE
    except OSError as error:
        from crossload.engine.store import DISK_FULL, disk_error  # noqa: PLC0415

        if chosen.debug or error.errno not in DISK_FULL:
            raise
        full = disk_error(error)
        print(f"ERROR {full}\nTIP {full.hint}", file=sys.stderr)  # noqa: T201
        return full.exit_code
    return 0


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    """The first Ctrl-C ends the run; those that an impatient user adds must not disturb the ending of children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = argparse.ArgumentParser(
        prog="crossload",
        description="Measured compatibility of saved models across versions.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"crossload {__version__}")
    parser.add_argument("--root", type=Path, default=Path(), help="project folder, which holds matrix/ (default: here)")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.set_defaults(call=None)
    commands = parser.add_subparsers(title="commands", dest="command")

    command = commands.add_parser("run", help="measure matrices and print their tables", epilog=_EXIT_CODES)
    command.add_argument("matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)")
    _add_selectors(command)
    command.add_argument("--jobs", type=_positive, default=0, help="workers (default: one a core)")
    command.add_argument(
        "--strict",
        action="store_true",
        help="exit code 1 if any cell is not as expected (without expectations: failed), or was not measured",
    )
    command.add_argument("--fresh", action="store_true", help="ignore what was measured before, and measure it anew")
    command.add_argument("--dry-run", action="store_true", help="print the plan and measure nothing")
    command.add_argument("--explain", action="store_true", help="say why what is to be measured, and measure nothing")
    command.add_argument("--shard", default="", metavar="K/N", help="the K-th of N parts (crossload plan shows them)")
    much = command.add_argument_group("how much")
    much.add_argument(
        "--budget", type=_seconds, metavar="TIME", help="the most valuable cells first, until 90s, 10m or 1h are up"
    )
    much.add_argument("--frontier", action="store_true", help="measure where verdicts change, infer what lies between")
    where = command.add_argument_group("where")
    where.add_argument("--store", default="", metavar="URL", help="folder or fsspec URL of outcomes (s3://bucket/name)")
    where.add_argument("--executor", choices=["local", "dask"], default="local", help="who does the work (default: local)")
    where.add_argument("--scheduler", default="", metavar="ADDRESS", help="of Dask, such as tcp://host:8786")
    command.add_argument("--no-fork", action="store_true", help="a new process a batch, as where there is no fork")
    command.set_defaults(call=_run)

    command = commands.add_parser("plan", help="split matrices into parts for several machines")
    command.add_argument("matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)")
    _add_selectors(command, formats=False)
    command.add_argument("--shards", type=_positive, default=1, metavar="N", help="number of parts")
    layouts = ["text", "json", "github"]
    command.add_argument("--format", dest="layout", choices=layouts, default="text", help="github: a strategy.matrix")
    command.set_defaults(call=_plan)

    command = commands.add_parser("merge", help="join what other machines measured, judge and publish")
    command.add_argument("folders", nargs="+", metavar="FOLDER", help="stores, or folders that hold one")
    command.add_argument("--matrix", action="append", default=[], metavar="MATRIX", help="these matrices only")
    command.add_argument("--store", default="", metavar="URL", help="where to join them (default: .crossload/store)")
    command.add_argument(
        "--strict",
        action="store_true",
        help="exit code 1 if any cell is not as expected (without expectations: failed), or was not measured",
    )
    command.set_defaults(call=_merge)

    command = commands.add_parser("report", help="judge and publish what is known, without measuring or building anything")
    command.add_argument("matrices", nargs="*", metavar="MATRIX", help="matrix files by name (default: all)")
    command.add_argument("--since", default="", metavar="RUN", help="say what changed since a run (20261122T..., or last)")
    command.add_argument("--store", default="", metavar="URL", help="folder or fsspec URL of outcomes")
    command.set_defaults(call=_report)

    command = commands.add_parser("export", help="published outcomes in another format")
    command.add_argument("matrix", metavar="MATRIX")
    layouts = ["csv", "junit", "badge", "badge-json", "github"]
    command.add_argument("--as", dest="layout", choices=layouts, required=True, help="format")
    command.add_argument("--output", type=Path, metavar="FILE", help="where to (default: standard output)")
    command.set_defaults(call=_export)

    command = commands.add_parser("gc", help="drop what no matrix refers to from the store")
    command.add_argument("--dry-run", action="store_true", help="say what would be dropped")
    command.set_defaults(call=_gc)

    command = commands.add_parser("lock", help="refresh the locks of matrices")
    command.add_argument("matrices", nargs="*", metavar="MATRIX")
    command.add_argument("--only", action="append", default=[], metavar="ENV", help="these environments only")
    command.set_defaults(call=_lock)

    command = commands.add_parser("versions", help="propose releases newer than those of the matrices")
    command.add_argument("matrices", nargs="*", metavar="MATRIX")
    command.set_defaults(call=_versions)

    command = commands.add_parser("expect", help="propose expectations for the unexpected failures of a report")
    command.add_argument("matrix", metavar="MATRIX")
    command.set_defaults(call=_expect)

    command = commands.add_parser("env", help="build one environment and print the path of its interpreter")
    command.add_argument("id", metavar="ENV")
    command.set_defaults(call=_env)

    command = commands.add_parser("schema", help="print the JSON Schema of matrix files")
    command.set_defaults(call=_schema)
    return parser


def _options(parser: argparse.ArgumentParser) -> dict[str, set[str]]:
    """Options by command; under an empty name those of all commands."""
    # argparse has no other way to ask for them
    actions = parser._actions  # noqa: SLF001
    found = {"": {name for action in actions for name in action.option_strings if name.startswith("--")}}
    for action in actions:
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            found |= {command: _options(each)[""] for command, each in action.choices.items()}
    return found


def _add_selectors(command: argparse.ArgumentParser, *, formats: bool = True) -> None:
    specifier = "id, pattern or specifier such as 'sklearn>=1.2'; may be repeated"
    command.add_argument("--only", action="append", default=[], metavar="ENV", help=f"save and load in these: {specifier}")
    command.add_argument("--writer", action="append", default=[], metavar="ENV", help=f"save in these: {specifier}")
    command.add_argument("--reader", action="append", default=[], metavar="ENV", help=f"load in these: {specifier}")
    command.add_argument("--case", action="append", default=[], metavar="CASE", help="recipe, or recipe/format; patterns")
    if formats:
        command.add_argument("--format", action="append", default=[], metavar="FORMAT", help="formats; patterns")


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


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _selection(chosen: argparse.Namespace) -> Selection:
    from crossload.plan import Selection  # noqa: PLC0415

    return Selection(
        only=tuple(chosen.only),
        writers=tuple(chosen.writer),
        readers=tuple(chosen.reader),
        cases=tuple(chosen.case),
        formats=tuple(getattr(chosen, "format", ())),
    )


def _run(chosen: argparse.Namespace) -> None:
    from crossload import app  # noqa: PLC0415 - keeps --help fast
    from crossload.environments import Places  # noqa: PLC0415
    from crossload.matrix_run import Options  # noqa: PLC0415

    if (chosen.executor == "dask") != bool(chosen.scheduler):
        raise ConfigError(["--executor dask and --scheduler ADDRESS go together"], hint="--scheduler tcp://HOST:8786")
    options = Options(
        matrices=tuple(chosen.matrices),
        selection=_selection(chosen),
        jobs=chosen.jobs,
        strict=chosen.strict,
        dry_run=chosen.dry_run,
        fresh=chosen.fresh,
        explain=chosen.explain,
        shard=chosen.shard,
        budget=chosen.budget,
        frontier=chosen.frontier,
        executor=chosen.executor,
        scheduler=chosen.scheduler,
        store=chosen.store,
        no_fork=chosen.no_fork,
    )
    app.run(Places(chosen.root.resolve()), options, out=_say)


def _plan(chosen: argparse.Namespace) -> None:
    from crossload import app, parts  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415
    from crossload.matrix_run import Options  # noqa: PLC0415

    places = Places(chosen.root.resolve())
    plans = app.make_plans(places, Options(matrices=tuple(chosen.matrices), selection=_selection(chosen)))
    _say(parts.describe_shards(parts.shards_of(places, plans, chosen.shards), chosen.layout))


def _merge(chosen: argparse.Namespace) -> None:
    from crossload import app  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415
    from crossload.matrix_run import Options  # noqa: PLC0415

    options = Options(matrices=tuple(chosen.matrix), strict=chosen.strict, store=chosen.store)
    app.merge(Places(chosen.root.resolve()), options, [_folder(each) for each in chosen.folders], out=_say)


def _folder(text: str) -> Path:
    if "://" in text:
        raise ConfigError([f"{text}: merge joins folders"], hint=f"a store behind a URL is joined by using it: --store {text}")
    return Path(text)


def _report(chosen: argparse.Namespace) -> None:
    from crossload import app  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415
    from crossload.matrix_run import Options  # noqa: PLC0415

    options = Options(matrices=tuple(chosen.matrices), store=chosen.store)
    app.report(Places(chosen.root.resolve()), options, chosen.since, out=_say)


def _export(chosen: argparse.Namespace) -> None:
    from crossload import app  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415

    text = app.export(Places(chosen.root.resolve()), chosen.matrix, chosen.layout)
    if chosen.output is None:
        sys.stdout.write(text)
        return
    part = chosen.output.with_name(f"{chosen.output.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(chosen.output)
    _say(f"wrote {chosen.output}")


def _gc(chosen: argparse.Namespace) -> None:
    from crossload import gc  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415

    gc.collect(Places(chosen.root.resolve()), dry_run=chosen.dry_run, out=_say)


def _lock(chosen: argparse.Namespace) -> None:
    from crossload import maintain  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415

    maintain.refresh_locks(Places(chosen.root.resolve()), chosen.matrices, chosen.only, out=_say)


def _versions(chosen: argparse.Namespace) -> None:
    from crossload import maintain  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415

    maintain.propose_versions(Places(chosen.root.resolve()), chosen.matrices, out=_say)


def _expect(chosen: argparse.Namespace) -> None:
    from crossload import maintain  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415

    maintain.propose_expectations(Places(chosen.root.resolve()), chosen.matrix, out=_say)


def _env(chosen: argparse.Namespace) -> None:
    from crossload import maintain  # noqa: PLC0415
    from crossload.environments import Places  # noqa: PLC0415

    built = maintain.build_one(Places(chosen.root.resolve()), chosen.id, say=lambda text: print(text, file=sys.stderr))  # noqa: T201
    _say(str(built.python))


def _schema(_chosen: argparse.Namespace) -> None:
    from crossload.config import json_schema  # noqa: PLC0415

    _say(json.dumps(json_schema(), indent=1))


if __name__ == "__main__":
    sys.exit(main())
