"""Says why cells are to be measured: which part of their key has changed since they were."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from crossload.store.records import is_unbelieved

if TYPE_CHECKING:
    from crossload.engine.ledger import Ledger
    from crossload.plan import Case, Cell, Plan
    from crossload.store.records import Record

NEVER = "not measured yet"
"""The reason of cells of which no part of the key has changed."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The saves and loads that a run would do, by reason."""

    cells: int
    known: int
    saves: Counter[str]
    """Saves by reason."""
    loads: Counter[str]
    """Cells to load by reason."""

    @property
    def text(self) -> str:
        """A table of reason, saves and loads, the most frequent first."""
        missing = self.cells - self.known
        head = f"{self.cells} cells (controls included): {self.known} known, {missing} to measure"
        if not missing:
            return head
        reasons = sorted(
            {*self.saves, *self.loads},
            key=lambda each: (-self.loads[each] - self.saves[each], each),
        )
        rows = [(self.saves[each] or "", self.loads[each] or "", each) for each in reasons]
        table = tabulate(rows, headers=["saves", "loads", "why"], tablefmt="simple")
        return f"{head}\n{table}"


def explain(ledger: Ledger, plan: Plan) -> Explanation:
    """Look at every cell of a plan; nothing is started and nothing changed.

    A cell whose artifact is to be saved again counts as a load to be done for the same reason; if
    the save gives the same bytes as before, that load is known after all.
    """
    return _Explainer(ledger, plan).run()


class _Explainer:
    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        self.ledger, self.plan, self.store = ledger, plan, ledger.store
        self.before: Record = self.store.reader.by_kind["snapshot"].get(plan.spec.name) or {}
        self.environments: dict[str, list[Record]] = {}
        for known in self.store.reader.by_kind["environment"].values():
            if "lock" in known.facts:
                self.environments.setdefault(known.facts["id"], []).append(known.facts)

    def run(self) -> Explanation:
        saves: Counter[str] = Counter()
        loads: Counter[str] = Counter()
        why_saved: dict[tuple[str, str, str], str] = {}
        cells = (*self.plan.controls, *self.plan.selected)
        known = 0
        for cell in cells:
            group = (cell.writer, cell.case.recipe, cell.case.saver)
            if group not in why_saved:
                why_saved[group] = self._why_save(cell.writer, cell.case)
                saves.update([why_saved[group]] if why_saved[group] else [])
            reason = why_saved[group] or self._why_load(cell)
            if reason:
                loads[reason] += 1
            else:
                known += 1
        return Explanation(cells=len(cells), known=known, saves=saves, loads=loads)

    def _why_save(self, writer: str, case: Case) -> str:
        record = self.ledger.save(writer, case)
        if record is None:
            return self._changed(writer, case, "save") or NEVER
        if is_unbelieved(record):
            return f"{record['status']} seen once only"
        if not self.store.blobs.has_artifact(record):
            return "its artifact or its outputs are not in this store"
        return ""

    def _why_load(self, cell: Cell) -> str:
        saved = self.ledger.save(cell.writer, cell.case)
        if saved is None or "artifact" not in saved:
            return ""  # the failed save answers it
        record = self.ledger.load(cell)
        if record is None:
            return self._changed(cell.reader, cell.case, "load") or NEVER
        if is_unbelieved(record):
            return f"{record['status']} seen once only"
        if not self.store.blobs.has_outputs(record):
            return "its outputs are not in this store"
        return ""

    def _changed(self, env_id: str, case: Case, operation: str) -> str:
        """The parts of a key that differ from those of the last run, in words."""
        found = [self._environment(env_id)]
        if found[0].endswith(" is new"):
            return found[0]  # what else changed means nothing to it
        keys = self.ledger.keys
        now: list[tuple[str, str, Any, Any]] = [
            (
                "recipe",
                case.recipe,
                keys.recipes[case.recipe],
                self.before.get("recipes", {}).get(case.recipe),
            ),
            (
                "data set",
                case.data,
                keys.data[case.data],
                self.before.get("data", {}).get(case.data),
            ),
        ]
        if operation == "save":
            now.append(
                (
                    "saver",
                    case.saver,
                    keys.savers[case.saver],
                    self.before.get("savers", {}).get(case.saver),
                )
            )
        else:
            now.append(
                (
                    "format",
                    case.format,
                    keys.formats[case.format],
                    self.before.get("formats", {}).get(case.format),
                )
            )
        for what, name, value, before in now:
            if self.before and value != before:
                found.append(f"{what} {name} {'is new' if before is None else 'changed'}")
        if self.before and keys.code[operation] != self.before["code"][operation]:
            found.append(f"the worker code that {operation}s changed")
        if self.before and keys.limits != self.before["limits"]:
            found.append("the limits changed")
        return "; ".join(each for each in found if each)

    def _environment(self, env_id: str) -> str:
        identity = self.ledger.identities.get(env_id)
        before = self.environments.get(env_id, [])
        if not before:
            return f"environment {env_id} is new"
        if identity is None or all(each["lock"] != identity.lock for each in before):
            return f"the lock of {env_id} changed"
        if all(
            (each["lock"], each["python"]) != (identity.lock, identity.python) for each in before
        ):
            return f"the Python of {env_id} changed to {identity.python}"
        if all(each["platform"] != identity.platform for each in before):
            return f"{env_id} was measured on another platform only"
        return ""
