"""Models that environments of their time have written, and the cache of users' models."""

from __future__ import annotations

import shutil

import pytest
from filelock import FileLock
from model_files import CASES, NEWEST, SKLEARN, artifact
from shared_environments import ENVIRONMENTS, share_bytecode


@pytest.fixture(scope="module", autouse=True)
def cache(network, shared):
    """Make a cache of users' models for this session; its environments are kept for the next."""
    folder = shared / "cache"
    kept = ENVIRONMENTS / "models"
    with FileLock(f"{folder}.lock"):
        if not kept.exists():
            share_bytecode(kept)
        if not folder.exists():
            folder.mkdir()
            (folder / ".nox").symlink_to(kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSLOAD_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def written(once):
    """Give the project that models of scikit-learn come from; nobody may change it."""

    def make(project) -> None:
        for name in ("sklearn_models.py", "sklearn_pipelines.py"):
            project.recipe(name)
        project.matrix("users", SKLEARN)
        project.borrow_environments()
        chosen = [word for case in CASES for word in ("--case", case)]
        project.crossload("run", "users", *chosen, "--reader", f"sklearn-{NEWEST}")

    return once("models", make)


@pytest.fixture(scope="module")
def measured(written):
    """Read what the matrix says of those models in the newest release."""
    return written.outcomes("users", part=True)


@pytest.fixture(scope="module")
def forest(written, measured, tmp_path_factory):
    """Give a forest of scikit-learn 1.2.2, as a user has it."""
    path = tmp_path_factory.mktemp("models") / "forest.joblib"
    row = measured.loc["random-forest", "joblib", "sklearn-1.2.2", f"sklearn-{NEWEST}"]
    shutil.copy(artifact(written, row), path)
    return path
