"""A store behind a URL: on a real S3-compatible server, and in a second folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from small_matrix import copy_of, table

fsspec = pytest.importorskip("fsspec")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """Start a server that speaks S3, with an empty bucket; give (file system, URL).

    Its address is in the environment of this process and of its children.
    """
    port = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log.txt").open("wb")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=log, stderr=log)
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < end, "the S3 server does not start"
            time.sleep(0.1)
    files = fsspec.filesystem("s3")
    files.mkdir("models")
    yield files, "s3://models/store"
    server.terminate()
    server.wait(timeout=20)
    log.close()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shared") / "store"
    return fsspec.filesystem("file"), f"file://{place}"


@pytest.fixture(params=["s3", "folder"], scope="module")
def place(request):
    """Give (file system, URL) of a remote store."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def base(small_measured):
    """Give the project whose small matrix is measured once; tests work with copies of it."""
    return small_measured


@pytest.fixture(scope="module")
def filled(base, place, tmp_path_factory):
    """Give a remote store that one project has written to."""
    writer = copy_of(base, tmp_path_factory)
    writer.crossload("run", "small", "--store", place[1])
    return place


def test_another_machine_measures_nothing_and_builds_nothing(base, filled, tmp_path_factory):
    reader = copy_of(base, tmp_path_factory)
    shutil.rmtree(reader.root / ".nox")

    found = reader.crossload("run", "small", "--store", filled[1])

    assert "nothing to measure" in found.stdout
    assert not (reader.root / ".nox").exists()
    assert not list((reader.root / ".crossload" / "store" / "artifacts").iterdir())
    assert table(reader) == table(base)


def test_who_gave_outcomes_does_not_fetch_them_back(base, folder, tmp_path_factory):
    url = f"{folder[1]}-own"
    writer = copy_of(base, tmp_path_factory)
    writer.crossload("run", "small", "--store", url)

    assert f"{url}: 0 journals taken in" in writer.crossload("run", "small", "--store", url).stdout


def test_artifacts_are_fetched_for_what_is_new(base, filled, tmp_path_factory):
    reader = copy_of(base, tmp_path_factory)
    path = reader.root / "matrix" / "small.toml"
    path.write_text(
        path.read_text().replace('["pickle", "joblib"]', '["pickle", "joblib", "joblib-mmap"]')
    )

    reader.crossload("run", "small", "--store", filled[1])

    kinds = [record["kind"] for record in reader.journal() if not record.get("confirm")]
    assert kinds.count("save") == 12  # those that were taken in
    assert reader.summary("small")["complete"]
    assert reader.summary("small")["planned"] == 36
    assert list((reader.root / ".crossload" / "store" / "artifacts").iterdir())


def test_truncated_and_foreign_objects_are_set_aside_and_named(base, filled, tmp_path_factory):
    files, url = filled
    names = [name for name in files.ls(f"{url}/outcomes", detail=False) if "sklearn" in name]
    files.pipe_file(names[0], files.cat_file(names[0])[:700])
    files.pipe_file(f"{url}/outcomes/notes.txt", b"hello")
    reader = copy_of(base, tmp_path_factory)

    found = reader.crossload("run", "small", "--store", url)

    assert names[0].rsplit("/", 1)[1] in found.stdout
    assert "notes.txt: not a bundle of outcomes" in found.stdout
    assert found.stdout.count("SET ASIDE") == 2
    assert reader.summary("small")["complete"]
    assert table(reader) == table(base)
    files.invalidate_cache()
    assert len(files.ls(f"{url}/aside", detail=False)) == 2


def test_what_was_known_before_is_shared_too(base, folder, tmp_path_factory):
    url = f"{folder[1]}-late"
    alone = copy_of(base, tmp_path_factory)
    alone.crossload("run", "small")
    alone.crossload("run", "small", "--store", url)
    joined = copy_of(base, tmp_path_factory)
    joined.crossload("merge", "--store", f"{url}-joined", str(alone.root))

    for place in (url, f"{url}-joined"):
        reader = copy_of(base, tmp_path_factory)
        assert "nothing to measure" in reader.crossload("run", "small", "--store", place).stdout
        assert table(reader) == table(base)


def test_the_other_side_of_a_store_is_no_store(base, folder, tmp_path_factory):
    url = f"{folder[1]}-side"
    copy_of(base, tmp_path_factory).crossload("run", "small", "--store", url)
    other, side = copy_of(base, tmp_path_factory), url.removeprefix("file://")

    found = other.crossload("run", "small", "--store", side, code=6)

    assert f"--store {url}" in found.stderr


def test_a_folder_that_cannot_be_written_is_told(base, tmp_path_factory):
    found = copy_of(base, tmp_path_factory).crossload(
        "run", "small", "--store", "file:///proc/nowhere", code=6
    )
    assert "Traceback" not in found.stderr


def test_a_store_of_another_schema_is_refused(base, place, tmp_path_factory):
    files, url = place
    files.makedirs(f"{url}-newer", exist_ok=True)
    files.pipe_file(f"{url}-newer/schema.json", b'{"schema": 99}')

    found = copy_of(base, tmp_path_factory).crossload(
        "run", "small", "--store", f"{url}-newer", code=6
    )

    assert "has schema 99" in found.stderr


def test_a_url_of_no_known_kind_is_refused(base, tmp_path_factory):
    found = copy_of(base, tmp_path_factory).crossload(
        "run", "small", "--store", "nowhere://x", code=6
    )

    assert "--store nowhere://x" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_store_that_cannot_be_reached_is_told(base, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    found = copy_of(base, tmp_path_factory).crossload(
        "run", "small", "--store", "s3://models/store", code=6
    )

    assert "cannot be used" in found.stderr
    assert "Traceback" not in found.stderr
