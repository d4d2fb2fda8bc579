"""Watches every test of this folder: nothing that lies in a file may run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parent))

from builders_inspection import heard, inspect_file, listening


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path):
    """The interpreter itself tells whether anything was looked up, executed or started."""
    (tmp_path / "warm").write_bytes(b"(lcsklearn.svm\nSVC\na.")
    inspect_file(tmp_path / "warm")  # what is imported late is imported now
    (tmp_path / "warm").unlink()
    heard.clear()
    yield
    listening[0] = False
    assert heard == []


@pytest.fixture(scope="module")
def model():
    x, y = load_iris(return_X_y=True, as_frame=True)
    return make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(x, y)
