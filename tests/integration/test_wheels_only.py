"""Source distributions run nothing unless somebody agreed: not for locking, not for installing."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crossload.environments import Interpreters, Locker, Project, build, read_lock
from crossload.environments.package_index import Index
from crossload.errors import EnvironmentPinsError, EnvironmentUnavailable
from crossload.plan import Environment

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"

BACKEND = """
import pathlib, zipfile
# in place of a payload: a file in a temporary folder
pathlib.Path({marker!r}).write_text("ran")

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "only_source-1.0-py3-none-any.whl"
    info = "only_source-1.0.dist-info"
    files = {{
        "only_source.py": "",
        f"{{info}}/METADATA": "Metadata-Version: 2.1\\nName: only-source\\nVersion: 1.0\\n",
        f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files[f"{{info}}/RECORD"] = "".join(f"{{each}},,\\n" for each in files)
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as file:
        for each, text in files.items():
            file.writestr(each, text)
    return name
"""


def source_distribution(marker):
    """A package without a wheel, whose building leaves a mark and needs nothing else."""
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: only-source\nVersion: 1.0\n",
        "backend.py": BACKEND.format(marker=str(marker)),
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n',
    }
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"only_source-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return whole.getvalue()


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "ran"


@pytest.fixture
def served(marker, tmp_path, monkeypatch):
    """The digest of a source distribution, which a package index on this machine has alone."""
    content = source_distribution(marker)
    digest = hashlib.sha256(content).hexdigest()
    name = "only_source-1.0.tar.gz"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = {
                "meta": {"api-version": "1.1"},
                "name": "only-source",
                "versions": ["1.0"],
                "files": [
                    {
                        "filename": name,
                        "url": f"/files/{name}",
                        "hashes": {"sha256": digest},
                        "upload-time": "2020-01-01T00:00:00Z",
                        "size": len(content),
                    }
                ],
            }
            known = {
                "/simple/only-source/": json.dumps(page).encode(),
                f"/files/{name}": content,
            }
            body = known.get(self.path)
            self.send_response(200 if body is not None else 404)
            kind = "application/vnd.pypi.simple.v1+json"
            self.send_header("Content-Type", kind if "simple" in self.path else "application/gzip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    yield digest
    server.shutdown()
    server.server_close()


def environment(*, agreed=(), pinned=True):
    return Environment(
        id="sources",
        requires=("only-source==1.0" if pinned else "only-source",),
        extras=(),
        as_of="2024-06-30",
        python=MINOR,
        build=tuple(agreed),
    )


@pytest.fixture
def locker(tmp_path):
    project = Project(tmp_path / "project")
    index = Index(tmp_path / "index")
    interpreters = Interpreters(say=lambda _: None)
    return Locker(project, interpreters, index, say=lambda _: None, universal=False)


@pytest.mark.parametrize("pinned", [True, False])
def test_locking_runs_nothing_of_a_source_distribution(served, locker, marker, pinned):
    with pytest.raises(EnvironmentPinsError) as caught:
        locker.lock(environment(pinned=pinned))

    assert "only-source" in str(caught.value)
    assert "--build only-source" in caught.value.hint
    assert not marker.exists()


def test_agreeing_to_another_package_is_not_enough(served, locker, marker):
    with pytest.raises(EnvironmentPinsError):
        locker.lock(environment(agreed=["other", "only-source-2"]))
    assert not marker.exists()


def test_settings_in_the_current_folder_do_not_let_anything_be_built(
    served, locker, marker, tmp_path, monkeypatch
):
    (tmp_path / "uv.toml").write_text('[pip]\nno-binary = ["only-source"]\nonly-binary = []\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UV_NO_BINARY_PACKAGE", "only-source")

    with pytest.raises(EnvironmentPinsError):
        locker.lock(environment())
    assert not marker.exists()


def test_what_was_agreed_to_is_locked_and_installed(served, locker, marker):
    wanted = environment(agreed=["Only_Source"])
    lock = locker.lock(wanted)
    interpreter = locker.interpreters.get(lock.python)

    found = build(wanted, lock, interpreter, locker.project)

    assert marker.exists()
    assert found.lock.versions() == {"only-source": "1.0"}


def test_installing_from_a_lock_runs_nothing_of_a_source_distribution(served, locker, marker):
    wanted = environment()
    path = locker.project.locks / "sources.txt"
    path.parent.mkdir(parents=True)
    path.write_text(
        f"# lock: sources\n# python: {MINOR}\n# as-of: 2024-06-30\n"
        f"# inputs: {wanted.inputs_digest}\n"
        f"only-source==1.0 \\\n    --hash=sha256:{served}\n"
    )
    interpreter = locker.interpreters.get(MINOR)

    with pytest.raises(EnvironmentUnavailable) as caught:
        build(wanted, read_lock(path), interpreter, locker.project)

    assert "--build only-source" in caught.value.hint
    assert not marker.exists()
    assert date.fromisoformat(read_lock(path).as_of)
