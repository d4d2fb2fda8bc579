"""Advice about failures that are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders_models import (
    result,
)

from crossload.errors import ConfigError
from crossload.models.advice import advice_for, folder_of, known_failures, load_advice
from crossload.models.render import headline

ROOT = Path(__file__).resolve().parents[3]


def test_a_known_failure_has_cause_remedy_and_link():
    reason = (
        "ValueError: node array from the pickle has an incompatible dtype: "
        "- expected: {'names': ..."
    )
    found = advice_for("load-error", reason, {"scikit-learn": "1.2.2"}, {"scikit-learn": "1.9.1"})

    assert found is not None
    assert "missing_go_to_left" in found.cause
    assert "fit it again" in found.remedy
    assert found.link.startswith("https://github.com/")


def test_a_text_that_says_little_needs_the_versions_too():
    assert (
        advice_for("load-error", "KeyError: 0", {"joblib": "1.2.0"}, {"joblib": "1.0.1"})
        is not None
    )
    assert advice_for("load-error", "KeyError: 0", {"joblib": "1.2.0"}, {"joblib": "1.2.0"}) is None
    assert advice_for("load-error", "KeyError: 0", {}, {}) is None


def test_advice_may_be_about_a_class_that_the_model_holds():
    reason = "1 labels changed; state equal: the library computes otherwise"
    sides = {"scikit-learn": "1.2.2"}, {"scikit-learn": "1.9.1"}

    about_idf = advice_for("drift", reason, *sides, ["sklearn.Pipeline", "sklearn.TfidfVectorizer"])
    general = advice_for(
        "drift", reason, *sides, ["sklearn.Pipeline", "sklearn.AdaBoostClassifier"]
    )

    assert "t.idf_ = t.__dict__['_idf_diag'].diagonal()" in about_idf.remedy
    assert "idf" not in general.cause + general.remedy


def test_what_a_layer_did_not_compute_anew_has_another_remedy_than_another_computation():
    reason = "call: 150 of 150 values moved; 2 of 7 arrays differ (x): "
    stale = f"{reason}not computed anew from the weights, which are equal"

    found = advice_for("drift", stale, {"keras": "3.5.0"}, {"keras": "3.5.0"})

    assert found is not None
    assert "finalize_state()" in found.remedy


@pytest.mark.parametrize(("writer", "known"), [("2.10.0", True), ("3.5.0", False)])
def test_hdf5_by_the_name_keras_is_told_from_an_archive_that_is_damaged(writer, known):
    text = (
        "ValueError: File not found: ... Please ensure the file is an accessible `.keras` zip file."
    )

    found = advice_for("load-error", text, {"keras": writer}, {"keras": "3.14.0"})

    assert (found is not None and "rename the file to .h5" in found.remedy) is known


def test_what_is_not_known_has_no_advice():
    assert advice_for("load-error", "ValueError: something new", {}, {}) is None
    assert (
        advice_for("predict-error", "ModuleNotFoundError: No module named 'numpy._core'", {}, {})
        is None
    )


SEEN_ELSEWHERE = (
    "numpy.dtype size changed",
    "AttributeError: Can't get attribute '_passthrough_scorer' "
    "on <module 'sklearn.metrics._scorer'",
    "AttributeError: Can't get attribute 'Log' on <module 'sklearn.linear_model._sgd_fast'",
)
"""Texts that no matrix meets; integration tests meet them."""


def test_every_advice_is_about_a_failure_that_was_measured():
    import pandas as pd

    reasons = {}
    for path in (ROOT / "reports").glob("*/outcomes.parquet"):
        table = pd.read_parquet(path, columns=["verdict", "reason"])
        for verdict, part in table.groupby(table["verdict"].astype(str)):
            reasons[verdict] = (
                reasons.get(verdict, "") + "\n".join(part["reason"].astype(str).unique()) + "\n"
            )

    for each in known_failures():
        assert each.says in reasons[each.verdict] or each.says in SEEN_ELSEWHERE, each.says


def test_every_expected_failure_has_advice():
    from crossload.config import load_expectations

    told = [(each.verdict, each.says) for each in known_failures()]
    for path in folder_of().glob("*.toml"):
        if path.name != "advice.toml":
            for each in load_expectations(path, display_name=path.name):
                assert any(
                    v in each.verdicts and (s in each.says or each.says.strip() in s)
                    for v, s in told
                ), (
                    path.name,
                    each.says,
                )


def test_advice_without_a_cause_is_an_error(tmp_path):
    (tmp_path / "advice.toml").write_text(
        '[[advice]]\nverdict = "load-error"\nsays = "new"\nremedy = "do"\n'
    )
    with pytest.raises(ConfigError, match="no cause"):
        load_advice(tmp_path)


def test_advice_with_mistakes_names_them(tmp_path):
    (tmp_path / "advice.toml").write_text('[[advice]]\nverdict = "identical"\nsays = 3\n')
    with pytest.raises(ConfigError, match="advice") as caught:
        load_advice(tmp_path)
    assert len(caught.value.problems) == 3
    assert headline(result())
