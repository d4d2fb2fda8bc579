"""The published table as the baseline: what differs from it, and which causes explain nothing.

The table of a run without ``--strict`` becomes the baseline; with ``--strict`` it does so only
where it differs in nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossload.config import load_causes, shipped_causes
from crossload.matrix.known_verdicts import read_table
from crossload.matrix.run_table import KEYS, Changes, changes, verdicts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.config import Cause
    from crossload.environments import Project
    from crossload.report import View


def differences(project: Project, view: View, *, whole: bool) -> Changes:
    """Compare the verdicts of a view with those published, both ways, cell by cell.

    Parameters
    ----------
    project
        Folders of the project; ``reports/<matrix>/outcomes.parquet`` is the baseline.
    view
        What was found.
    whole
        The view has all cells of its matrix: then a published cell that it lacks is a difference.

    Returns
    -------
    Changes
        Empty where nothing is published.
    """
    published = read_table(project.reports / view.name / "outcomes.parquet", [*KEYS, "verdict"])
    if published is None:
        return Changes(kinds={})
    found = verdicts_of(view)
    kinds = changes(published, found).kinds
    if whole:
        text = dict.fromkeys([*KEYS, "verdict"], "object")
        now = found.astype(text)[KEYS]
        joined = published.astype(text).merge(now, on=KEYS, how="left", indicator="where")
        gone = joined[joined["where"] == "left_only"].drop(columns="where")
        if len(gone):
            gone = gone.rename(columns={"verdict": "before"}).assign(verdict="not in the matrix")
            kinds = {**kinds, "not planned any more": gone}
    return Changes(kinds=kinds)


def causes_of(project: Project) -> tuple[Cause, ...]:
    """Read the causes that crossload carries, and those of a project.

    Raises
    ------
    ConfigError
        A file has mistakes.
    """
    return load_causes(project.matrix / "causes", shipped_causes())


def idle_causes(project: Project, used: Iterable[str], matrix: str) -> list[str]:
    """Name the causes of a project that explain no cell.

    That is, neither of one matrix nor of another published report. Those that crossload carries
    are of the libraries of all people: a project of somebody else meets few of them.

    Parameters
    ----------
    project
        Folders of the project; the summaries in ``reports`` say what causes explain.
    used
        Names of the causes that explain cells of the matrix.
    matrix
        Name of the matrix; its own published report does not count.
    """
    seen = set(used)
    for path in project.reports.glob("*/summary.json"):
        if path.parent.name == matrix:
            continue
        try:
            seen |= set(json.loads(path.read_text(encoding="utf-8"))["causes"]["by_cause"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged, or of an older crossload: it says nothing of causes
    own = load_causes(project.matrix / "causes")
    return sorted(each.id for each in own if not each.elsewhere and each.id not in seen)
