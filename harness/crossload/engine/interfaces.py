"""What a run keeps of each environment, whom it tells how far it is, who does the work, and how it was asked to run."""

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
    """Who is told how far the run is."""

    def note(self, text: str) -> None: ...
    def start(self, total: int, missing: Sequence[Cell]) -> None: ...
    def saved(self) -> None: ...
    def settled(self, cells: Sequence[Cell], record: Record) -> None: ...
    def drifted(self, cells: Sequence[Cell]) -> None: ...


class Executor(Protocol):
    """Where the work is done: on this machine, or by the workers of a cluster."""

    slots: int
    """Tasks that may be given to it at once; one environment has one task at a time."""
    small_jobs: bool
    """Whether outcomes come back only at the end of a job, so that jobs should be small."""

    def standing(self, environment: Environment) -> Identity | None:
        """What an environment is that needs no building; starts nothing."""

    def build(self, environment: Environment) -> Identity:
        """Have an environment.  Raises `EnvironmentUnavailable` and `EnvironmentPinsError`."""

    def job(
        self,
        environment: Environment,
        op: str,
        items: Sequence[dict[str, Any]],
        *,
        isolate: bool,
        stopped: Callable[[], bool],
        seen: Callable[[Record, str], None],
    ) -> None:
        """Save or load; ``seen`` gets each outcome, with the name of its journal, once it is in the store.

        Raises `EnvironmentUnavailable`, `StoreError`, `HarnessFault`, and `Stopped` once ``stopped()``.
        """

    def rest(self, busy: set[str]) -> None:
        """May let go of what it holds for environments that are not among these."""

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
    """Whether it has nothing to save, or has saved it."""
    stands: bool = False
    busy: bool = False
    claim: FileLock | None = None

    @property
    def id(self) -> str:
        return self.environment.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How to run."""

    jobs: int
    no_fork: bool = False
    seconds: float | None = None
    """Begin nothing new after this time."""
    gone: Callable[[], bool] = lambda: False
    """Whether nobody waits for this run any more."""
