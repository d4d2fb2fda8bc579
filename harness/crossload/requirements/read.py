"""Finds a lock file on disk or in a git revision, and the module that reads its format."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol

from crossload import limits
from crossload.errors import ConfigError
from crossload.requirements import conda, pdm, pip, pipfile, poetry, pylock, uv
from crossload.requirements.bounds import check_size, read_bytes, top_of, within
from crossload.requirements.locked import InvalidLock, Locked

_HINT = (
    "known: requirements.txt, uv.lock, pylock.toml, poetry.lock, pdm.lock,"
    " Pipfile.lock, environment.yml;"
    " or REVISION:PATH of one in git"
)

_NAMES = re.compile(
    r"(uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock|pylock(\..+)?\.toml|[^/]*\.(txt|in|ya?ml|lock))$"
)

_SECONDS, _MEMORY = 10.0, 400 << 20
"""Seconds and bytes that reading one lock may take."""

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


FORMATS: tuple[LockFormat, ...] = (conda, pipfile, pylock, poetry, pdm, uv, pip)
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
        return _parse(path, None, f"{option} {text}", minor)
    # the file goes first: on Windows each absolute path has a colon
    revision, colon, name = text.partition(":")
    if colon and revision and name:
        content = _from_git(revision, name, option)
        return _parse(PurePosixPath(name), content, f"{option} {text}", minor)
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
        # what is not there has no size; `git show` says so in better words
        size = subprocess.run(
            ["git", "cat-file", "-s", f"{revision}:{path}"],
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        ).stdout.strip()
        check_size(int(size) if size.isdigit() else 0)
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)
    except InvalidLock as error:
        raise ConfigError([f"{option} {revision}:{name}: {error}"], hint=_HINT) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError([f"{option} {revision}:{name}: git cannot be run: {error}"]) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()[:300]
        raise ConfigError(
            [f"{option} {revision}:{name}: {reason}"],
            hint="git log shows the revisions; fetch what is not here",
        )
    return done.stdout


def _parse(path: PurePath, content: bytes | None, shown: str, minor: str) -> Locked:
    """Read a lock on disk, or the content of one that is in a revision."""
    try:
        with limits.allowed(_SECONDS, _MEMORY), limits.bounded():
            folder = path.parent if isinstance(path, Path) else None
            content = _on_disk(path) if isinstance(path, Path) else content or b""
            text = content.decode("utf-8-sig")  # editors of Windows put a byte order mark in front
            form = next(each for each in FORMATS if each.matches(path.name, text))
            found = form.read(text, folder=folder, minor=minor)
    except (InvalidLock, limits.LimitReached) as error:
        own = error.hint if isinstance(error, InvalidLock) else ""
        hint = f"{own}; {_HINT}" if own else _HINT
        # the causes of errors hold what they could not read, which must not be shown
        raise ConfigError([f"{shown}: cannot be read: {error}"], hint=hint) from None
    # ValueError is what broken UTF-8 raises, and numbers of too many digits.  The others come from
    # values of unexpected types, as formats are read without a schema, and RecursionError from
    # brackets within brackets: tomllib, json and yaml all nest by recursion.  Their texts may hold
    # values of the file.
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        RecursionError,
        MemoryError,
        OSError,
    ) as error:
        why = f"{type(error).__name__}, so that it is none of its format"
        raise ConfigError([f"{shown}: cannot be read: {why}"], hint=_HINT) from None
    if not found.packages:
        why = f": cannot use {', '.join(found.unusable[:5])}" if found.unusable else ""
        raise ConfigError([f"{shown}: names no package of the index{why}"], hint=_HINT)
    return found


def _on_disk(path: Path) -> bytes:
    top = top_of(path.parent)
    if within(path.parent.resolve() / path.name, top) is None:
        # whoever proposes a change may make the lock a link to a file that they may not read
        msg = "a link to a file outside of the project"
        raise InvalidLock(msg, hint="name the file that it leads to, if that is meant")
    return read_bytes(path)
