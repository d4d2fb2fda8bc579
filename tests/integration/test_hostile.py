"""Processes that crash, leave, hang, grow, talk or raise cost exactly their own cell."""

from __future__ import annotations

import pytest

MATRIX = """
[matrix]
title = "hostile models"
recipes = ["recipes/hostile.py"]
formats = ["pickle", "pickle-2"]
[[environment]]
id = "numpy-a"
packages = ["numpy==1.26.4"]
[[environment]]
id = "numpy-b"
packages = ["numpy==2.1.3"]
[limits]
seconds = 3
memory-mb = 600
"""

EXPECTED = {
    "good-before": "identical",
    "segfault": "crash",
    "leave": "crash",
    "fail": "crash",
    "hang": "timeout",
    "grow": "memory",
    "talk": "drift",
    "complain": "load-error",
    "crash-on-predict": "crash",
    "raise-on-predict": "predict-error",
    "drift": "drift",
    "crash-on-save": "save-error",
    "unpicklable": "save-error",
    "missing-library": "n/a",
    "too-new": "n/a",
    "good-after": "identical",
}


@pytest.fixture(scope="module")
def measured(project):
    project.recipe("hostile.py")
    project.matrix("hostile", MATRIX)
    project.crossload("run", "hostile", "--jobs", "2")
    return project.outcomes("hostile")


@pytest.mark.parametrize(("recipe", "verdict"), EXPECTED.items(), ids=EXPECTED)
def test_each_costs_its_own_cells(measured, recipe, verdict):
    rows = measured.loc[recipe]

    assert len(rows) == 8
    assert set(rows["verdict"]) == {verdict}


def test_causes_are_told(measured):
    def reason(recipe):
        return measured.loc[(recipe, "pickle", "numpy-a", "numpy-a"), "reason"]

    assert "SIGSEGV" in reason("segfault")
    assert "exit code 0" in reason("leave")
    assert "exit code 3" in reason("fail")
    assert "no end after 3 s" in reason("hang")
    assert "more than 600 MB" in reason("grow")
    assert "does not want to be loaded" in reason("complain")
    assert "needs numpy>=99" in reason("too-new")
    assert "no_such_library" in reason("missing-library")


def test_crashes_and_drifts_were_seen_twice(measured):
    assert measured.loc["segfault"]["confirmed"].all()
    assert measured.loc["drift"]["confirmed"].all()


def test_no_process_is_left(project, measured):
    assert project.processes() == []


def test_without_fork_the_verdicts_are_the_same(project, measured, tmp_path_factory):
    second = type(project)(tmp_path_factory.mktemp("nofork"))
    second.recipe("hostile.py")
    second.matrix("hostile", MATRIX)
    (second.root / ".nox").symlink_to(project.root / ".nox")
    (second.root / "matrix" / "locks").symlink_to(project.root / "matrix" / "locks")

    second.crossload("run", "hostile", "--no-fork", "--format", "pickle", "--only", "numpy-a")

    found = second.outcomes("hostile", part=True)
    for recipe, verdict in EXPECTED.items():
        assert found.loc[(recipe, "pickle", "numpy-a", "numpy-a"), "verdict"] == verdict, recipe
