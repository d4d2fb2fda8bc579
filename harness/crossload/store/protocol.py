"""The contract between a local store and one elsewhere.

The store is handed something that keeps it, and knows no more: `remote` imports the store, not
the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.store.records import Record


class RemoteStore(Protocol):
    """A place outside of this machine through which outcomes and artifacts are shared."""

    def open(self) -> list[str]:
        """Take in all outcomes that are not here yet, and give the names of their journals.

        Raises
        ------
        StoreError
            The place cannot be used, or has a schema that this program does not know.
        """

    def has(self, journal: Path) -> bool:
        """Say if a journal was there when the store was opened."""

    def push(self, journal: Path) -> None:
        """Put a journal there, what it refers to first.

        Raises
        ------
        StoreError
            The place cannot be written.
        """

    def has_artifact(self, artifact: Record) -> bool:
        """Say if an artifact can be fetched."""

    def fetch_artifact(self, artifact: Record) -> None:
        """Bring an artifact here.

        Raises
        ------
        Damaged
            It is damaged there: it was set aside, and its writer saves it anew.
        StoreError
            The place cannot be used.
        """
