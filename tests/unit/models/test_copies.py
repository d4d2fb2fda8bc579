"""Private copies of the files that users name."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest
from builders_measuring import pickled
from filelock import FileLock

from crossload.errors import StoreError
from crossload.inspection import NotAModel
from crossload.models import copies as module
from crossload.models import copy_bytes
from crossload.models.copies import Copies
from crossload.worker.load_ways import digest

TABLE_END = bytes.fromhex("57fb808b247547db")


@pytest.fixture
def copies(tmp_path):
    with Copies(tmp_path / "cache") as opened:
        yield opened


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickled())
    return path


def saved_model(folder):
    """The folder of a SavedModel of TensorFlow 2.12."""

    def field(number, value):
        return bytes([number << 3 | 2, len(value)]) + value

    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "saved_model.pb").write_bytes(field(2, field(1, field(5, b"2.12.0"))))
    (folder / "variables" / "variables.index").write_bytes(TABLE_END)
    return folder


def checkpoint(folder, stem="ck"):
    (folder / f"{stem}.index").write_bytes(b"i" + TABLE_END)
    (folder / f"{stem}.data-00000-of-00001").write_bytes(b"data")
    return folder / f"{stem}.index"


def test_what_is_inspected_is_a_copy_that_nobody_else_reads(copies, model):
    found = copies.inspect(model)

    assert found.path == model
    assert found.place != model
    assert found.place.name == "model.pkl"
    assert found.place.read_bytes() == pickled()
    assert found.sha256 == digest(str(model), "pickle") == digest(str(found.place), "pickle")
    assert not os.path.samefile(model, found.place)
    for folder in (copies.root, copies.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(found.place.stat().st_mode) == 0o600


def test_a_file_that_is_replaced_afterwards_changes_nothing(copies, model):
    found = copies.inspect(model)

    model.write_bytes(b"something else")

    assert found.place.read_bytes() == pickled()
    assert digest(str(found.place), "pickle") == found.sha256


def test_a_link_of_the_user_is_followed_and_keeps_its_name(copies, model, tmp_path):
    (tmp_path / "blobs").mkdir()
    model.rename(tmp_path / "blobs" / "abc")
    model.symlink_to(tmp_path / "blobs" / "abc")

    found = copies.inspect(model)

    assert found.place.name == "model.pkl"
    assert not found.place.is_symlink()


def test_the_same_content_under_other_names_is_kept_apart(copies, model, tmp_path):
    (tmp_path / "b.pkl").write_bytes(pickled())

    places = [copies.inspect(each).place for each in (model, tmp_path / "b.pkl", model)]

    assert [each.name for each in places] == ["model.pkl", "b.pkl", "model.pkl"]
    assert len(set(places)) == 3


def test_arrays_that_old_joblib_wrote_beside_are_copied_and_count(copies, model, tmp_path):
    before = copies.inspect(model).sha256
    for name in ("model.pkl_01.npy", "model.pkl_02.npy.z", "model.pkl_x.npy", "model.pkl.bak"):
        (tmp_path / name).write_bytes(b"array")

    found = copies.inspect(model)

    assert sorted(each.name for each in found.place.parent.iterdir()) == [
        "model.pkl", "model.pkl_01.npy", "model.pkl_02.npy.z",
    ]  # fmt: skip
    assert found.sha256 not in ("", before)
    assert digest(str(found.place), "joblib") == found.sha256


def test_a_saved_model_is_copied_whole(copies, tmp_path):
    folder = saved_model(tmp_path / "net.keras")

    found = copies.inspect(folder)

    assert (found.path, found.place.name) == (folder, "net.keras")
    assert sorted(each.name for each in found.place.rglob("*")) == [
        "assets", "saved_model.pb", "variables", "variables.index",
    ]  # fmt: skip
    assert found.sha256 == digest(str(folder), "savedmodel")


@pytest.mark.parametrize("named", ["index", "folder"])
def test_of_a_checkpoint_its_own_files_are_copied(copies, tmp_path, named):
    checkpoint(tmp_path, "aa")
    index = checkpoint(tmp_path)
    (tmp_path / "huge.bin").write_bytes(b"x")

    found = copies.inspect(index if named == "index" else tmp_path)

    assert (found.path, found.format) == (index, "checkpoint")
    assert sorted(each.name for each in found.place.parent.iterdir()) == [
        "ck.data-00000-of-00001", "ck.index",
    ]  # fmt: skip
    assert found.sha256 == digest(str(index), "checkpoint")


@pytest.mark.parametrize("place", ["variables/x", "outside", "assets/up", "assets/loop"])
def test_links_that_lead_out_of_a_folder_or_in_a_circle_are_refused(copies, tmp_path, place):
    folder = saved_model(tmp_path / "net")
    (tmp_path / "secret").write_text("key")
    if place == "outside":
        (folder / place).symlink_to(tmp_path)
    elif place.endswith("loop"):
        (folder / place).symlink_to(folder / "assets")
    else:
        (folder / place).symlink_to(tmp_path / "secret" if place == "variables/x" else "../..")

    with pytest.raises(NotAModel, match="link that leads out of the folder") as caught:
        copies.inspect(folder)
    assert str(caught.value).startswith(f"{folder}: ")
    assert "cp -rL" in caught.value.hint


def test_links_within_a_folder_are_copied_as_what_they_lead_to(copies, tmp_path):
    folder = saved_model(tmp_path / "net")
    (folder / "assets" / "a.txt").write_text("words")
    (folder / "assets" / "b.txt").symlink_to("a.txt")
    (folder / "again").symlink_to("assets")

    found = copies.inspect(folder)

    for name in ("assets/b.txt", "again/a.txt"):
        assert (found.place / name).read_text() == "words"
        assert not (found.place / name).is_symlink()
    assert not (found.place / "again").is_symlink()
    assert digest(str(found.place), "savedmodel") == found.sha256


def test_a_link_beside_an_index_does_not_bring_other_files(copies, tmp_path):
    (tmp_path / "m").mkdir()
    index = checkpoint(tmp_path / "m")
    (tmp_path / "secret").write_text("key")
    (tmp_path / "m" / "ck.data-00000-of-00001").unlink()
    (tmp_path / "m" / "ck.data-00000-of-00001").symlink_to(tmp_path / "secret")

    with pytest.raises(NotAModel, match="leads out of the folder"):
        copies.inspect(index)


@pytest.mark.parametrize("where", ["file", "folder"])
def test_pipes_are_refused_without_waiting_for_their_other_end(copies, tmp_path, where):
    folder = saved_model(tmp_path / "net")
    os.mkfifo(folder / "pipe")

    with pytest.raises(NotAModel, match="not a regular file"):
        copies.inspect(folder / "pipe" if where == "file" else folder)


def test_what_is_no_file_is_not_waited_for(copies):
    with pytest.raises(NotAModel, match="not a regular file") as caught:
        copies.inspect(Path("/dev/null"))
    assert caught.value.hint is None


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotAModel, match="not a regular file"):
        copy_bytes.copy_file(tmp_path / "pipe", tmp_path / "copy")


def test_a_folder_of_too_many_files_is_refused(copies, tmp_path, monkeypatch):
    monkeypatch.setattr("crossload.models.model_files.MOST_FILES", 10)
    folder = saved_model(tmp_path / "net")
    for number in range(11):
        (folder / f"{number}").write_bytes(b"")

    with pytest.raises(NotAModel, match="more than 10 files"):
        copies.inspect(folder)


@pytest.mark.parametrize(
    ("name", "told"),
    [("none.pkl", "no such file"), ("empty.pkl", "the file is empty"), ("nothing", "empty folder")],
)
def test_what_is_no_model_is_told_under_the_users_path(copies, tmp_path, name, told):
    (tmp_path / "empty.pkl").write_bytes(b"")
    (tmp_path / "nothing").mkdir()

    with pytest.raises(NotAModel, match=told) as caught:
        copies.inspect(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert str(copies.root) not in str(caught.value)


def test_names_before_a_damaged_place_stay_known(copies, model):
    model.write_bytes(pickled(module="os", name="system")[:-1])

    with pytest.raises(NotAModel) as caught:
        copies.inspect(model)
    assert caught.value.dangerous == ("os.system",)


def test_nonsense_of_some_size_is_not_copied_first(copies, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LARGE", 10)
    monkeypatch.setattr(Copies, "_keep", lambda *_: pytest.fail("it was copied"))
    (tmp_path / "a.bin").write_bytes(b"nonsense, but a lot")

    with pytest.raises(NotAModel):
        copies.inspect(tmp_path / "a.bin")


# --- files that change ---


def swap(path, content=b"another"):
    """Put another file in the place of one, as a rename does."""
    other = path.with_name("other")
    other.write_bytes(content)
    other.replace(path)


def append(path):
    with path.open("ab") as stream:
        stream.write(b"more")


@pytest.mark.parametrize("change", [swap, append, Path.unlink])
def test_a_file_that_changes_while_it_is_copied_is_told(copies, model, monkeypatch, change):
    copy = copy_bytes._copy

    def changing(reader, writer, size):
        done = copy(reader, writer, size)
        change(model)
        return done

    monkeypatch.setattr(copy_bytes, "_copy", changing)

    with pytest.raises(NotAModel, match="changed while it was copied") as caught:
        copies.inspect(model)
    assert "wait until it is written" in caught.value.hint
    assert list(copies.folder.glob("copy-*")) == []


@pytest.mark.parametrize("change", ["first file", "new file"])
def test_a_folder_that_changes_while_it_is_copied_is_told(copies, tmp_path, monkeypatch, change):
    folder = saved_model(tmp_path / "net")
    copy = copy_bytes._copy

    def changing(reader, writer, size):
        if reader.name is not None and size == len(TABLE_END):
            swap(folder / "saved_model.pb") if change == "first file" else append(folder / "new")
        return copy(reader, writer, size)

    monkeypatch.setattr(copy_bytes, "_copy", changing)

    with pytest.raises(NotAModel, match="changed while it was copied"):
        copies.inspect(folder)


def test_a_file_that_shrinks_is_told(tmp_path, model, monkeypatch):
    monkeypatch.setattr(copy_bytes, "_copy", lambda *_: 3)

    with pytest.raises(copy_bytes.Changed):
        copy_bytes.copy_file(model, tmp_path / "copy")


# --- bytes ---


@pytest.mark.parametrize("size", [0, 1, 5, (4 << 20) + 3])
@pytest.mark.parametrize("kernel", [True, False])
def test_copies_have_all_bytes_with_the_kernel_and_without(tmp_path, monkeypatch, size, kernel):
    if not kernel:
        monkeypatch.setattr(copy_bytes, "_copy_in_kernel", lambda *_: 0)
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)

    copy_bytes.copy_file(tmp_path / "a", tmp_path / "b")

    assert (tmp_path / "b").read_bytes() == content


# --- the disk ---


def test_a_disk_without_room_is_told_before_anything_is_written(copies, model, monkeypatch):
    monkeypatch.setattr(module, "_SPARE", 1 << 60)

    with pytest.raises(StoreError, match="no room to copy") as caught:
        copies.inspect(model)
    assert "CROSSLOAD_CACHE" in caught.value.hint


def test_copying_a_large_file_is_told(copies, model, monkeypatch):
    said = []
    monkeypatch.setattr(copies, "say", said.append)
    copies.inspect(model)
    assert said == []
    monkeypatch.setattr(module, "_LONG", 10)
    copies.inspect(model)
    assert said == [f"copying {model}, 0 MB"]


def test_a_disk_that_fills_meanwhile_is_told(copies, model, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(copy_bytes, "_copy", full)

    with pytest.raises(StoreError, match="disk is full"):
        copies.inspect(model)


def test_a_cache_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError), Copies(tmp_path / "file"):
        pytest.fail("it was made")


# --- cleaning up ---


def test_copies_go_away_at_the_end_also_of_a_run_that_fails(tmp_path, model):
    copies = Copies(tmp_path / "cache")

    def interrupted():
        with copies:
            assert copies.inspect(model).place.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    # some releases of filelock remove the file of a lock that is let go
    assert {each.name for each in copies.root.iterdir()} <= {"lock"}


def test_copies_of_killed_runs_go_away_and_those_of_others_stay(tmp_path, model):
    cache = tmp_path / "cache"
    with Copies(cache) as running:
        place = running.inspect(model).place
        left = running.root / "run-left"
        left.mkdir()
        (left / "lock").write_text("")
        (left / "model.pkl").write_bytes(pickle.dumps([1]))
        with Copies(cache):
            assert not left.exists()
        assert place.exists()


def test_a_lock_is_held_as_long_as_the_run_goes_on(copies):
    assert copies.folder.exists()
    with pytest.raises(TimeoutError), FileLock(copies.folder / "lock", timeout=0):
        pytest.fail("nobody holds it")


def test_another_run_that_hangs_is_not_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS", 0.1)
    root = Copies(tmp_path).root
    root.mkdir(parents=True)

    with (
        FileLock(root / "lock"),
        pytest.raises(StoreError, match="in use by another run"),
        Copies(tmp_path),
    ):
        pytest.fail("it was made")
