"""Adding a library takes a TOML file and a recipe file: LightGBM, with a format of its own."""

from __future__ import annotations

MATRIX = """
[matrix]
title = "LightGBM"
recipes = ["recipes/lightgbm_models.py"]
formats = ["pickle", "joblib", "lightgbm-text"]
[axis.lightgbm]
versions = ["3.3.5", "4.6.0"]
with = ["scikit-learn", "joblib"]
"""


def test_lightgbm_needs_a_toml_file_and_a_recipe_file_only(project):
    project.recipe("lightgbm_models.py")
    project.matrix("lightgbm", MATRIX)

    project.crossload("run", "lightgbm")

    found = project.outcomes("lightgbm")
    summary = project.summary("lightgbm")
    assert summary["complete"]
    assert summary["diagonal"] == {"identical": 6, "measured": 6}
    text = found.loc[("lightgbm-classifier", "lightgbm-text", "lightgbm-3.3.5", "lightgbm-4.6.0")]
    assert text["passes"]
    assert text["accuracy_before"] == text["accuracy_after"] > 0.9
