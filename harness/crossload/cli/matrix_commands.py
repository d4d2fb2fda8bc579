"""The commands about matrices: from parsed options to calls.

What a command needs is imported when it is called, so that ``--help``, and the commands that nox
asks for again and again, start without pandas and scikit-learn.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from crossload.environments import Project
    from crossload.plan import Selection


def say(text: str) -> None:
    """Print a line for the user, at once: who pipes the output should see it when it happens."""
    print(text, flush=True)  # noqa: T201 - the command line talks by printing


def _project(chosen: argparse.Namespace) -> Project:
    from crossload.environments import Project  # noqa: PLC0415 - see above

    return Project(chosen.root.resolve())


def _selection(chosen: argparse.Namespace) -> Selection:
    from crossload.plan import Selection  # noqa: PLC0415 - see above

    return Selection(
        only=tuple(chosen.only),
        writers=tuple(chosen.writer),
        readers=tuple(chosen.reader),
        cases=tuple(chosen.case),
        # `plan` has no --format for formats: there it is the format of its output
        formats=tuple(getattr(chosen, "format", ())),
    )


def _run(chosen: argparse.Namespace) -> None:
    from crossload.matrix import commands  # noqa: PLC0415 - see above
    from crossload.matrix.options import Options  # noqa: PLC0415 - see above

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
        verify=chosen.verify,
        explain=chosen.explain,
        shard=chosen.shard,
        budget=chosen.budget,
        frontier=chosen.frontier,
        executor=chosen.executor,
        scheduler=chosen.scheduler,
        store=chosen.store,
        no_fork=chosen.no_fork,
    )
    commands.run(_project(chosen), options, say=say)


def _plan(chosen: argparse.Namespace) -> None:
    from crossload.matrix import commands, shards  # noqa: PLC0415 - see above
    from crossload.matrix.options import Options  # noqa: PLC0415 - see above

    project = _project(chosen)
    options = Options(matrices=tuple(chosen.matrices), selection=_selection(chosen))
    plans = commands.make_plans(project, options)
    say(shards.describe_shards(shards.shards_of(project, plans, chosen.shards), chosen.layout))


def _merge(chosen: argparse.Namespace) -> None:
    from crossload.matrix import commands  # noqa: PLC0415 - see above
    from crossload.matrix.options import Options  # noqa: PLC0415 - see above

    options = Options(matrices=tuple(chosen.matrix), strict=chosen.strict, store=chosen.store)
    commands.merge(_project(chosen), options, [_folder(each) for each in chosen.folders], say=say)


def _folder(text: str) -> Path:
    # pathlib would make the folder `s3:/bucket` of it
    if "://" in text:
        raise ConfigError(
            [f"{text}: merge joins folders"],
            hint=f"a store behind a URL is joined by using it: --store {text}",
        )
    return Path(text)


def _report(chosen: argparse.Namespace) -> None:
    from crossload.matrix import commands  # noqa: PLC0415 - see above
    from crossload.matrix.options import Options  # noqa: PLC0415 - see above

    options = Options(matrices=tuple(chosen.matrices), store=chosen.store)
    commands.report(_project(chosen), options, chosen.since, say=say)


def _export(chosen: argparse.Namespace) -> None:
    from crossload.matrix import commands  # noqa: PLC0415 - see above

    patterns = {name: getattr(chosen, name) for name in ("family", "case", "format")}
    text = commands.export(_project(chosen), chosen.matrix, chosen.layout, patterns)
    if chosen.output is None:
        sys.stdout.write(text)
        return
    from crossload.report.files import write_texts  # noqa: PLC0415 - see above

    output: Path = chosen.output
    if output.is_dir() or not output.parent.is_dir():
        why = "is a folder" if output.is_dir() else f"there is no folder {output.parent}"
        raise ConfigError([f"--output {output}: {why}"], hint="name a file in a folder that exists")
    try:
        write_texts(output.parent, {output.name: text})
    except OSError as error:
        raise ConfigError(
            [f"--output {output}: {error.strerror}"], hint="name a file that may be written"
        ) from error
    say(f"wrote {output}")


def _gc(chosen: argparse.Namespace) -> None:
    from crossload.matrix import gc  # noqa: PLC0415 - see above

    gc.collect(_project(chosen), dry_run=chosen.dry_run, say=say)


def _lock(chosen: argparse.Namespace) -> None:
    from crossload.matrix import upkeep  # noqa: PLC0415 - see above

    upkeep.refresh_locks(_project(chosen), chosen.matrices, chosen.only, say=say)


def _versions(chosen: argparse.Namespace) -> None:
    from crossload.matrix import upkeep  # noqa: PLC0415 - see above

    upkeep.propose_versions(_project(chosen), chosen.matrices, say=say)


def _causes(chosen: argparse.Namespace) -> None:
    from crossload.matrix import unexplained  # noqa: PLC0415 - see above

    if chosen.action == "list":
        unexplained.list_causes(_project(chosen), chosen.matrices, say=say)
    else:
        unexplained.propose_causes(_project(chosen), chosen.matrices, say=say)


def _env(chosen: argparse.Namespace) -> None:
    from crossload.matrix import upkeep  # noqa: PLC0415 - see above

    # standard output has the path alone, for $(crossload env ID)
    def complain(text: str) -> None:
        print(text, file=sys.stderr)  # noqa: T201 - the command line talks by printing

    found = upkeep.build_one(_project(chosen), chosen.id, say=complain, verify=chosen.verify)
    say(str(found.python))


def _schema(chosen: argparse.Namespace) -> None:
    from crossload.config import json_schema  # noqa: PLC0415 - see above
    from crossload.report.summary import schema_text  # noqa: PLC0415 - see above

    if chosen.what == "summary":
        say(schema_text().rstrip())
        return
    say(json.dumps(json_schema(), indent=1))


CALLS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "run": _run,
    "plan": _plan,
    "merge": _merge,
    "report": _report,
    "export": _export,
    "gc": _gc,
    "lock": _lock,
    "versions": _versions,
    "causes": _causes,
    "env": _env,
    "schema": _schema,
}
"""Functions of the commands by name; they give an exit code, None for 0, or raise."""
