"""What a full disk leaves in byte code, and how it is mended."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

from crossload.worker import children, contract, errors, machine


def compiled(source: Path) -> Path:
    """Import a module once, so that there is byte code of it; cut that as a full disk does."""
    path = Path(importlib.util.cache_from_source(str(source)))
    spec = importlib.util.spec_from_file_location(source.stem, source)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    path.write_bytes(path.read_bytes()[:40])
    return path


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "cut_on_a_full_disk.py"
    path.write_text("RECIPES = {name: name for name in ('a', 'b')}\n")
    yield path
    sys.modules.pop(path.stem, None)


def test_byte_code_that_a_full_disk_has_cut_is_removed_and_the_item_measured_again(source):
    path = compiled(source)
    with pytest.raises(EOFError) as caught:
        importlib.import_module(source.stem)
    try:
        raise ValueError("a library that wraps it") from caught.value
    except ValueError as error:
        wrapped = error

    with pytest.raises(errors.Mended):
        errors.guard(wrapped)
    assert not path.exists()
    # nothing is left to remove: the next such error is no fault of the disk
    assert not machine.drop_damaged_bytecode(wrapped)
    assert importlib.import_module(source.stem).RECIPES == {"a": "a", "b": "b"}
    with pytest.raises(SystemExit) as ended:
        children.end_child(errors.Mended("x"))
    assert ended.value.code == children.EXIT_AGAIN


def test_the_end_of_a_file_in_a_model_is_the_models(source):
    def load():
        raise EOFError("marshal data too short")

    with pytest.raises(EOFError) as caught:
        load()
    errors.guard(caught.value)
    assert not machine.drop_damaged_bytecode(caught.value)
    with pytest.raises(EOFError):
        children.end_child(caught.value)


def test_a_recipe_file_is_read_whatever_its_byte_code_is(source):
    compiled(source)

    assert contract.import_file(str(source)).RECIPES == {"a": "a", "b": "b"}


def test_an_import_that_failed_for_damaged_byte_code_begins_the_process_anew(source, monkeypatch):
    started = []
    monkeypatch.setattr(machine.os, "execv", lambda path, words: started.append([path, *words]))
    path = compiled(source)
    with pytest.raises(EOFError) as caught:
        importlib.import_module(source.stem)

    machine.restart_if_mended(caught.value)
    machine.restart_if_mended(caught.value)

    assert started == [[sys.executable, sys.executable, "-s", *sys.argv]]
    assert not path.exists()
