"""Byte code of installed packages, shared by environments that hold the same files.

The first import of a new environment compiles all that it imports, which costs more than building
it. Environments share most of their packages with others, so what one has compiled is linked into
the next. An environment works without any of this: where files cannot be linked, Python compiles
as ever.
"""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "bytecode"
"""Name of the folder with what was compiled, beside the environments that share it."""

MARK = "crossload-bytecode"
"""Name of the file in an environment that says that its byte code was kept."""

_CACHE = "__pycache__"


def link_bytecode(environment: Path, store: Path) -> int:
    """Link what other environments have compiled into a new one.

    Parameters
    ----------
    environment
        Folder of an environment whose packages are installed.
    store
        Folder that `keep_bytecode` has filled, on the same file system.

    Returns
    -------
    int
        Files that were linked; 0 where the file system has no links.
    """
    count = 0
    try:
        for site, entry, _ in _distributions(environment, store):
            for path in entry.rglob("*.pyc") if entry.is_dir() else ():
                target = site / path.relative_to(entry)
                target.parent.mkdir(exist_ok=True)
                count += _link(path, target)
    except OSError:
        return count  # a full disk or another file system: what is missing is compiled
    return count


def keep_bytecode(environment: Path, store: Path) -> int:
    """Keep what an environment has compiled, once.

    It is to be called when the libraries were imported and no model was loaded yet: loading runs
    code that may write anywhere, and what is kept here is believed by other environments.

    Parameters
    ----------
    environment
        Folder of an environment.
    store
        Folder to keep the files in, on the same file system.

    Returns
    -------
    int
        Files that were kept and are new there.
    """
    mark = environment / MARK
    if mark.exists():
        return 0
    count = 0
    try:
        for site, entry, sources in _distributions(environment, store):
            for folder in {source.parent for source in sources}:
                cache = site / folder / _CACHE
                for path in sorted(cache.glob("*.pyc")) if cache.is_dir() else ():
                    if folder / f"{path.name.split('.')[0]}.py" not in sources:
                        continue  # byte code of a file that the package does not list
                    target = entry / folder / _CACHE / path.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    count += _link(path, target)
        mark.touch()
    except OSError:
        return count  # the next process of this environment tries again
    return count


def unused_bytecode(store: Path) -> list[Path]:
    """Give the folders of the store that no environment holds a link to any more."""
    entries = sorted(store.iterdir()) if store.is_dir() else []
    return [
        entry
        for entry in entries
        if all(path.stat().st_nlink == 1 for path in entry.rglob("*.pyc"))
    ]


def _link(source: Path, target: Path) -> int:
    try:
        os.link(source, target)
    except FileExistsError:
        return 0  # another process was first, with the same bytes
    return 1


def _distributions(
    environment: Path, store: Path
) -> Iterator[tuple[Path, Path, frozenset[PurePosixPath]]]:
    """Give (site folder, entry of the store, Python files) of each installed package.

    Python believes byte code whose source has the time and size that it notes. Both may be equal
    for different releases - wheels are often packed with constant times - so entries are called by
    the digests of all sources, as RECORD has them:
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    sites = [*environment.glob("lib/python*/site-packages"), environment / "Lib" / "site-packages"]
    for site in sites:
        for info in sorted(site.glob("*.dist-info")):
            try:
                with (info / "RECORD").open(encoding="utf-8", newline="") as stream:
                    rows = [row for row in csv.reader(stream) if len(row) == 3]
            except FileNotFoundError:
                continue  # installed by something that keeps no record
            # scripts outside of the folder hold the path of their environment, and are no modules
            sources = {
                path: digest
                for path, digest, _ in rows
                if path.endswith(".py") and digest and _is_inside(path)
            }
            digest = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest()[:24]
            name = info.name.removesuffix(".dist-info")
            yield site, store / f"{name}-{digest}", frozenset(map(PurePosixPath, sources))


def _is_inside(path: str) -> bool:
    """Tell whether a path of RECORD stays in the site folder; wheels are other people's files."""
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and "\\" not in path
