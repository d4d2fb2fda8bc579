"""Models that the tests of ``check`` and the other model commands use, and how to call these."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from commands import run_crossload

from crossload.worker.formats import builtin_formats

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = "1.9.1"
WRITERS = ["1.0.2", "1.2.2", "1.5.2"]
CASES = [
    "random-forest",
    "gradient-boosting",
    "hist-boosting",
    "neighbours",
    "columns-logistic",
    "text-logistic",
]

SKLEARN = f"""
[matrix]
title = "models of users"
recipes = ["recipes/sklearn_models.py", "recipes/sklearn_pipelines.py"]
formats = ["joblib", "pickle"]
[axis."scikit-learn"]
versions = {json.dumps([*WRITERS, NEWEST])}
with = ["joblib", "pandas"]
"""
ANSWERS = {
    "identical": "SAFE",
    "equivalent": "SAFE",
    "drift": "DRIFT",
    "load-error": "BREAKS",
    "predict-error": "BREAKS",
}
"""The beginning of the answer that each verdict gives."""


def artifact(project, row) -> Path:
    """Find the saved model of a row of the table of outcomes."""
    (folder,) = (project.root / ".crossload" / "store" / "artifacts").glob(f"{row['artifact']}*")
    # equal bytes of two formats lie in one folder by two names: Keras before 2.13 writes HDF5 for
    # both .h5 and .keras
    path = folder / builtin_formats()[row.name[1]].filename
    assert path.exists()
    return path


def command(*arguments, code=0, cwd=None, seconds=600, **environment):
    """Run a command line of crossload to the end, with more variables in its environment."""
    done = run_crossload(
        [str(each) for each in arguments],
        seconds=seconds,
        environment={**os.environ, "COLUMNS": "200", **environment},
        folder=cwd or ".",
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
