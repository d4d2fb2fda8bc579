"""The verdicts that earlier runs found, and whether they changed.

They are kept for runs that have no time for all cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.matrix.run_table import KEYS, verdicts_of
from crossload.verdict import GAPS, Verdict

if TYPE_CHECKING:
    import pandas as pd

    from crossload.environments import Project
    from crossload.plan.priority import Place
    from crossload.report import View


class KnownVerdicts:
    """The last known verdict of each cell of one matrix.

    Parameters
    ----------
    project
        Folders of the project; verdicts are kept in ``.crossload/known/<matrix>.parquet``.
    matrix
        Name of the matrix.
    """

    def __init__(self, project: Project, matrix: str) -> None:
        self.path = project.work / "known" / f"{matrix}.parquet"
        self._published = project.reports / matrix / "outcomes.parquet"

    def _read(self) -> pd.DataFrame | None:
        """Read what this machine knows, else what was published, with nothing marked as changed."""
        import pandas as pd  # noqa: PLC0415 - half a second of imports that most runs do without

        if self.path.exists():
            return pd.read_parquet(self.path)
        if self._published.exists():
            return pd.read_parquet(self._published, columns=[*KEYS, "verdict"]).assign(
                changed=False
            )
        return None

    def recall(self) -> tuple[dict[Place, bool | None], set[Place]]:
        """Recall the last verdicts, for `crossload.plan.priority`.

        Returns
        -------
        tuple
            Whether each cell passed, None for those that neither pass nor fail; and the cells
            whose verdict was another one in the run before. Both are empty where nothing is known.
        """
        found = self._read()
        if found is None:
            return {}, set()
        passes = {verdict.word: verdict.passes for verdict in Verdict}
        places = list(zip(*(found[name].astype(str) for name in KEYS), strict=True))
        passed = {
            place: passes.get(word)
            for place, word in zip(places, found["verdict"].astype(str), strict=True)
        }
        return passed, {
            place for place, changed in zip(places, found["changed"], strict=True) if changed
        }

    def remember(self, view: View) -> None:
        """Take in the verdicts of a run; of cells that it did not measure the older ones stay."""
        import pandas as pd  # noqa: PLC0415 - as above

        # as objects: columns of which the categories differ lose their type in a merge anyway
        # (https://github.com/pandas-dev/pandas/issues/24093)
        new = verdicts_of(view).astype(dict.fromkeys([*KEYS, "verdict"], "object"))
        # a gap says nothing of a cell: what was known of it before still holds
        new = new[~new["verdict"].isin([each.word for each in GAPS])]
        old = self._read() if self.path.exists() else None
        if old is None:
            new = new.assign(changed=False)
        else:
            old = old.astype(dict.fromkeys([*KEYS, "verdict"], "object"))
            joined = new.merge(
                old.rename(columns={"verdict": "before"}).drop(columns="changed"),
                on=KEYS,
                how="left",
            )
            new = new.assign(
                changed=(
                    joined["before"].notna() & (joined["before"] != joined["verdict"])
                ).to_numpy()
            )
            new = pd.concat([new, old]).drop_duplicates(KEYS, keep="first")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")  # replaced as a whole, or not at all
        new.astype(dict.fromkeys([*KEYS, "verdict"], "category")).to_parquet(part, index=False)
        part.replace(self.path)
