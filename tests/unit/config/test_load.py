"""Matrix files: every mistake is said at once, with file, path and hint."""

from __future__ import annotations

import pytest
from builders_config import GOOD, problems_of, write

from crossload.config import load_matrix
from crossload.errors import ConfigError


def test_a_good_file_becomes_values(tmp_path):
    spec = load_matrix(write(tmp_path, GOOD))

    assert spec.name == "m"
    assert spec.axes[0].prefix == "sklearn"
    assert spec.axes[0].requires == ("scikit-learn=={version}",)
    assert spec.axes[0].as_of == "release+60d"
    assert spec.environments[0].python == "3.10"
    assert spec.exclude[0].writer == "sklearn>=1.2"
    assert spec.limits.seconds == 5
    assert spec.limits.memory_mb == 4096
    assert spec.tolerance.atol == 1e-4
    assert spec.case_tolerance[0][0] == "forest/*"


def test_all_mistakes_are_reported_at_once(tmp_path):
    found = problems_of(
        tmp_path,
        """
[matrix]
title = 3
recipes = ["r.py"]
formats = "pickle"
formatz = ["x"]
[axis."scikit-learn"]
versions = []
[[environment]]
id = "ok"
packages = ["numpy==1"]
[[environment]]
id = "Not OK"
python = 3.1
packages = ["numpy==1"]
[limits]
seconds = -1
""",
    )

    assert len(found) == 7
    assert all(line.startswith("m.toml: ") for line in found)
    assert 'm.toml: environment[1].python: expected a string, got 3.1 - write "3.10"' in found
    assert "m.toml: matrix.formatz: unknown key - did you mean 'formats'?" in found
    assert any(line.startswith("m.toml: limits.seconds: must be greater than 0") for line in found)
    assert any(
        'axis."scikit-learn".versions' not in line
        and "axis.scikit-learn.versions: must not be empty" in line
        for line in found
    )


def test_a_version_without_quotes_gets_a_hint(tmp_path):
    found = problems_of(tmp_path, GOOD.replace('python = "3.10"', "python = 3.12"))

    assert found == ['m.toml: environment[0].python: expected a string, got 3.12 - write "3.12"']


def test_duplicate_environment_ids_are_named(tmp_path):
    found = problems_of(tmp_path, GOOD.replace('id = "extra"', 'id = "sklearn-1.2.2"'))

    assert found == [
        "m.toml: environment[0].id: duplicate environment id 'sklearn-1.2.2'"
        " - axis.scikit-learn has it already; rename one"
    ]


def test_a_missing_recipe_file_names_what_was_perhaps_meant(tmp_path):
    found = problems_of(tmp_path, GOOD.replace('"r.py"', '"rr.py"'))

    assert found == [
        "m.toml: matrix.recipes[0]: no such recipe file: 'rr.py' - did you mean 'r.py'?"
    ]


def test_versions_and_requirements_are_checked(tmp_path):
    text = GOOD.replace('"1.0.2", "1.2.2"', '"1.0.2", "one"').replace(
        '"numpy==1.22.4"', '"numpy = 1"'
    )

    found = problems_of(tmp_path, text)

    assert any("versions[1]: 'one' is not a version" in line for line in found)
    assert any(
        "environment[0].packages[1]: 'numpy = 1' is not a requirement" in line for line in found
    )


def test_negative_and_infinite_tolerances_are_refused(tmp_path):
    assert (
        "tolerance.atol: must be at least 0" in problems_of(tmp_path, GOOD.replace("1e-4", "-1"))[0]
    )
    assert (
        "tolerance.atol: expected a finite number"
        in problems_of(tmp_path, GOOD.replace("1e-4", "inf"))[0]
    )


def test_a_file_without_environments_is_refused(tmp_path):
    found = problems_of(tmp_path, '[matrix]\ntitle="t"\nrecipes=["r.py"]\nformats=["pickle"]\n')

    assert "no environments" in found[0]


def test_broken_toml_and_missing_files_are_told_apart(tmp_path):
    assert "not valid TOML" in problems_of(tmp_path, "[matrix")[0]
    with pytest.raises(ConfigError) as caught:
        load_matrix(tmp_path / "mm.toml")

    assert caught.value.problems == ["no such matrix: 'mm'"]
    assert caught.value.hint == "did you mean 'm'?"


VARIABLES = 'variables = {TF_USE_LEGACY_KERAS = "1", A = "b"}\n'


def test_environments_have_variables_and_versions_their_own_python(tmp_path):
    text = GOOD.replace(
        '[axis."scikit-learn"]\n',
        '[axis."scikit-learn"]\npython = {"1.0.2" = "3.9"}\n' + VARIABLES,
    )
    axis = load_matrix(write(tmp_path, text)).axes[0]

    assert axis.variables == (("A", "b"), ("TF_USE_LEGACY_KERAS", "1"))
    assert (axis.python, axis.python_of) == (None, (("1.0.2", "3.9"),))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('python = {"9.9" = "3.9"}', "no version of this axis"),
        ('python = {"1.0.2" = "3"}', "expected a minor version"),
        ("python = {'1.0.2' = 3.10}", "expected a string, got 3.1"),
        ("variables = {A = 1}", "expected a string, got 1"),
        ('variables = {"a b" = "1"}', "'a b' is no name of a variable"),
        ('variables = {PYTHONPATH = "x"}', "PYTHONPATH is set by crossload itself"),
        ('variables = {OMP_NUM_THREADS = "4"}', "OMP_NUM_THREADS is set by crossload itself"),
        ('variables = {HOME = "/"}', "HOME is set by crossload itself"),
    ],
)
def test_mistakes_in_variables_and_pythons_are_named(tmp_path, line, said):
    text = GOOD.replace('[axis."scikit-learn"]\n', f'[axis."scikit-learn"]\n{line}\n')
    (found,) = problems_of(tmp_path, text)

    assert found.startswith("m.toml: axis.scikit-learn.")
    assert said in found
