"""The files of an environment against the records of what was installed, byte by byte.

Each installed distribution has a ``RECORD`` with the size and digest of its files:
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OURS = ("_virtualenv.py", "_virtualenv.pth")
"""Files that uv puts beside the packages of each environment."""


_DAMAGED = "damaged"
"""In place of a digest: the record itself cannot be read."""

_SECONDS_TO_UNPACK = 300.0
"""Time within which the files of a wheel are written when it is unpacked."""


class Difference(NamedTuple):
    """A file that is not what the record of its distribution says."""

    distribution: str
    """Name of the distribution; empty for a file that none lists."""
    path: str
    """Path below the folder of packages."""
    what: str
    """``is missing``, ``has another size``, ``has other content``, ``was added``."""

    @property
    def text(self) -> str:
        """The difference in words."""
        return f"{self.path} {self.what}"


class _Row(NamedTuple):
    distribution: str
    site: Path
    info: str
    path: str
    digest: str
    size: int | None


def differences(folder: Path, *, content: bool = True) -> list[Difference]:
    """Compare the files of an environment with the records of its distributions.

    Parameters
    ----------
    folder
        The folder of the environment.
    content
        Read all files and compare their SHA-256, which takes seconds. Without it sizes tell, and
        only those files are read that were written later than others of their distribution.

    Returns
    -------
    list of Difference
        In the order of paths; files that no record lists come last.
    """
    rows = list(_rows(folder))
    unpacked: dict[tuple[Path, str], float] = {}
    found, to_read = [], []
    for row in rows:
        try:
            facts = (row.site / row.path).stat()
        except OSError as error:
            if not row.path.endswith(".pyc"):  # byte code comes and goes
                missing = isinstance(error, FileNotFoundError)
                what = "is missing" if missing else f"cannot be read ({error.strerror})"
                found.append(Difference(row.distribution, row.path, what))
            continue
        if row.path.endswith(".pyc"):
            continue
        if row.digest == _DAMAGED:
            found.append(Difference(row.distribution, row.path, "cannot be read"))
        elif row.size is not None and facts.st_size != row.size:
            found.append(Difference(row.distribution, row.path, "has another size"))
        elif row.digest.startswith("sha256="):  # RECORD has no digest of itself
            place = (row.site, row.info)
            if place not in unpacked:
                unpacked[place] = _unpacked(row.site / row.info)
            if content or facts.st_mtime > unpacked[place] + _SECONDS_TO_UNPACK:
                to_read.append(row)
    # hashlib lets other threads run while it digests, so that all cores read
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        parts = pool.map(_read_all, [to_read[start::8] for start in range(8)])
        found += [each for part in parts for each in part]
    found.sort(key=lambda each: each.path)
    return found + sorted(_added(folder, rows), key=lambda each: each.path)


def named(found: Iterable[Difference], most: int = 3) -> str:
    """Name the first differences in one line, with how many more there are."""
    texts = [each.text for each in found]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _sites(folder: Path) -> list[Path]:
    places = [*folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages"]
    return [place for place in places if place.is_dir()]


def _rows(folder: Path) -> Iterator[_Row]:
    for site in _sites(folder):
        for info in sorted(site.glob("*.dist-info")):
            # PEP 503: one spelling of a name, which is what uv's cache goes by
            name = re.sub(r"[-_.]+", "-", info.name.removesuffix(".dist-info").rsplit("-", 1)[0])
            record = info / "RECORD"
            try:
                with record.open(encoding="utf-8", newline="") as stream:
                    listed = [row for row in csv.reader(stream) if len(row) == 3]
            except (OSError, ValueError, csv.Error):
                # without its record nothing of the distribution can be believed
                yield _Row(name.lower(), site, info.name, f"{info.name}/RECORD", _DAMAGED, None)
                continue
            for path, digest, size in listed:
                number = int(size) if size.isdecimal() and len(size) < 19 else None
                yield _Row(name.lower(), site, info.name, path, digest, number)


def _unpacked(info: Path) -> float:
    """Time at which a wheel was unpacked: installing it writes RECORD anew, but not METADATA."""
    try:
        return (info / "METADATA").stat().st_mtime
    except OSError:
        return 0.0  # nothing is known: read all of it


def _read_all(rows: list[_Row]) -> list[Difference]:
    found = []
    for row in rows:
        try:
            with (row.site / row.path).open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").digest()
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            found.append(Difference(row.distribution, row.path, what))
            continue
        wanted = row.digest.removeprefix("sha256=").rstrip("=")
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != wanted:
            found.append(Difference(row.distribution, row.path, "has other content"))
    return found


def _added(folder: Path, rows: Iterable[_Row]) -> Iterator[Difference]:
    listed: dict[Path, set[str]] = {site: set() for site in _sites(folder)}
    for row in rows:
        listed[row.site].add(str(PurePosixPath(row.path)))
    for site, names in listed.items():
        for place, folders, files in os.walk(site):
            folders[:] = [each for each in folders if each != "__pycache__"]
            inner = Path(place).relative_to(site)
            for name in files:
                path = (inner / name).as_posix()
                if path not in names and path not in _OURS and not name.endswith(".pyc"):
                    yield Difference("", path, "was added")
