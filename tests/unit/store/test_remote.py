"""A store elsewhere: outcomes come and go whole, and what is damaged there is set aside."""

from __future__ import annotations

import json
import sys

import pytest
from builders_store import artifact_in, keep, key, record, tar_of, write

from crossload.errors import StoreError
from crossload.store import bundle
from crossload.store.blobs import Damaged
from crossload.store.layout import SCHEMA
from crossload.store.store import Store

fsspec = pytest.importorskip("fsspec")

from fsspec.implementations.memory import MemoryFileSystem  # noqa: E402

from crossload.store.remote import Remote  # noqa: E402

URL = "memory://shared"


class Bucket(MemoryFileSystem):
    """An object store: nothing is renamed in it."""

    protocol = ("bucket",)
    store = {}  # noqa: RUF012 - as in the class that it comes from
    pseudo_dirs = [""]  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path):
        return MemoryFileSystem._strip_protocol(path.replace("bucket://", "memory://"))

    def mv(self, *arguments, **options):
        raise AssertionError("an object store copies every byte to rename")


fsspec.register_implementation("bucket", Bucket, clobber=True)


@pytest.fixture(autouse=True)
def files():
    """The file system of ``memory://``, which is one for the whole process."""
    found = fsspec.filesystem("memory")
    for cls in (MemoryFileSystem, Bucket):
        cls.store.clear()
        cls.pseudo_dirs[:] = [""]
    return found


@pytest.fixture
def machine(tmp_path):
    """Give a function that makes stores of other machines."""
    made = []

    def make(name):
        made.append(Store(tmp_path / name))
        made[-1].open()
        return made[-1]

    yield make
    for each in made:
        each.remote = None
        each.close()


def there(files, folder):
    return sorted(path.rpartition("/")[2] for path in files.find(f"/shared/{folder}"))


def measure(store, letter="a", **more):
    """A save of one artifact with outputs, in a journal of its own."""
    (artifact,) = artifact_in(store, "model.pkl", data=letter.encode())
    kept = keep(store, predict=[ord(letter)])
    return write(store, record(letter, kind="save", kept=kept, artifact=artifact, **more)), artifact


@pytest.mark.parametrize("url", [URL, "bucket://shared"])
def test_what_one_machine_measured_is_known_to_the_next(store, machine, url):
    journal, artifact = measure(store)
    assert store.share_with(Remote(url, store)) == 0
    second = machine("second")
    assert second.share_with(Remote(url, second)) == 1
    second.read()

    saved = second.saves.get(key("a"))
    assert saved["status"] == "ok"
    assert second.blobs.arrays(saved["kept"])["predict"].tolist() == [97]
    assert (second.journals / journal.name).exists()
    assert second.blobs.has_artifact(saved)
    assert list(second.blobs.artifacts.iterdir()) == []  # it is fetched when it is wanted
    second.blobs.ensure_artifact(artifact)
    assert (second.blobs.artifacts / bundle.place_of(artifact)).read_bytes() == b"a"
    assert not store.damage_notes + second.damage_notes


def test_what_was_taken_or_given_is_not_taken_again(store, machine):
    measure(store)
    store.share_with(Remote(URL, store))
    second = machine("second")
    second.share_with(Remote(URL, second))

    assert Remote(URL, second).open() == []
    assert Remote(URL, store).open() == []


def test_a_journal_that_has_grown_is_put_and_taken_again(store, machine, files):
    journal, _ = measure(store)
    remote, second = Remote(URL, store), machine("second")
    remote.open()
    remote.push(journal)
    Remote(URL, second).open()
    with journal.open("ab") as stream:
        stream.write(b"\n".join([b'{"key": "%s"}' % (b"b" * 32)] * 400) + b"\n")

    remote.push(journal)

    assert Remote(URL, second).open() == [journal.name]
    assert there(files, "outcomes") == [f"{journal.stem}.tar"]


def test_nothing_is_put_twice(store, monkeypatch):
    journal, artifact = measure(store)
    other = write(
        store, record("b", kind="save", artifact=artifact, kept=keep(store, predict=[97]))
    )
    remote = Remote(URL, store)
    remote.open()
    remote.push(journal)
    sent = []
    monkeypatch.setattr(remote, "_put", lambda name, data: sent.append((name, data)))

    remote.push(journal)
    assert sent == []
    remote.push(other)

    # the artifact and the outputs are there by the first journal
    ((name, data),) = sent
    assert name == f"outcomes/{other.stem}.tar"
    assert set(bundle._members(data)) == {f"journals/{other.name}"}


def test_what_was_measured_is_shared_at_the_end_of_a_run(store, files):
    store.share_with(Remote(URL, store))
    journal, _ = measure(store)
    store.close()

    assert f"{journal.stem}.tar" in there(files, "outcomes")


def test_a_journal_whose_artifact_is_not_here_is_put_without_it(store, files):
    journal = write(
        store, record("a", kind="save", artifact={"sha256": "a" * 64, "name": "model.pkl"})
    )
    store.share_with(Remote(URL, store))

    assert there(files, "outcomes") == [f"{journal.stem}.tar"]
    assert not files.exists("/shared/artifacts")


