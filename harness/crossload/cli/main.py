"""The command line: parses, calls, and prints errors in one place."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.cli.options import build_parser, options_of
from crossload.config.schema import did_you_mean
from crossload.errors import INTERRUPTED_EXIT_CODE, ConfigError, CrossloadError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import FrameType

    from crossload.plan import Selection


_PIPE_EXIT_CODE = 141
"""As shells have it (128 + SIGPIPE)."""


def make_parser() -> argparse.ArgumentParser:
    """The command line; the manual is made from it too."""
    return build_parser(_CALLS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script; gives the exit code."""
    parser = make_parser()
    chosen, unknown = parser.parse_known_args(arguments)
    if unknown:
        name, options = unknown[0].split("=")[0], options_of(parser)
        own = options.get(chosen.command, set()) | options[""]
        known = sorted(command for command, names in options.items() if name in names)
        told = (
            f"it is an option of {', '.join(known)}" if known else did_you_mean(name, sorted(own))
        )
        parser.error(f"{chosen.command or 'crossload'} has no argument {name!r} - {told}")
    if chosen.call is None:
        parser.print_help()
        return 2
    signal.signal(signal.SIGTERM, _interrupt_once)
    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        call: Callable[[argparse.Namespace], int | None] = chosen.call
        return call(chosen) or 0
    except CrossloadError as error:
        if chosen.debug:
            raise
        print(f"ERROR {error}", file=sys.stderr)  # noqa: T201
        if error.hint:
            print(f"TIP {error.hint}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        how = (
            "The same command without --fresh"
            if getattr(chosen, "fresh", False)
            else "The same command"
        )
        text = f"\nstopped; children are ended, everything measured so far is kept. {how} goes on from there."
        print(text, file=sys.stderr)  # noqa: T201
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:  # whoever read has seen enough (| head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_EXIT_CODE
    except OSError as error:
        from crossload.store.layout import DISK_FULL, disk_error  # noqa: PLC0415

        if chosen.debug or error.errno not in DISK_FULL:
            raise
        full = disk_error(error)
        print(f"ERROR {full}\nTIP {full.hint}", file=sys.stderr)  # noqa: T201
        return full.exit_code


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    """The first Ctrl-C ends the run; those that an impatient user adds must not disturb the ending of children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


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
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import commands  # noqa: PLC0415 - keeps --help fast
    from crossload.matrix.run import Options  # noqa: PLC0415

    if (chosen.executor == "dask") != bool(chosen.scheduler):
        raise ConfigError(
            ["--executor dask and --scheduler ADDRESS go together"],
            hint="--scheduler tcp://HOST:8786",
        )
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
    commands.run(Project(chosen.root.resolve()), options, out=_say)


def _plan(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import (
        commands,  # noqa: PLC0415
        shards,  # noqa: PLC0415
    )
    from crossload.matrix.run import Options  # noqa: PLC0415

    project = Project(chosen.root.resolve())
    plans = commands.make_plans(
        project, Options(matrices=tuple(chosen.matrices), selection=_selection(chosen))
    )
    _say(shards.describe_shards(shards.shards_of(project, plans, chosen.shards), chosen.layout))


def _merge(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import commands  # noqa: PLC0415
    from crossload.matrix.run import Options  # noqa: PLC0415

    options = Options(matrices=tuple(chosen.matrix), strict=chosen.strict, store=chosen.store)
    commands.merge(
        Project(chosen.root.resolve()),
        options,
        [_folder(each) for each in chosen.folders],
        out=_say,
    )


def _folder(text: str) -> Path:
    if "://" in text:
        raise ConfigError(
            [f"{text}: merge joins folders"],
            hint=f"a store behind a URL is joined by using it: --store {text}",
        )
    return Path(text)


def _report(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import commands  # noqa: PLC0415
    from crossload.matrix.run import Options  # noqa: PLC0415

    options = Options(matrices=tuple(chosen.matrices), store=chosen.store)
    commands.report(Project(chosen.root.resolve()), options, chosen.since, out=_say)


def _export(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import commands  # noqa: PLC0415

    parts = {name: getattr(chosen, name) for name in ("family", "case", "format")}
    text = commands.export(Project(chosen.root.resolve()), chosen.matrix, chosen.layout, parts)
    if chosen.output is None:
        sys.stdout.write(text)
        return
    from crossload.report.files import write_texts  # noqa: PLC0415

    if chosen.output.is_dir() or not chosen.output.parent.is_dir():
        why = (
            "is a folder"
            if chosen.output.is_dir()
            else f"there is no folder {chosen.output.parent}"
        )
        raise ConfigError(
            [f"--output {chosen.output}: {why}"], hint="name a file in a folder that exists"
        )
    try:
        write_texts(chosen.output.parent, {chosen.output.name: text})
    except OSError as error:
        raise ConfigError(
            [f"--output {chosen.output}: {error.strerror}"], hint="name a file that may be written"
        ) from error
    _say(f"wrote {chosen.output}")


def _inspect(chosen: argparse.Namespace) -> None:
    from crossload.errors import DangerousFile  # noqa: PLC0415
    from crossload.inspection import NotAModel, inspect_file  # noqa: PLC0415
    from crossload.inspection.render import to_dict, to_text  # noqa: PLC0415
    from crossload.safe import printable  # noqa: PLC0415
    from crossload.system import terminal_width  # noqa: PLC0415

    bad: list[NotAModel] = []
    dangerous = []
    for path in chosen.files:
        try:
            found = inspect_file(path)
        except NotAModel as error:
            bad.append(error)
            dangerous += [f"{path} ({', '.join(error.dangerous[:5])})"] if error.dangerous else []
            continue
        _say(json.dumps(to_dict(found)) if chosen.json else to_text(found, width=terminal_width()))
        dangerous += [str(path)] if found.dangerous else []
    if dangerous:  # counts more than that another file is no model
        listed = ", ".join(printable(each) for each in dangerous[:20]) + (
            f" and {len(dangerous) - 20} more" if len(dangerous) > 20 else ""
        )
        told = "".join(f"{error}\n" for error in bad)
        msg = f"{told}loading executes dangerous code: {listed}"
        raise DangerousFile(msg, hint="do not load it; ask where it comes from")
    if bad:
        raise NotAModel("\n".join(map(str, bad)), hint=bad[0].hint)


def _own(name: str) -> Callable[[argparse.Namespace], int]:
    """A command about users' models."""

    def call(chosen: argparse.Namespace) -> int:
        from crossload.errors import HarnessFault  # noqa: PLC0415
        from crossload.models.commands import COMMANDS  # noqa: PLC0415

        try:
            return COMMANDS[name](chosen, out=_say)
        except (CrossloadError, OSError):
            raise
        except Exception as error:  # exit code 1 means that a model breaks: a fault of ours must not inspect_file like that
            msg = f"crossload itself failed: {type(error).__name__}: {error}"
            raise HarnessFault(msg, hint="--debug shows where; please report it") from error

    return call


