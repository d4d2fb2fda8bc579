"""Markers and names of all formats."""

from __future__ import annotations

from builders_requirements import locked, pylock, released

from crossload.requirements import Locked


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
