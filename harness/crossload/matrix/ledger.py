"""The ledger of a plan: its data sets, and the identities of its environments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crossload.engine import data as datasets
from crossload.engine.keys import Identity
from crossload.engine.ledger import Ledger
from crossload.environments import is_built, read_lock
from crossload.environments.lock_file import candidates

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.environments import Project
    from crossload.plan import Plan
    from crossload.store.store import Store


def make_ledger(
    project: Project,
    plan: Plan,
    store: Store,
    *,
    foreign: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Ledger:
    """Make the ledger of a plan without building any environment.

    Parameters
    ----------
    project
        Folders of the project; data sets are written to ``.crossload/data`` where they are missing.
    plan
        The plan whose outcomes are asked for.
    store
        An open store that was read.
    foreign
        Prefer what other machines recorded of an environment to the one that stands here.
    say
        Takes lines for the user.

    Returns
    -------
    Ledger
        With the identities of those environments that stand here, or that somebody recorded who
        built them from one of today's locks. Outcomes of others count as unknown.
    """
    # for messages about a data set that does not exist
    users = {
        each.data: f"{Path(each.file).name}: RECIPES[{each.name!r}]"
        for each in plan.catalog.everything.values()
    }
    data = datasets.prepare(plan.data_names, project.work / "data", users, say)
    ledger = Ledger(plan, data, store)
    for environment in plan.environments:
        built = is_built(environment, project)
        if built is not None:
            ledger.identify(environment.id, Identity.of(built))
        if built is None or foreign:
            # locks of all platforms; one made for an older matrix file is of another environment
            locks = [
                lock
                for path in candidates(environment.id, project)
                if (lock := read_lock(path)) and lock.inputs == environment.inputs_digest
            ]
            ledger.recall(environment.id, locks, environment.variables_text)
        if foreign:
            ledger.recall_failure(environment.id)
    return ledger
