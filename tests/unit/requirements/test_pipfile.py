"""The lock of Pipenv."""

from __future__ import annotations

import json

from builders_requirements import locked


def test_any_version_in_a_pipfile_is_any_version(tmp_path):
    table = {"default": {"a": {"version": "*"}, "b": {"version": 5}, "c": {"version": "==1.5.2 x"}}}
    found = locked(tmp_path, "Pipfile.lock", json.dumps(table))

    assert found.packages == {"a": ""}
    assert len(found.unusable) == 2


def test_pipfile_lock(tmp_path):
    table = {
        "_meta": {"requires": {"python_version": "3.10"}},
        "default": {
            "scikit-learn": {"version": "==1.2.2", "markers": "python_version >= '3.8'"},
            "fork": {"git": "x", "ref": "y"},
        },
        "develop": {"pytest": {"version": "==8.0"}},
    }
    found = locked(tmp_path, "Pipfile.lock", json.dumps(table))

    assert (found.packages, found.python, found.unusable) == (
        {"scikit-learn": "==1.2.2"},
        "3.10",
        ["fork (git)"],
    )


def test_a_version_that_is_no_specifier_is_refused(tmp_path):
    text = (
        '{"_meta": {"requires": {"python_version": "3.11"}}, "default": {"a": {"version": "*"},'
        ' "b": {"version": "one"}, "c": {"git": "https://host"},'
        ' "d": {"version": "==1", "markers": "os_name == \'plan9\'"}}}'
    )

    found = locked(tmp_path, "Pipfile.lock", text)

    assert found.packages == {"a": ""}
    assert found.python == "3.11"
    assert len(found.unusable) == 2
