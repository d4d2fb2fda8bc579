"""Causes proposed for the failures of published reports."""

from __future__ import annotations

import tomllib

import pytest
from builders_matrix import FAILED, A, B

from crossload.errors import SelectionError
from crossload.matrix.unexplained import list_causes, propose_causes

CAUSE = """
[[cause]]
id = "known"
verdict = "load-error"
says = "no such field"
why = "w"
"""


def proposed(small):
    small.said.clear()
    propose_causes(small.project, ["small"], say=small.said.append)
    (text,) = small.said
    return text


def test_failures_without_a_cause_are_proposed_with_their_boundary(small, store, machine):
    machine.answers["load", B, "forest"] = FAILED
    small.run(store)

    text = proposed(small)
    (found,) = tomllib.loads(text)["cause"]
    assert (found["verdict"], found["says"]) == ("load-error", "ValueError: no such field")
    assert (found["id"], found["why"]) == ("", "")
    assert "# 2 cells of 1 cases: forest/pickle" in text


def test_what_has_a_cause_is_not_proposed(small, store, machine):
    small.write("matrix/causes/mine.toml", CAUSE)
    machine.answers["load", B, "forest"] = FAILED
    machine.predicts["load", A, "ridge"] = [7, 7, 7]
    small.run(store)

    assert [each["verdict"] for each in tomllib.loads(proposed(small))["cause"]] == ["drift"]


def test_that_nothing_failed_is_said(small, store, machine):
    small.run(store)

    assert proposed(small) == "# small: no unexplained failures"


def test_causes_need_a_report(small):
    with pytest.raises(SelectionError, match="no report in reports/small/") as caught:
        propose_causes(small.project, ["small"], say=print)
    assert caught.value.hint == "nox -s matrix -- small"


def test_causes_are_listed_with_the_cells_that_they_explain(small, store, machine, monkeypatch):
    monkeypatch.setattr("crossload.matrix.baseline.shipped_causes", lambda: small.root / "none")
    more = CAUSE.replace('"known"', '"other"').replace("no such", "another")
    more += 'do = "retrain"\nlink = "https://host/x"\n'
    small.write("matrix/causes/mine.toml", more + CAUSE)
    machine.answers["load", B, "forest"] = FAILED
    small.run(store)
    small.said.clear()
    list_causes(small.project, [], say=small.said.append)

    assert small.said == [
        "known: 2 in small\n  w",
        "other: no published cell\n  w\n  what helps: retrain\n  https://host/x",
    ]
