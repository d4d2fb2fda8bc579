"""The standard lock file, read by packaging."""

from __future__ import annotations

import pytest
from builders_requirements import EVIL, locked, pylock, released

from crossload.errors import ConfigError


def test_pylock(tmp_path):
    text = pylock(
        released("scikit-learn", "1.5.2"),
        released("tool", "1", more="marker = \"sys_platform == 'plan9'\""),
        '[[packages]]\nname = "mine"\ndirectory = {path = "."}',
        head='requires-python = ">=3.11"',
    )
    found = locked(tmp_path, "pylock.prod.toml", text)

    assert (found.packages, found.python, found.unusable) == (
        {"scikit-learn": "==1.5.2"},
        None,
        ["mine"],
    )


def test_a_lock_cannot_carry_urls_or_options_in_names_and_versions(tmp_path):
    text = pylock(released(f"a{EVIL}", "1"), released("numpy", "1"))
    with pytest.raises(ConfigError, match=r"pylock\.toml: cannot be read: no valid") as caught:
        locked(tmp_path, "pylock.toml", text)
    assert "uv export" in str(caught.value.hint)


@pytest.mark.parametrize(
    "package",
    [
        f'[[packages]]\nname = "a"\nversion = "1{EVIL}"\ndirectory = {{path = "."}}',
        '[[packages]]\nname = "a\\n--find-links /tmp"\ndirectory = {path = "."}',
        '[[packages]]\nname = "a"\nversion = "1\\n--find-links /tmp"\ndirectory = {path = "."}',
        '[[packages]]\nname = "a"\nversion = "1"\nmarker = "\\u001b[31m"',
    ],
)
def test_a_hostile_text_neither_gets_through_nor_into_the_message(tmp_path, package):
    with pytest.raises(ConfigError) as caught:
        locked(tmp_path, "pylock.toml", pylock(package, released("numpy", "1")))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "source",
    [
        'vcs = {type = "git", url = "https://user:secret@host/x", commit-id = "00"}',
        'archive = {url = "https://user:secret@host/x.zip", hashes = {sha256 = "00"}}',
        'directory = {path = "."}',
    ],
)
def test_sources_outside_of_the_index_are_told(tmp_path, source):
    direct = f'[[packages]]\nname = "forked"\nversion = "1"\n{source}'
    found = locked(tmp_path, "pylock.toml", pylock(direct, released("numpy", "1")))

    assert (found.packages, found.unusable) == ({"numpy": "==1"}, ["forked"])


def test_markers_follow_the_python_that_is_asked_for(tmp_path):
    text = pylock(
        released("numpy", "1.24.4", more="marker = \"python_version < '3.9'\""),
        released("numpy", "2.0.2", more="marker = \"python_full_version >= '3.9.1'\""),
        head='requires-python = ">=3.8"',
    )
    old = locked(tmp_path, "pylock.toml", text, minor="3.8")
    new = locked(tmp_path, "pylock.toml", text, minor="3.9")

    assert (old.packages, new.packages) == ({"numpy": "==1.24.4"}, {"numpy": "==2.0.2"})
    assert (old.by_python, old.pythons) == (True, ">=3.8")


def test_the_default_groups_are_installed_and_no_extra(tmp_path):
    text = pylock(
        released("a", "1", more="marker = \"'main' in dependency_groups\""),
        released("b", "1", more="marker = \"'dev' in dependency_groups\""),
        released("c", "1", more="marker = \"'gpu' in extras\""),
        head='extras = ["gpu"]\ndependency-groups = ["dev"]\ndefault-groups = ["main"]',
    )
    assert locked(tmp_path, "pylock.toml", text).packages == {"a": "==1"}


def test_a_wheel_for_another_machine_does_not_matter(tmp_path):
    wheel = "numpy-1-cp399-cp399-plan9_vax.whl"
    package = (
        '[[packages]]\nname = "numpy"\nversion = "1"\n'
        f'wheels = [{{url = "https://host/{wheel}", hashes = {{sha256 = "00"}}}}]'
    )
    assert locked(tmp_path, "pylock.toml", pylock(package)).packages == {"numpy": "==1"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('created-by = "x"\npackages = []', "lock-version"),
        ('lock-version = "1.0"\npackages = []', "created-by"),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []', "version 2.0 is not supported"),
        ('lock-version = "1.0"\ncreated-by = "x"', "packages"),
        (pylock('[[packages]]\nname = "a"\nversion = "1"'), "packages"),
    ],
)
def test_a_lock_that_breaks_the_standard_says_where(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says) as caught:
        locked(tmp_path, "pylock.toml", text)
    assert str(tmp_path / "pylock.toml") in str(caught.value)
    assert "pip lock" in str(caught.value.hint)
