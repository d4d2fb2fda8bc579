"""The folder of the user's cache in which environments and outcomes of users' models are kept."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

CACHE = "CROSSLOAD_CACHE"
"""Variable that names the folder, for those who want it elsewhere, such as CI services."""


def cache_folder() -> Path:
    """Give the folder in which environments and outcomes are kept.

    It is ``$CROSSLOAD_CACHE``, else ``crossload`` in the cache folder of the user: that of
    ``$XDG_CACHE_HOME`` or ``~/.cache`` on Linux, ``~/Library/Caches`` on macOS, and the local
    application data on Windows. It is not created.
    """
    if named := os.environ.get(CACHE):
        return Path(named).expanduser().resolve()
    # without appauthor=False Windows would have the folder "crossload" twice in the path
    return user_cache_path("crossload", appauthor=False)
