"""Finds a lock file on disk or in a git revision, and the module that reads its format."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Protocol

from crossload.errors import ConfigError
from crossload.requirements import conda, pip, pipfile, poetry, pylock, uv
from crossload.requirements.locked import InvalidLock, Locked
from crossload.safe import printable

_HINT = (
    "known: requirements.txt, uv.lock, pylock.toml, poetry.lock, Pipfile.lock, environment.yml;"
    " or REVISION:PATH of one in git"
)

_NAMES = re.compile(
    r"(uv\.lock|poetry\.lock|Pipfile\.lock|pylock(\..+)?\.toml|[^/]*\.(txt|in|ya?ml|lock))$"
)

_GIT_SECONDS = 60.0
"""Seconds that git may take: in a partial clone it fetches what is not here over the network."""


class LockFormat(Protocol):
    """The two functions that each module of a format has.

    Modules satisfy a protocol as objects do, without ``self`` (PEP 544).
    """

    def matches(self, name: str, text: str) -> bool:
        """Tell whether a file is of this format, by its name and its text."""

    def read(self, text: str, *, folder: Path | None, minor: str) -> Locked:
        """Read the text of a file, with markers as they are for a version of Python."""


FORMATS: tuple[LockFormat, ...] = (conda, pipfile, pylock, poetry, uv, pip)
"""All formats in the order in which they are tried; any file is a list of requirements for pip."""


def is_lock_name(path: str) -> bool:
    """Tell whether a file is a lock by its name.

    Parameters
    ----------
    path
        A path with ``/``, of which only the last part counts; the file need not exist.
    """
    return _NAMES.fullmatch(PurePosixPath(path).name) is not None


def read_locked(text: str, *, option: str, minor: str = "") -> Locked:
    """Read a lock file, or one of a git revision (``main:uv.lock``).

    Parameters
    ----------
    text
        The path of the file, or the revision and the path with a colon between them.
    option
        The option of the command line that named it, for messages.
    minor
        The version of Python that markers are evaluated for, such as ``3.12``; this one if empty.

    Returns
    -------
    Locked
        At least one package, and descriptions of what cannot be used.

    Raises
    ------
    ConfigError
        There is no such file or revision, it breaks the rules of its format, or it names no
        package of the index; the message names the option and the file, the hint what to do.

    Notes
    -----
    Reads the file, and the files below its folder that a list of requirements includes; runs
    ``git show`` for a revision.
    """
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # a home that nobody has
        path = Path(text)
    if path.is_file():
        return _parse(path.name, path.read_bytes(), f"{option} {text}", path.parent, minor)
    # the file goes first: on Windows each absolute path has a colon
    revision, colon, name = text.partition(":")
    if colon and revision and name:
        content = _from_git(revision, name, option)
        return _parse(PurePosixPath(name).name, content, f"{option} {text}", None, minor)
    raise ConfigError([f"{option} {text}: there is no such file"], hint=_HINT)


def _from_git(revision: str, name: str, option: str) -> bytes:
    if revision.startswith("-"):
        # git would take it for an option, and --output=FILE writes files
        raise ConfigError([f"{option} {revision}:{name}: not a revision"], hint=_HINT)
    # ./ makes git look from the current folder, as people expect, instead of the top of the
    # repository (https://git-scm.com/docs/gitrevisions)
    path = name if name.startswith(("./", "../", "/")) else f"./{name}"
    command = ["git", "show", f"{revision}:{path}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError([f"{option} {revision}:{name}: git cannot be run: {error}"]) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()[:300]
        raise ConfigError(
            [f"{option} {revision}:{name}: {reason}"],
            hint="git log shows the revisions; fetch what is not here",
        )
    return done.stdout


def _parse(name: str, content: bytes, shown: str, folder: Path | None, minor: str) -> Locked:
    try:
        text = content.decode("utf-8-sig")  # editors of Windows put a byte order mark in front
        form = next(each for each in FORMATS if each.matches(name, text))
        found = form.read(text, folder=folder, minor=minor)
    except InvalidLock as error:
        hint = f"{error.hint}; {_HINT}" if error.hint else _HINT
        raise ConfigError([f"{shown}: cannot be read: {error}"], hint=hint) from error
    # ValueError is what broken TOML, JSON and UTF-8 raise, and numbers of too many digits.  The
    # others come from values of unexpected types, as formats are read without a schema, and
    # RecursionError from brackets within brackets: tomllib, json and yaml all nest by recursion.
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        why = f"{type(error).__name__}: {printable(str(error))[:300]}"
        raise ConfigError([f"{shown}: cannot be read: {why}"], hint=_HINT) from error
    if not found.packages:
        why = f": cannot use {', '.join(found.unusable[:5])}" if found.unusable else ""
        raise ConfigError([f"{shown}: names no package of the index{why}"], hint=_HINT)
    return found
