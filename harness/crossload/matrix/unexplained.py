"""Lists the causes of failures, and proposes some for the failures that have none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crossload.errors import SelectionError
from crossload.matrix.baseline import causes_of
from crossload.matrix.known_verdicts import read_table
from crossload.plan import load_specs
from crossload.report.labels import literal_of, signature_of
from crossload.safe import filled, printable
from crossload.system import terminal_width
from crossload.verdict import Explained, as_toml
from crossload.verdict.proposals import Failure, Pair, propose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from crossload.environments import Project

_COLUMNS = ["recipe", "format", "writer", "reader", "verdict", "passes", "reason", "explained"]


def propose_causes(
    project: Project, matrices: Sequence[str], *, say: Callable[[str], None]
) -> None:
    """Print causes, without their whys, for all failures that have none.

    Parameters
    ----------
    project
        Folders of the project.
    matrices
        Names of matrices; all of them if there are none.
    say
        Takes the causes as TOML.

    Raises
    ------
    SelectionError
        There is no report of a matrix.
    """
    for spec in load_specs(project.matrix, matrices):
        # a run that --strict did not accept has left its table there
        places = [project.work / "reports" / spec.name, project.reports / spec.name]
        folder = max(
            (each for each in places if (each / "outcomes.parquet").exists()),
            key=lambda each: (each / "outcomes.parquet").stat().st_mtime,
            default=None,
        )
        table = None if folder is None else read_table(folder / "outcomes.parquet", _COLUMNS)
        if folder is None or table is None:
            msg = f"{spec.name}: no report in reports/{spec.name}/"
            raise SelectionError(msg, hint=f"nox -s matrix -- {spec.name}")
        first = [axis.package for axis in spec.axes]
        found = propose(*_cells(table), _versions(folder), first)
        say(as_toml(found) or f"# {spec.name}: no unexplained failures")


def list_causes(project: Project, matrices: Sequence[str], *, say: Callable[[str], None]) -> None:
    """Print the known causes, with the cells that each explains in the published reports.

    Parameters
    ----------
    project
        Folders of the project.
    matrices
        Names of matrices; all of them if there are none.
    say
        Takes a block of lines a cause, those of most cells first.
    """
    cells: dict[str, dict[str, int]] = {}
    for spec in load_specs(project.matrix, matrices):
        table = read_table(project.reports / spec.name / "outcomes.parquet", ["cause"])
        found = {} if table is None else table["cause"].astype(str).value_counts().to_dict()
        for name, count in found.items():
            cells.setdefault(str(name), {})[spec.name] = int(count)
    width = terminal_width()
    known = causes_of(project)
    for each in sorted(known, key=lambda each: -sum(cells.get(each.id, {}).values())):
        counts = ", ".join(f"{count} in {name}" for name, count in cells.get(each.id, {}).items())
        lines = [f"{each.id}: {counts or 'no published cell'}", f"  {each.why}"]
        lines += [f"  what helps: {each.do}"] if each.do else []
        lines += [f"  {each.link}"] if each.link else []
        say("\n".join(filled(printable(line), width, further="    ") for line in lines))


def _cells(table: pd.DataFrame) -> tuple[list[Failure], dict[str, set[Pair]]]:
    failures: list[Failure] = []
    passing: dict[str, set[Pair]] = {}
    for row in table.to_dict("records"):
        case, pair = f"{row['recipe']}/{row['format']}", (str(row["writer"]), str(row["reader"]))
        if row["passes"]:  # None where it could not be measured
            passing.setdefault(case, set()).add(pair)
        elif row["explained"] == Explained.NO.value:
            says = literal_of(signature_of(str(row["reason"])))
            failures.append(Failure(str(row["verdict"]), says, case, pair))
    return failures, passing


def _versions(folder: Path) -> dict[str, dict[str, Any]]:
    known = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["environments"]
    return {each["id"]: {"python": each["python"], **each["versions"]} for each in known}
