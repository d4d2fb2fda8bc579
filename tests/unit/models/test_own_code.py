"""The classes and functions of the user's own code."""

from __future__ import annotations

import pytest

from crossload.inspection.facts import Danger, ImportedName, Kind
from crossload.models.own_code import own_code

SOURCE = """
import os
from os import system
from subprocess import Popen as Run

class Own:
    class Inner:
        pass
    def method(self):
        pass

def clean(rows):
    Local = rows
    return Local

alias = os.system

class Alias:
    pass

Alias = os.system

try:
    import numpy
    class Local:
        pass
except ImportError:
    class Fallback:
        pass
f = lambda x: x if x else 1
"""


def name(text, *, called=True, danger=Danger.UNKNOWN, kind=Kind.IMPORT, module="mine"):
    return ImportedName(module=module, name=text, danger=danger, called=called, kind=kind)


@pytest.fixture
def own(tmp_path):
    (tmp_path / "mine.py").write_text(SOURCE)
    return own_code([tmp_path / "mine.py"])


@pytest.mark.parametrize("text", ["Own", "Own.Inner", "Local", "Fallback"])
def test_classes_that_the_code_defines_are_agreed_to(own, text):
    assert own.agrees(name(text))
    assert own.agrees(name(text, module="__main__"))


def test_a_function_may_be_named_but_is_not_called_without_a_question(own):
    assert own.agrees(name("clean", called=False))
    assert own.agrees(name("Own.method", called=False))
    assert not own.agrees(name("clean", called=True))


@pytest.mark.parametrize(
    "text",
    ["os.system", "system", "Run", "alias", "Alias", "os", "Own.__init__", "f", "", "clean.x"],
)
def test_what_the_code_imports_or_assigns_is_something_else(own, text):
    assert not own.agrees(name(text, called=False))


@pytest.mark.parametrize("module", ["mine.os", "other", "os", "builtins"])
def test_other_modules_are_not_the_users(own, module):
    assert not own.agrees(name("Own", module=module))


def test_keras_names_classes_by_a_registered_name(own):
    assert own.agrees(name("Custom>Own", module="registered as"))
    assert own.agrees(name("Own", module="a class without a module"))
    assert own.agrees(name("clean", module="a text of activation", called=False))
    assert own.agrees(name("Own", module=""))
    assert not own.agrees(name("system", module="a text of activation", called=False))


def test_only_unknown_imports_can_be_agreed_to(own):
    assert not own.agrees(name("Own", danger=Danger.DANGEROUS))
    for kind in (Kind.CODE, Kind.PATH, Kind.OPERATION):
        assert not own.agrees(name("Own", kind=kind))


@pytest.mark.parametrize("module", ["sklearn", "numpy", "os", "pickle", "tensorflow"])
def test_a_module_that_is_called_like_a_library_agrees_to_nothing(tmp_path, module):
    (tmp_path / f"{module}.py").write_text("class Own:\n    pass\n")

    own = own_code([tmp_path / f"{module}.py"])

    assert not own.agrees(name("Own", module=module))
    assert not own.agrees(name("Own", module="__main__"))
    folder = own_code([tmp_path])
    assert not folder.agrees(name("Own", module=module))


def test_packages_and_folders_are_read_below(tmp_path):
    package = tmp_path / "pack" / "inner"
    package.mkdir(parents=True)
    (tmp_path / "pack" / "__init__.py").write_text("class Top:\n    pass\n")
    (package / "deep.py").write_text("class Deep:\n    pass\n")

    for path in (tmp_path / "pack", tmp_path):
        own = own_code([path])
        assert own.agrees(name("Top", module="pack"))
        assert own.agrees(name("Deep", module="pack.inner.deep"))
        assert not own.agrees(name("Deep", module="pack"))


@pytest.mark.parametrize("text", ["class Own(:", "\0", "(" * 5000, "\xff"])
def test_code_that_cannot_be_read_agrees_to_nothing(tmp_path, text):
    (tmp_path / "mine.py").write_text(text, encoding="latin-1")
    assert not own_code([tmp_path / "mine.py"]).agrees(name("Own"))
    assert not own_code([]).agrees(name("Own"))
