"""The opening of the store that a command line means."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders_store import key, record, write

from crossload.environments import Project
from crossload.errors import ConfigError, StoreError
from crossload.matrix.open_store import is_url, open_store, store_folder
from crossload.store.store import Store


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", False),
        ("store", False),
        ("/mnt/store", False),
        ("C:/store", False),
        ("s3://bucket/name", True),
        ("file:///mnt/store", True),
        ("local:///mnt/store", True),
        ("memory://name", True),
    ],
)
def test_urls_are_told_from_folders(text, url):
    assert is_url(text) is url


@pytest.mark.parametrize(
    ("text", "begins"), [("s3:/bucket", "s3://"), ("file://mnt", "file:///"), ("s3:b", "s3://")]
)
def test_what_is_nearly_a_url_is_refused(text, begins):
    with pytest.raises(ConfigError, match=f"begins with {begins}$"):
        is_url(text)


def test_the_folder_is_the_one_named_or_that_of_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path / "project")
    own = project.work / "store"

    assert store_folder(project, "") == own
    assert store_folder(project, "s3://bucket/name") == own
    assert store_folder(project, "elsewhere") == Path(tmp_path).resolve() / "elsewhere"


def test_a_store_is_read_and_closed(tmp_path):
    project = Project(tmp_path)
    with open_store(project, "", print) as store:
        write(store, record("a"))
    with open_store(project, "", print) as store:
        found = store.loads.get(key("a"))

    assert found["status"] == "ok"
    alone = Store(project.work / "store")
    alone.open(alone=True)  # nobody else has it
    alone.close()


def test_what_was_damaged_is_named_at_the_end_whatever_happened(tmp_path):
    said = []
    project = Project(tmp_path)
    with open_store(project, "", said.append) as store:
        write(store, record("a"), tail=b"no record\n")
    assert said == []

    def work():
        with open_store(project, "", said.append) as store:
            (store.blobs.states / "x.json").write_text("{")
            store.blobs.check()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert [line.split(" (")[0] for line in said if "states" in line] == [
        "SET ASIDE states/x.json is damaged: its content is another one"
    ]
    assert all(line.startswith("SET ASIDE ") for line in said)


def test_other_stores_are_joined_first(tmp_path):
    said = []
    other = Store(tmp_path / "other")
    other.open()
    write(other, record("a"))
    other.close()
    others = [(tmp_path / "other", tmp_path / "other")]
    with open_store(Project(tmp_path), "", said.append, others=others) as store:
        found = store.loads.get(key("a"))

    assert found["status"] == "ok"
    assert said == ["joined other: 1 journals, 0 artifacts, outputs and states that were new"]


def test_a_store_behind_a_url_is_shared(tmp_path):
    said, url = [], f"file://{tmp_path}/remote"
    with open_store(Project(tmp_path / "first"), url, said.append) as store:
        store.append([{"kind": "snapshot", "key": "m", "data": {}}])
    with open_store(Project(tmp_path / "second"), url, said.append) as store:
        found = store.reader.by_kind["snapshot"].get("m")

    assert found["data"] == {}
    assert said == [f"{url}: 0 journals taken in", f"{url}: 1 journals taken in"]


def test_a_url_that_nobody_knows_is_an_error(tmp_path):
    with (
        pytest.raises(StoreError, match="nowhere"),
        open_store(Project(tmp_path), "nowhere://x", print),
    ):
        pass
    alone = Store(tmp_path / ".crossload" / "store")
    alone.open(alone=True)  # it was closed all the same
    alone.close()
