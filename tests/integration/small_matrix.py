"""The small matrix that several test modules measure: three scikit-learn models in two versions."""

from __future__ import annotations

import shutil
import time
from typing import Any

SMALL = """
[matrix]
title = "forests and friends"
recipes = ["recipes/few.py"]
formats = ["pickle", "joblib"]
[axis."scikit-learn"]
versions = ["1.2.2", "1.3.2"]
with = ["joblib"]
[limits]
seconds = 30
"""

FEW = '''
"""Three scikit-learn models."""

IMPORTS = ["joblib", "sklearn.ensemble", "sklearn.linear_model"]


def forest(data):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=5, random_state=0)


def logistic(data):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300)


def slow(data):
    import time

    time.sleep(PAUSE)
    return logistic(data)


OUTPUTS = ["predict", "predict_proba"]


def recipe(build):
    return dict(family="few", task="multiclass", data="iris", build=build, outputs=OUTPUTS)


PAUSE = 0.0
RECIPES = {"forest": recipe(forest), "logistic": recipe(logistic), "slow": recipe(slow)}
'''


def small_project(project, few: str = FEW) -> Any:
    """Write the small matrix into a project."""
    project.recipe("few.py", few)
    project.matrix("small", SMALL)
    return project


def copy_of(project, tmp_path_factory, few: str = FEW) -> Any:
    """Make another project with the environments of the first, and no outcomes.

    The environments are links: nothing in them depends on the project that they stand in.
    """
    other = small_project(type(project)(tmp_path_factory.mktemp("copy")), few)
    shutil.copytree(project.root / "matrix" / "locks", other.root / "matrix" / "locks")
    (other.root / ".nox").mkdir()
    for folder in (project.root / ".nox").glob("env-*"):
        if folder.is_dir():
            (other.root / ".nox" / folder.name).symlink_to(folder)
    return other


def copy_with_outcomes(project, tmp_path_factory) -> Any:
    """Make another project with the environments, the outcomes and the reports of the first."""
    other = copy_of(project, tmp_path_factory)
    shutil.copytree(project.root / ".crossload", other.root / ".crossload")
    shutil.copytree(project.root / "reports", other.root / "reports")
    return other


def table(project) -> bytes:
    """Read the verdict table of the small matrix."""
    return (project.root / ".crossload" / "tables" / "small.csv").read_bytes()


def wait_for_outcomes(project, count, seconds=60):
    """Wait until so many outcomes are on disk."""
    end = time.monotonic() + seconds
    while len(project.journal()) < count:
        assert time.monotonic() < end, "the run does not get on"
        time.sleep(0.02)
