"""The tutorial of the manual, word by word: its files, its command, its table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")


def block(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return found


def test_the_tutorial_gives_the_table_that_it_shows(project):
    project.recipe("mine.py", block("python"))
    project.recipe("controls_objects.py")
    project.matrix("mine", block("toml"))

    first = project.crossload("run", "mine").stdout
    shown = [line.split() for line in block("text").splitlines() if line.startswith("mine-")]
    assert len(shown) == 3
    assert all(row in [line.split() for line in first.splitlines()] for row in shown)
    assert "nothing to measure" in project.crossload("run", "mine").stdout

    project.matrix("mine", block("toml").replace('"1.5.2"', '"1.5.2", "1.7.2"'))
    second = project.crossload("run", "mine").stdout
    saves, loads = map(int, re.search(r"(\d+) saves and (\d+) loads", second).groups())
    controls = project.summary("mine")["controls"]["measured"] // 4
    assert saves == 4 + controls  # two models in two formats
    # one row and one column, drifts and a sample twice; all of it would be more than 100
    assert 4 * 7 + controls <= loads < 60
    page = (project.root / "reports" / "mine" / "index.html").read_text()
    assert "newly measured: 28" in page
    assert len(list((project.root / "reports" / "mine" / "history").iterdir())) == 2
