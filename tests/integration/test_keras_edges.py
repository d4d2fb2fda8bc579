"""What formats ask of Keras models at their edges, for real: types, training by hand, names."""

from __future__ import annotations

import pytest

MATRIX = """
[matrix]
title = "Edges of Keras"
recipes = ["recipes/keras_edges.py"]
formats = ["savedmodel-signature", "savedmodel-tfsm", "export", "export-tfsm", "export-keras",
           "keras", "h5-uncompiled", "weights-h5", "weights-h5-strict", "checkpoint",
           "checkpoint-strict"]
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
    project.recipe("keras_edges.py")
    project.matrix("edges", MATRIX)
    project.borrow_environments()
    project.crossload("run", "edges", seconds=900)
    return project.outcomes("edges")


@pytest.mark.parametrize(
    ("fmt", "writer", "reader"),
    [
        ("savedmodel-signature", OLD, OLD),
        ("savedmodel-signature", OLD, NEW),
        ("savedmodel-tfsm", OLD, NEW),
        ("export", OLD, OLD),
        ("export", NEW, OLD),
        ("export", NEW, NEW),
        ("export-tfsm", OLD, NEW),
        ("export-tfsm", NEW, NEW),
    ],
)
def test_a_function_takes_wider_integers_than_it_was_traced_with(found, fmt, writer, reader):
    assert found.loc[("wide-tokens", fmt, writer, reader), "passes"]


def test_load_model_makes_no_model_of_an_export(found):
    # Keras 2 gives an object that cannot be called, Keras 3 refuses the folder
    for writer in (OLD, NEW):
        assert found.loc[("wide-tokens", "export-keras", writer, OLD), "verdict"] == "predict-error"
        assert found.loc[("wide-tokens", "export-keras", writer, NEW), "verdict"] == "load-error"


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("recipe", ["never-compiled", "own-slots"])
def test_checkpoints_of_models_that_nobody_compiled_are_restored_strictly(found, recipe, version):
    row = found.loc[(recipe, "checkpoint-strict", version, version)]

    assert row["verdict"] == "identical", row["reason"]


@pytest.mark.parametrize("version", [OLD, NEW])
def test_dropout_draws_the_same_numbers_after_loading(found, version):
    assert found.loc[("dropout", "keras", version, version), "resumes"] == "yes"
    uncompiled = found.loc[("dropout", "h5-uncompiled", version, version)]
    assert uncompiled["verdict"] == "identical"
    assert uncompiled["resumes"] == ""  # nobody asks for what was left out on purpose


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("fmt", ["weights-h5", "weights-h5-strict", "checkpoint"])
def test_layers_are_called_alike_in_each_load_of_a_batch(found, fmt, version):
    assert found.loc[("names", fmt, version, version), "verdict"] == "identical"
