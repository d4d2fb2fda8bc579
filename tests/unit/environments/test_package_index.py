"""Releases: which run on which Python, and which are near to one that does not exist."""

from __future__ import annotations

import pytest

from crossload.environments.package_index import (
    Release,
    nearest,
    runs_on,
)


@pytest.mark.parametrize(
    ("tags", "pythons", "minor", "expected"),
    [
        (("cp312-cp312-any",), ">=3.9", "3.12", True),
        (("cp312-cp312-any",), ">=3.9", "3.13", False),
        (("py3-none-any",), ">=3.9", "3.8", False),
        (("py3-none-any",), "", "3.6", True),
        (("py2.py3-none-any".replace("py2.", ""),), "", "3.13", True),
        (("cp39-abi3-any",), "", "3.12", True),
        (("cp39-abi3-any",), "", "3.8", False),
        (("cp312-cp312-plan9_x86_64",), "", "3.12", False),
        ((), "", "3.12", False),
    ],
)
def test_a_release_runs_where_it_has_wheels(tags, pythons, minor, expected):
    release = Release(version="1", uploaded="2024-01-01", pythons=pythons, tags=tags)

    assert runs_on(release, minor) is expected


def test_nearest_versions_are_named():
    assert "1.2.2" in nearest("1.2.9", ["0.24.2", "1.0.2", "1.2.2", "1.3.0"])
    assert nearest("banana", ["1.0", "1.1", "1.2", "1.3"]) == ["1.3", "1.2", "1.1"]
