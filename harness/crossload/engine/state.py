"""What a run keeps of each environment, whom it tells how far it is, and how it was asked to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from crossload.engine.server import Server
    from crossload.plan import Cell, Environment


class Progress(Protocol):
    """Who is told how far the run is."""

    def note(self, text: str) -> None: ...
    def start(self, total: int, reused: int) -> None: ...
    def saved(self) -> None: ...
    def settled(self, cells: int) -> None: ...


@dataclass
class EnvironmentState:
    """One environment in this run."""

    environment: Environment
    saves: list[Any] = field(default_factory=list)
    """Cases to save, one a saver."""
    pending: list[Cell] = field(default_factory=list)
    """Cells that it is to load, whose artifacts are there."""
    prepared: bool = False
    busy: bool = False
    server: Server | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to run."""

    jobs: int
    no_fork: bool = False
