"""`check` of networks says what the matrix says; folders that Keras 3 refuses have a route."""

from __future__ import annotations

import shutil

import pytest
from model_files import ANSWERS, artifact, command

import crossload

KERAS = """
[matrix]
title = "networks of users"
recipes = ["recipes/keras_models.py"]
formats = ["h5", "keras", "savedmodel-keras", "savedmodel-signature", "weights-h5"]
[axis.tensorflow]
prefix = "tf"
versions = ["2.8.4", "2.10.0", "2.15.0", "2.21.0"]
requires = [
  "tensorflow-cpu=={version}; sys_platform == 'linux'",
  "tensorflow=={version}; sys_platform != 'linux'",
]
[limits]
seconds = 120
memory-mb = 6144
"""
NETWORK = """
from types import SimpleNamespace

import keras_models
import numpy as np


def network():
    return keras_models.mlp(SimpleNamespace(x_train=np.zeros((1, 30))))
"""


@pytest.fixture(scope="module")
def networks(project):
    project.recipe("keras_models.py")
    project.matrix("users", KERAS)
    project.borrow_environments()
    project.crossload("run", "users", "--case", "mlp", "--reader", "tf-2.21.0", seconds=900)
    shutil.copy(project.root / "matrix" / "recipes" / "keras_models.py", project.root)
    (project.root / "network.py").write_text(NETWORK)
    return project, project.outcomes("users", part=True)


@pytest.mark.parametrize(
    ("fmt", "writer"),
    [
        ("h5", "2.10.0"),
        ("keras", "2.15.0"),
        ("savedmodel-keras", "2.8.4"),
        ("savedmodel-signature", "2.15.0"),
        ("weights-h5", "2.10.0"),
        ("weights-h5", "2.15.0"),
    ],
)
def test_check_gives_the_verdict_of_the_matrix_for_keras(networks, fmt, writer):
    project, table = networks
    row = table.loc["mlp", fmt, f"tf-{writer}", "tf-2.21.0"]
    options = {"load_as": fmt} if fmt.startswith("savedmodel") else {}
    if fmt == "weights-h5":
        # weights of Keras 2.12 and later do not record a version
        options = {
            "with_code": [project.root / "network.py"],
            "build": "network",
            "source": f"tensorflow=={writer}",
        }

    found = crossload.check(artifact(project, row), "tensorflow==2.21.0", trust=True, **options)

    told = (row["verdict"], row["reason"], str(found))
    assert str(found.answer).startswith(ANSWERS[row["verdict"]]), told


def test_a_savedmodel_says_which_other_ways_of_loading_work(networks):
    project, table = networks
    row = table.loc["mlp", "savedmodel-keras", "tf-2.15.0", "tf-2.21.0"]

    found = crossload.check(artifact(project, row), "tensorflow==2.21.0", trust=True)

    assert str(found.answer) == "BREAKS"
    assert "TFSMLayer" in found.cause.do
    ways = {each.way: each.answer.safe for each in found.other_ways}
    assert ways == {"savedmodel-signature": True, "savedmodel-tfsm": True}


def test_a_way_through_for_a_folder_that_keras_3_refuses(networks, tmp_path):
    project, table = networks
    row = table.loc["mlp", "savedmodel-keras", "tf-2.15.0", "tf-2.21.0"]
    script = tmp_path / "through.sh"

    done = command(
        "route", artifact(project, row), "--to", "tensorflow==2.21.0", "--trust", "--script", script
    )

    assert "a way through in 1 step" in done.stdout
    assert "save as h5" in done.stdout
    assert "model.save('step1-model.h5')" in script.read_text()
