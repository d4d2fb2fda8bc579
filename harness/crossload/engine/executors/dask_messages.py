"""Messages between the driver and the workers of a Dask cluster: contexts, requests, results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.engine.keys import worker_digest
from crossload.store import bundle
from crossload.version import __version__

if TYPE_CHECKING:
    from crossload.config import Limits
    from crossload.engine.interfaces import Settings
    from crossload.engine.keys import Identity
    from crossload.environments import Project
    from crossload.plan import Environment, Plan


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """The parts of the project that all tasks of one matrix need."""

    recipes: dict[str, bytes]
    """Recipe files by their path in the project."""
    formats: tuple[str, ...]
    data: dict[str, tuple[str, bytes]]
    """Digest and tar of each data set."""
    limits: Limits
    no_fork: bool
    code: tuple[str, str]
    """What `code_version` gives on the driver: workers that come later must have the same."""

    @property
    def name(self) -> str:
        """The digest of the recipes: runs with other recipes get another folder on a worker."""
        state = hashlib.sha256(repr(sorted(self.recipes.items())).encode())
        return state.hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class TaskRequest:
    """One task: an environment to build, and what to save or load in it."""

    environment: Environment
    lock_name: str
    lock_text: str
    identity: Identity | None = None
    """The identity of the environment when it was built first, to which the keys belong."""
    op: str = ""
    """``save``, ``load``, or empty to have the environment and no more."""
    items: tuple[dict[str, Any], ...] = ()
    isolate: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """The result of a task, on its way to the driver."""

    identity: Identity
    worker: str
    """Address of the worker that has the environment now."""
    outcomes: bytes = b""
    """A bundle: the journal with outputs and states."""
    artifacts: bytes = b""
    """Tar of what was saved."""


@cache
def code_version() -> tuple[str, str]:
    """Give the version of crossload and the digest of its worker code; all must have the same."""
    return __version__, worker_digest()


def job_context_of(
    plan: Plan, data: dict[str, tuple[str, Path]], project: Project, settings: Settings
) -> JobContext:
    """Collect everything of the project that tasks of a plan need.

    Reads the recipe files and the data sets.
    """
    files = dict.fromkeys(recipe.file for recipe in plan.catalog.everything.values())
    root = project.root.resolve()
    recipes = {}
    for index, file in enumerate(files):
        path = Path(file)
        # recipes from outside of the project get a folder each: two of them may have one name
        outside = Path(f"matrix/recipes/{index}") / path.name
        inner = path.relative_to(root) if path.is_relative_to(root) else outside
        recipes[inner.as_posix()] = path.read_bytes()
    return JobContext(
        recipes=recipes,
        formats=tuple(plan.catalog.formats),
        data={name: (digest, bundle.pack_files(place)) for name, (digest, place) in data.items()},
        limits=plan.spec.limits,
        no_fork=settings.no_fork,
        code=code_version(),
    )
