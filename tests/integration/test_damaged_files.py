"""Whatever is done to a file that the program can make again, the next run makes it again."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from small_matrix import copy_with_outcomes, table

if TYPE_CHECKING:
    from pathlib import Path


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * (path.stat().st_size // 256 + 1))


def another_json(path: Path) -> None:
    path.write_text('[{"no": ["such", "thing"]}]')


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inner").write_text("x")


WAYS = [empty, truncated, garbage, another_json, folder]

KINDS = {
    "stamps and lists of environments": r"\.nox/env-[^/]+/crossload-[^/]+",
    "locks that keep processes apart": r"\.nox/[^/]+\.lock|\.crossload/store/(claims/.*|lock\.db)",
    "data sets": r"\.crossload/data/.*",
    "known verdicts, shown tables, metrics": r"\.crossload/(known|shown|metrics|tables)/.*",
    "indexes and local locks": r"\.crossload/(index|locks)/.*",
    "schema": r"\.crossload/store/schema\.json",
    "outputs and states": r"\.crossload/store/(outputs|states)/.*",
    "artifacts": r"\.crossload/store/artifacts/.*",
    "journals": r"\.crossload/store/journals/.*",
    "reports": r"reports/[^/]*|reports/small/[^/]*",
    "history": r"reports/small/history/.*",
}
"""Patterns of paths within a project; together they cover all files that a run writes."""


@pytest.fixture(scope="module")
def measured(small_measured, tmp_path_factory):
    """Give a project with outcomes whose environments are its own, because they are damaged."""
    project = copy_with_outcomes(small_measured, tmp_path_factory)
    for link in (project.root / ".nox").iterdir():
        target = link.resolve()
        if link.is_symlink() and link.name.startswith("env-"):
            link.unlink()
            shutil.copytree(target, link, symlinks=True)
    project.crossload("run", "small")  # copies have other times: built anew, and known since
    return project


def files_of(project) -> list[Path]:
    """Give all files that a run has written, in no package of an environment."""
    root = project.root
    found = [path for top in (".crossload", "reports") for path in (root / top).rglob("*")]
    found += [*(root / ".nox").glob("*.lock"), *(root / ".nox").glob("env-*/crossload-*")]
    return [path for path in found if path.is_file() and "aside" not in path.parts]


def name_of(project, path: Path) -> str:
    return path.relative_to(project.root).as_posix()


def run_again(project, wanted: bytes) -> str:
    done = project.crossload("run", "small", code=None)
    text = done.stdout + done.stderr
    assert "Traceback" not in text, text
    assert done.returncode == 0, text
    assert table(project) == wanted, text
    return text


def is_whole(project, wanted: bytes) -> None:
    """Fail if something that was damaged stays so: the next run is one in which nothing changed."""
    assert "nothing that they depend on changed" in run_again(project, wanted)
    assert project.summary("small")["complete"] is True
    assert len(project.outcomes("small")) > 0


def test_the_kinds_cover_all_files(measured):
    names = [name_of(measured, path) for path in files_of(measured)]

    assert [name for name in names if not any(re.fullmatch(p, name) for p in KINDS.values())] == []


@pytest.mark.parametrize("damage", WAYS, ids=lambda way: way.__name__)
def test_all_files_at_once(measured, damage):
    wanted = table(measured)
    for path in files_of(measured):
        damage(path)
    run_again(measured, wanted)

    is_whole(measured, wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_of_each_kind(measured, kind):
    wanted = table(measured)
    chosen = [p for p in files_of(measured) if re.fullmatch(KINDS[kind], name_of(measured, p))]
    for number, path in enumerate(chosen):
        # another way for each, and over all kinds each way for files of many names
        WAYS[(number + len(kind)) % len(WAYS)](path)
    run_again(measured, wanted)
