"""Byte code that one environment has compiled is linked into others that hold the same files."""

from __future__ import annotations

import hashlib
import os
import py_compile

import pytest

from crossload.environments.bytecode import MARK, keep_bytecode, link_bytecode, unused_bytecode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the folders of another system")


def environment(root, name, text="x = 1\n", listed=("mine/a.py", "mine/b.py"), digest=""):
    """An environment that holds one package."""
    site = root / name / "lib" / "python3.11" / "site-packages"
    (site / "mine").mkdir(parents=True)
    for each in ("a", "b"):
        (site / "mine" / f"{each}.py").write_text(text)
        os.utime(site / "mine" / f"{each}.py", (0, 0))  # as many wheels are packed
    info = site / "mine-1.0.dist-info"
    info.mkdir()
    sha = digest or hashlib.sha256(text.encode()).hexdigest()
    lines = [f"{path},sha256={sha},{len(text)}" for path in listed]
    (info / "RECORD").write_text("\n".join([*lines, "mine-1.0.dist-info/RECORD,,"]) + "\n")
    return root / name


def compiled(folder, *names):
    """Compile modules as an import would."""
    site = folder / "lib" / "python3.11" / "site-packages" / "mine"
    return [py_compile.compile(str(site / f"{name}.py"), doraise=True) for name in names]


def found(folder):
    return sorted(path.name.split(".")[0] for path in folder.rglob("*.pyc"))


def test_what_one_has_compiled_is_linked_into_the_next(tmp_path):
    first, second = environment(tmp_path, "one"), environment(tmp_path, "two")
    compiled(first, "a")

    assert keep_bytecode(first, tmp_path / "store") == 1
    assert link_bytecode(second, tmp_path / "store") == 1

    assert found(second) == ["a"]
    (path,) = second.rglob("*.pyc")
    assert path.parent.name == "__pycache__"
    assert path.stat().st_nlink == 3


@pytest.mark.parametrize(
    "change", [{"text": "x = 2\n"}, {"digest": "00"}, {"listed": ("mine/a.py",)}]
)
def test_other_files_share_nothing(tmp_path, change):
    first, second = environment(tmp_path, "one"), environment(tmp_path, "two", **change)
    compiled(first, "a", "b")
    keep_bytecode(first, tmp_path / "store")

    assert link_bytecode(second, tmp_path / "store") == 0
    assert found(second) == []


def test_it_is_kept_once_before_models_were_loaded(tmp_path):
    first = environment(tmp_path, "one")
    compiled(first, "a")
    keep_bytecode(first, tmp_path / "store")
    compiled(first, "b")  # as a model that is loaded may do, or write anything else there

    assert (first / MARK).exists()
    assert keep_bytecode(first, tmp_path / "store") == 0
    assert found(tmp_path / "store") == ["a"]


def test_files_that_no_package_lists_are_left_alone(tmp_path):
    first = environment(
        tmp_path, "one", listed=("mine/a.py", "../../evil.py", "/etc/x.py", "c/../../d.py")
    )
    compiled(first, "a", "b")

    assert keep_bytecode(first, tmp_path / "store") == 1
    assert found(tmp_path / "store") == ["a"]


def test_without_links_python_compiles_as_ever(tmp_path, monkeypatch):
    first = environment(tmp_path, "one")
    compiled(first, "a")

    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert keep_bytecode(first, tmp_path / "store") == 0
    assert not (first / MARK).exists()
    assert link_bytecode(first, tmp_path / "store") == 0


def test_what_no_environment_uses_is_dropped(tmp_path):
    first = environment(tmp_path, "one")
    (path,) = compiled(first, "a")
    keep_bytecode(first, tmp_path / "store")
    assert unused_bytecode(tmp_path / "store") == []

    os.unlink(path)

    assert [each.name.startswith("mine-1.0-") for each in unused_bytecode(tmp_path / "store")] == [
        True
    ]
    assert unused_bytecode(tmp_path / "nowhere") == []
