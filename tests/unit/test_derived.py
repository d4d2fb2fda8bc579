"""Files that can be made again replace whatever stands in their place."""

from __future__ import annotations

import pytest

from crossload.derived import make_folder, replace, write_text


def test_a_file_is_written_with_the_folders_above_it(tmp_path):
    write_text(tmp_path / "a" / "b.txt", ["one", "two"])

    assert (tmp_path / "a" / "b.txt").read_text() == "onetwo"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_folder_in_the_place_of_a_file_goes(tmp_path):
    (tmp_path / "b.txt" / "inner").mkdir(parents=True)
    (tmp_path / "b.txt" / "inner" / "x").write_text("x")
    write_text(tmp_path / "b.txt", "new")

    assert (tmp_path / "b.txt").read_text() == "new"


@pytest.mark.parametrize("depth", [1, 2])
def test_a_file_in_the_place_of_a_folder_goes(tmp_path, depth):
    (tmp_path / "a").write_text("no folder")
    folder = tmp_path.joinpath(*["a", "b"][:depth])

    assert make_folder(folder) == folder
    assert folder.is_dir()


def test_a_link_to_a_folder_is_replaced_as_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("kept")
    (tmp_path / "b.txt").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "part").write_text("new")
    replace(tmp_path / "part", tmp_path / "b.txt")

    assert (tmp_path / "b.txt").read_text() == "new"
    assert (tmp_path / "elsewhere" / "kept").read_text() == "kept"


def test_what_cannot_be_written_leaves_no_part(tmp_path):
    def lines():
        yield "one"
        raise OSError(28, "No space left on device")

    (tmp_path / "b.txt").write_text("old")
    with pytest.raises(OSError, match="No space"):
        write_text(tmp_path / "b.txt", lines())

    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]
    assert (tmp_path / "b.txt").read_text() == "old"
