"""Interfaces of a run: its progress, its executor, its settings, and its state of environments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from filelock import FileLock

    from crossload.engine.keys import Identity
    from crossload.plan import Cell, Environment
    from crossload.store.records import Record


class Stopped(Exception):
    """The run is being stopped; the job was given up."""


class Progress(Protocol):
    """Receiver of how far the run is; called from several threads."""

    def note(self, text: str) -> None:
        """Show a line of text."""

    def start(self, total: int, missing: Sequence[Cell]) -> None:
        """Begin with so many cells, of which some have no outcome yet."""

    def saved(self) -> None:
        """Count one save."""

    def settled(self, cells: Sequence[Cell], record: Record) -> None:
        """Take the outcome of cells, which may be measured again before it is believed."""

    def drifted(self, cells: Sequence[Cell]) -> None:
        """Learn that the outcome of cells drifts."""


class Executor(Protocol):
    """A place where the work is done: this machine, or the workers of a cluster."""

    slots: int
    """Tasks that may be given to it at once; one environment has one task at a time."""
    small_jobs: bool
    """True if outcomes come back only at the end of a job, so that jobs should be small."""

    def built_identity(self, environment: Environment) -> Identity | None:
        """Give the identity of an environment that is built, else None; start nothing."""

    def build(self, environment: Environment) -> Identity:
        """Have an environment.

        Raises
        ------
        EnvironmentUnavailable
            It cannot be built there.
        EnvironmentPinsError
            Its pins cannot be resolved.
        """

    def run_job(
        self,
        environment: Environment,
        op: str,
        items: Sequence[dict[str, Any]],
        *,
        isolate: bool,
        stopped: Callable[[], bool],
        on_outcome: Callable[[Record, str], None],
    ) -> None:
        """Save or load, and wait for the end of it.

        Parameters
        ----------
        environment
            The environment that saves or loads.
        op
            ``save`` or ``load``.
        items
            What to save or load, each with the ``key`` of its outcome.
        isolate
            Do each item in a process of its own.
        stopped
            Asked now and then; true gives up.
        on_outcome
            Gets each outcome, and the name of its journal, once it is in the store.

        Raises
        ------
        EnvironmentUnavailable
            The libraries cannot be imported there.
        StoreError
            Outcomes cannot be written.
        HarnessFault
            The machinery failed, not a model.
        Stopped
            ``stopped()`` was true.
        """

    def forget(self, environment: Environment) -> None:
        """End the process of an environment that is to be built anew."""

    def release_idle(self, busy: set[str]) -> None:
        """Let go of what is held for environments that are not busy, where it is too much."""

    def close(self) -> None:
        """End everything that it started."""


@dataclass
class EnvironmentState:
    """One environment in this run."""

    environment: Environment
    saves: list[Any] = field(default_factory=list)
    """Cases to save, one a saver."""
    pending: list[Cell] = field(default_factory=list)
    """Cells that it is to load, whose artifacts are there."""
    prepared: bool = False
    """True if it has nothing to save, or has saved it."""
    built: bool = False
    built_at: int = 0
    """When this run has built it, in nanoseconds; 0 where it stood already."""
    busy: bool = False
    """True while a thread of this run works in it."""
    claim: FileLock | None = None
    """The lock that keeps other runs of the store out of it."""

    @property
    def id(self) -> str:
        """The id of the environment."""
        return self.environment.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of a run."""

    jobs: int
    """Environments to work in at once."""
    no_fork: bool = False
    """Start a fresh interpreter in place of each fork."""
    seconds: float | None = None
    """Begin nothing new after this time."""
    is_abandoned: Callable[[], bool] = lambda: False
    """Says if nobody waits for this run any more."""
