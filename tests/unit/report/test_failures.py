"""Failures: worst drifts, equal errors together, where they begin."""

from __future__ import annotations

from builders_report import view_of

from crossload.report.failures import nearest_pair
from crossload.verdict import Verdict


def test_drifts_and_signatures_are_collected():
    view = view_of(Verdict.DRIFT, Verdict.LOAD_ERROR, reason="ValueError: node 12 of 'x'")

    assert 0 < len(view.worst_drifts) <= 10
    assert [each.text for each in view.signatures] == ["ValueError: node * of *"]
    assert view.signatures[0].cells == view.counts[Verdict.LOAD_ERROR]


def test_a_failure_is_shown_where_the_versions_are_nearest():
    view = view_of(Verdict.LOAD_ERROR)
    pairs = {
        ("sklearn-1.0", "sklearn-1.2"),
        ("sklearn-1.2", "sklearn-1.1"),
        ("sklearn-1.1", "sklearn-1.2"),
    }

    assert nearest_pair(pairs, view.environments) == ("sklearn-1.1", "sklearn-1.2")
