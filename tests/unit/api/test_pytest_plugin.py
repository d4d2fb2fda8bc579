"""The fixture for test suites that check their saved models."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crossload import pytest_plugin
from crossload.api import models
from crossload.api.pytest_plugin import crossload_check, pytest_addoption


class FakeConfig:
    def __init__(self, rootpath, **settings):
        self.rootpath, self.settings = rootpath, settings

    def getini(self, name):
        return self.settings.get(name, "")


@pytest.fixture
def checking(tmp_path, monkeypatch):
    """A function that makes the fixture's function, and the calls of ``crossload.check``."""
    calls = []

    def check(path, to, **options):
        calls.append((path, to, options))
        return "answer"

    monkeypatch.setattr(models, "check", check)

    def make(**settings):
        # pytest calls fixtures itself, and refuses other callers
        return crossload_check.__wrapped__(FakeConfig(tmp_path, **settings)), calls

    return make


def test_paths_are_relative_to_the_root_of_the_test_suite(checking, tmp_path):
    check, calls = checking()

    assert check("models/a.joblib", to="numpy==2.3", trust=True) == "answer"
    assert calls == [(tmp_path / "models/a.joblib", "numpy==2.3", {"trust": True, "source": ""})]


def test_versions_come_from_the_configuration_unless_a_call_names_them(checking):
    check, calls = checking(crossload_to="new.txt", crossload_from="old.txt")

    check("a")
    check("a", "numpy==2.3", source="numpy==1.24")

    assert [(to, options["source"]) for _, to, options in calls] == [
        ("new.txt", "old.txt"),
        ("numpy==2.3", "numpy==1.24"),
    ]


def test_a_call_without_versions_is_a_mistake_of_the_test(checking):
    check, calls = checking()

    with pytest.raises(pytest.UsageError, match=r"to=\.\.\., or crossload_to"):
        check("a")
    assert calls == []


def test_the_settings_are_known_to_pytest():
    names = []
    pytest_addoption(SimpleNamespace(addini=lambda name, text, default: names.append(name)))

    assert names == ["crossload_to", "crossload_from"]
    assert pytest_plugin.crossload_check is crossload_check
