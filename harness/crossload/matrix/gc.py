"""The garbage collection of a project.

It drops what no matrix refers to: outcomes, artifacts, outputs, data sets, and environments.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from crossload.engine.keys import Identity
from crossload.environments import read_lock
from crossload.environments.bytecode import FOLDER as BYTECODE
from crossload.environments.bytecode import unused_bytecode
from crossload.environments.lock_file import candidates
from crossload.environments.stamp import STAMP
from crossload.matrix.ledger import make_ledger
from crossload.plan import load_catalog, load_specs, make_plan
from crossload.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crossload.engine.ledger import Ledger
    from crossload.environments import Project
    from crossload.plan import Plan

_NAMED = ("kept", "noise", "kept_train", "resumed")
"""Fields of an outcome that hold the name of a file of outputs."""


def collect(project: Project, *, dry_run: bool, say: Callable[[str], None]) -> None:
    """Drop everything that the matrices of the project, as they are now, cannot refer to.

    Outcomes of every interpreter and platform are kept as long as their lock is one of today's.

    Parameters
    ----------
    project
        Folders of the project; its store, data sets and ``.nox/env-*`` are cleaned.
    dry_run
        Say what would be dropped, and drop nothing.
    say
        Takes lines for the user.

    Raises
    ------
    StoreError
        A run uses the store, or it cannot be written.
    ConfigError, RecipeError
        A matrix or recipe file has mistakes, so that nobody knows what it refers to.
    """
    # of all matrices, with no selection: what one of them needs must stay
    plans = [make_plan(spec, load_catalog(spec)) for spec in load_specs(project.matrix)]
    store = Store(project.work / "store")
    # alone: a run that goes on may have written an artifact and not yet the outcome that names it
    store.open(alone=True)
    try:
        store.read()
        ledgers = [make_ledger(project, plan, store) for plan in plans]
        keys = {key for ledger in ledgers for key in _keys(project, ledger)}
        keys |= {plan.spec.name for plan in plans}
        wanted_outcomes = dict.fromkeys(("save", "load"), 0)  # other records are not counted
        names: set[str] = set()
        for kind, records in store.reader.by_kind.items():
            for key, known in records.items():
                if kind in wanted_outcomes and key in keys:
                    wanted_outcomes[kind] += 1
                    names.update(_names(known.facts))
        unused = [
            path
            for folder in store.blobs.folders
            for path in folder.iterdir()
            if path.stem not in names
        ]
        set_aside = store.root / "aside"
        unused += list(set_aside.iterdir()) if set_aside.is_dir() else []
        data = {str(place) for ledger in ledgers for _, place in ledger.data.values()}
        unused += [path for path in (project.work / "data").iterdir() if str(path) not in data]
        unused += _environments(project, plans)
        # what these environments compiled goes with the next call, when they are gone
        unused += unused_bytecode(project.root / ".nox" / BYTECODE)
        outcomes = len(store.saves) + len(store.loads) - sum(wanted_outcomes.values())
        size = sum(_size(path) for path in unused)
        verb = "would drop" if dry_run else "dropped"
        if not dry_run:
            # outcomes first: what a kill leaves over then are files that nothing names
            store.rewrite(lambda kind, key: kind == "environment" or key in keys)
            for path in unused:
                _remove(path)
        kinds = sorted({path.parent.name for path in unused})
        say(
            f"{verb} {outcomes} outcomes and {len(unused)} files and folders, {size / 1e6:.0f} MB"
            + _of(kinds)
        )
        say(f"kept {wanted_outcomes['save']} saves and {wanted_outcomes['load']} loads")
    finally:
        store.close()


def _of(kinds: list[str]) -> str:
    return f" ({', '.join(kinds)})" if kinds else ""


def _keys(project: Project, ledger: Ledger) -> Iterator[str]:
    """Give the keys of all saves and loads of a plan.

    For every identity of an environment, on any machine, that came from one of today's locks.
    """
    plan = ledger.plan
    identities: dict[str, set[Identity]] = {each.id: set() for each in plan.environments}
    for env_id, identity in ledger.identities.items():
        identities[env_id].add(identity)
    for environment in plan.environments:
        locks = {
            lock.digest for path in candidates(environment.id, project) if (lock := read_lock(path))
        }
        for known in ledger.store.reader.by_kind["environment"].values():
            facts = known.facts
            if facts["id"] == environment.id and facts.get("lock") in locks:
                identities[environment.id].add(Identity.recorded(facts))
    controls = [(cell.case, cell.writer, cell.reader) for cell in plan.controls]
    for case, writer, reader in (
        *controls,
        *((cell.case, cell.writer, cell.reader) for cell in plan.cells),
    ):
        for one in identities[writer]:
            key = ledger.keys.save(one, case)
            yield key
            saved = ledger.store.saves.get(key)
            if saved is not None and "artifact" in saved:
                for other in identities[reader]:
                    yield ledger.keys.load(other, case, saved["artifact"]["sha256"])


def _names(facts: dict[str, object]) -> Iterator[str]:
    """Give the names of all files that an outcome refers to."""
    artifact = facts.get("artifact")
    if isinstance(artifact, dict):
        yield artifact["sha256"]
    yield from (str(facts[name]) for name in (*_NAMED, "state") if facts.get(name))


def _environments(project: Project, plans: list[Plan]) -> list[Path]:
    """Find environments that crossload built and no matrix names; one with a stamp is ours."""
    known = {f"env-{each.id}" for plan in plans for each in plan.environments}
    folder = project.root / ".nox"
    found = [
        path
        for path in folder.glob("env-*")
        if path.is_dir() and path.name not in known and (path / STAMP).exists()
    ]
    return sorted(found)


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    return sum(
        each.stat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink()
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
