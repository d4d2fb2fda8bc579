"""The facts about one column."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.worker.columns import Column


def column(**facts):
    found = Column("x")
    found.__dict__.update(facts)
    return found


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ({}, False),
        ({"centre": 0.0}, True),
        ({"marks": [1.0]}, True),
        ({"values": ["a"]}, True),
        ({"words": ["a"]}, True),
        ({"missing": True}, False),
    ],
)
def test_a_column_is_known_if_the_model_tells_its_values(facts, known):
    assert column(**facts).known is known


@pytest.mark.parametrize(
    ("facts", "numeric"),
    [
        ({}, True),
        ({"values": [1, np.float32(2), np.int8(3)]}, True),
        ({"values": [True, False]}, False),
        ({"values": [np.bool_(True)]}, False),
        ({"values": [1, "a"]}, False),
        ({"words": ["1"]}, False),
    ],
)
def test_booleans_and_texts_are_no_numbers(facts, numeric):
    assert column(**facts).numeric is numeric
