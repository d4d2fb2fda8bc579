"""The last report of a matrix, kept so that a run in which nothing changed can show it at once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.config import shipped_causes
from crossload.derived import write_text
from crossload.environments import is_built
from crossload.errors import (
    CrossloadError,
    EnvironmentUnavailable,
    HarnessFault,
    Incomplete,
    StrictFailure,
)
from crossload.matrix.baseline import idle_causes
from crossload.report.feed import FEED_NAME
from crossload.report.files import REPORT_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crossload.engine.ledger import Ledger
    from crossload.environments import Project
    from crossload.plan import Plan
    from crossload.report import View


class LastReport:
    """The last tables of one plan, and digests of what they were made from.

    Parameters
    ----------
    project
        Folders of the project.
    plan
        The plan that was run.
    part
        The report covers less than the whole matrix, even if nothing was selected.
    inputs
        Digest of what people wrote when the run began; that of now if it is None.
    """

    def __init__(
        self,
        project: Project,
        plan: Plan,
        *,
        part: bool = False,
        inputs: hashlib._Hash | None = None,
    ) -> None:
        self.project, self.plan = project, plan
        self._inputs = inputs
        self.part = part or plan.is_part
        self.path = project.work / "shown" / f"{plan.spec.name}{'-part' if self.part else ''}.json"
        top = project.work / "reports" if self.part else project.reports
        self.folder = top / plan.spec.name
        """Folder of the report: a part of a matrix never takes the place of the published whole."""

    def read(self) -> dict[str, Any]:
        """Read what was kept; empty where no report was made yet, or the file is damaged."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, known: dict[str, Any]) -> None:
        """Replace what is kept."""
        write_text(self.path, json.dumps(known))

    @property
    def _table(self) -> Path:
        return self.project.work / "tables" / f"{self.path.stem}.csv"

    def write_table(self, lines: Iterable[str]) -> None:
        """Write the verdict table to ``.crossload/tables``, where runs can be compared by it."""
        write_text(self._table, lines)

    @staticmethod
    def of(view: View, text: str, state: str) -> dict[str, Any]:
        """Collect what is kept of a view.

        Parameters
        ----------
        view
            The view that was published.
        text
            Its tables, as the terminal shows them.
        state
            What `digest_of_outcomes` gave.
        """
        return {
            "state": state,
            "text": text,
            "unexplained": view.unexplained,
            "causes": [cause.id for cause, _ in view.causes],
            "complete": view.complete,
            "measured": view.measured,
            "missed": [each.text for each in view.missed],
        }

    @property
    def has_report(self) -> bool:
        """True where all files of the report are as they were written: people change folders."""
        known = self.read().get("files")
        return isinstance(known, dict) and known == self.digests()

    def digests(self) -> dict[str, str]:
        """Digest the files of the report, and its table.

        Returns
        -------
        dict
            SHA-256 by the name of the file, empty for one that is missing or cannot be read.
        """
        return {
            path.name: _sha256(path)
            for path in (*(self.folder / name for name in (*REPORT_FILES, FEED_NAME)), self._table)
        }

    def is_current(self, store: Path) -> bool:
        """Tell whether a run would show the last tables again, without reading an outcome.

        Parameters
        ----------
        store
            The folder of the store.
        """
        known = self.read()
        return (
            bool(known.get("quick"))
            and isinstance(known.get("text"), str)
            and known["quick"] == self.digest_of_files(store)
            and self.has_report
            # last, because it takes longest: all files of all environments are looked at
            and all(is_built(each, self.project) for each in self.plan.environments)
        )

    def digest_of_files(self, store: Path) -> str:
        """Digest everything that a run depends on, by files alone.

        No outcome is read and no process started. Environments count by their stamps, outcomes by
        the names and sizes of journals and the names of what they refer to.

        Returns
        -------
        str
            Empty where an environment does not stand: then only a run can tell.
        """
        state = self.inputs()
        for environment in self.plan.environments:
            built = is_built(environment, self.project, unchanged=False)
            if built is None:
                return ""
            state.update(f"{environment.id} {built.fingerprint}\n".encode())
        # Journals only grow, and files are named after the digest of their content: names and
        # sizes tell all changes but damage, which a run finds when it reads them.
        journals = sorted(
            (path.name, path.stat().st_size) for path in (store / "journals").glob("*.jsonl")
        )
        state.update(repr(journals).encode())
        for folder in ("artifacts", "outputs", "states"):
            place = store / folder
            names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
            state.update(repr(names).encode())
        return state.hexdigest()

    def digest_of_outcomes(self, ledger: Ledger) -> str:
        """Digest everything that the report depends on, by the outcomes of this plan.

        It is slower than `digest_of_files`, and stays the same when a store got outcomes that do
        not concern this plan.
        """
        state = self.inputs()
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

    def inputs(self) -> hashlib._Hash:
        """Digest what people write: matrix, recipes, causes, selectors, and this program.

        Asked again it gives the same: a run has read these files when it began, and who changes one
        while it measures is to get another table from the next run.
        """
        if self._inputs is None:
            self._inputs = self._digest_inputs()
        return self._inputs.copy()

    def _digest_inputs(self) -> hashlib._Hash:
        spec = self.plan.spec
        state = hashlib.sha256(
            repr((self.plan.selection, self.plan.shard and sorted(self.plan.shard.units))).encode()
        )
        causes = [
            path
            for folder in {self.project.matrix / "causes", shipped_causes()}
            for path in sorted(folder.glob("*.toml"))
        ]
        for path in (spec.path, *spec.recipes, *spec.controls, *causes):
            state.update(path.read_bytes() if path.is_file() else b"")
        # any part of the program may change a table: the version does not tell during development
        for path in sorted(Path(__file__).resolve().parent.parent.rglob("*.*")):
            if path.suffix in (".py", ".html", ".css", ".js", ".json"):
                state.update(path.read_bytes())
        return state


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def print_last_report(report: LastReport, plan: Plan, say: Callable[[str], None]) -> None:
    """Print the tables of the last run again."""
    say(str(report.read()["text"]))
    say(
        f"{plan.spec.name}: nothing to measure: all outcomes are known,"
        " and nothing that they depend on changed"
    )


