"""Expectations: strict both ways, proposed but never accepted by themselves."""

from __future__ import annotations

from datetime import date

import pytest
from helpers import plan

from crossload.config import Expectation
from crossload.errors import ConfigError
from crossload.verdict import Expectations, Judgement, Surprise, Verdict, as_toml, propose

TODAY = date(2026, 11, 22)


def known(**more):
    fields = {
        "name": "expect[0]",
        "verdicts": ("load-error",),
        "reason": "r",
        "recipe": ("forest",),
        "says": "node",
    }
    return Expectation(**(fields | more))


def expectations(*each):
    made = plan(("1.0", "1.1"))
    return Expectations(
        each, {e.id: e for e in made.environments}, today=TODAY, file_name="m.toml"
    ), made


def cell_of(made, recipe, writer="sklearn-1.0", reader="sklearn-1.1"):
    return next(
        cell
        for cell in made.cells
        if (cell.case.recipe, cell.writer, cell.reader) == (recipe, writer, reader)
    )


@pytest.mark.parametrize(
    ("recipe", "verdict", "reason", "expected"),
    [
        ("forest", Verdict.LOAD_ERROR, "node array", Surprise.EXPECTED),
        ("forest", Verdict.LOAD_ERROR, "something else", Surprise.OTHER),
        ("forest", Verdict.DRIFT, "node array", Surprise.OTHER),
        ("forest", Verdict.IDENTICAL, "", Surprise.PASS),
        ("forest", Verdict.EQUIVALENT, "node", Surprise.PASS),
        ("forest", Verdict.NOT_RUN, "", Surprise.NONE),
        ("forest", Verdict.NO_ENVIRONMENT, "", Surprise.NONE),
        ("forest", Verdict.NOT_AVAILABLE, "", Surprise.NONE),
        ("ridge", Verdict.LOAD_ERROR, "node array", Surprise.FAILURE),
        ("ridge", Verdict.IDENTICAL, "", Surprise.NONE),
    ],
)
def test_expectations_are_strict_both_ways(recipe, verdict, reason, expected):
    judged, made = expectations(known())

    found = judged.finding(cell_of(made, recipe), Judgement(verdict=verdict, reason=reason))

    assert found.surprise is expected
    assert found.unexpected is (expected in (Surprise.FAILURE, Surprise.PASS, Surprise.OTHER))


def test_without_expectations_nothing_is_a_surprise():
    judged, made = expectations()

    assert (
        judged.finding(cell_of(made, "forest"), Judgement(verdict=Verdict.DRIFT)).surprise
        is Surprise.NONE
    )


def test_writers_readers_formats_and_cases_select():
    judged, made = expectations(
        known(
            writer=("sklearn>=1.1",), reader=("sklearn-1.0",), format=("pick*",), case=("*/pickle",)
        )
    )

    chosen = [cell for cell in made.cells if judged.of(cell)]

    assert [(c.case.name, c.writer, c.reader) for c in chosen] == [
        ("forest/pickle", "sklearn-1.1", "sklearn-1.0")
    ]


def test_the_first_expectation_that_selects_a_cell_counts():
    judged, made = expectations(known(), known(name="expect[1]", recipe=("*",)))

    assert judged.of(cell_of(made, "forest")).name == "expect[0]"
    assert judged.of(cell_of(made, "ridge")).name == "expect[1]"


def test_an_expectation_that_selects_nothing_is_an_error():
    judged, made = expectations(
        known(), known(name="expect[1]", recipe=("oak",)), known(name="expect[2]")
    )

    with pytest.raises(ConfigError) as caught:
        judged.check_all_used(made.cells)

    assert [line.split(":")[1].strip() for line in caught.value.problems] == [
        "expect[1]",
        "expect[2]",
    ]


def test_an_expired_expectation_counts_no_more():
    judged, made = expectations(
        known(expires=TODAY), known(name="expect[1]", expires=date(2026, 11, 23), recipe=("ridge",))
    )

    assert [each.name for each in judged.expired] == ["expect[0]"]
    assert (
        judged.finding(cell_of(made, "forest"), Judgement(verdict=Verdict.DRIFT)).surprise
        is Surprise.FAILURE
    )
    judged.check_all_used(made.cells)


def test_formats_and_cases_must_both_match():
    judged, made = expectations(
        known(format=("joblib",)), known(name="expect[1]", case=("ridge/pickle",), recipe=())
    )

    chosen = {cell.case.name: judged.of(cell).name for cell in made.cells if judged.of(cell)}

    assert chosen == {"forest/joblib": "expect[0]", "ridge/pickle": "expect[1]"}


def test_findings_name_their_expectation():
    judged, made = expectations(known())
    cell = cell_of(made, "forest")

    for verdict in (Verdict.IDENTICAL, Verdict.DRIFT, Verdict.LOAD_ERROR):
        assert (
            judged.finding(cell, Judgement(verdict=verdict, reason="node")).expectation.name
            == "expect[0]"
        )


def test_proposals_come_with_the_largest_first_and_count_their_cells():
    rows = [
        ("drift", "a", case, "w1", reader) for case in ("c1", "c2", "c3") for reader in ("r1", "r2")
    ]
    found = propose([("drift", "b", "c1", "w1", "r1"), *rows])

    assert [(each.says, each.cells) for each in found] == [("a", 6), ("b", 1)]
    text = as_toml(found)
    assert text.startswith("# 6 cells\n[[expect]]\n")
    assert 'case    = ["c1", "c2", "c3"]' in text
    assert text.endswith('reason  = ""\n')
    assert as_toml([]) == ""
