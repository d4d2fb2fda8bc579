"""Keras 2 and Keras 3 for real: what is public about them is found, unaided."""

from __future__ import annotations

import pytest

MATRIX = """
[matrix]
title = "Keras across its third version"
recipes = ["recipes/keras_models.py"]
formats = ["savedmodel-signature", "savedmodel-keras", "savedmodel-tfsm", "export", "keras", "h5",
           "weights-h5", "weights-h5-strict", "checkpoint", "checkpoint-strict"]
[axis.tensorflow]
prefix = "tf"
versions = ["2.15.0", "2.21.0"]
requires = [
  "tensorflow-cpu=={version}; sys_platform == 'linux'",
  "tensorflow=={version}; sys_platform != 'linux'",
]
[limits]
seconds = 120
memory-mb = 6144
"""
OLD, NEW = "tf-2.15.0", "tf-2.21.0"


@pytest.fixture(scope="module")
def found(project):
    project.recipe("keras_models.py")
    project.matrix("keras", MATRIX)
    project.borrow_environments()
    project.crossload("run", "keras", "--case", "mlp", seconds=900)
    return project.outcomes("keras", part=True)


def test_keras_3_does_not_load_a_savedmodel_folder_as_a_model(found):
    row = found.loc[("mlp", "savedmodel-keras", OLD, NEW)]

    assert row["verdict"] == "load-error"
    assert "legacy SavedModel format is not supported" in row["reason"]
    assert found.loc[("mlp", "savedmodel-tfsm", OLD, NEW), "passes"]


def test_formats_that_a_version_lacks_are_not_failures(found):
    assert found.loc[("mlp", "savedmodel-keras", NEW, OLD), "verdict"] == "n/a"
    assert found.loc[("mlp", "savedmodel-tfsm", OLD, OLD), "verdict"] == "n/a"


def test_whole_models_and_weights_are_bit_identical_on_the_diagonal(found):
    weights = ("weights-h5", "weights-h5-strict", "checkpoint", "checkpoint-strict")
    for fmt in ("keras", "h5", *weights):
        for version in (OLD, NEW):
            verdict = found.loc[("mlp", fmt, version, version), "verdict"]
            assert verdict == "identical", (fmt, version)


def test_the_same_call_answers_otherwise_when_it_is_strict(found):
    assert found.loc[("mlp", "checkpoint", OLD, NEW), "verdict"] == "drift"
    assert found.loc[("mlp", "checkpoint-strict", OLD, NEW), "verdict"] == "load-error"


def test_a_silent_drift_names_its_metric(found):
    row = found.loc[("mlp", "checkpoint", OLD, NEW)]

    assert row["verdict"] == "drift"
    assert row["confirmed"]
    assert abs(row["worst_drift"]) > 0.1
    assert row["worst_metric"] in row["reason"]
