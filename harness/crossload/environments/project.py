"""Where things are: one place for every path that more than one module needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """Folders of a project, all below its root."""

    root: Path

    @property
    def matrix(self) -> Path:
        return self.root / "matrix"

    @property
    def locks(self) -> Path:
        """Committed locks."""
        return self.matrix / "locks"

    @property
    def work(self) -> Path:
        """Everything that can be deleted at any time: outcomes, artifacts, caches."""
        return self.root / ".crossload"

    @property
    def local_locks(self) -> Path:
        """Locks for interpreters that only this machine wants."""
        return self.work / "locks"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def environment(self, env_id: str) -> Path:
        """Folder of an environment: the one that nox would take for the session ``env-<id>``."""
        return self.root / ".nox" / f"env-{env_id}"
