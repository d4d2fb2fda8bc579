"""The meaning of outcomes: metrics, drift, tolerances, verdicts and roll-ups.

Pure, and computed here only: no other room judges.
"""

from __future__ import annotations

from crossload.verdict.causes import Causes, Explained, Finding, cause_of, known_causes
from crossload.verdict.compare import Distance, compare
from crossload.verdict.controls import Control, tally
from crossload.verdict.judge import Judge
from crossload.verdict.judgement import Judgement
from crossload.verdict.metrics import compute_metrics
from crossload.verdict.proposals import as_toml, propose
from crossload.verdict.verdicts import GAPS, Verdict

__all__ = [
    "GAPS",
    "Causes",
    "Control",
    "Distance",
    "Explained",
    "Finding",
    "Judge",
    "Judgement",
    "Verdict",
    "as_toml",
    "cause_of",
    "compare",
    "compute_metrics",
    "known_causes",
    "propose",
    "tally",
]
