"""The folders of a project: one place for every path that more than one module needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """The folders of a project, all below its root; none of them is made by asking for it."""

    root: Path

    @property
    def matrix(self) -> Path:
        """The folder of matrix files, recipes, locks and causes."""
        return self.root / "matrix"

    @property
    def locks(self) -> Path:
        """The folder of locks that are committed."""
        return self.matrix / "locks"

    @property
    def work(self) -> Path:
        """The folder of what can be deleted at any time: outcomes, artifacts, caches."""
        return self.root / ".crossload"

    @property
    def local_locks(self) -> Path:
        """The folder of locks for interpreters that only this machine wants."""
        return self.work / "locks"

    @property
    def reports(self) -> Path:
        """The folder of published reports."""
        return self.root / "reports"

    def environment(self, env_id: str) -> Path:
        """Give the folder of an environment, which nox takes for the session ``env-<id>`` too."""
        # nox hashes the name of a folder whose path is longer than 87 characters, and has no
        # public option for its place (https://github.com/wntrblm/nox/pull/785 is open): ids are
        # short, so that `nox -s env-<id>` and this program mean the same folder
        return self.root / ".nox" / f"env-{env_id}"
