"""Runs that measure less than everything: where verdicts change, or until the time is up."""

from __future__ import annotations

import pytest

AXIS = """
[matrix]
title = "arrays in joblib"
recipes = ["recipes/arrays.py"]
formats = ["joblib", "joblib-zlib"]
[axis.joblib]
versions = ["1.0.1", "1.1.1", "1.2.0", "1.3.2", "1.4.2", "1.5.1"]
python = "3.11"
requires = ["joblib=={version}", "numpy==1.26.4"]
as-of = "2025-10-01"
"""

ARRAYS = '''
"""An array, and a thing that newer readers refuse."""

IMPORTS = ["joblib"]
PAUSE = 0


def array(data):
    return data.x_train


def same(model, data):
    return model


class Refusing(object):
    def __init__(self, values):
        self.values = values

    def __reduce__(self):
        return rebuilt, (self.values,)


def rebuilt(values):
    import time

    import joblib

    time.sleep(PAUSE)
    if tuple(int(part) for part in joblib.__version__.split(".")[:2]) >= (1, 4):
        raise ValueError("this reader is too new")
    return Refusing(values)


def values(model, data):
    return model.values


def refusing(data):
    return Refusing(data.x_train)


def recipe(build, output):
    outputs = {"values": output}
    return dict(family="arrays", task="object", data="iris", build=build, fit=same, outputs=outputs)


RECIPES = {"array": recipe(array, same), "refusing": recipe(refusing, values)}
'''


@pytest.fixture(scope="module")
def whole(project):
    project.recipe("arrays.py", ARRAYS)
    project.matrix("arrays", AXIS)
    project.crossload("run", "arrays")
    return project.outcomes("arrays")


def records(project):
    return len(project.journal())


def test_the_frontier_measures_less_and_infers_the_truth(project, whole):
    (project.root / ".crossload" / "store").rename(project.root / ".crossload" / "old")
    said = project.crossload("run", "arrays", "--frontier").stdout
    found = project.outcomes("arrays", part=True)
    inferred = found[found["verdict"] == "inferred"]

    assert len(whole) == len(found) == 144
    assert 8 < len(inferred) < 144
    assert "cells inferred from their neighbours" in said
    for key, row in inferred.iterrows():
        assert str(row["inferred"]) == whole.loc[key, "verdict"]
        low, high = str(row["witnesses"]).split()
        for witness in (low, high):
            assert found.loc[(*key[:3], witness), "verdict"] == str(row["inferred"])
    measured = found[found["verdict"] != "inferred"]
    assert (measured["verdict"] == whole.loc[measured.index, "verdict"]).all()
    summary = project.summary("arrays", part=True)
    assert summary["inferred"]["cells"] == len(inferred)
    assert summary["counts"]["inferred"] == len(inferred)
    assert not summary["complete"]
    assert project.summary("arrays")["complete"]  # the published table stays

    before = records(project)
    project.crossload("run", "arrays", "--frontier")
    assert records(project) == before
    project.crossload("run", "arrays", "--frontier", "--strict", code=1)


def test_time_that_is_up_leaves_gaps_and_the_next_run_goes_on(project, whole):
    project.recipe("arrays.py", ARRAYS.replace("PAUSE = 0", "PAUSE = 0.2"))
    (project.root / ".crossload" / "store").rename(project.root / ".crossload" / "frontier")
    said = project.crossload("run", "arrays", "--budget", "1s").stdout

    first = records(project)
    summary = project.summary("arrays", part=True)
    assert "the time was up with" in said
    assert 0 < summary["counts"]["not-run"] < 144
    assert not summary["complete"]
    project.crossload("run", "arrays", "--budget", "10m")
    assert records(project) > first
    keys = [record["key"] for record in project.journal() if not record.get("confirm")]
    assert len(keys) == len(set(keys))
    assert project.summary("arrays")["complete"]


def test_a_budget_that_is_no_time_is_refused(project, whole):
    said = project.crossload("run", "arrays", "--budget", "soon", code=2).stderr

    assert "expected a time such as" in said
