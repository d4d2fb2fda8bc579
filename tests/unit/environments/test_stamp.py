"""The stamp of an environment: any change of an installed file is seen; byte code may come."""

from __future__ import annotations

import json
import os

import pytest

from crossload.environments.bytecode import LISTING, MARK
from crossload.environments.stamp import (
    STAMP,
    Stamp,
    condemn,
    ended,
    files_of,
    look,
    read_stamp,
    write_stamp,
)

SITE = "lib/python3.11/site-packages"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "env-e"
    for name in ("mine/a.py", "mine/data.bin", "mine-1.0.dist-info/RECORD"):
        path = made / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (made / "bin").mkdir()
    (made / "bin" / "python").symlink_to("/usr/bin/env")
    return made


def stamped(folder, **more):
    facts = {"python": "3.11.9", "build": "b", "lock": "l", "uv": "0.9", "base": "/p"}
    stamp = Stamp(**facts, base_mtime=1, **({"files": files_of(folder)[0]} | more))
    write_stamp(folder, stamp)
    return stamp


def compiled(folder, name="a", text="code"):
    path = folder / SITE / "mine" / "__pycache__" / f"{name}.cpython-311.pyc"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def edit(folder):
    (folder / SITE / "mine" / "a.py").write_text("another")


def edit_with_equal_size(folder):
    path = folder / SITE / "mine" / "a.py"
    path.write_text("b" * path.stat().st_size)
    os.utime(path, ns=(1, 1))


def remove(folder):
    (folder / SITE / "mine" / "data.bin").unlink()


def remove_folder(folder):
    for path in (folder / SITE / "mine").iterdir():
        path.unlink()
    (folder / SITE / "mine").rmdir()


def add(folder):
    (folder / SITE / "new.pth").write_text("import new")


def turn_a_link(folder):
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("/usr/bin/true-python")


def put_a_folder_in_the_place_of_a_file(folder):
    remove(folder)
    (folder / SITE / "mine" / "data.bin").mkdir()


def add_in_a_cache_what_is_no_byte_code(folder):
    compiled(folder).with_name("evil.py").write_text("x")


CHANGES = [
    edit,
    edit_with_equal_size,
    remove,
    remove_folder,
    add,
    turn_a_link,
    put_a_folder_in_the_place_of_a_file,
    add_in_a_cache_what_is_no_byte_code,
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_a_file_is_seen_and_noted(folder, change):
    stamp = stamped(folder)
    os.utime(folder / STAMP, ns=(5_000, 5_000))
    change(folder)

    assert not look(folder, stamp)
    noted = read_stamp(folder)
    assert noted.files == ""
    assert noted.doubts == ((5_000, 0),)
    # whoever looks later need not look at the files again
    assert not look(folder, noted)
    assert read_stamp(folder).doubts == noted.doubts


def test_an_environment_that_is_good_is_seen_good_at_that_time(folder):
    stamp = stamped(folder)
    os.utime(folder / STAMP, ns=(5_000, 5_000))

    assert look(folder, stamp)
    assert (folder / STAMP).stat().st_mtime_ns > 5_000
    assert read_stamp(folder) == stamp


def test_byte_code_that_comes_and_goes_changes_nothing(folder):
    stamp = stamped(folder)
    path = compiled(folder)
    assert look(folder, stamp)
    assert list(json.loads((folder / LISTING).read_text())) == [
        f"{SITE}/mine/__pycache__/a.cpython-311.pyc"
    ]
    compiled(folder, "b")
    path.unlink()
    path.with_name("c.cpython-311.pyc.1402345").write_text("half, of another process")

    assert look(folder, stamp)


@pytest.mark.parametrize("text", ["", "cod", "mode", "codes"])
def test_byte_code_that_changes_is_seen(folder, text):
    stamp = stamped(folder)
    path = compiled(folder)
    assert look(folder, stamp)
    path.write_text(text)
    os.utime(path, ns=(7, 7))

    assert not look(folder, stamp)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_damaged_list_of_byte_code_is_a_change(folder, text):
    stamp = stamped(folder)
    (folder / LISTING).write_text(text)

    assert not look(folder, stamp)


def test_our_own_files_do_not_count(folder):
    before = files_of(folder)
    stamped(folder)
    (folder / MARK).touch()
    (folder / ".lock").touch()

    assert files_of(folder) == before


def test_an_environment_may_be_moved_and_linked(folder, tmp_path):
    stamp = stamped(folder)
    (tmp_path / "link").symlink_to(folder)
    assert look(tmp_path / "link", stamp)

    assert look(folder.rename(tmp_path / "moved"), stamp)


DAMAGED = ["", "{", "[1]", "\x00", '{"files": 1}', "null", '"text"']


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_stamp_is_none(folder, text):
    stamped(folder)
    (folder / STAMP).write_text(text)

    assert read_stamp(folder) is None


@pytest.mark.parametrize("name", ["python", "base_mtime", "files", "doubts"])
@pytest.mark.parametrize("value", [None, [1], {"a": 1}, [[1]], [["x", 2]]])
def test_a_stamp_with_facts_of_another_kind_is_none(folder, name, value):
    stamped(folder)
    known = json.loads((folder / STAMP).read_text()) | {name: value}
    (folder / STAMP).write_text(json.dumps(known))

    assert read_stamp(folder) is None


def test_a_doubt_begins_where_it_is_said_and_ends_when_built_anew(folder):
    stamp = stamped(folder, doubts=((1, 2),))
    condemn(folder, stamp, since=7)

    noted = read_stamp(folder)
    assert noted.doubts == ((1, 2), (7, 0))
    assert ended(noted.doubts, 9) == ((1, 2), (7, 9))
