"""The script that goes a route again."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import pytest
from builders_measuring import built
from builders_models import full, result

from crossload.models.route import KERAS_FILES, OBJECT_FILES, File, Route, Step
from crossload.models.route_script import script_of

OLD = built("3.9", scikit_learn="1.2.2", numpy="1.24.3")
MIDDLE = built("3.11", scikit_learn="1.4.2", numpy="1.26.4")


def route(*steps, path="it's a model.joblib"):
    final = File(model=SimpleNamespace(way=steps[-1].saves), steps=steps)
    return Route(direct=full(path=path), steps=steps, final=final)


def programs_in(script):
    """The Python programs between the lines of the shell."""
    return [part.split("\nEOF")[0] for part in script.split("<<'EOF'\n")[1:]]


def test_without_a_way_there_is_no_script():
    assert script_of(Route(direct=result())) == ""


def test_each_step_loads_what_the_one_before_it_saved_with_every_version_pinned():
    script = script_of(
        route(
            Step(built=OLD, loads="joblib", saves="joblib"),
            Step(built=MIDDLE, loads="joblib", saves="skops"),
        )
    )

    lines = script.splitlines()
    assert (lines[0], lines[2]) == ("#!/bin/sh", "set -eu")
    runs = [line for line in lines if line.startswith("uv run")]
    assert runs == [
        "uv run --no-project --python 3.9 --with numpy==1.24.3 --with scikit-learn==1.2.2"
        " python - <<'EOF'",
        "uv run --no-project --python 3.11 --with numpy==1.26.4 --with scikit-learn==1.4.2"
        " python - <<'EOF'",
    ]
    first, second = programs_in(script)
    assert first.splitlines() == [
        "import joblib",
        'model = joblib.load("it\'s a model.joblib")',
        "joblib.dump(model, 'step1-model.joblib')",
    ]
    assert second.splitlines() == [
        "import joblib",
        "import skops.io",
        "model = joblib.load('step1-model.joblib')",
        "skops.io.dump(model, 'step2-model.skops')",
    ]
    assert lines[-1] == "echo 'load step2-model.skops as skops'"


@pytest.mark.parametrize("formats", [OBJECT_FILES, KERAS_FILES])
def test_every_format_can_be_loaded_and_saved_by_a_valid_program(formats):
    for name in formats:
        step = Step(built=OLD, loads=name, saves=name)
        (program,) = programs_in(script_of(route(step, path="a \"quoted\" 'path'")))

        ast.parse(program)
        assert f"step1-{formats[name]}" in program
