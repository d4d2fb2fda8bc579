"""The history of a matrix: what each run found, side by side.

Runs are appended, never overwritten, and can be compared. They are published beside the report, so
that whoever clones the project, or runs it on another machine, goes on from them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.errors import SelectionError
from crossload.matrix.run_table import KEYS, Changes, changes, verdicts_of
from crossload.report.changes import REGRESSIONS, UNKNOWN, Past, time_of
from crossload.report.feed import Entry, render_feed
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossload.environments import Project
    from crossload.report import View
    from crossload.report.judged_cells import JudgedCells

_NUMBERS = {verdict.word: number for number, verdict in enumerate(Verdict)}

STRIP = 10
"""Number of earlier runs that a page shows."""


class History:
    """The runs of one matrix.

    They are kept in ``reports/<matrix>/history/<when>-<digest>.parquet``.

    Parameters
    ----------
    project
        Folders of the project.
    matrix
        Name of the matrix.
    """

    def __init__(self, project: Project, matrix: str) -> None:
        self.folder = project.reports / matrix / "history"

    @property
    def paths(self) -> list[Path]:
        """Files of the runs, oldest first: they are named by their time."""
        return sorted(self.folder.glob("*-*.parquet"))

    def runs(self) -> list[str]:
        """List the names of the runs: their times in UTC, such as ``20261122T103000Z``."""
        return [_run(path) for path in self.paths]

    def append(self, view: View, when: datetime) -> Path | None:
        """Keep what a run found.

        Parameters
        ----------
        view
            Its judged cells.
        when
            Time of the run, in UTC.

        Returns
        -------
        Path or None
            The new file; None where every verdict is that of the last run.
        """
        digest = digest_of(view.rows)
        last = self.paths[-1:]
        if last and _digest(last[0]) == digest:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{when:%Y%m%dT%H%M%SZ}-{digest}.parquet"
        part = path.with_suffix(".part")  # a kill must leave no half run behind
        verdicts_of(view).to_parquet(part, index=False)
        part.replace(path)
        return path

    def past(self, view: View) -> tuple[Past, ...]:
        """Read the last runs before the one that found this view.

        Returns
        -------
        tuple of Past
            Oldest first, at most `STRIP`. A last run with the very verdicts of the view is left
            out: it is the view's own run, or one that found nothing else.
        """
        paths = self.paths
        if paths and _digest(paths[-1]) == digest_of(view.rows):
            paths.pop()
        return tuple(
            Past(run=_run(path), verdicts=_aligned(path, view.rows)) for path in paths[-STRIP:]
        )

    def find(self, name: str) -> Path:
        """Find the file of a run.

        Parameters
        ----------
        name
            Its name or the beginning of it, or ``last`` for the run before the newest.

        Raises
        ------
        SelectionError
            There is no such run, or only one run, so that ``last`` means nothing.
        """
        paths = self.paths
        if name == "last" and len(paths) > 1:
            return paths[-2]
        found = [path for path in paths if path.stem.startswith(name)]
        if name == "last" or not found:
            matrix, known = self.folder.parent.name, self.runs()
            if name == "last" and len(known) == 1:
                msg = f"{matrix}: there is one run only, {known[0]}: nothing to compare it with"
                raise SelectionError(
                    msg, hint="a run is added when it finds something else than the one before"
                )
            msg = f"{matrix}: no run {name!r} in the history"
            raise SelectionError(msg, hint=f"known runs: {', '.join(known) or 'none yet'}")
        return found[-1]

    def since(self, name: str) -> Changes:
        """Compare a run with the newest one; raise `SelectionError` where there is no such run."""
        import pandas as pd  # noqa: PLC0415 - the other commands do without it

        return changes(pd.read_parquet(self.find(name)), pd.read_parquet(self.paths[-1]))

    def feed(self, title: str, most: int = 20) -> str:
        """Render the Atom feed of the regressions of the last runs.

        Parameters
        ----------
        title
            Title of the matrix.
        most
            Number of runs to look at.

        Returns
        -------
        str
            The feed; its date is that of the newest run, so that the same runs give the same file.
        """
        entries = []
        for run, found in self.steps(most):
            worse = Changes(
                kinds={kind: table for kind, table in found.kinds.items() if kind in REGRESSIONS}
            )
            if worse.kinds:
                counts = ", ".join(f"{len(table)} {kind}" for kind, table in worse.kinds.items())
                lines = tuple(worse.lines(20))
                entries.append(Entry(run=run, when=time_of(run), headline=counts, lines=lines))
        runs = self.runs()
        when = time_of(runs[-1]) if runs else datetime.fromtimestamp(0, UTC)
        return render_feed(self.folder.parent.name, title, entries, when)

    def steps(self, most: int) -> Iterator[tuple[str, Changes]]:
        """Give each of the last runs with what changed since the one before, the newest first."""
        import pandas as pd  # noqa: PLC0415 - as above

        paths = self.paths[-most - 1 :]
        for before, after in reversed(list(pairwise(paths))):
            yield _run(after), changes(pd.read_parquet(before), pd.read_parquet(after))


def _run(path: Path) -> str:
    return path.stem.split("-")[0]


def _digest(path: Path) -> str:
    return path.stem.split("-")[1]


def digest_of(rows: JudgedCells) -> str:
    """Digest the verdicts of all cells, whatever their reasons say."""
    cases = [case.name for case in rows.cases]
    state = hashlib.sha256(
        json.dumps([cases, rows.environments, [verdict.word for verdict in Verdict]]).encode()
    )
    # one width and byte order, or the same verdicts would be another run on another machine
    for column in (rows.case, rows.writer, rows.reader, rows.verdict):
        state.update(np.ascontiguousarray(column, dtype="<i4").tobytes())
    return state.hexdigest()[:12]


def _aligned(path: Path, rows: JudgedCells) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Read what a run found of each cell of a view: number of the verdict, shape (cells,).

    `UNKNOWN` stands for cells that the run did not have.
    """
    import pandas as pd  # noqa: PLC0415 - the other commands do without it

    found = pd.read_parquet(path)
    environments = {name: number for number, name in enumerate(rows.environments)}
    cases = {case.name: number for number, case in enumerate(rows.cases)}
    names = [
        f"{recipe}/{fmt}"
        for recipe, fmt in zip(
            found["recipe"].astype(str), found["format"].astype(str), strict=True
        )
    ]
    columns = [
        np.array([cases.get(name, UNKNOWN) for name in names], dtype=np.int64),
        *(
            np.array(
                [environments.get(each, UNKNOWN) for each in found[k].astype(str)], dtype=np.int64
            )
            for k in KEYS[2:]
        ),
    ]
    verdicts = np.array(
        [_NUMBERS.get(word, UNKNOWN) for word in found["verdict"].astype(str)], dtype=np.int8
    )
    # One number for each cell, which NumPy sorts and searches at once. The run may have had other
    # cases and environments than the view: theirs are left out.
    known = np.logical_and.reduce([column >= 0 for column in columns])
    size = len(environments)
    keys = ((columns[0] * size + columns[1]) * size + columns[2])[known]
    wanted = (rows.case.astype(np.int64) * size + rows.writer) * size + rows.reader
    if not len(keys):
        return np.full(len(wanted), UNKNOWN, dtype=np.int8)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    hit = keys[order][place] == wanted
    return np.where(hit, verdicts[known][order][place], UNKNOWN).astype(np.int8)
