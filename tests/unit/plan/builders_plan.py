"""Cells of small plans, and texts of matrix and recipe files."""

from __future__ import annotations

from crossload.plan import load_catalog, load_specs

SIX = tuple(f"1.{n}" for n in range(6))
MATRIX = """
[matrix]
title = "{title}"
recipes = ["recipes/{recipe}.py"]
formats = ["pickle", "joblib"]
{more}
[axis."scikit-learn"]
versions = ["1.0.2", "1.2.2"]
prefix = "{prefix}"
with = ["joblib"]
as-of = "today"
python = "3.10"
[[environment]]
id = "{prefix}-extra"
packages = ["numpy==1.26.4"]
with = ["pandas"]
"""
RECIPES = """
def build(data):
    pass

def recipe(**more):
    return dict(family="f", task="binary", data="iris", build=build, outputs=["predict"], **more)

RECIPES = {{{items}}}
"""


def cell_of(whole, case, writer, reader):
    return next(
        c
        for c in whole.cells
        if (c.case.name, c.writer, c.reader) == (case, f"sklearn-{writer}", f"sklearn-{reader}")
    )


def place(cell):
    return cell.case.recipe, cell.case.format, cell.writer, cell.reader


def catalog_of(path):
    return load_catalog(load_specs(path)[0])
