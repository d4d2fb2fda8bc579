"""What earlier runs found of each cell, and whether it changed: kept for runs that have no time for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.matrix.history import KEYS, verdicts_of
from crossload.verdict import GAPS, Verdict

if TYPE_CHECKING:
    import pandas as pd

    from crossload.environments import Project
    from crossload.plan.priority import Place
    from crossload.report import View


class KnownVerdicts:
    """The last known verdict of each cell of one matrix, in ``.crossload/known/<matrix>.parquet``."""

    def __init__(self, project: Project, matrix: str) -> None:
        self.path = project.work / "known" / f"{matrix}.parquet"
        self._published = project.reports / matrix / "outcomes.parquet"

    def _read(self) -> pd.DataFrame | None:
        """What this machine knows; else what was published, of which nobody knows what changed."""
        import pandas as pd  # noqa: PLC0415 - half a second of imports that most runs do without

        if self.path.exists():
            return pd.read_parquet(self.path)
        if self._published.exists():
            return pd.read_parquet(self._published, columns=[*KEYS, "verdict"]).assign(
                changed=False
            )
        return None

    def recall(self) -> tuple[dict[Place, bool | None], set[Place]]:
        """(whether each cell passed, cells whose verdict changed), for `crossload.plan.value`."""
        found = self._read()
        if found is None:
            return {}, set()
        passes = {verdict.word: verdict.passes for verdict in Verdict}
        project = list(zip(*(found[name].astype(str) for name in KEYS), strict=True))
        passed = {
            place: passes.get(word)
            for place, word in zip(project, found["verdict"].astype(str), strict=True)
        }
        return passed, {
            place for place, changed in zip(project, found["changed"], strict=True) if changed
        }

    def remember(self, view: View) -> None:
        """Take in what a run found; of cells that it did not measure the older verdict stays."""
        import pandas as pd  # noqa: PLC0415

        new = verdicts_of(view).astype(dict.fromkeys([*KEYS, "verdict"], "object"))
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
        part = self.path.with_suffix(".part")
        new.astype(dict.fromkeys([*KEYS, "verdict"], "category")).to_parquet(part, index=False)
        part.replace(self.path)
