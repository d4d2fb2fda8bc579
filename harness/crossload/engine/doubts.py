"""Environments that are in doubt: what they measured since they were last seen good is taken back.

Each run looks at its environments when it begins and when it ends. So an outcome counts only if the
environment was good before and after it was measured.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crossload.environments import doubts_of, is_built
from crossload.environments.build import check_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crossload.environments import Project
    from crossload.plan import Environment
    from crossload.store.store import Store


def verify(
    environments: Iterable[Environment], project: Project, say: Callable[[str], None]
) -> None:
    """Read all files of environments, for ``--verify``; what is changed is built anew.

    Parameters
    ----------
    environments
        Environments of the plan; those that do not stand are passed over.
    project
        Folders of the project.
    say
        Takes lines for the user.
    """
    for environment in environments:
        changed = check_records(environment, project)
        if changed:
            say(f"{environment.id}: {changed}")


def forget_doubted(
    environments: Iterable[Environment],
    project: Project,
    store: Store,
    say: Callable[[str], None],
    *,
    since: Mapping[str, int] | None = None,
) -> list[Environment]:
    """Take back what environments have measured while their files were changed.

    Parameters
    ----------
    environments
        Environments of the plan.
    project
        Folders of the project.
    store
        An open store that was read.
    say
        Takes a line for each environment that is in doubt.
    since
        Of a run that goes on: from when it works with each environment, by id, in nanoseconds. A
        span that ended later, because another run has built the environment anew, is that of a
        process that has imported the changed files and still works with them.

    Returns
    -------
    list of Environment
        Those that are to be built anew, or of which processes are to be started anew.
    """
    now, found = time.time_ns(), []
    for environment in environments:
        for start, end in doubts_of(environment, project):
            lasts = not end
            began = 0 if since is None else since.get(environment.id, 0)
            if began and not lasts and end <= began:
                continue
            count = store.forget(environment.id, start, now if lasts or began else end)
            if lasts or (began and count):
                found.append(environment)
            if lasts or count:
                say(
                    f"{environment.id} was changed after it was built:"
                    f" {'it is built anew, ' if lasts else ''}"
                    f"{count} outcomes since it was last seen good are measured again"
                )
    return found


def still_good(environments: Iterable[Environment], project: Project) -> None:
    """Look at the files of environments when a run ends; stamps say what was changed."""
    for environment in environments:
        is_built(environment, project)
