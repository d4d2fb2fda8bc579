"""Byte code of installed packages, shared by environments that hold the same files.

The first import of a new environment compiles all that it imports, which costs more than building
it. Environments share most of their packages with others, so what one has compiled is linked into
the next. An environment works without any of this: where files cannot be linked, Python compiles
as ever.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "bytecode"
"""Name of the folder with what was compiled, beside the environments that share it."""

MARK = "crossload-bytecode"
"""Name of the file in an environment that says that its byte code was kept."""

LISTING = "crossload-compiled.json"
"""Name of the file with size and time of each file of byte code.

It stands in environments, where changes are found by it, and in each folder of the store.
"""

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
            known = read_listing(entry) or {}
            for name, facts in known.items():
                path, target = entry / name, site / name
                # it may have gone, or been damaged since: all environments share its bytes
                if _facts(path) != facts or not _is_inside(name) or not _is_of(path, target):
                    continue
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
            known = read_listing(entry) or {}
            before = dict(known)
            for folder in {source.parent for source in sources}:
                cache = site / folder / _CACHE
                for path in sorted(cache.glob("*.pyc")) if cache.is_dir() else ():
                    if folder / f"{path.name.split('.')[0]}.py" not in sources:
                        continue  # byte code of a file that the package does not list
                    name = (folder / _CACHE / path.name).as_posix()
                    target = entry / name
                    if _facts(target) != known.get(name, ()) or not _is_of(target, site / name):
                        _remove(target)  # damaged, or of sources with other times
                    target.parent.mkdir(parents=True, exist_ok=True)
                    count += _link(path, target)
                    known[name] = _facts(target) or []
            if known != before:
                write_listing(entry, known)
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


def read_listing(folder: Path) -> dict[str, list[int]] | None:
    """Read the size and time of each file of byte code in a folder, by its path.

    Returns
    -------
    dict or None
        Empty where nothing was listed yet; None where the list is damaged.
    """
    try:
        found = json.loads((folder / LISTING).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_listing(folder: Path, known: dict[str, list[int]]) -> None:
    """Write the size and time of each file of byte code in a folder, whole or not at all."""
    part = folder / f"{LISTING}.{os.getpid()}.part"
    part.write_text(json.dumps(known), encoding="utf-8")
    part.replace(folder / LISTING)


def _facts(path: Path) -> list[int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns]


def _is_of(compiled: Path, target: Path) -> bool:
    """Tell whether byte code is of the source that stands beside its place in an environment.

    Python would not believe other byte code, and write it anew at some time:
    https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
    """
    source = target.parent.parent / f"{target.name.split('.')[0]}.py"
    try:
        with compiled.open("rb") as stream:
            head = stream.read(16)
        facts = source.stat()
    except OSError:
        return False
    # Python 3.6 has no flags: there time and size stand four bytes earlier
    place = 4 if compiled.name.split(".")[-2].startswith("cpython-36") else 8
    # nanoseconds are cut off as Python does, and both numbers to 32 bits
    noted = (int(facts.st_mtime) & 0xFFFFFFFF, facts.st_size & 0xFFFFFFFF)
    return head[place : place + 8] == b"".join(each.to_bytes(4, "little") for each in noted)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return


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
