"""What the last run showed of a matrix, kept so that a run in which nothing changed can show it again at once."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.environments import is_built

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.engine.ledger import Ledger
    from crossload.environments import Project
    from crossload.plan import Plan
    from crossload.report import View


class LastReport:
    """The last tables of one plan, and the state that they were made from."""

    def __init__(self, project: Project, plan: Plan, *, part: bool = False) -> None:
        self.project, self.plan = project, plan
        self.part = part or plan.is_part
        self.path = project.work / "shown" / f"{plan.spec.name}{'-part' if self.part else ''}.json"
        top = project.work / "reports" if self.part else project.reports
        self.folder = top / plan.spec.name
        """Where the report goes: a part of a matrix never takes the place of the published whole."""

    def read(self) -> dict[str, Any]:
        """What is known; empty where no report was made yet."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, known: dict[str, Any]) -> None:
        """Replace what is known."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(self.path)

    def write_table(self, lines: Iterable[str]) -> None:
        """Keep the verdict table, which two runs can be compared by, in ``.crossload/tables``."""
        path = self.project.work / "tables" / f"{self.path.stem}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(lines)
        part.replace(path)

    @staticmethod
    def of(view: View, text: str, state: str) -> dict[str, Any]:
        """What is kept of a view."""
        return {
            "state": state,
            "text": text,
            "failed": view.unexpected if view.judged_against else view.failed,
            "judged_against": view.judged_against,
            "complete": view.complete,
            "measured": view.measured,
            "missed": [each.text for each in view.missed],
        }

    @property
    def has_report(self) -> bool:
        return all(
            (self.folder / name).exists()
            for name in ("outcomes.parquet", "README.md", "index.html", "summary.json")
        )

    def is_current(self, store: Path) -> bool:
        """Whether the last tables are those that a run would show now, as far as files tell without reading outcomes."""
        known = self.read()
        return bool(known.get("quick")) and known["quick"] == self.quick(store) and self.has_report

    def quick(self, store: Path) -> str:
        """Digest of everything that a run depends on, told by files alone: no outcome is read, no process started.

        Environments count by their stamps, outcomes by the names and sizes of journals and the names of what they refer to.
        Empty where an environment does not stand: then only a run can tell.
        """
        state = self._inputs()
        for environment in self.plan.environments:
            built = is_built(environment, self.project)
            if built is None:
                return ""
            state.update(f"{environment.id} {built.fingerprint}\n".encode())
        journals = sorted(
            (path.name, path.stat().st_size) for path in (store / "journals").glob("*.jsonl")
        )
        state.update(repr(journals).encode())
        for folder in ("artifacts", "outputs", "states"):
            names = (
                sorted(path.name for path in (store / folder).iterdir())
                if (store / folder).exists()
                else []
            )
            state.update(repr(names).encode())
        return state.hexdigest()

    def state(self, ledger: Ledger) -> str:
        """Digest of everything that the report depends on, told by the outcomes of this plan."""
        state = self._inputs()
        state.update(json.dumps(sorted(ledger.failures.items())).encode())
        for cell in (*self.plan.controls, *self.plan.selected):
            saved, loaded, _ = ledger.outcome(cell)
            parts = (
                ledger.save_key(cell.writer, cell.case),
                saved and saved["status"],
                loaded and loaded["status"],
            )
            state.update(
                repr((*parts, (saved or {}).get("artifact"), (loaded or {}).get("kept"))).encode()
            )
        return state.hexdigest()

    def _inputs(self) -> hashlib._Hash:
        """Digest of what people write: matrix, recipes, expectations, selectors, this program, and the day where it counts."""
        spec = self.plan.spec
        state = hashlib.sha256(
            repr((self.plan.selection, self.plan.shard and sorted(self.plan.shard.units))).encode()
        )
        expectations = self.project.matrix / "expectations" / f"{spec.name}.toml"
        for path in (spec.path, *spec.recipes, *spec.controls, expectations):
            state.update(path.read_bytes() if path.exists() else b"")
        if expectations.exists() and b"expires" in expectations.read_bytes():
            state.update(datetime.now(UTC).date().isoformat().encode())
        for path in sorted(Path(__file__).resolve().parent.parent.rglob("*.*")):
            if path.suffix in (".py", ".html", ".css", ".js", ".json"):
                state.update(path.read_bytes())
        return state
