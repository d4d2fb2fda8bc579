"""What outcomes mean: metrics, drift, tolerances, verdicts, roll-ups.  Pure, and computed here only."""

from __future__ import annotations

from crossload.verdict.compare import Distance, compare
from crossload.verdict.controls import Control, tally
from crossload.verdict.judge import Judge, Judgement
from crossload.verdict.metrics import compute_metrics
from crossload.verdict.words import Verdict

__all__ = ["Control", "Distance", "Judge", "Judgement", "Verdict", "compare", "compute_metrics", "tally"]
