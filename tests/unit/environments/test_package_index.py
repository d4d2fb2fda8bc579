"""Releases: asked for once a day; which run on which Python, and which are near to one."""

from __future__ import annotations

import json
import threading
from datetime import date

import pytest
import requests

from crossload.environments.package_index import Index, Release, nearest, runs_on
from crossload.errors import EnvironmentPinsError, IndexUnavailable

HERE, EXTRA = "https://index.test/simple", "https://extra.test/simple"
ENVIRON = {"PIP_INDEX_URL": HERE, "PIP_EXTRA_INDEX_URL": EXTRA}


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


def test_a_range_of_pythons_that_nobody_understands_fits_none():
    release = Release(version="1", uploaded="", pythons="three", tags=("py3-none-any",))

    assert not runs_on(release, "3.12")
    assert release.day is None


@pytest.mark.parametrize(
    ("system", "machine", "where", "expected"),
    [
        ("linux", "x86_64", "manylinux_2_17_x86_64", True),
        ("linux", "x86_64", "musllinux_1_2_x86_64", True),
        ("linux", "x86_64", "manylinux_2_17_aarch64", False),
        ("linux", "aarch64", "manylinux_2_17_aarch64", True),
        ("linux", "x86_64", "macosx_11_0_x86_64", False),
        ("darwin", "arm64", "macosx_11_0_arm64", True),
        ("darwin", "arm64", "macosx_11_0_x86_64", False),
        ("darwin", "arm64", "macosx_10_9_universal2", True),
        ("win32", "AMD64", "win_amd64", True),
        ("win32", "AMD64", "win32", False),
        ("plan9", "x86_64", "manylinux_2_17_x86_64", False),
    ],
)
def test_a_wheel_is_for_one_kind_of_machine(monkeypatch, system, machine, where, expected):
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    release = Release(version="1", uploaded="", pythons="", tags=(f"cp312-cp312-{where}",))

    assert runs_on(release, "3.12") is expected


def file(name, day="2024-01-02", **more):
    """A file as PEP 691 has it."""
    found = {"filename": name, "url": f"https://files.test/{name}", "hashes": {}} | more
    return found | ({"upload-time": f"{day}T10:00:00Z"} if day else {})


class FakeIndex:
    """Pages by address, and the session that gives them."""

    def __init__(self):
        self.pages, self.asked, self.verify = {}, [], True

    def put(self, package, *files, url=HERE):
        self.pages[f"{url}/{package}/"] = {
            "meta": {"api-version": "1.1"},
            "name": package,
            "files": list(files),
            "versions": [],
        }

    def get(self, url, **_):
        self.asked.append(url)
        page = self.pages.get(url)
        if isinstance(page, Exception):
            raise page
        response = requests.Response()
        response.url, response.status_code = url, 404 if page is None else 200
        response.headers["Content-Type"] = "application/vnd.pypi.simple.v1+json"
        response._content = json.dumps(page).encode()
        return response

    def close(self):
        """As a session has it."""


@pytest.fixture
def web(monkeypatch):
    found = FakeIndex()
    monkeypatch.setattr(requests, "Session", lambda: found)
    return found


@pytest.fixture
def index(tmp_path, web):
    return Index(tmp_path / "index", environ=ENVIRON)


def test_files_are_joined_to_releases_the_oldest_version_first(index, web):
    web.put(
        "numpy",
        file("numpy-1.10.0-cp312-cp312-manylinux_2_17_x86_64.whl", "2024-03-01"),
        file("numpy-1.9.0.tar.gz", "2023-05-02", **{"requires-python": ">=3.8"}),
        file("numpy-1.9.0-py2.py3-none-any.whl", "2023-05-01"),
        file("numpy-2.0.0rc1.tar.gz"),
        file("numpy-2.0.0.dev0.tar.gz"),
        file("numpy-what-is-this.tar.gz"),
    )

    assert index.releases("NumPy") == [
        Release(
            version="1.9.0",
            uploaded="2023-05-01",
            pythons=">=3.8",
            tags=index.releases("numpy")[0].tags,
        ),
        Release(
            version="1.10.0",
            uploaded="2024-03-01",
            pythons="",
            tags=("cp312-cp312-manylinux_2_17_x86_64",),
        ),
    ]
    assert set(index.releases("numpy")[0].tags) == {"py2-none-any", "py3-none-any"}


