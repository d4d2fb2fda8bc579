"""The failures of a report: the worst drifts, errors that say the same, overfitted models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossload.report.labels import signature_of
from crossload.report.view_types import Signature
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossload.report.judged_cells import JudgedCells
    from crossload.report.view_types import EnvironmentFacts, JudgedCell

OVERFITTED = 0.2
"""Training score minus held-out score above which a case is shown as overfitted."""


def overfitted_of(rows: JudgedCells) -> tuple[JudgedCell, ...]:
    """Find the overfitted models: one cell for each writer and recipe, the largest gap first.

    Their training score is more than `OVERFITTED` above their held-out score.
    """
    mask = rows.of_kinds(judgement.gap > OVERFITTED for judgement in rows.judgements)
    seen: dict[tuple[str, str], JudgedCell] = {}
    # the gap is the writer's: any of its readers shows it
    for index in rows.first_of(mask, rows.case, rows.writer):
        row = rows[index]
        seen.setdefault((row.cell.case.recipe, row.cell.writer), row)
    return tuple(sorted(seen.values(), key=lambda row: -row.judgement.gap))


def worst_drifts_of(rows: JudgedCells) -> tuple[JudgedCell, ...]:
    """Find the ten worst silent changes, by changed metric, then by distance.

    One for each recipe and reason: the same change occurs between many pairs.
    """
    # one cell of each kind and case before sorting: a matrix has far more cells than these
    mask = rows.of_kinds(judgement.verdict is Verdict.DRIFT for judgement in rows.judgements)
    drifted = [rows[index] for index in rows.first_of(mask, rows.kind, rows.case)]

    def badness(row: JudgedCell) -> tuple[float, float, str]:
        judged = row.judgement
        # errors have the unit of the target: without a scale they would come before any accuracy
        scale = max(1.0, abs(judged.before.get(judged.worst_metric, 1.0)))
        return (
            -abs(judged.worst_drift) / scale,
            -judged.max_abs,
            f"{row.cell.case.name}{row.cell.writer}",  # the same order in every rendering
        )

    seen: dict[tuple[str, str], JudgedCell] = {}
    for row in sorted(drifted, key=badness):
        seen.setdefault((row.cell.case.recipe, row.judgement.reason), row)
    return tuple(list(seen.values())[:10])


def signatures_of(
    rows: JudgedCells, environments: Sequence[EnvironmentFacts]
) -> tuple[Signature, ...]:
    """Group the failures, drifts aside, by what they say; most cells first.

    Parameters
    ----------
    rows
        All judged cells.
    environments
        Environments in the order of their versions, to find where a failure begins.
    """
    groups: dict[tuple[Verdict, str], list[int]] = {}
    for kind, judgement in enumerate(rows.judgements):
        if judgement.verdict.passes is False and judgement.verdict is not Verdict.DRIFT:
            groups.setdefault((judgement.verdict, signature_of(judgement.reason)), []).append(kind)
    # texts are compared once a kind, of which there are few; cells are only sorted by a number
    group_of_kind = np.full(len(rows.judgements), -1, dtype=np.int64)
    for number, kinds in enumerate(groups.values()):
        group_of_kind[kinds] = number
    group = group_of_kind[rows.kind] if len(rows) else np.zeros(0, dtype=np.int64)
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(len(groups) + 1))
    found = []
    unexplained = np.array([each.unexplained for each in rows.findings], dtype=bool)
    for number, (verdict, text) in enumerate(groups):
        members = order[ends[number] : ends[number + 1]]
        pairs = rows.pairs(members)
        found.append(
            Signature(
                verdict=verdict,
                text=text,
                example=rows.judgements[rows.kind[members[0]]].reason,
                cells=len(members),
                cases=len(np.unique(rows.case[members])),
                pairs=tuple(pairs),
                boundary=nearest_pair(set(pairs), environments),
                unexplained=int(unexplained[rows.kind[members]].sum()),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.cells, each.text)))


def nearest_pair(
    pairs: set[tuple[str, str]], environments: Sequence[EnvironmentFacts]
) -> tuple[str, str]:
    """Find the pair of versions with the fewest between them: where a failure begins.

    Parameters
    ----------
    pairs
        (writer, reader) of the cells that fail; not empty.
    environments
        Environments in the order of their versions.

    Returns
    -------
    tuple
        (writer, reader); versions of an axis come before environments that were spelled out, and
        an older writer before a newer one.
    """
    on_axis = {facts.id for facts in environments if facts.axis}
    ordered = [facts.id for facts in environments if facts.axis] + [
        facts.id for facts in environments if not facts.axis
    ]
    place = {each: index for index, each in enumerate(ordered)}

    def rank(pair: tuple[str, str]) -> tuple[bool, int, bool, int]:
        writer, reader = place.get(pair[0], 0), place.get(pair[1], 0)
        return not {*pair} <= on_axis, abs(writer - reader), writer > reader, writer

    return min(pairs, key=rank)
