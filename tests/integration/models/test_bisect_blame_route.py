"""`bisect` names the release, `blame` the package, `route` a way through."""

from __future__ import annotations

import shutil

import pytest
from model_files import NEWEST, artifact, command


def test_bisect_names_the_release_at_which_forests_stop_to_load(forest):
    done = command("bisect", "scikit-learn", forest, "--from", "1.2.2", "--to", NEWEST, "--trust")

    assert "BREAKS since scikit-learn 1.3.0; 1.2.2 is the last release that is safe" in done.stdout
    assert "a single boundary" in done.stdout


@pytest.fixture(scope="module")
def numpy_2(written, measured, tmp_path_factory):
    """Give a forest of scikit-learn 1.5.2 that was pickled with NumPy 2."""
    path = tmp_path_factory.mktemp("models") / "forest.pkl"
    row = measured.loc["random-forest", "pickle", "sklearn-1.5.2", f"sklearn-{NEWEST}"]
    shutil.copy(artifact(written, row), path)
    return path


def test_blame_names_numpy(numpy_2):
    done = command("blame", numpy_2, "--to", "numpy==1.24.4", "--trust")

    first = done.stdout.splitlines()[0]
    assert "BREAKS because of numpy 2." in first
    assert "-> 1.24.4" in first
    assert "scikit-learn" not in first


def test_route_finds_a_format_that_gets_through(numpy_2, tmp_path):
    script = tmp_path / "go.sh"
    done = command("route", numpy_2, "--to", "numpy==1.24.4", "--trust", "--script", script)

    assert "save as skops" in done.stdout
    assert "then load as skops: SAFE" in done.stdout


def test_where_there_is_no_way_through_it_is_said_with_what_works(forest):
    done = command("route", forest, "--to", "scikit-learn==1.3.2", "--trust", code=1)

    assert "no way through" in done.stdout
    assert "closest miss" in done.stdout
    assert "instead: retrain" in done.stdout


def test_blame_of_a_safe_upgrade_has_nothing_to_say(forest):
    done = command("blame", forest, "--to", "scikit-learn==1.2.1", "--trust", code=3)

    assert "the upgrade is safe" in done.stderr
