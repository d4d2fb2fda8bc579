"""Failures and their causes: matched by error and boundary, never by a list of cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import plan
from packaging.requirements import Requirement

from crossload.config import Cause
from crossload.verdict import Causes, Explained, Judgement, Verdict, cause_of, known_causes

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = {
    "sklearn-1.2": {"scikit-learn": "1.2", "python": "3.9"},
    "sklearn-1.3": {"scikit-learn": "1.3", "python": "3.9"},
}
FAILED = Judgement(verdict=Verdict.LOAD_ERROR, reason="ValueError: node array has 8 fields")


def cause(name, **facts):
    standard = {"verdicts": ("load-error",), "says": ("node array",), "why": name, "do": ""}
    return Cause(id=name, **(standard | facts))


def cell_of(writer="sklearn-1.2", reader="sklearn-1.3", fmt="pickle"):
    return next(
        each
        for each in plan(("1.2", "1.3")).cells
        if (each.writer, each.reader, each.case.format) == (writer, reader, fmt)
    )


BOUNDARY = {
    "writer": (Requirement("scikit-learn<1.3"),),
    "reader": (Requirement("scikit-learn>=1.3"),),
}


def test_the_first_cause_that_fits_explains_a_failure():
    known = [
        cause("other-error", says=("another",)),
        cause("other-side", writer=BOUNDARY["reader"]),
        cause("other-class", holds=frozenset({"Tree"})),
        cause("other-format", format=("joblib*",)),
        cause("special", **BOUNDARY),
        cause("general"),
    ]
    causes = Causes(known, ENVIRONMENTS)

    found = causes.finding(cell_of(), FAILED, ["mine.Forest"])
    assert (found.explained, found.cause.id) == (Explained.YES, "special")
    assert causes.finding(cell_of(), FAILED, ["sklearn.tree.Tree"]).cause.id == "other-class"
    assert causes.finding(cell_of(fmt="joblib"), FAILED, []).cause.id == "other-format"
    back = causes.finding(cell_of("sklearn-1.3", "sklearn-1.2"), FAILED, [])
    assert back.cause.id == "other-side"
    # equal findings are one object
    assert causes.finding(cell_of(), FAILED, ["mine.Forest"]) is found


def test_a_failure_without_a_cause_is_unexplained():
    causes = Causes([cause("other", says=("another",))], ENVIRONMENTS)
    found = causes.finding(cell_of(), FAILED)

    assert (found.explained, found.cause, found.unexplained) == (Explained.NO, None, True)
    assert Causes([], ENVIRONMENTS).finding(cell_of(), FAILED).unexplained
    # of environments that nobody knows nothing is said
    assert Causes([cause("x", **BOUNDARY)], {}).finding(cell_of(), FAILED).unexplained


@pytest.mark.parametrize("verdict", [each for each in Verdict if each.passes is not False])
def test_what_did_not_fail_needs_no_cause(verdict):
    judgement = Judgement(verdict=verdict, reason="node array")
    found = Causes([cause("x", verdicts=(verdict.word,))], ENVIRONMENTS).finding(
        cell_of(), judgement
    )

    assert (found.explained, found.cause, found.unexplained) == (Explained.NONE, None, False)


# --- the causes that crossload carries ---


def test_the_cause_of_a_users_failure_has_remedy_and_link():
    reason = "ValueError: node array from the pickle has an incompatible dtype: - expected: ..."
    classes = ["sklearn.tree._tree.Tree"]
    found = cause_of(
        "load-error", reason, {"scikit-learn": "1.2.2"}, {"scikit-learn": "1.9.1"}, classes
    )

    assert "missing_go_to_left" in found.why
    assert found.do
    assert found.link.startswith("https://")


def test_a_text_that_says_little_needs_the_versions_too():
    old, new = {"joblib": "1.0.1"}, {"joblib": "1.2.0"}

    assert cause_of("load-error", "KeyError: 0", new, old).id == "joblib-padded-arrays"
    assert cause_of("load-error", "KeyError: 0", new, new) is None
    assert cause_of("load-error", "KeyError: 0", {}, {}) is None


def test_a_cause_may_be_about_a_class_that_the_model_holds():
    reason = "1 labels changed; state equal: the library computes otherwise"
    sides = {"scikit-learn": "1.2.2"}, {"scikit-learn": "1.9.1"}

    about_idf = cause_of("drift", reason, *sides, ["sklearn.Pipeline", "sklearn.TfidfVectorizer"])
    assert "_idf_diag" in about_idf.do
    assert cause_of("drift", reason, *sides, ["sklearn.Pipeline"]) is None


def test_what_is_not_known_has_no_cause():
    core = "ModuleNotFoundError: No module named 'numpy._core'"

    assert cause_of("load-error", "ValueError: something new", {}, {}) is None
    assert cause_of("predict-error", core, {"numpy": "2.0"}, {"numpy": "1.24"}) is None
    assert cause_of("load-error", core, {"numpy": "2.0"}, {"numpy": "1.24"}) is not None
    assert cause_of("load-error", core, {"numpy": "2.0"}, {"numpy": "1.24"}, known=[]) is None


def test_every_cause_explains_cells_of_a_published_table():
    import pandas as pd

    used = set()
    for path in (ROOT / "reports").glob("*/outcomes.parquet"):
        used |= set(pd.read_parquet(path, columns=["cause"])["cause"].astype(str))

    assert {each.id for each in known_causes() if not each.elsewhere} <= used


def test_every_failure_of_the_published_tables_has_a_cause():
    import json

    for path in (ROOT / "reports").glob("*/summary.json"):
        causes = json.loads(path.read_text(encoding="utf-8"))["causes"]
        assert causes["unexplained"] == 0, path.parent.name
