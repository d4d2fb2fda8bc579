"""Environments of conda."""

from __future__ import annotations

from builders_requirements import locked


def test_environment_yml_takes_pip_and_says_what_it_cannot_use(tmp_path):
    found = locked(
        tmp_path,
        "environment.yml",
        "name: x\ndependencies:\n  - python=3.11\n  - conda-forge::scikit-learn=1.2.2=py311_0\n"
        "  - numpy=1.26\n  - cudatoolkit=11\n"
        "  - pip\n  - pip:\n    - joblib==1.2.0\n    - git+https://host/x\n",
    )

    assert found.packages == {"scikit-learn": "==1.2.2", "numpy": "==1.26.*", "joblib": "==1.2.0"}
    assert found.python == "3.11"
    assert found.unusable == [
        "conda's build of scikit-learn 1.2.2 (the index's is measured)",
        "conda's build of numpy 1.26 (the index's is measured)",
        "conda package cudatoolkit=11",
        "conda package pip",
        "git+https://...",
    ]


def test_what_conda_writes(tmp_path):
    found = locked(
        tmp_path,
        "environment.yml",
        "dependencies:\n  - python >=3.10,<3.12\n  - scipy==1.11\n"
        "  - numpy 1.26.4\n  - pandas>=2.0,<3\n  - pip:\n      joblib==1.2.0\n",
    )

    assert found.packages == {
        "scipy": "==1.11",
        "numpy": "==1.26.4",
        "pandas": "<3,>=2.0",
        "joblib": "==1.2.0",
    }
    assert found.python is None
