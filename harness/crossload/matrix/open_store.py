"""Opens the store that a command line means, takes in what it is to know, and says what was set aside."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.store.merge import join
from crossload.store.remote import Remote
from crossload.store.store import Store
from crossload.system import without_garbage_collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crossload.environments import Project


def is_url(text: str) -> bool:
    """Whether a store is elsewhere, behind a URL, rather than a folder.  Raises `ConfigError` for what is nearly a URL."""
    found = re.match(r"^([A-Za-z][A-Za-z0-9+.-]+):(/*)", text)
    if found is None:
        return False
    scheme, slashes = found.groups()
    wanted = 3 if scheme in ("file", "local") else 2
    if len(slashes) != wanted:
        what = f"--store {text}: a URL of {scheme} begins with {scheme}:{'/' * wanted}"
        raise ConfigError(
            [what], hint="give a folder, or a URL such as s3://bucket/name or file:///mnt/store"
        )
    return True


def store_folder(project: Project, text: str) -> Path:
    """The folder that pinned processes work with: the one that was named, else the project's own."""
    return Path(text).resolve() if text and not is_url(text) else project.work / "store"


@contextmanager
def opened(
    project: Project,
    text: str,
    out: Callable[[str], None],
    *,
    others: Sequence[tuple[Path, Path]] = (),
) -> Iterator[Store]:
    """The store of a folder or URL, with everything read that is known there.

    ``others`` are (folder as given, store in it) to join first.  Raises `StoreError`.
    """
    store = Store(store_folder(project, text))
    with without_garbage_collection():
        store.open()
    try:
        for folder, path in others:
            journals, blobs = join(store, path)
            out(
                f"joined {folder.name}: {journals} journals, {blobs} artifacts, outputs and states that were new"
            )
        if is_url(text):
            out(f"{text}: {store.share_with(Remote(text, store))} journals taken in")
        with without_garbage_collection():
            store.read()
        store.blobs.list()
        yield store
    finally:
        try:
            store.close()
        finally:
            for each in store.aside:
                out(f"SET ASIDE {each}")
