"""The code that users bring along with a model."""

from __future__ import annotations

import sys

import pytest

from crossload.worker.user_code import Code


@pytest.fixture(autouse=True)
def modules_as_before(monkeypatch):
    """`sys.modules`, `__main__` and `sys.path` are given back as they were."""
    before = dict(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]
    sys.modules["__main__"] = before["__main__"]


SOURCE = """
import json
LIMIT = 3
class Layer: pass
def _private(): pass
def network(): return "a network of %d" % LIMIT
"""


def test_a_file_gives_its_classes_and_functions(tmp_path):
    (tmp_path / "brought_file.py").write_text(SOURCE)

    code = Code([str(tmp_path / "brought_file.py")], "brought_file.py:network")

    assert code.error is None
    assert sorted(code.custom()) == ["Layer", "network"]
    assert code.rebuild(None) == "a network of 3"
    assert sys.path[0] == str(tmp_path)


def test_what_a_script_pickled_is_found_in_main(tmp_path):
    (tmp_path / "brought_script.py").write_text(SOURCE)

    code = Code([str(tmp_path / "brought_script.py")], "")

    main = sys.modules["__main__"]
    assert main.Layer is code.objects["Layer"]
    assert main.LIMIT == 3
    assert not hasattr(main, "json")


def test_a_package_is_imported_by_its_name(tmp_path):
    package = tmp_path / "brought_package"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import network\n")
    (package / "inner.py").write_text(SOURCE)

    code = Code([str(package)], "brought_package:network")

    assert code.rebuild(None) == "a network of 3"
    assert sys.path[0] == str(tmp_path)


def test_a_folder_of_modules_makes_them_importable_and_imports_none(tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "brought_inner.py").write_text(SOURCE)
    (tmp_path / "brought_outer.py").write_text("from brought_inner import Layer\n")

    code = Code([str(folder), str(tmp_path / "brought_outer.py")], "")

    assert sorted(code.objects) == ["Layer"]
    assert Code([str(folder)], "").objects == {}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import no_such_module_at_all", "ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("1 +", "SyntaxError"),
    ],
)
def test_code_that_cannot_be_imported_is_a_result(tmp_path, source, text):
    (tmp_path / "brought_broken.py").write_text(source)

    code = Code([str(tmp_path / "brought_broken.py")], "")

    assert isinstance(code.error, ImportError)
    assert "the code that came along cannot be imported: " + text in str(code.error)
    assert code.error.__cause__ is not None
    assert code.custom() == {}


def test_a_function_that_is_not_there_is_named(tmp_path):
    (tmp_path / "brought_without.py").write_text(SOURCE)
    code = Code([str(tmp_path / "brought_without.py")], "brought_without.py:other")

    with pytest.raises(LookupError, match="no function 'other' that builds the network"):
        code.rebuild(None)
