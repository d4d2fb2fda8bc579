"""Short names: signatures of errors, column headings, the order of environments."""

from __future__ import annotations

import pytest

from crossload.report import (
    EnvironmentFacts,
)
from crossload.report.labels import literal_of, oldest_first, short_labels, signature_of


def test_errors_that_differ_in_numbers_and_names_have_one_signature():
    assert signature_of("KeyError: 'a' at 0x7f12") == signature_of("KeyError: 'bc' at 0x9e77")
    assert signature_of("shape (3, 4)") == signature_of("shape (5, 6)")
    assert signature_of("KeyError: 'a'") != signature_of("ValueError: 'a'")
    assert signature_of("ModuleNotFoundError: No module named 'a'") != signature_of(
        "ModuleNotFoundError: No module named 'b'"
    )


def test_column_labels_are_short_and_unique():
    assert short_labels(["sklearn-0.22.2.post1", "sklearn-1.5.2-numpy1"]) == {
        "sklearn-0.22.2.post1": "0.22.2",
        "sklearn-1.5.2-numpy1": "1.5.2-np1",
    }
    assert short_labels(["a-1", "b-1"]) == {"a-1": "a-1", "b-1": "b-1"}
    assert short_labels(["a-1.post1", "a-1.post2"]) == {
        "a-1.post1": "a-1.post1",
        "a-1.post2": "a-1.post2",
    }


def facts(name, version, axis="joblib"):
    return EnvironmentFacts(id=name, axis=axis, versions={"joblib": version} if version else {})


def test_environments_stand_oldest_first_wherever_they_were_spelled_out():
    given = [
        facts("a-1.2", "1.2"),
        facts("a-1.10", "1.10"),
        facts("special", "1.2", axis=""),
        facts("older", "0.9", axis=""),
    ]

    assert [each.id for each in oldest_first(given)] == ["older", "a-1.2", "special", "a-1.10"]


@pytest.mark.parametrize("last", [facts("x", ""), facts("x", "3", axis="numpy")])
def test_without_one_version_for_each_the_order_is_that_of_the_matrix(last):
    given = [facts("a-1.2", "1.2"), facts("a-1.1", "1.1"), last]

    assert [each.id for each in oldest_first(given)] == ["a-1.2", "a-1.1", "x"]


def test_a_signature_is_looked_for_by_what_all_its_texts_have():
    text = signature_of("ValueError: node array 17 of 'x' has another dtype")

    assert literal_of(text) == "ValueError: node array"
    assert literal_of("") == ""


def test_which_outputs_failed_makes_no_other_failure():
    error = "AttributeError: 'SVC' object has no attribute 'probability'"

    assert signature_of(f"{error}; outputs that fail: predict; outputs that work: none") == (
        signature_of(error)
    )


def test_the_end_of_a_text_counts_too():
    first = signature_of("could not be read " + "word " * 100 + "because of the shape")
    second = signature_of("could not be read " + "word " * 100 + "because of the type")

    assert first != second
    assert len(first) <= 300
