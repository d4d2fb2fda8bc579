"""The files of an environment against the records of its distributions."""

from __future__ import annotations

import base64
import hashlib
import os
import time

import pytest

from crossload.environments.records_check import differences, named

SITE = "lib/python3.11/site-packages"


def digest(text):
    found = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(found).rstrip(b"=").decode()


@pytest.fixture
def folder(tmp_path):
    site = tmp_path / "env-e" / SITE
    texts = {
        "mine/a.py": "x = 1\n",
        "mine/b, c.py": "",
        "../../../bin/mine": "#!python\n",
        "my_own.pkg-1.0.dist-info/METADATA": "Name: my_own.pkg\n",
    }
    rows = []
    for name, text in texts.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
        quoted = f'"{name}"' if "," in name else name
        rows.append(f"{quoted},{digest(text)},{len(text)}")
    rows += ["my_own.pkg-1.0.dist-info/RECORD,,", "mine/__pycache__/a.cpython-311.pyc,,"]
    (site / "my_own.pkg-1.0.dist-info" / "RECORD").write_text("\n".join(rows) + "\n")
    (site / "_virtualenv.py").write_text("of uv")
    (site / "mine" / "__pycache__").mkdir()
    (site / "mine" / "__pycache__" / "b.cpython-311.pyc").write_text("code")
    return tmp_path / "env-e"


def texts(found):
    return [(each.distribution, each.text) for each in found]


def test_an_environment_as_it_was_installed_differs_in_nothing(folder):
    assert differences(folder) == differences(folder, content=False) == []
    assert named([]) == ""


@pytest.mark.parametrize("content", [True, False])
def test_what_is_missing_longer_or_added_is_named(folder, content):
    (folder / SITE / "mine" / "b, c.py").unlink()
    (folder / "bin" / "mine").write_text("#!python -x\n")
    (folder / SITE / "new.pth").write_text("import new")

    assert texts(differences(folder, content=content)) == [
        ("my-own-pkg", "../../../bin/mine has another size"),
        ("my-own-pkg", "mine/b, c.py is missing"),
        ("", "new.pth was added"),
    ]


def test_other_content_of_equal_size_is_found_by_reading(folder):
    path = folder / SITE / "mine" / "a.py"
    before = path.stat().st_mtime_ns
    path.write_text("x = 2\n")
    os.utime(path, ns=(before, before))

    assert differences(folder, content=False) == []
    assert texts(differences(folder)) == [("my-own-pkg", "mine/a.py has other content")]


def test_what_was_written_later_than_the_rest_is_read_in_any_case(folder):
    path = folder / SITE / "mine" / "a.py"
    path.write_text("x = 2\n")
    later = time.time() + 3600
    os.utime(path, (later, later))

    assert texts(differences(folder, content=False)) == [
        ("my-own-pkg", "mine/a.py has other content")
    ]


@pytest.mark.parametrize("damage", ["missing", "folder", "bytes"])
def test_a_record_that_is_damaged_is_a_difference(folder, damage):
    record = folder / SITE / "my_own.pkg-1.0.dist-info" / "RECORD"
    record.unlink()
    if damage == "folder":
        record.mkdir()
    if damage == "bytes":
        record.write_bytes(b"\xff\xfe\x00")
    (first, *_) = differences(folder)

    assert first.distribution == "my-own-pkg"
    assert first.path.endswith("RECORD")


def test_many_differences_are_cut(folder):
    for number in range(5):
        (folder / SITE / f"n{number}.py").write_text("")

    assert named(differences(folder)) == (
        "n0.py was added, n1.py was added, n2.py was added and 2 more"
    )
