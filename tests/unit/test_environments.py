"""Locks, index and interpreters, as far as they need neither network nor process."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crossload.environments import Project, read_lock
from crossload.environments.interpreters import Interpreter
from crossload.environments.locks import Locker
from crossload.environments.package_index import (
    Index,
    Release,
    certificates,
    index_urls,
    nearest,
    runs_on,
)
from crossload.errors import EnvironmentPinsError, EnvironmentUnavailable
from crossload.plan import Environment, environments_of, load_specs

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "matrix" / "locks").glob("*.txt"))

LOCK = """# lock: e
# python: 3.12
# as-of: 2024-11-10
# inputs: abc
# left-out: skops (no release before 2024-11-10)

numpy==1.26.4 \\
    --hash=sha256:00
pandas==2.2.3 ; python_full_version < '3.13' \\
    --hash=sha256:11
pywin32==1 ; sys_platform == 'nowhere' \\
    --hash=sha256:22
"""


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


def test_index_settings_of_pip_and_uv_are_honoured(tmp_path):
    assert index_urls({}, tmp_path) == []
    assert index_urls({"PIP_INDEX_URL": "https://a/simple"}, tmp_path) == ["https://a/simple"]
    assert index_urls(
        {"UV_DEFAULT_INDEX": "https://u/", "PIP_INDEX_URL": "https://a/"}, tmp_path
    ) == ["https://u/"]
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://c/simple\nextra-index-url = https://d/simple file:///e\n"
    )

    assert index_urls({}, tmp_path) == ["https://c/simple", "https://d/simple"]


def test_the_index_setting_of_a_uv_file_is_honoured(tmp_path):
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").write_text(
        '[[index]]\nurl = "https://q/simple"\ndefault = true\n'
    )

    assert index_urls({}, tmp_path) == ["https://q/simple"]


@pytest.mark.parametrize(
    ("tags", "pythons", "minor", "expected"),
    [
        (("cp312-cp312-any",), ">=3.9", "3.12", True),
        (("cp312-cp312-any",), ">=3.9", "3.13", False),
        (("py3-none-any",), ">=3.9", "3.8", False),
        (("py3-none-any",), "", "3.6", True),
        (("py2.py3-none-any".replace("py2.", ""),), "", "3.13", True),
        (("cp39-abi3-any",), "", "3.12", True),
        (("cp39-abi3-any",), "", "3.8", False),
        (("cp312-cp312-plan9_x86_64",), "", "3.12", False),
        ((), "", "3.12", False),
    ],
)
def test_a_release_runs_where_it_has_wheels(tags, pythons, minor, expected):
    release = Release(version="1", uploaded="2024-01-01", pythons=pythons, tags=tags)

    assert runs_on(release, minor) is expected


def test_nearest_versions_are_named():
    assert "1.2.2" in nearest("1.2.9", ["0.24.2", "1.0.2", "1.2.2", "1.3.0"])
    assert nearest("banana", ["1.0", "1.1", "1.2", "1.3"]) == ["1.3", "1.2", "1.1"]


class FakeInterpreters:
    def __init__(self, *minors):
        self.minors = minors

    def installed(self):
        return {
            minor: Interpreter(path="p", version=f"{minor}.1", build="b") for minor in self.minors
        }

    def get(self, minor):
        return self.installed().get(minor)


def index_with(tmp_path, **packages):
    cache = tmp_path / "index"
    cache.mkdir(exist_ok=True)
    for name, rows in packages.items():
        (cache / f"{name}.json").write_text(json.dumps(rows))
    return Index(cache)


def row(version, day, tags=("cp38-cp38-any", "cp39-cp39-any", "cp312-cp312-any")):
    return {"version": version, "uploaded": day, "pythons": "", "tags": list(tags), "yanked": False}


def environment(*requires, **more):
    fields = {"id": "e", "requires": requires, "extras": (), "as_of": "release+60d", "python": None}
    return Environment(**(fields | more))


def locker(tmp_path, *minors, **packages):
    return Locker(
        Project(tmp_path),
        FakeInterpreters(*minors),
        index_with(tmp_path, **packages),
        today=date(2026, 1, 1),
        say=lambda _: None,
    )


def test_dependencies_are_resolved_as_of_the_newest_pin(tmp_path):
    found = locker(tmp_path, numpy=[row("1.0", "2020-01-01")], pandas=[row("2.0", "2021-01-01")])

    assert found.as_of(environment("numpy==1.0", "pandas==2.0")) == date(2021, 3, 2)
    assert found.as_of(environment("numpy==1.0", as_of="2022-02-02")) == date(2022, 2, 2)
    assert found.as_of(environment("numpy==1.0", as_of="today")) == date(2026, 1, 1)
    assert found.as_of(environment("numpy==1.0", as_of="release+9999d")) == date(2026, 1, 1)


def test_the_newest_python_of_that_time_with_wheels_is_tried_first(tmp_path):
    found = locker(tmp_path, numpy=[row("1.0", "2020-01-01"), row("2.0", "2024-06-01")])

    assert found.pythons(environment("numpy==1.0"), date(2020, 3, 1)) == ["3.8"]
    assert found.pythons(environment("numpy==2.0"), date(2024, 7, 1)) == ["3.12", "3.9", "3.8"]
    assert found.pythons(environment("numpy==2.0", python="3.9"), date(2024, 7, 1)) == ["3.9"]


def test_a_version_that_does_not_exist_names_the_nearest(tmp_path):
    found = locker(tmp_path, "3.8", numpy=[row("1.0", "2020-01-01"), row("1.2", "2020-02-01")])

    with pytest.raises(EnvironmentPinsError, match=r"numpy==1.1: no such release") as caught:
        found.lock(environment("numpy==1.1"))

    assert "nearest: 1." in caught.value.hint


def test_a_missing_interpreter_is_the_machine_s_not_the_pins_fault(tmp_path):
    found = locker(tmp_path, "3.12", numpy=[row("1.0", "2020-01-01")])

    with pytest.raises(
        EnvironmentUnavailable, match="needs Python 3.8, which is not installed here"
    ):
        found.lock(environment("numpy==1.0"))


def test_a_committed_lock_is_used_as_long_as_it_means_the_environment(tmp_path):
    wanted = environment("numpy==1.26.4")
    (tmp_path / "matrix" / "locks").mkdir(parents=True)
    path = tmp_path / "matrix" / "locks" / "e.txt"
    path.write_text(LOCK.replace("abc", wanted.inputs_digest))
    found = locker(tmp_path, "3.12")

    assert found.lock(wanted).path == path
    assert found.existing(environment("numpy==1.26.5")) is None
    assert locker(tmp_path, "3.11").existing(wanted) is None


def test_pins_of_other_platforms_do_not_count():
    found = environment("numpy==1.0; sys_platform == 'nowhere'", "pandas==2.0", "scipy>=1")

    assert found.pins == {"pandas": "2.0"}


def test_certificates_of_pip_and_uv_are_used_for_the_index():
    assert certificates({}) == ""
    assert certificates({"SSL_CERT_FILE": "/s", "PIP_CERT": "/p"}) == "/p"
    assert certificates({"SSL_CERT_FILE": "/s", "REQUESTS_CA_BUNDLE": "/r"}) == "/r"
    assert certificates({"SSL_CERT_FILE": "/s", "PIP_CERT": ""}) == "/s"
