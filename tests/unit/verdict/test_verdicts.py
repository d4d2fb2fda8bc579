"""The list of verdicts."""

from __future__ import annotations

from crossload.verdict import Verdict


def test_every_verdict_has_a_symbol_and_a_severity_of_its_own_rank():
    symbols = [verdict.symbol for verdict in Verdict]

    assert len(set(symbols)) == len(symbols)
    assert max(Verdict, key=lambda verdict: verdict.severity) is Verdict.DRIFT
    assert all(verdict.severity < 0 for verdict in Verdict if verdict.passes is None)
