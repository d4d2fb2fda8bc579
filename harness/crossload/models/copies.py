"""Private copies of the files that users name: what is inspected is what is loaded.

Between the question and the load environments are built, which takes minutes, and a file may be
replaced meanwhile.  So it is copied once; the copy is inspected, and the copy is loaded.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from crossload.environments import Project
from crossload.errors import StoreError
from crossload.inspection import Inspection, NotAModel, inspect_file
from crossload.models.cache import cache_folder
from crossload.models.copy_bytes import Changed, Copied, copy_file, has_changed
from crossload.models.model_files import ModelFiles, files_of
from crossload.safe import printable
from crossload.store.layout import DISK_FULL, disk_error
from crossload.worker.load_ways import digest as digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_LARGE = 64 << 20
"""Bytes above which a file is looked at before it is copied: nonsense need not be copied."""

_LONG = 1 << 30
"""Bytes above which copying is told, because it takes seconds."""

_SPARE = 256 << 20
"""Bytes of the disk that copies leave free for what is measured."""


_SECONDS = 60
"""Seconds that another run may take to make its folder."""


class Copies:
    """The copies of one run, in a folder that only the user can read; a context manager.

    The folder is ``copies/run-*`` in the cache, with a folder for each content by its digest.  It
    goes away at the end of the run; those of runs that were killed go away when the next begins.

    Parameters
    ----------
    cache
        The folder of environments and outcomes; by default that of `cache_folder`.
    say
        Takes a line about what takes a while.
    """

    def __init__(
        self, cache: Path | None = None, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.say = say
        self.root = Project(cache or cache_folder()).work / "copies"
        self.folder = self.root / "closed"
        """The folder of this run, while it is open."""
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        """Make the folder of this run, and remove those of runs that were killed.

        Raises
        ------
        StoreError
            The folder cannot be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            # a folder is made and locked under one lock, so that no other run takes it for left
            with FileLock(self.root / "lock", timeout=_SECONDS):
                self._remove_left()
                self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.root))
                self._lock = FileLock(self.folder / "lock")
                self._lock.acquire()
        except Timeout as error:
            msg = f"{self.root} is in use by another run, which does not go on"
            raise StoreError(printable(msg), hint="end it, or set CROSSLOAD_CACHE") from error
        except OSError as error:
            raise disk_error(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the copies of this run."""
        if self._lock is not None:
            self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_left(self) -> None:
        for each in self.root.glob("run-*"):
            try:
                with FileLock(each / "lock", timeout=0):
                    pass
            except (Timeout, OSError):
                continue  # of a run that goes on; or nothing that this user may remove
            shutil.rmtree(each, ignore_errors=True)

    def inspect(self, path: Path) -> Inspection:
        """Copy a file or folder, and say what the copy is.

        Parameters
        ----------
        path
            What the user names.

        Returns
        -------
        Inspection
            With the user's path to show, the place of the copy to load, and its digest.

        Raises
        ------
        NotAModel
            It is no model, or it changed while it was copied.
        StoreError
            The copy cannot be written.
        """
        try:
            files = files_of(path)
            # an error is cheaper before the copy than after it; what counts is read from the copy
            if files is None or files.size > _LARGE:
                inspect_file(path)
            if files is None:
                raise NotAModel(printable(f"{path}: it changed while it was looked at"))
            place = self._keep(files)
        except (NotAModel, Changed) as error:
            waiting = "wait until it is written, then try again"
            hint = waiting if isinstance(error, Changed) else error.hint
            text = str(error)
            shown = printable(str(path))
            found = NotAModel(text if text.startswith(shown) else f"{shown}: {text}", hint=hint)
            found.dangerous = getattr(error, "dangerous", ())
            raise found from error
        except OSError as error:
            if error.errno in DISK_FULL:
                raise disk_error(error) from error
            text = printable(f"{path}: cannot be read: {error.strerror or error}")
            raise NotAModel(text) from error
        return self._inspect_copy(path, files, place)

    def _inspect_copy(self, path: Path, files: ModelFiles, place: Path) -> Inspection:
        copied = place / files.main
        try:
            found = inspect_file(copied)
        except NotAModel as error:
            # nobody knows the path of the copy
            texts = [
                text.replace(printable(str(copied)), printable(str(path))).replace(
                    printable(str(place)), printable(str(files.folder))
                )
                for text in (str(error), error.hint or "")
            ]
            shown = NotAModel(texts[0], hint=texts[1] or None)
            shown.dangerous = error.dangerous
            raise shown from error
        # the folder of a checkpoint is read by its index, a file of it
        inner = found.path.relative_to(copied)
        # large files are read once: the digest of what was copied is that of what is loaded, unless
        # that is only a part of it
        whole = found.path == copied and found.format != "checkpoint"
        digest = place.parent.name if whole else digest_of(str(found.path), found.format)
        return replace(found, path=path / inner, place=found.path, sha256=digest)

    def _keep(self, files: ModelFiles) -> Path:
        """Copy the files of a model into a folder that is called by their digest."""
        size, free = files.size, shutil.disk_usage(self.folder).free
        if size + _SPARE > free:
            msg = (
                f"no room to copy {files.folder / files.main}, which has {size >> 20} MB: "
                f"the disk of {self.root} has {free >> 20} MB"
            )
            raise StoreError(printable(msg), hint="make room, or set CROSSLOAD_CACHE elsewhere")
        if size > _LONG:
            self.say(f"copying {printable(str(files.folder / files.main))}, {size >> 20} MB")
        fresh = Path(tempfile.mkdtemp(prefix="copy-", dir=self.folder))
        try:
            for relative in files.folders:
                (fresh / relative).mkdir(parents=True, exist_ok=True)
            copied: list[Copied] = []
            for relative, source in files.sources:
                (fresh / relative).parent.mkdir(parents=True, exist_ok=True)
                copied.append(copy_file(source, fresh / relative))
            # parts that were copied one after the other belong together only if none has changed
            if any(has_changed(each) for each in copied) or files.has_others():
                raise Changed
            place = self.folder / digest_of(str(fresh / files.main), "") / fresh.name
            place.parent.mkdir(exist_ok=True)
            fresh.rename(place)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        return place
