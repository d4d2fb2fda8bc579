"""An environment that was changed after it was built: noticed, built anew, and not believed."""

from __future__ import annotations

import os
import shutil

import pytest
from small_matrix import copy_with_outcomes, table


@pytest.fixture(scope="module")
def measured(small_measured, tmp_path_factory):
    """Give a project with outcomes and an environment of its own, whose files are no links."""
    project = copy_with_outcomes(small_measured, tmp_path_factory)
    link = project.root / ".nox" / "env-sklearn-1.2.2"
    target = link.resolve()
    link.unlink()
    shutil.copytree(target, link, symlinks=True)
    return project


def site_of(project):
    (found,) = (project.root / ".nox" / "env-sklearn-1.2.2").glob("lib/python*/site-packages")
    return found


def test_a_folder_of_a_package_that_is_gone_is_noticed(measured):
    wanted = table(measured)
    shutil.rmtree(site_of(measured) / "joblib" / "externals")
    done = measured.crossload("run", "small")

    assert "sklearn-1.2.2 was changed after it was built: it is built anew" in done.stdout
    assert (site_of(measured) / "joblib" / "externals").is_dir()
    assert table(measured) == wanted
    assert "nothing that they depend on changed" in measured.crossload("run", "small").stdout


def test_a_module_that_was_edited_before_a_fresh_run_measures_nothing(measured):
    wanted = table(measured)
    path = site_of(measured) / "sklearn" / "linear_model" / "_logistic.py"
    text = path.read_text()
    # every prediction would be another one
    path.unlink()
    path.write_text(text + "\nLogisticRegression.predict = lambda self, x: [0] * len(x)\n")
    done = measured.crossload("run", "small", "--fresh")

    assert "building sklearn-1.2.2" in done.stderr
    assert path.read_text() == text
    assert table(measured) == wanted


def test_verify_reads_what_keeps_size_and_time(measured):
    wanted = table(measured)
    path = site_of(measured) / "sklearn" / "linear_model" / "_ridge.py"
    text, facts = path.read_bytes(), path.stat()
    path.unlink()
    path.write_bytes(text.replace(b"import", b"IMPORT", 1))
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    assert "was changed" not in measured.crossload("run", "small").stdout
    done = measured.crossload("run", "small", "--verify")

    assert "sklearn-1.2.2: sklearn/linear_model/_ridge.py has other content" in done.stdout
    assert path.read_bytes() == text
    assert table(measured) == wanted
