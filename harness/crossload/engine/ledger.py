"""What is known of every cell: the records of the store under the keys that this plan and these environments give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.engine.keys import load_key, save_key

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.engine.store import Record
    from crossload.environments import Built
    from crossload.plan import Case, Cell, Plan


class Ledger:
    """Looks up saves and loads of a plan; knows which environments stand, and why others do not."""

    def __init__(
        self,
        plan: Plan,
        data: dict[str, tuple[str, Path]],
        saves: dict[str, Record],
        loads: dict[str, Record],
    ) -> None:
        self.plan = plan
        self.data = data
        self.saves = saves
        self.loads = loads
        self.built: dict[str, Built] = {}
        self.failures: dict[str, str] = {}
        """Why an environment could not be built or used, by id."""
        self._save_keys: dict[tuple[str, str, str], str] = {}
        self._load_keys: dict[tuple[str, str, str], str] = {}

    def save_key(self, writer: str, case: Case) -> str | None:
        """Key of a save; None while the environment is not built."""
        built = self.built.get(writer)
        if built is None:
            return None
        known = (writer, case.recipe, case.saver)
        if known not in self._save_keys:
            recipe = self.plan.catalog.everything[case.recipe]
            digest = self.data[case.data][0]
            self._save_keys[known] = save_key(built, case, recipe.file, digest, self.plan.spec.limits)
        return self._save_keys[known]

    def save(self, writer: str, case: Case) -> Record | None:
        """Record of the saving of a case, if it was measured."""
        key = self.save_key(writer, case)
        return None if key is None else self.saves.get(key)

    def load_key(self, cell: Cell) -> str | None:
        """Key of the load of a cell; None while its artifact is not known or its reader not built."""
        built = self.built.get(cell.reader)
        saved = self.save(cell.writer, cell.case)
        if built is None or saved is None or "artifact" not in saved:
            return None
        sha = saved["artifact"]["sha256"]
        known = (cell.reader, cell.case.name, sha)
        if known not in self._load_keys:
            recipe = self.plan.catalog.everything[cell.case.recipe]
            digest = self.data[cell.case.data][0]
            self._load_keys[known] = load_key(built, cell.case, sha, recipe.file, digest, self.plan.spec.limits)
        return self._load_keys[known]

    def load(self, cell: Cell) -> Record | None:
        """Record of the load of a cell, if it was measured."""
        key = self.load_key(cell)
        return None if key is None else self.loads.get(key)
