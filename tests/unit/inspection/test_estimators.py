"""Estimators inside, who wrote them, and what they were fitted on."""

from __future__ import annotations

import pickle

import numpy as np
from builders_inspection import inspect_file
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression

from crossload.inspection.facts import Certainty


def test_bounds_follow_from_names(tmp_path):
    for text, package, version in (
        (b"cnumpy._core.multiarray\n", "numpy", ">=2"),
        (b"cnumpy.core.multiarray\n", "numpy", "<2"),
        (b"csklearn.externals.joblib.numpy_pickle\n", "scikit-learn", "<0.23"),
    ):
        (tmp_path / "x").write_bytes(b"(l" + text + b"scalar\na.")
        found = {each.package: each for each in inspect_file(tmp_path / "x").written}
        assert (found[package].version, found[package].sure) == (version, Certainty.BOUND)


def test_stacks_tell_no_wrong_count_of_features(tmp_path):
    x = np.random.default_rng(0).random((60, 3))
    y = (x[:, 0] > 0.5).astype(int)
    stack = StackingClassifier(
        [("a", LogisticRegression()), ("b", RandomForestClassifier(2, random_state=0))], cv=2
    ).fit(x, y)
    (tmp_path / "x").write_bytes(pickle.dumps(stack))

    assert inspect_file(tmp_path / "x").features in (None, 3)
