"""Upkeep of environments: refresh locks, propose newer versions, build one by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from packaging.version import Version

from crossload.environments import Interpreters, Locker, build, is_built
from crossload.environments.package_index import Index
from crossload.errors import CrossloadError, EnvironmentUnavailable, SelectionError
from crossload.plan import Selection, check_selection, environments_of, load_specs
from crossload.plan.select import matches_environment
from crossload.report.labels import literal_of, signature_of
from crossload.verdict import Surprise, as_toml, propose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.environments import Built, Project
    from crossload.plan import Environment

_AT_ONCE = 4
"""Locks made at once: resolving waits for the network more than for the processor."""


def _environments(project: Project, matrices: Sequence[str]) -> dict[str, Environment]:
    return {
        each.id: each
        for spec in load_specs(project.matrix, matrices)
        for each in environments_of(spec)
    }


def _locker(project: Project, say: Callable[[str], None]) -> Locker:
    return Locker(project, Interpreters(say=say), Index(project.work / "index"), say=say)


def refresh_locks(
    project: Project, matrices: Sequence[str], only: Sequence[str], *, out: Callable[[str], None]
) -> None:
    """Make all wanted locks anew.  Raises the worst error after all others were made."""
    known = _environments(project, matrices)
    check_selection(Selection(only=tuple(only)), known.values(), [], [])
    wanted = [
        each
        for each in known.values()
        if not only or any(matches_environment(pattern, each) for pattern in only)
    ]
    locker = _locker(project, out)

    def lock(environment: Environment) -> CrossloadError | None:
        try:
            locker.lock(environment, refresh=True)
        except CrossloadError as error:
            out(f"NOT LOCKED {error}")
            return error
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = [error for error in pool.map(lock, wanted) if error is not None]
    out(f"{len(wanted) - len(errors)} of {len(wanted)} environments locked")
    if errors:
        raise min(errors, key=lambda error: error.exit_code)


def propose_versions(
    project: Project, matrices: Sequence[str], *, out: Callable[[str], None]
) -> None:
    """For every axis, say which newer patch and minor releases there are."""
    index = Index(project.work / "index")
    for spec in load_specs(project.matrix, matrices):
        for axis in spec.axes:
            package = axis.package
            pinned = [Version(version) for version in axis.versions]
            releases = [
                Version(release.version)
                for release in index.releases(package)
                if not release.yanked
            ]
            newest: dict[tuple[int, int], Version] = {}
            for release in releases:
                newest[release.major, release.minor] = max(
                    release, newest.get((release.major, release.minor), release)
                )
            patches = [
                f"{old} -> {newest[old.major, old.minor]}"
                for old in pinned
                if newest.get((old.major, old.minor), old) > old
            ]
            minors = [str(release) for release in newest.values() if release > max(pinned)]
            out(f"{spec.name}: {package}")
            out("  newer patch releases: " + (", ".join(patches) or "none"))
            out("  newer minor releases: " + (", ".join(minors) or "none"))


def propose_expectations(project: Project, name: str, *, out: Callable[[str], None]) -> None:
    """Print expectations for the unexpected failures of the last published report, for a person to add reasons to."""
    import pandas as pd  # noqa: PLC0415 - the other commands do without it

    (spec,) = load_specs(project.matrix, [name])
    path = project.reports / spec.name / "outcomes.parquet"
    if not path.exists():
        msg = f"{spec.name}: no report in reports/{spec.name}/"
        raise SelectionError(msg, hint=f"nox -s matrix -- {spec.name}")
    table = pd.read_parquet(path)
    has_known = bool((table["surprise"] != "").any())
    failed = (
        table[table["surprise"] == Surprise.FAILURE.value]
        if has_known
        else table[table["passes"] == False]
    )  # noqa: E712
    rows = [
        (
            str(row.verdict),
            literal_of(signature_of(str(row.reason))),
            f"{row.recipe}/{row.format}",
            str(row.writer),
            str(row.reader),
        )
        for row in failed.itertuples()
    ]
    out(as_toml(propose(rows)) or f"# {spec.name}: no unexpected failures")


def build_one(project: Project, env_id: str, *, say: Callable[[str], None]) -> Built:
    """Build an environment by its id, or find it built."""
    known = _environments(project, [])
    if env_id not in known:
        check_selection(Selection(only=(env_id,)), known.values(), [], [])
        msg = f"{env_id!r} is a pattern, not an environment"
        raise SelectionError(msg, hint="name one environment")
    environment = known[env_id]
    found = is_built(environment, project)
    if found is not None:
        return found
    locker = _locker(project, say)
    lock = locker.lock(environment)
    interpreter = locker.interpreters.get(lock.python)
    if interpreter is None:
        msg = f"{env_id}: Python {lock.python} is not installed here"
        raise EnvironmentUnavailable(msg, hint=f"uv python install {lock.python}")
    return build(environment, lock, interpreter, project)
