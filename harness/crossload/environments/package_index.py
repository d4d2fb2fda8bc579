"""Asks the package index for release dates, wheel tags and Python ranges; keeps them for a day."""

from __future__ import annotations

import difflib
import json
import os
import platform
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from crossload.derived import write_text
from crossload.environments.index_settings import NETWORK_HINT, certificates, index_urls
from crossload.errors import EnvironmentPinsError, IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One release of a package."""

    version: str
    uploaded: str
    """Date of the first file, ISO; empty where the index does not tell."""
    pythons: str
    """``requires-python`` as the index gives it."""
    tags: tuple[str, ...]
    """``python-abi-platform`` tags of its wheels."""
    yanked: bool = False

    @property
    def day(self) -> date | None:
        """The day of the first file; None where the index does not tell."""
        return date.fromisoformat(self.uploaded) if self.uploaded else None


class Index:
    """The releases of packages, as the index of the user's settings has them; many threads may ask.

    Parameters
    ----------
    cache
        Folder of answers, each of which is believed for a day.
    environ
        Environment variables to read pip's and uv's settings from.
    clock
        The time, in seconds since the epoch, that answers are as old as of.
    """

    def __init__(
        self, cache: Path, *, environ: Mapping[str, str] | None = None, clock: float | None = None
    ) -> None:
        self._cache = cache
        self._environ = os.environ if environ is None else environ
        self._now = time.time() if clock is None else clock
        self._known: dict[str, list[Release]] = {}
        self._lock = threading.Lock()

    def releases(self, package: str) -> list[Release]:
        """Give all final releases, the yanked ones too, oldest version first.

        Reads and writes one file a package in the cache folder.

        Raises
        ------
        IndexUnavailable
            The package index does not answer.
        """
        name = str(canonicalize_name(package))
        # held while the index is asked: threads that lock environments want the same packages
        with self._lock:
            if name not in self._known:
                self._known[name] = self._from_disk(name) or self._ask(name)
            return self._known[name]

    def release(self, package: str, version: str) -> Release:
        """Give one release.

        Raises
        ------
        EnvironmentPinsError
            There is no such package or release; the hint names the nearest.
        IndexUnavailable
            The package index does not answer.
        """
        releases = self.releases(package)
        for each in releases:
            if Version(each.version) == Version(version):
                return each
        if not releases:
            msg = f"{package}: the package index has no such package"
            raise EnvironmentPinsError(msg, hint="check the spelling")
        msg = f"{package}=={version}: no such release"
        raise EnvironmentPinsError(
            msg, hint="nearest: " + ", ".join(nearest(version, [r.version for r in releases]))
        )

    def first_day(self, package: str) -> date | None:
        """Give the day of the first release; None where there is none.

        Raises
        ------
        IndexUnavailable
            The package index does not answer.
        """
        days = [release.day for release in self.releases(package) if release.day]
        return min(days, default=None)

    def _from_disk(self, name: str) -> list[Release] | None:
        path = self._cache / f"{name}.json"
        try:
            if self._now - path.stat().st_mtime > _DAY:
                return None
            rows = json.loads(path.read_text(encoding="utf-8"))
            return [Release(**(row | {"tags": tuple(row["tags"])})) for row in rows]
        except (OSError, ValueError, TypeError, KeyError):
            return None  # not there, or not ours: ask the index again

    def _ask(self, name: str) -> list[Release]:
        import requests  # noqa: PLC0415 - a second of imports that runs with locks do without
        from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple  # noqa: PLC0415

        session = requests.Session()
        if bundle := certificates(self._environ):
            session.verify = bundle
        pages = []
        for url in index_urls(self._environ, Path.home(), PYPI_SIMPLE_ENDPOINT):
            try:
                with PyPISimple(endpoint=url, session=session) as client:
                    pages.append(client.get_project_page(name, timeout=60))
            except NoSuchProjectError:
                continue
            except (requests.RequestException, ValueError) as error:
                msg = f"the package index does not answer for {name!r}: {type(error).__name__}"
                raise IndexUnavailable(msg, hint=NETWORK_HINT) from error
        found = _releases([package for page in pages for package in page.packages])
        # in one step: another process may be reading it
        write_text(self._cache / f"{name}.json", json.dumps([asdict(each) for each in found]))
        return found


def _releases(packages: list[object]) -> list[Release]:
    """Join the files of a package to its final releases, oldest version first."""
    # `object`, read with getattr: pypi_simple, whose type it is, is imported only when asked for
    rows: dict[Version, dict[str, object]] = {}
    for package in packages:
        try:
            version = Version(str(getattr(package, "version", "")))
        except InvalidVersion:
            continue  # from before PEP 440
        if version.is_prerelease or version.is_devrelease:
            continue
        empty = {"version": str(version), "days": [], "tags": [], "pythons": "", "live": False}
        row = rows.setdefault(version, empty)
        # an optional field of the index (https://peps.python.org/pep-0700/): private ones lack it
        uploaded: datetime | None = getattr(package, "upload_time", None)
        if uploaded is not None:
            row["days"].append(uploaded.astimezone(UTC).date().isoformat())  # type: ignore[attr-defined]
        row["pythons"] = row["pythons"] or getattr(package, "requires_python", None) or ""
        # files are yanked, not releases: https://peps.python.org/pep-0592/
        row["live"] = row["live"] or not getattr(package, "is_yanked", False)
        try:
            tags = parse_wheel_filename(str(package.filename))[3]  # type: ignore[attr-defined]
        except InvalidWheelFilename:
            continue  # a source distribution, or a wheel from before names were checked
        row["tags"].extend(str(tag) for tag in tags)  # type: ignore[attr-defined]
    return [
        Release(
            version=str(row["version"]),
            uploaded=min(row["days"], default=""),  # type: ignore[call-overload]
            pythons=str(row["pythons"]),
            tags=tuple(dict.fromkeys(row["tags"])),  # type: ignore[call-overload]
            yanked=not row["live"],
        )
        for _, row in sorted(rows.items())
    ]


def nearest(version: str, known: list[str]) -> list[str]:
    """Give up to three known versions that are nearest: by spelling, else the newest."""
    close = difflib.get_close_matches(version, known, n=3, cutoff=0.6)
    return close or known[-3:][::-1]


def runs_on(release: Release, minor: str, *, built: bool = False) -> bool:
    """Say if a release allows a Python and has a wheel for it on this kind of machine.

    Parameters
    ----------
    release
        A release as the index has it.
    minor
        Minor version of CPython, such as ``3.12``.
    built
        It may be built from source, so that it needs no wheel.
    """
    if release.pythons:
        try:
            # 99 stands for the newest patch release: ``>=3.8.1`` allows 3.8
            if not SpecifierSet(release.pythons).contains(f"{minor}.99", prereleases=True):
                return False
        except InvalidSpecifier:
            return False
    return built or any(_tag_fits(tag, minor) for tag in release.tags)


def _tag_fits(tag: str, minor: str) -> bool:
    # an estimate that chooses which Pythons to try: versions of glibc and macOS are not compared,
    # musllinux counts where manylinux does, and uv has the last word
    python, abi, where = tag.split("-", 2)
    digits = minor.replace(".", "")
    # the stable ABI holds for the Python that it names and all later ones of Python 3
    if abi == "abi3" and python.startswith("cp3"):
        fits = int(python[3:] or 0) <= int(digits[1:])
    else:
        fits = python in (f"cp{digits}", f"py{digits}", "py3")
    # Windows says AMD64, Linux and macOS x86_64; macOS says arm64, Linux aarch64
    machine = platform.machine().lower().replace("amd64", "x86_64")
    arms = ("arm64", "aarch64")
    if where == "any":
        return fits
    system = {
        "linux": ("manylinux", "linux", "musllinux"),
        "darwin": ("macosx",),
        "win32": ("win",),
    }.get(sys.platform, ())
    named = (
        any(arm in where for arm in arms)
        if machine in arms
        else ("x86_64" in where or "amd64" in where)
    )
    return fits and where.startswith(system) and (named or "universal2" in where)
