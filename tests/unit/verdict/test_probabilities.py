"""Probabilities, and numbers that only stand in their place."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.verdict.probabilities import no_probabilities


@pytest.mark.parametrize(
    ("proba", "text"),
    [
        (np.array([[0.25, 0.75], [1.0, 0.0]]), ""),
        (np.array([[0.3330, 0.3330, 0.3330]], dtype="float16"), ""),
        (np.array([0.0, 0.5, 1.0]), ""),
        (np.zeros((0, 2)), ""),
        (np.array([[3.0, 48.0], [1.0, 0.0]]), "values from 0 to 48"),
        (np.array([[-0.5, 1.5]]), "values from -0.5 to 1.5"),
        (np.array([[0.5, 0.25], [0.5, 0.5]]), "rows that sum to 0.75 to 1"),
        (np.array([[np.nan, 1.0]]), "values that are not finite"),
        (np.array(["a"]), "values of type <U1"),
    ],
)
def test_what_is_no_probability_is_named(proba, text):
    assert no_probabilities(proba) == text
