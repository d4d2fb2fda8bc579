"""Lock files: what stands in one, where they lie, and how they are written.

A lock is a requirements file with hashes below a header of comments, so that pip and uv install
from it as it is.  It names no host: hashes decide on what is installed, wherever it comes from.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from packaging.markers import Marker, default_environment
from packaging.utils import canonicalize_name

from crossload.derived import write_text
from crossload.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.environments.project import Project

_HEADER = re.compile(r"^# (lock|python|as-of|inputs|left-out|platform): (.*)$")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")

# uv leaves these out by default, but `emit-index-url` and `emit-find-links` of a user's uv.toml
# switch them on; index addresses may hold credentials, and locks are committed
_HOSTS = re.compile(r"(?m)^(--(?:extra-)?index-url|--find-links).*\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """A lock file as read."""

    path: Path
    python: str
    """Minor version of the Python that it is for."""
    as_of: str
    """Day as of which it was resolved, ISO."""
    inputs: str
    """The `inputs_digest` of the environment that it was made for."""
    text: str
    digest: str
    """Digest of the pins and hashes alone: a new header does not make a new environment."""
    left_out: tuple[str, ...] = ()
    """Extras that had no release of that time, each with the reason."""

    def versions(self) -> dict[str, str]:
        """Give the locked version of each package, of the pins that count on this platform.

        Returns
        -------
        dict
            Versions by canonical package name.
        """
        # markers ask for the Python that the lock is for, not for the one that runs this; the lock
        # does not say which patch release that is: 99 is above all there are
        here = default_environment() | {
            "python_version": self.python,
            "python_full_version": f"{self.python}.99",
        }
        found = {}
        for line in self.text.splitlines():
            pin = _PIN.match(line.strip())
            if pin and (pin.group(3) is None or Marker(pin.group(3)).evaluate(dict(here))):  # type: ignore[arg-type]
                found[str(canonicalize_name(pin.group(1)))] = pin.group(2)
        return found


def read_lock(path: Path) -> Lock | None:
    """Read a lock file.

    Returns
    -------
    Lock or None
        None where there is no such file, or it is not one of ours.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    header: dict[str, list[str]] = {}
    for line in text.splitlines():
        if found := _HEADER.match(line):
            header.setdefault(found.group(1), []).append(found.group(2))
    if not {"python", "as-of", "inputs"} <= set(header) or not _is_day(header["as-of"][0]):
        return None
    return Lock(
        path=path,
        python=header["python"][0],
        as_of=header["as-of"][0],
        inputs=header["inputs"][0],
        text=text,
        digest=_digest(text),
        left_out=tuple(header.get("left-out", ())),
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _digest(text: str) -> str:
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return hashlib.sha256(body.encode()).hexdigest()


def candidates(environment_id: str, project: Project) -> list[Path]:
    """Give the paths that the lock of an environment may have, there or not, best first.

    They are the committed lock, the committed lock of this platform, and those that were made
    here for other Pythons.
    """
    local = sorted(project.local_locks.glob(f"{environment_id}.py3*.txt"), reverse=True)
    return [
        project.locks / f"{environment_id}.txt",
        project.locks / f"{environment_id}.{sys.platform}.txt",
        *local,
    ]


def write_lock(path: Path, header: list[str], requirements: str) -> Lock:
    """Write a lock file, whole or not at all, and read it back.

    Parameters
    ----------
    path
        The lock file; folders that are missing are made.
    header
        Comment lines, one a fact.
    requirements
        What uv resolved; lines that name a host are left out.

    Raises
    ------
    EnvironmentUnavailable
        What was written cannot be read.
    """
    # whole or not at all: runs read locks while others are made
    body = _HOSTS.sub("", requirements)
    write_text(path, "\n".join([*header, body]))
    lock = read_lock(path)
    if lock is None:
        msg = f"the lock that was just written cannot be read: {path.name}"
        raise EnvironmentUnavailable(msg)
    return lock
