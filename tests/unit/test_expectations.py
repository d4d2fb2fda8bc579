"""Expectations: strict both ways, refused where they are wrong, proposed but never accepted by themselves."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from helpers import plan

from crossload.config import Expectation, load_expectations
from crossload.errors import ConfigError
from crossload.verdict import Expectations, Judgement, Surprise, Verdict, as_toml, propose

TODAY = date(2026, 11, 22)
GOOD = """
[[expect]]
writer = "sklearn<1.1"
reader = ["sklearn-1.1", "sklearn-1.2"]
recipe = "forest"
verdict = "load-error"
says = "node array"
reason = "trees changed"
link = "https://example.org/1"
expires = 2027-01-01
"""


def read(folder, text):
    path = folder / "m.toml"
    path.write_text(text)
    return load_expectations(path, shown="matrix/expectations/m.toml")


def problems_of(folder, text):
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return caught.value.problems


def test_a_good_file_becomes_values(tmp_path):
    (found,) = read(tmp_path, GOOD)

    assert found.writer == ("sklearn<1.1",)
    assert found.reader == ("sklearn-1.1", "sklearn-1.2")
    assert found.verdicts == ("load-error",)
    assert found.expires == date(2027, 1, 1)


def test_no_file_is_no_expectations(tmp_path):
    assert load_expectations(tmp_path / "none.toml", shown="x") == ()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('"sklearn<1.1"', '"sklearn<<1.1"', "expect[0].writer: 'sklearn<<1.1' is not a specifier"),
        (
            '"load-error"',
            '"identical"',
            "expect[0].verdict: 'identical' cannot be expected - one of drift",
        ),
        ('reason = "trees changed"', 'reason = ""', "expect[0].reason: must not be empty"),
        ('reason = "trees changed"', "", "expect[0]: the key 'reason' is missing"),
        (
            "https://example.org/1",
            "see the issue",
            "expect[0].link: 'see the issue' is not valid - expected an address",
        ),
        ("2027-01-01", '"2027-01-01"', "expect[0].expires: expected a date"),
        ("says", "sais", "expect[0].sais: unknown key - did you mean 'says'?"),
    ],
)
def test_mistakes_name_file_and_key(tmp_path, old, new, text):
    found = problems_of(tmp_path, GOOD.replace(old, new))

    assert any(line.startswith("matrix/expectations/m.toml: " + text) for line in found), found


def test_an_expectation_of_everything_is_refused(tmp_path):
    assert (
        "selects everything"
        in problems_of(tmp_path, '[[expect]]\nverdict = "drift"\nreason = "r"\n')[0]
    )


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
        each, {e.id: e for e in made.environments}, today=TODAY, shown="m.toml"
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


def test_proposals_are_no_expectations_before_a_person_gave_reasons(tmp_path):
    text = as_toml(
        propose(
            [("load-error", 'ValueError: "x"\\', "forest/pickle", "sklearn-1.0", "sklearn-1.1")]
        )
    )

    assert tomllib.loads(text)["expect"][0]["says"] == 'ValueError: "x"\\'
    assert problems_of(tmp_path, text) == [
        "matrix/expectations/m.toml: expect[0].reason: must not be empty"
    ]
    (found,) = read(tmp_path, text.replace('reason  = ""', 'reason  = "because"'))
    assert found.case == ("forest/pickle",)


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
