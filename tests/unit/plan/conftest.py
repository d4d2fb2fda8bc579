"""Makes the builders of this folder importable, and gives a folder of matrix files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from builders_plan import MATRIX, RECIPES


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recipes").mkdir()

    def write(name, *, prefix=None, title="t", recipe="one", more=""):
        text = MATRIX.format(title=title, recipe=recipe, prefix=prefix or name, more=more)
        (tmp_path / f"{name}.toml").write_text(text)

    def recipes(name, items):
        (tmp_path / "recipes" / f"{name}.py").write_text(RECIPES.format(items=items))

    recipes("one", '"a": recipe(), "b": recipe(formats=["pickle"])')
    tmp_path.joinpath("x").mkdir()
    return tmp_path, write, recipes
