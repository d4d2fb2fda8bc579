"""Keys of saves and loads: digests of everything that an outcome depends on, and of nothing else."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from crossload import inside

if TYPE_CHECKING:
    from crossload.config import Limits
    from crossload.environments import Built
    from crossload.plan import Case

PLATFORM = f"{platform.system()}-{platform.machine()}"


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@cache
def file_digest(path: str) -> str:
    """Digest of a file's content, read once a run."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:24]


@cache
def inside_digest() -> str:
    """Digest of the code that runs in the pinned interpreters."""
    folder = Path(inside.__path__[0])
    return _digest([(path.name, file_digest(str(path))) for path in sorted(folder.glob("*.py"))])


def save_key(writer: Built, case: Case, recipe_file: str, data: str, limits: Limits) -> str:
    """Key of the saving of a case in an environment; formats that share a saver share it."""
    return _digest(
        "save",
        writer.fingerprint,
        PLATFORM,
        case.recipe,
        case.saver,
        file_digest(recipe_file),
        data,
        inside_digest(),
        [limits.seconds, limits.memory_mb],
    )


def load_key(reader: Built, case: Case, artifact: str, recipe_file: str, data: str, limits: Limits) -> str:
    """Key of the loading of an artifact in an environment; writers that gave the same bytes share it."""
    return _digest(
        "load",
        reader.fingerprint,
        PLATFORM,
        case.recipe,
        case.format,
        artifact,
        file_digest(recipe_file),
        data,
        inside_digest(),
        [limits.seconds, limits.memory_mb],
    )
