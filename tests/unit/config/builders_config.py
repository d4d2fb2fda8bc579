"""A good matrix file, and the mistakes of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossload.config import load_matrix
from crossload.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[matrix]
title = "t"
recipes = ["r.py"]
formats = ["pickle"]
[axis."scikit-learn"]
versions = ["1.0.2", "1.2.2"]
with = ["joblib"]
[[environment]]
id = "extra"
python = "3.10"
packages = ["scikit-learn==1.0.2", "numpy==1.22.4"]
[select]
exclude = [{ writer = "sklearn>=1.2", format = "pickle" }]
[limits]
seconds = 5
[tolerance]
atol = 1e-4
[tolerance.case."forest/*"]
metric = 0.5
"""


def write(folder: Path, text: str) -> Path:
    (folder / "r.py").write_text("RECIPES = {}\n")
    path = folder / "m.toml"
    path.write_text(text)
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_matrix(write(folder, text))
    return caught.value.problems
