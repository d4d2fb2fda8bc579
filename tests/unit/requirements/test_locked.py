"""Markers and names of all formats."""

from __future__ import annotations

import pytest
from builders_requirements import locked, pylock, released
from packaging.specifiers import SpecifierSet

from crossload.requirements import Locked
from crossload.requirements.locked import minor_of


def test_markers_of_lock_files_that_only_they_know(tmp_path):
    dev = released("a", "1", more="marker = \"'dev' in dependency_groups\"")
    text = pylock(dev, released("b", "1"))
    assert list(locked(tmp_path, "pylock.toml", text).packages) == ["b"]
    table = (
        '[[package]]\nname = "a"\nversion = "1"\nmarkers = {main = "os_name == \'plan9\'"}\n'
        '[[package]]\nname = "b"\nversion = "1"\n'
    )
    assert list(locked(tmp_path, "poetry.lock", table).packages) == ["b"]


def test_a_version_of_too_many_digits_is_refused():
    found = Locked(kind="x")
    found.add("a", "1" * 5000)
    found.add("b", "1")

    assert found.packages == {"b": "==1"}
    assert max(map(len, found.unusable)) <= 80


def test_of_several_versions_the_newest_is_taken_and_the_others_are_told():
    found = Locked(kind="x")
    for version in ("1.2", "1.10", "1.10", "1.9"):
        found.add("Scikit_Learn", version)

    assert found.packages == {"scikit-learn": "==1.10"}
    assert found.unusable == [
        "scikit-learn 1.2 beside 1.10",
        "scikit-learn 1.9 beside 1.10",
    ]


def test_a_version_beside_a_specifier_is_taken():
    found = Locked(kind="x")
    found.require("numpy", SpecifierSet(">=1"))
    found.add("numpy", "1.5")

    assert found.packages == {"numpy": "==1.5"}


def test_passwords_in_addresses_are_not_told():
    found = Locked(kind="x")
    found.refuse("git+https://me:secret@host/x\x1b[31m")

    assert found.unusable == ["git+https://..."]


@pytest.mark.parametrize(
    ("marker", "holds", "by_python"),
    [
        (None, True, False),
        ("", True, False),
        ("python_version < '3.9'", True, True),
        ("python_full_version >= '3.8.50'", True, True),
        ("python_version > '3.9'", False, True),
        ("extra == 'dev'", False, False),
        ("'lint' in dependency_groups", True, False),
        ("no marker at all", True, False),
    ],
)
def test_markers_are_evaluated_for_the_python_that_is_asked_for(marker, holds, by_python):
    found = Locked(kind="x", minor="3.8")

    assert found.applies(marker, groups=["lint"]) is holds
    assert found.by_python is by_python


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("3.11", "3.11"),
        ("==3.10.*", "3.10"),
        ("~=3.9", None),
        ("~=3.9.2", "3.9"),
        ("~3.9", "3.9"),
        (" " * 200_000 + "3.9", None),
        (" 3.12.4 ", "3.12"),
        (">=3.9,<3.12", None),
        (">=3.9", None),
        (None, None),
        (3, None),
    ],
)
def test_the_one_python_that_a_text_names(text, minor):
    assert minor_of(text) == minor
