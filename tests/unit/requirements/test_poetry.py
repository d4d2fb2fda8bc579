"""The lock of Poetry."""

from __future__ import annotations

from builders_requirements import locked


def test_poetry_lock(tmp_path):
    found = locked(
        tmp_path,
        "poetry.lock",
        '[[package]]\nname = "joblib"\nversion = "1.2.0"\n'
        '[[package]]\nname = "w"\nversion = "1"\nmarkers = "os_name == \'plan9\'"\n'
        '[[package]]\nname = "fork"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "x"\n'
        '[metadata]\npython-versions = "~3.11"\nlock-version = "2.0"\n',
    )

    assert (found.packages, found.unusable) == ({"joblib": "==1.2.0"}, ["fork (git)"])


def test_packages_of_other_groups_are_left_out(tmp_path):
    found = locked(
        tmp_path,
        "poetry.lock",
        '[[package]]\nname = "a"\nversion = "1"\ngroups = ["main", "dev"]\n'
        '[[package]]\nname = "b"\nversion = "1"\ngroups = ["dev"]\n'
        '[[package]]\nname = "c"\nversion = "1"\ncategory = "dev"\n'
        '[[package]]\nname = "d"\nversion = "1"\ncategory = "main"\n',
    )

    assert list(found.packages) == ["a", "d"]
