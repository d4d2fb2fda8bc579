"""The opening of the store that a command line means.

It takes in other stores that are to be joined, and says what was set aside as damaged.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.store.merge import join
from crossload.store.remote import Remote
from crossload.store.store import Store
from crossload.system import pause_garbage_collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crossload.environments import Project


def is_url(text: str) -> bool:
    """Tell whether a store is behind a URL rather than in a folder.

    Parameters
    ----------
    text
        The value of ``--store``.

    Raises
    ------
    ConfigError
        It is nearly a URL: ``s3:/bucket`` would be taken for a folder, and a typo would start
        a new, empty store.
    """
    # at least two letters before the colon: one letter is a drive of Windows
    found = re.match(r"^([A-Za-z][A-Za-z0-9+.-]+):(/*)", text)
    if found is None:
        return False
    scheme, slashes = found.groups()
    # a URL of a file has an empty host, and an absolute path begins with a slash
    wanted = 3 if scheme in ("file", "local") else 2
    if len(slashes) != wanted:
        problem = f"--store {text}: a URL of {scheme} begins with {scheme}:{'/' * wanted}"
        raise ConfigError(
            [problem], hint="give a folder, or a URL such as s3://bucket/name or file:///mnt/store"
        )
    return True


def store_folder(project: Project, text: str) -> Path:
    """Give the folder that pinned processes work with: the one named, else the project's own.

    A store behind a URL works in the project's own folder, and shares it as outcomes come.
    """
    return Path(text).resolve() if text and not is_url(text) else project.work / "store"


@contextmanager
def open_store(
    project: Project,
    text: str,
    say: Callable[[str], None],
    *,
    others: Sequence[tuple[Path, Path]] = (),
) -> Iterator[Store]:
    """Open the store of a folder or URL, and read everything that is known there.

    Parameters
    ----------
    project
        Folders of the project.
    text
        The value of ``--store``: a folder, a URL, or nothing for ``.crossload/store``.
    say
        Takes lines for the user.
    others
        Stores to join first: the folder as it was given, and the store in it.

    Yields
    ------
    Store
        It is closed at the end of the block; what was damaged is named then.

    Raises
    ------
    StoreError
        The store cannot be read or written, or another process needs it alone.
    ConfigError
        The URL is not one.
    """
    store = Store(store_folder(project, text))
    with pause_garbage_collection():
        store.open()
    try:
        for folder, path in others:
            journals, blobs = join(store, path)
            say(
                f"joined {folder.name}: {journals} journals,"
                f" {blobs} artifacts, outputs and states that were new"
            )
        if is_url(text):
            say(f"{text}: {store.share_with(Remote(text, store))} journals taken in")
        with pause_garbage_collection():
            store.read()
        store.blobs.list_present()
        yield store
    finally:
        try:
            store.close()
        finally:
            for each in store.damage_notes:
                say(f"SET ASIDE {each}")
