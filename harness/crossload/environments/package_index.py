"""Release dates, wheel tags and Python ranges, as the package index tells them; kept on disk for a day."""

from __future__ import annotations

import configparser
import difflib
import json
import os
import threading
import time
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

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
        return date.fromisoformat(self.uploaded) if self.uploaded else None


def index_urls(environ: Mapping[str, str], home: Path) -> list[str]:
    """Index addresses that pip's and uv's settings name, the main one first; empty for the default index."""
    main = (
        environ.get("UV_DEFAULT_INDEX")
        or environ.get("UV_INDEX_URL")
        or environ.get("PIP_INDEX_URL")
    )
    extra = (
        f"{environ.get('UV_EXTRA_INDEX_URL', '')} {environ.get('PIP_EXTRA_INDEX_URL', '')}".split()
    )
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if not main:
        main = _uv_setting(config / "uv" / "uv.toml")
    for path in (
        environ.get("PIP_CONFIG_FILE"),
        config / "pip" / "pip.conf",
        home / ".pip" / "pip.conf",
        "/etc/pip.conf",
    ):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(path or os.devnull, encoding="utf-8")
        except configparser.Error:
            continue  # pip itself will say what is wrong with its file
        main = main or parser.get("global", "index-url", fallback=None)
        extra += parser.get("global", "extra-index-url", fallback="").split()
    urls = ([main] if main else []) + [url for url in extra if url.startswith("http")]
    return list(dict.fromkeys(urls))


def certificates(environ: Mapping[str, str]) -> str:
    """The bundle of certificates that requests, pip or uv were told to use; empty for the usual one."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")
    return next((environ[name] for name in names if environ.get(name)), "")


def _uv_setting(path: Path) -> str | None:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return None
    default = next((row.get("url") for row in table.get("index", []) if row.get("default")), None)
    return default or table.get("index-url")


class Index:
    """What releases there are of a package; many threads may ask."""

    def __init__(
        self, cache: Path, *, environ: Mapping[str, str] | None = None, clock: float | None = None
    ) -> None:
        self._cache = cache
        self._environ = os.environ if environ is None else environ
        self._now = time.time() if clock is None else clock
        self._known: dict[str, list[Release]] = {}
        self._lock = threading.Lock()

    def releases(self, package: str) -> list[Release]:
        """All final releases that were not yanked, oldest version first.  Raises `IndexUnavailable`."""
        name = str(canonicalize_name(package))
        with self._lock:
            if name not in self._known:
                self._known[name] = self._from_disk(name) or self._ask(name)
            return self._known[name]

    def release(self, package: str, version: str) -> Release:
        """One release.  Raises `EnvironmentPinsError` that names the nearest for one that does not exist."""
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
        """Day of the first release; None where there is none."""
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
        import requests  # noqa: PLC0415 - a second of imports that a run with locks never needs
        from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple  # noqa: PLC0415

        session = requests.Session()
        if bundle := certificates(self._environ):
            session.verify = bundle
        pages = []
        for url in index_urls(self._environ, Path.home()) or [PYPI_SIMPLE_ENDPOINT]:
            try:
                with PyPISimple(endpoint=url, session=session) as client:
                    pages.append(client.get_project_page(name, timeout=60))
            except NoSuchProjectError:
                continue
            except (requests.RequestException, ValueError) as error:
                msg = f"the package index does not answer for {name!r}: {type(error).__name__}"
                raise IndexUnavailable(
                    msg, hint="locks that are there need no index; check the network"
                ) from error
        found = _releases([package for page in pages for package in page.packages])
        self._cache.mkdir(parents=True, exist_ok=True)
        part = self._cache / f"{name}.{os.getpid()}.part"
        part.write_text(json.dumps([asdict(release) for release in found]), encoding="utf-8")
        part.replace(self._cache / f"{name}.json")
        return found


def _releases(packages: list[object]) -> list[Release]:
    rows: dict[Version, dict[str, object]] = {}
    for package in packages:
        try:
            version = Version(str(getattr(package, "version", "")))
        except InvalidVersion:
            continue
        if version.is_prerelease or version.is_devrelease:
            continue
        empty = {"version": str(version), "days": [], "tags": [], "pythons": "", "live": False}
        row = rows.setdefault(version, empty)
        uploaded: datetime | None = getattr(package, "upload_time", None)
        if uploaded is not None:
            row["days"].append(uploaded.astimezone(UTC).date().isoformat())  # type: ignore[attr-defined]
        row["pythons"] = row["pythons"] or getattr(package, "requires_python", None) or ""
        row["live"] = row["live"] or not getattr(package, "is_yanked", False)
        try:
            tags = parse_wheel_filename(str(package.filename))[3]  # type: ignore[attr-defined]
        except InvalidWheelFilename:
            continue
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
    """Up to three known versions that are nearest: by spelling first, then the newest."""
    close = difflib.get_close_matches(version, known, n=3, cutoff=0.6)
    return close or known[-3:][::-1]


def runs_on(release: Release, minor: str) -> bool:
    """Whether a release has a wheel that CPython ``minor`` installs on this kind of machine, and allows that Python."""
    if release.pythons:
        try:
            if not SpecifierSet(release.pythons).contains(f"{minor}.99", prereleases=True):
                return False
        except InvalidSpecifier:
            return False
    return any(_tag_fits(tag, minor) for tag in release.tags)


def _tag_fits(tag: str, minor: str) -> bool:
    import platform  # noqa: PLC0415
    import sys  # noqa: PLC0415

    python, abi, where = tag.split("-", 2)
    digits = minor.replace(".", "")
    if abi == "abi3" and python.startswith("cp3"):
        fits = int(python[3:] or 0) <= int(digits[1:])
    else:
        fits = python in (f"cp{digits}", f"py{digits}", "py3")
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
