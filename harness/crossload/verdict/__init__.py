"""What outcomes mean: metrics, drift, tolerances, verdicts, roll-ups.  Pure, and computed here only."""

from __future__ import annotations

from crossload.verdict.compare import Distance, compare
from crossload.verdict.controls import Control, tally
from crossload.verdict.expect import Expectations, Finding, Surprise, as_toml, propose
from crossload.verdict.judge import Judge, Judgement
from crossload.verdict.metrics import compute_metrics
from crossload.verdict.verdicts import GAPS, Verdict

__all__ = [
    "GAPS",
    "Control",
    "Distance",
    "Expectations",
    "Finding",
    "Judge",
    "Judgement",
    "Surprise",
    "Verdict",
    "as_toml",
    "compare",
    "compute_metrics",
    "propose",
    "tally",
]
