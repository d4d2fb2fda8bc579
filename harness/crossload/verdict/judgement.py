"""The judgement of one cell: its verdict, and the facts that the verdict rests on.  Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossload.verdict.compare import Distance
    from crossload.verdict.scores import Matrix
    from crossload.verdict.verdicts import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The verdict of one cell, with its reason and the numbers that it rests on."""

    verdict: Verdict
    reason: str = ""
    """Cause of the verdict in words; empty where there is nothing to say."""
    before: dict[str, float] = field(default_factory=dict)
    """Metrics just before saving, by name; empty where the cell has no outputs to compare."""
    after: dict[str, float] = field(default_factory=dict)
    """Metrics just after loading, by name."""
    worst_metric: str = ""
    worst_drift: float = 0.0
    """Signed change of the worst metric, after minus before."""
    worst_excess: float = 0.0
    """Change of the worst metric in units of its tolerance; infinite where nothing was allowed."""
    classes: tuple[str, ...] = ()
    """Classes of the confusion matrices; empty where the task has none."""
    confusion: tuple[Matrix, Matrix] | tuple[()] = ()
    """Confusion matrices before and after: rows true, columns predicted classes."""
    distances: dict[str, Distance] = field(default_factory=dict)
    """Distance of each output that is not bit-equal."""
    max_abs: float = 0.0
    """Largest difference of any output that is a number, codes of labels aside.

    The relative one is below it.
    """
    max_rel: float = 0.0
    changed_labels: int = 0
    """Number of held-out rows whose predicted label is another one."""
    state: str = "unknown"
    """Fitted state after loading: equal, differs, layout (other arrays), or unknown.

    It is unknown where the format shows none.
    """
    optimizer: str = ""
    """Optimizer variables: kept, changed, lost; empty where there were none."""
    resumes: str = ""
    """Further training after loading goes on alike: yes, no, or what was lost.

    Empty where it was not asked.
    """
    lost: str = ""
    """Class that the reader did not find, e.g. ``custom class Scale``; empty if none is named."""
    noise: float = 0.0
    """Largest difference between predictions of the writer itself.

    They are made twice in its process, and once more after loading in a fresh one.
    """
    gap: float = float("nan")
    """Score on training rows minus score on held-out rows (accuracy or R2), of the writer."""
    warned: tuple[str, ...] = ()
    """Categories of the warnings of loading and predicting."""
    inferred: str = ""
    """Verdict that an inferred cell is believed to have."""
    witnesses: tuple[str, str] | tuple[()] = ()
    """Readers on both sides that were measured, of an inferred cell."""
