"""Payloads in models of Keras: what a release really executes is what `inspect` warned of."""

from __future__ import annotations

import subprocess

import keras_payloads as payloads
import pytest

from crossload.inspection import inspect_file

MATRIX = """
[matrix]
title = "Keras 2, and a Keras 3 that imports what a file names"
recipes = ["recipes/keras_models.py"]
formats = ["keras"]
[axis.tensorflow]
prefix = "tf"
versions = ["2.15.0", "2.16.2"]
requires = [
  "tensorflow-cpu=={version}; sys_platform == 'linux'",
  "tensorflow=={version}; sys_platform != 'linux'",
]
"""

EXECUTED = {
    "2.15.0": {"a-symbol.h5", "a-symbol.keras"},
    # all that Keras 3.5 is given, in both formats: its safe mode looks at Lambda layers alone
    "2.16.2": {
        f"{name}.{suffix}"
        for name in payloads.CONFIGS
        for suffix in ("h5", "keras")
        if name != "a-symbol"
    },
}
"""Files that make their mark, by the release of TensorFlow: seen, not derived."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("payloads")
    for name, config in payloads.CONFIGS.items():
        payloads.write_keras(folder / f"{name}.keras", config)
        payloads.write_h5(folder / f"{name}.h5", config)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def pinned(project):
    project.recipe("keras_models.py")
    project.matrix("payloads", MATRIX)
    project.borrow_environments()
    return project


@pytest.mark.parametrize("version", EXECUTED)
def test_what_executes_is_what_was_flagged(pinned, files, version):
    python = pinned.root / ".nox" / f"env-tf-{version}" / "bin" / "python"
    for each in files:
        assert inspect_file(each).dangerous, each.name

    command = [str(python), "-c", payloads.LOAD, version, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)

    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    marked = {name for name, answer in told.items() if payloads.MARK in answer}
    assert marked == EXECUTED[version], done.stdout
