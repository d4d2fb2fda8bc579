"""The noise of a writer: tolerated where it is its own, and never an excuse for another output."""

from __future__ import annotations

import numpy as np
import pytest
from builders_judgement import judged, same
from builders_verdict import proba, with_extras
from helpers import RECIPE, loaded, saved

from crossload.config.spec import Tolerance
from crossload.plan import Case, Cell
from crossload.verdict import Judge, Verdict
from crossload.worker import contract


def test_an_unstable_writer_shows_its_metrics_and_noise():
    arrays = same({"predict_proba": np.array([0.1, 0.9, 0.1, 0.9])}) | {
        "again": {"predict_proba": np.array([0.3, 0.9, 0.1, 0.9])}
    }

    found = judged(arrays, {"noise": "again"})

    assert found.verdict is Verdict.UNSTABLE
    assert found.reason == "two predictions of the writer itself differ by 0.2 at most"
    assert found.before["accuracy"] == found.after["accuracy"] == 1.0
    assert found.noise == pytest.approx(0.2)


def test_the_noise_that_is_tolerated_is_recorded_with_a_pass():
    arrays = same({"predict_proba": np.array([0.1, 0.9])}) | {
        "again": {"predict_proba": np.array([0.1 + 5e-7, 0.9])}
    }

    assert judged(arrays, {"noise": "again"}).noise == pytest.approx(5e-7)


def test_what_the_writer_does_not_repeat_in_a_fresh_process_is_not_asked_of_readers():
    before = {"predict_proba": np.array([0.1, 0.9])}
    arrays = {"before": before, "after": {"predict_proba": np.array([0.1, 0.9 + 1.5e-6])}}
    arrays["diagonal"] = {"predict_proba": np.array([0.1, 0.9 + 9e-7])}
    near = loaded({"predict_proba": "x"}, kept="diagonal")

    def asked(diagonal, writer="sklearn-1.0"):
        def ask(judge, cell, save, load):
            other = type(cell)(cell.case, writer, "sklearn-1.1")
            return judge.judge(other, save, load, "", diagonal)

        return judged(arrays, tolerance=Tolerance(metric=0.1, atol=1e-6, rtol=0.0), asked=ask)

    assert asked(None).verdict is Verdict.DRIFT
    found = asked(near)
    assert (found.verdict, found.noise) == (Verdict.DRIFT, pytest.approx(9e-7))
    arrays["diagonal"] = {"predict_proba": np.array([0.1 + 1e-6, 0.9])}
    assert asked(near | {"status": "error"}).noise == 0.0
    assert asked(near, writer="sklearn-1.1").noise == 0.0


def test_a_diagonal_beyond_the_tolerance_is_drift_not_noise():
    before = {"predict_proba": np.array([0.1, 0.9])}
    arrays = {"before": before, "after": {"predict_proba": np.array([0.1, 0.95])}}

    def ask(judge, cell, save, load):
        other = type(cell)(cell.case, "sklearn-1.0", "sklearn-1.1")
        return judge.judge(other, save, load, "", load)

    found = judged(arrays, asked=ask)

    assert (found.verdict, found.noise) == (Verdict.DRIFT, 0.0)


def test_a_diagonal_that_failed_gives_no_noise():
    before = {"predict_proba": np.array([0.1, 0.9])}
    arrays = {
        "before": before,
        "after": before,
        "diagonal": {"predict_proba": np.array([0.1 + 9e-7, 0.9])},
    }
    failed = loaded({"predict_proba": "x"}, kept="diagonal", status="error")

    def ask(judge, cell, save, load):
        return judge.judge(
            type(cell)(cell.case, "sklearn-1.0", "sklearn-1.1"), save, load, "", failed
        )

    assert judged(arrays, asked=ask).noise == 0.0


def test_the_noise_of_one_output_does_not_excuse_another():
    arrays = {
        "before": {"predict": np.array([1e6, 1e6]), "predict_proba": np.array([0.9, 0.1])},
        "again": {"predict": np.array([1e6 + 9, 1e6]), "predict_proba": np.array([0.9, 0.1])},
        "after": {"predict": np.array([1e6, 1e6]), "predict_proba": np.array([0.1, 0.9])},
    }
    digests = {"predict": "d1", "predict_proba": "d2"}
    spec = dict(RECIPE, task="object", outputs=["predict", "predict_proba"])
    judge = Judge(
        {"forest": contract.Recipe("forest", spec, "r.py")},
        lambda _: Tolerance(metric=0.001, atol=1e-6, rtol=1e-5),
        lambda *_: np.array([0, 1]),
        arrays.__getitem__,
    )
    case = Case(
        recipe="forest", format="pickle", saver="pickle", family="f", task="object", data="iris"
    )

    found = judge.judge(
        Cell(case, "a", "b"),
        saved(digests, noise="again"),
        loaded({"predict": "d1", "predict_proba": "d3"}),
    )

    assert found.verdict is Verdict.DRIFT
    assert found.noise == 9


def test_the_noise_of_the_writer_is_allowed_to_the_reader():
    found = with_extras(proba(), proba(8e-7), noise="again", again=proba(9e-7))

    assert found.verdict is Verdict.EQUIVALENT
    assert found.noise == pytest.approx(9e-7)


def test_a_writer_that_does_not_repeat_itself_is_unstable_even_if_the_reader_agrees():
    found = with_extras(proba(), proba(), noise="again", again=proba(0.1))

    assert found.verdict is Verdict.UNSTABLE
    assert found.verdict.passes is False
    assert found.noise == pytest.approx(0.1)
