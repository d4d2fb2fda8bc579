"""Lock files: what they say, and that the committed ones mean their environments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from builders_environments import LOCK

from crossload.environments import Project, read_lock
from crossload.environments.lock_file import candidates, write_lock
from crossload.errors import EnvironmentUnavailable
from crossload.plan import environments_of, load_specs

ROOT = Path(__file__).resolve().parents[3]


LOCKS = sorted((ROOT / "matrix" / "locks").glob("*.txt"))


def test_a_lock_tells_its_versions_for_this_platform(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text(LOCK)
    lock = read_lock(path)

    assert lock.versions() == {"numpy": "1.26.4", "pandas": "2.2.3"}
    assert (lock.python, lock.as_of, lock.inputs) == ("3.12", "2024-11-10", "abc")
    assert lock.left_out == ("skops (no release before 2024-11-10)",)


def test_the_digest_of_a_lock_is_that_of_its_pins(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text(LOCK)
    first = read_lock(path).digest
    path.write_text(LOCK.replace("# as-of: 2024-11-10", "# as-of: 2024-12-24"))
    assert read_lock(path).digest == first
    path.write_text(LOCK.replace("1.26.4", "1.26.3"))

    assert read_lock(path).digest != first


def test_files_that_are_no_locks_are_none(tmp_path):
    (tmp_path / "x.txt").write_text("numpy==1\n")

    assert read_lock(tmp_path / "x.txt") is None
    assert read_lock(tmp_path / "missing.txt") is None


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_committed_locks_are_hashed_and_name_no_host(path):
    text = path.read_text()
    lock = read_lock(path)

    assert lock is not None
    assert "://" not in text
    assert text.count("--hash=sha256:") >= len(lock.versions()) > 0


def test_every_environment_of_the_default_matrices_has_a_lock_that_means_it():
    for spec in load_specs(ROOT / "matrix"):
        for environment in environments_of(spec):
            paths = [
                path for path in LOCKS if path.stem in (environment.id, f"{environment.id}.linux")
            ]
            assert len(paths) == 1, environment.id
            lock = read_lock(paths[0])
            assert lock.inputs == environment.inputs_digest, environment.id
            for name, version in environment.pins.items():
                assert lock.versions()[name] == version


def test_a_lock_is_written_whole_and_names_no_host(tmp_path):
    text = (
        "--index-url https://user:secret@mine/simple\n--extra-index-url https://b/\n"
        "--find-links /wheels\nnumpy==1.0 \\\n    --hash=sha256:00\n"
    )
    path = tmp_path / "matrix" / "locks" / "e.txt"
    lock = write_lock(path, ["# python: 3.12", "# as-of: 2024-11-10", "# inputs: abc"], text)

    assert lock == read_lock(path)
    assert lock.versions() == {"numpy": "1.0"}
    assert "secret" not in path.read_text()
    assert "://" not in path.read_text()
    assert [each.name for each in path.parent.iterdir()] == ["e.txt"]


def test_a_lock_whose_header_is_not_whole_is_refused(tmp_path):
    with pytest.raises(EnvironmentUnavailable, match=r"cannot be read: e\.txt"):
        write_lock(tmp_path / "e.txt", ["# python: 3.12"], "numpy==1.0\n")


def test_the_committed_lock_is_the_first_candidate_then_local_ones_by_python(tmp_path):
    project = Project(tmp_path)
    project.local_locks.mkdir(parents=True)
    for minor in ("3.8", "3.9"):
        (project.local_locks / f"e.py{minor}.txt").touch()
    (project.local_locks / "other.py3.9.txt").touch()

    assert candidates("e", project) == [
        project.locks / "e.txt",
        project.locks / f"e.{sys.platform}.txt",
        project.local_locks / "e.py3.9.txt",
        project.local_locks / "e.py3.8.txt",
    ]
