"""The small matrix that several test modules measure: three scikit-learn models in two versions."""

from __future__ import annotations

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


def recipe(build):
    return dict(family="few", task="multiclass", data="iris", build=build, outputs=["predict", "predict_proba"])


PAUSE = 0.0
RECIPES = {"forest": recipe(forest), "logistic": recipe(logistic), "slow": recipe(slow)}
'''


def small_project(project, few: str = FEW) -> Any:
    """Write the small matrix into a project."""
    project.recipe("few.py", few)
    project.matrix("small", SMALL)
    return project


def copy_of(project, tmp_path_factory, few: str = FEW) -> Any:
    """Another project with the environments of the first (they hold no paths that matter), and no outcomes."""
    other = small_project(type(project)(tmp_path_factory.mktemp("copy")), few)
    (other.root / "matrix" / "locks").symlink_to(project.root / "matrix" / "locks")
    (other.root / ".nox").mkdir()
    for folder in (project.root / ".nox").glob("env-*"):
        if folder.is_dir():
            (other.root / ".nox" / folder.name).symlink_to(folder)
    return other


def wait_for_outcomes(project, count, seconds=60):
    """Wait until so many outcomes are on disk."""
    end = time.monotonic() + seconds
    while len(project.journal()) < count:
        assert time.monotonic() < end, "the run does not get on"
        time.sleep(0.02)
