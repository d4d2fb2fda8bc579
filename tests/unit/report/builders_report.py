"""Views of all cells of a small plan, whose verdicts are given."""

from __future__ import annotations

from helpers import plan, unexplained

from crossload.report import (
    EnvironmentFacts,
    JudgedCell,
    RunFacts,
    make_view,
)
from crossload.verdict import Judgement, Verdict

HOSTILE = "</script><b>x</b> \x1b[31m | `a` \u202e\n\"'&"


RUN = RunFacts(
    date="2026-11-22",
    version="0",
    platform="Linux",
    saves=1,
    loads=2,
    wall_seconds=1.0,
    cpu_seconds=1.0,
    cores=2,
)


VERDICTS = tuple(Verdict)


def view_of(*verdicts, reason="reason"):
    """Make a view of three versions, whose cells have these verdicts in turn."""
    cells = plan(("1.0", "1.1", "1.2")).cells
    rows = [
        JudgedCell(
            cell=cell,
            judgement=Judgement(
                verdict=verdicts[index % len(verdicts)],
                reason=reason,
                before={"accuracy": 1.0},
                after={"accuracy": 0.5},
                worst_metric="accuracy",
                worst_drift=-0.5,
            ),
            finding=unexplained(verdicts[index % len(verdicts)]),
            seconds={"load": 0.1},
        )
        for index, cell in enumerate(cells)
    ]
    environments = [
        EnvironmentFacts(
            id=f"sklearn-{v}", axis="scikit-learn", python="3.9.1", versions={"numpy": "1.0"}
        )
        for v in ("1.0", "1.1", "1.2")
    ]
    return make_view(name="m", title="A title", environments=environments, rows=rows, run=RUN)