def test_a_release_is_yanked_when_all_of_its_files_are(index, web):
    web.put(
        "numpy",
        file("numpy-1.0.tar.gz", yanked="broken"),
        file("numpy-1.0-py3-none-any.whl"),
        file("numpy-1.1.tar.gz", yanked=True),
    )

    assert [each.yanked for each in index.releases("numpy")] == [False, True]


def test_days_are_unknown_where_a_private_index_does_not_tell(index, web):
    web.put("numpy", file("numpy-1.0.tar.gz", ""))
    web.put("pandas", file("pandas-1.0.tar.gz", "2024-05-05"), file("pandas-1.1.tar.gz", ""))

    assert index.release("numpy", "1.0").day is None
    assert index.first_day("numpy") is None
    assert index.first_day("pandas") == date(2024, 5, 5)


def test_releases_of_all_indexes_count(index, web):
    web.put("mine", file("mine-1.0.tar.gz"), url=EXTRA)
    assert [each.version for each in index.releases("mine")] == ["1.0"]

    web.put("both", file("both-1.0.tar.gz"))
    web.put("both", file("both-1.1.tar.gz"), url=EXTRA)

    assert [each.version for each in index.releases("both")] == ["1.0", "1.1"]


def test_the_index_is_asked_once_a_day(index, web, tmp_path):
    web.put("numpy", file("numpy-1.0.tar.gz"))
    first = index.releases("numpy")
    asked = len(web.asked)

    assert index.releases("numpy") == first
    assert Index(tmp_path / "index", environ=ENVIRON).releases("numpy") == first
    assert len(web.asked) == asked
    tomorrow = (tmp_path / "index" / "numpy.json").stat().st_mtime + 86_500
    assert Index(tmp_path / "index", environ=ENVIRON, clock=tomorrow).releases("numpy") == first
    assert len(web.asked) == 2 * asked
    assert [path.name for path in (tmp_path / "index").iterdir()] == ["numpy.json"]


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"version": "1"}]', '[{"tags": []}]'])
def test_an_answer_on_disk_that_is_not_ours_is_asked_for_again(index, web, tmp_path, text):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "numpy.json").write_text(text)
    web.put("numpy", file("numpy-1.0.tar.gz"))

    assert [each.version for each in index.releases("numpy")] == ["1.0"]


def test_threads_that_want_one_package_ask_once(index, web):
    web.put("numpy", file("numpy-1.0.tar.gz"))
    threads = [threading.Thread(target=index.releases, args=("numpy",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert web.asked.count(f"{HERE}/numpy/") == 1


def test_versions_are_compared_not_their_spelling(index, web):
    web.put("numpy", file("numpy-1.0.tar.gz"))

    assert index.release("numpy", "1.0.0").version == "1.0"


def test_a_package_that_does_not_exist_is_named(index):
    with pytest.raises(
        EnvironmentPinsError, match="numpi: the package index has no such"
    ) as caught:
        index.release("numpi", "1.0")

    assert caught.value.hint == "check the spelling"


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("refused"), requests.Timeout(), ValueError("no JSON")]
)
def test_an_index_that_does_not_answer_is_named_without_its_address(index, web, tmp_path, error):
    web.pages[f"{HERE}/numpy/"] = error

    with pytest.raises(IndexUnavailable, match=type(error).__name__) as caught:
        index.releases("numpy")
    assert "index.test" not in str(caught.value)  # addresses may hold passwords
    assert "HTTPS_PROXY" in caught.value.hint
    assert not (tmp_path / "index").exists()


def test_the_certificates_of_the_settings_are_used(tmp_path, web):
    index = Index(tmp_path / "index", environ=ENVIRON | {"SSL_CERT_FILE": "/company.pem"})
    web.put("numpy", file("numpy-1.0.tar.gz"))
    index.releases("numpy")

    assert web.verify == "/company.pem"


def test_settings_are_those_of_this_process_where_none_are_given(tmp_path, web, monkeypatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", EXTRA)
    web.put("numpy", file("numpy-1.0.tar.gz"), url=EXTRA)

    assert len(Index(tmp_path / "index").releases("numpy")) == 1