def _gc(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import gc  # noqa: PLC0415

    gc.collect(Project(chosen.root.resolve()), dry_run=chosen.dry_run, out=_say)


def _lock(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import upkeep  # noqa: PLC0415

    upkeep.refresh_locks(Project(chosen.root.resolve()), chosen.matrices, chosen.only, out=_say)


def _versions(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import upkeep  # noqa: PLC0415

    upkeep.propose_versions(Project(chosen.root.resolve()), chosen.matrices, out=_say)


def _expect(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import upkeep  # noqa: PLC0415

    upkeep.propose_expectations(Project(chosen.root.resolve()), chosen.matrix, out=_say)


def _env(chosen: argparse.Namespace) -> None:
    from crossload.environments import Project  # noqa: PLC0415
    from crossload.matrix import upkeep  # noqa: PLC0415

    built = upkeep.build_one(
        Project(chosen.root.resolve()), chosen.id, say=lambda text: print(text, file=sys.stderr)
    )  # noqa: T201
    _say(str(built.python))


def _schema(chosen: argparse.Namespace) -> None:
    from crossload.config import json_schema  # noqa: PLC0415
    from crossload.report.summary import schema_text  # noqa: PLC0415

    if chosen.what == "summary":
        _say(schema_text().rstrip())
        return
    _say(json.dumps(json_schema(), indent=1))


_CALLS = {
    "run": _run,
    "plan": _plan,
    "merge": _merge,
    "report": _report,
    "export": _export,
    "inspect": _inspect,
    "check": _own("check"),
    "upgrade": _own("upgrade"),
    "blame": _own("blame"),
    "bisect": _own("bisect"),
    "route": _own("route"),
    "gc": _gc,
    "lock": _lock,
    "versions": _versions,
    "expect": _expect,
    "env": _env,
    "schema": _schema,
}


if __name__ == "__main__":
    sys.exit(main())