def test_journals_that_are_there_are_not_put_again(store, machine, monkeypatch):
    measure(store)
    store.share_with(Remote(URL, store))
    second = machine("second")
    remote = Remote(URL, second)
    monkeypatch.setattr(remote, "push", lambda path: pytest.fail("it was there"))

    assert second.share_with(remote) == 1


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("notes.txt", b"hello", "not a bundle of outcomes"),
        ("1-a.tar", b"hello", "file could not be opened successfully"),
        ("1-a.tar", tar_of(**{"journals/2-b.jsonl": b"{}\n"}), "another journal than its name"),
    ],
)
def test_what_is_no_bundle_is_set_aside_there_and_named(store, files, name, data, why):
    Remote(URL, store).open()
    files.pipe_file(f"/shared/outcomes/{name}", data)

    assert Remote(URL, store).open() == []
    assert why in store.damage_notes[0]
    assert there(files, "outcomes") == []
    assert there(files, "aside")[0].startswith(name)


def test_what_cannot_be_set_aside_is_named_nevertheless(store, files, monkeypatch):
    remote = Remote(URL, store)
    remote.open()
    files.pipe_file("/shared/outcomes/notes.txt", b"hello")

    def refuse(*_, **__):
        raise PermissionError("read-only")

    monkeypatch.setattr(files, "mv", refuse)
    remote.open()

    assert "it stays there" in store.damage_notes[0]
    assert "read-only" in store.damage_notes[0]


def test_a_new_place_gets_the_schema(store, files):
    Remote(URL, store).open()

    assert files.cat_file("/shared/schema.json") == b'{"schema": 2}\n'
    assert [path for path in files.find("/shared") if path.endswith(".part")] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"schema": 99}', "has schema 99, this crossload knows 2"),
        (b"<html>", "a schema.json that is not ours"),
        (b"[]", "a schema.json that is not ours"),
        (b"{}", "a schema.json that is not ours"),
    ],
)
def test_a_place_of_somebody_else_is_refused(store, files, text, expected):
    files.pipe_file("/shared/schema.json", text)

    with pytest.raises(StoreError, match=expected):
        Remote(URL, store).open()
    assert files.cat_file("/shared/schema.json") == text


@pytest.mark.parametrize("text", [b"", b'{"sch', b'{"schema": 2'])
def test_half_a_schema_is_set_aside_and_written_anew(store, files, text):
    files.pipe_file("/shared/schema.json", text)
    Remote(URL, store).open()

    assert json.loads(files.cat_file("/shared/schema.json")) == {"schema": SCHEMA}
    assert there(files, "aside")[0].startswith("schema.json")


@pytest.mark.parametrize("text", [b"[]", b"\x00\xff", b"<html>"])
def test_a_damaged_schema_beside_outcomes_is_written_anew(store, machine, files, text):
    measure(store)
    store.share_with(Remote(URL, store))
    files.pipe_file("/shared/schema.json", text)
    second = machine("second")

    assert second.share_with(Remote(URL, second)) == 1
    assert json.loads(files.cat_file("/shared/schema.json")) == {"schema": SCHEMA}


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_an_artifact_that_is_damaged_there_is_set_aside_and_saved_anew(
    store, machine, files, damage
):
    _, artifact = measure(store)
    store.share_with(Remote(URL, store))
    second = machine("second")
    second.share_with(Remote(URL, second))
    (path,) = files.ls("/shared/artifacts", detail=False)
    if damage == "cut":
        files.pipe_file(path, files.cat_file(path)[:100])
    else:
        files.rm(path)

    with pytest.raises(Damaged, match="is damaged"):
        second.blobs.ensure_artifact(artifact)
    assert not second.remote.has_artifact(artifact)
    assert len(second.damage_notes) == 1


def test_a_kind_of_url_that_nobody_knows_is_named(store):
    with pytest.raises(StoreError, match="--store nothing://x") as caught:
        Remote("nothing://x", store)

    assert "s3://bucket/name" in caught.value.hint


def test_a_package_that_is_missing_is_named(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)

    with pytest.raises(StoreError, match="fsspec") as caught:
        Remote(URL, store)
    assert "install that package" in caught.value.hint


def test_errors_of_the_network_say_that_what_was_measured_is_kept(store, files, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("403 Forbidden")

    monkeypatch.setattr(files, "cat_file", refuse)

    with pytest.raises(StoreError, match="RuntimeError: 403 Forbidden") as caught:
        Remote(URL, store).open()
    assert "is kept" in caught.value.hint


def test_a_bucket_that_does_not_exist_cannot_be_written(store, monkeypatch):
    def refuse(*_, **__):
        raise FileNotFoundError("no such bucket")

    monkeypatch.setattr(Bucket, "pipe_file", refuse)

    with pytest.raises(StoreError, match="cannot be written: no such bucket"):
        Remote("bucket://shared", store).open()
