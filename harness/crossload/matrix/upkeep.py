"""The upkeep of matrices: refresh locks, propose newer versions, build by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from packaging.version import Version

from crossload.environments import Interpreters, Locker, build, doubts_of, is_built
from crossload.environments.build import check_records
from crossload.environments.package_index import Index
from crossload.errors import CrossloadError, InterpreterMissing, SelectionError
from crossload.plan import Selection, check_selection, environments_of, load_specs
from crossload.plan.select import matches_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.environments import Built, Project
    from crossload.plan import Environment

_AT_ONCE = 4
"""Locks made at once.

Resolving waits for the network more than for the processor: 18 locks took 16-18 s one by one, 5.3 s
four at a time.
"""


def _environments(project: Project, matrices: Sequence[str]) -> dict[str, Environment]:
    return {
        each.id: each
        for spec in load_specs(project.matrix, matrices)
        for each in environments_of(spec)
    }


def _locker(project: Project, say: Callable[[str], None]) -> Locker:
    return Locker(project, Interpreters(say=say), Index(project.work / "index"), say=say)


def refresh_locks(
    project: Project, matrices: Sequence[str], only: Sequence[str], *, say: Callable[[str], None]
) -> None:
    """Make locks anew, in ``matrix/locks``.

    Parameters
    ----------
    project
        Folders of the project.
    matrices
        Names of matrices; all where there are none.
    only
        Selectors of environments; all where there are none.
    say
        Takes lines for the user.

    Raises
    ------
    SelectionError
        A selector means nothing.
    EnvironmentPinsError, EnvironmentUnavailable, IndexUnavailable
        Locks could not be made; the worst one is raised after all others were made.
    """
    known = _environments(project, matrices)
    check_selection(Selection(only=tuple(only)), known.values(), [], [])
    wanted = [
        each
        for each in known.values()
        if not only or any(matches_environment(pattern, each) for pattern in only)
    ]
    locker = _locker(project, say)

    def lock(environment: Environment) -> CrossloadError | None:
        try:
            locker.lock(environment, refresh=True)
        except CrossloadError as error:
            say(f"NOT LOCKED {error}")
            return error
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = [error for error in pool.map(lock, wanted) if error is not None]
    say(f"{len(wanted) - len(errors)} of {len(wanted)} environments locked")
    if errors:
        # the smallest code: pins that can never be resolved (5) need a person, a network that is
        # down (8) needs a second try
        raise min(errors, key=lambda error: error.exit_code)


def propose_versions(
    project: Project, matrices: Sequence[str], *, say: Callable[[str], None]
) -> None:
    """Say which newer patch and minor releases there are of every axis.

    Parameters
    ----------
    project
        Folders of the project; nothing is changed in them but the cache of the package index.
    matrices
        Names of matrices; all where there are none.
    say
        Takes lines for the user.

    Raises
    ------
    IndexUnavailable
        The package index did not answer.
    """
    index = Index(project.work / "index")
    for spec in load_specs(project.matrix, matrices):
        for axis in spec.axes:
            package = axis.package
            pinned = [Version(version) for version in axis.versions]
            releases = [
                Version(release.version)
                for release in index.releases(package)
                if not release.yanked  # nobody should pin what its authors withdrew (PEP 592)
            ]
            # the newest patch release of each minor one
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
            say(f"{spec.name}: {package}")
            say("  newer patch releases: " + (", ".join(patches) or "none"))
            say("  newer minor releases: " + (", ".join(minors) or "none"))


def build_one(
    project: Project, env_id: str, *, say: Callable[[str], None], verify: bool = False
) -> Built:
    """Build an environment by its id, or find it built.

    Parameters
    ----------
    project
        Folders of the project; the environment stands in ``.nox/env-<id>``.
    env_id
        The id, no pattern.
    say
        Takes lines for the user.
    verify
        Read all its files first, and build it anew where one is not as it was installed.

    Raises
    ------
    SelectionError
        No matrix names the environment, or the id is a pattern.
    EnvironmentUnavailable, EnvironmentPinsError
        It cannot be built here, or nowhere.
    """
    known = _environments(project, [])
    if env_id not in known:
        check_selection(Selection(only=(env_id,)), known.values(), [], [])
        msg = f"{env_id!r} is a pattern, not an environment"
        raise SelectionError(msg, hint="name one environment")
    environment = known[env_id]
    if verify and (changed := check_records(environment, project)):
        say(f"{env_id}: {changed}")
    found = is_built(environment, project)
    if found is not None:
        return found
    if any(not end for _, end in doubts_of(environment, project)):
        say(f"{env_id} was changed after it was built: it is built anew")
    locker = _locker(project, say)
    lock = locker.lock(environment)
    interpreter = locker.interpreters.get(lock.python)
    if interpreter is None:
        msg = f"{env_id}: Python {lock.python} is not installed here"
        raise InterpreterMissing(msg, hint=f"uv python install {lock.python}")
    return build(environment, lock, interpreter, project)