def errors_of_last_report(report: LastReport, plan: Plan, *, strict: bool) -> list[CrossloadError]:
    """List what is wrong with the tables that were shown last.

    Parameters
    ----------
    report
        The last report of the plan.
    plan
        The plan, for its name and the number of its cells.
    strict
        A verdict other than the published one, a failure without a cause, a cause that explains
        nothing, or a cell that was not measured is an error too.

    Returns
    -------
    list of CrossloadError
        `HarnessFault` for missed controls, `EnvironmentUnavailable` where nothing was measured,
        `Incomplete` for gaps that are faults of this machine, and `StrictFailure`. None is raised,
        because other matrices may have worse ones.
    """
    known = report.read()
    errors: list[CrossloadError] = []
    if missed := known.get("missed"):
        listed = "\n".join(str(each) for each in missed[:10])
        errors.append(
            HarnessFault(
                f"{plan.spec.name}: {len(missed)} controls were missed:\n{listed}",
                hint="artifacts damaged on purpose must be caught:"
                " do not believe the tables of this run",
            )
        )
    if not known.get("measured") and not known.get("out_of_time"):
        msg = f"{plan.spec.name}: not one of {len(plan.selected)} cells could be measured"
        errors.append(EnvironmentUnavailable(msg, hint="the reasons stand above, at NOT MEASURED"))
    if gaps := known.get("gaps"):
        listed = "\n".join(f"  {each}" for each in gaps[:10])
        errors.append(
            Incomplete(
                f"{plan.spec.name}: cells are missing for want of something of this machine, so"
                f" the published report was left as it is:\n{listed}",
                hint="put that right, and run the same command again: it measures what is missing",
            )
        )
    if strict and (found := _strict_faults(report, known)):
        msg = f"{plan.spec.name}: --strict: {'; '.join(found)}"
        errors.append(StrictFailure(msg, hint=_STRICT_HINT))
    return errors


_STRICT_HINT = (
    "`crossload causes` proposes causes; a run without --strict takes the verdicts it finds"
)


def _strict_faults(report: LastReport, known: dict[str, Any]) -> list[str]:
    """List in words what ``--strict`` does not accept."""
    counts = (
        (known.get("differs"), "verdicts are not those published"),
        (known.get("unexplained"), "failures have no known cause"),
    )
    found = [f"{count} {what}" for count, what in counts if count]
    if not known.get("complete"):
        return [*found, "not every cell was measured"]
    # of a part of a matrix a cause may rightly explain nothing
    plan, used = report.plan, map(str, known.get("causes", ()))
    if not plan.is_part and (idle := idle_causes(report.project, used, plan.spec.name)):
        found.append(f"causes that explain no cell: {', '.join(idle)}")
    return found
