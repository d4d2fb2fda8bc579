"""A store elsewhere: any URL that fsspec knows (``s3://bucket/name``, ``file:///mnt/store``).

The folder of the project stays the place where pinned processes work; the remote store is what
several machines share.  Every job's journal is put there as one object with its outputs and states
(`bundle`), after its artifacts: a reader sees all of an outcome or nothing.  Artifacts are fetched
when somebody is to load them.

Layout below the URL: ``schema.json``, ``outcomes/<journal>.tar``,
``artifacts/<sha256>-<name>.tar``, ``aside/``.
"""

from __future__ import annotations

import json
import posixpath
import threading
import uuid
from typing import TYPE_CHECKING, Any

from crossload.derived import make_folder
from crossload.errors import StoreError
from crossload.store import bundle
from crossload.store.blobs import Damaged
from crossload.store.layout import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.store.records import Record
    from crossload.store.store import Store

_RENAMES = ("file", "local", "memory", "sftp", "ssh", "smb", "hdfs")
"""Protocols that write in place: there a file is written under another name and then renamed."""


class Remote:
    """The other end of one local store.

    Parameters
    ----------
    url
        Any URL that fsspec knows.
    store
        The local store, which takes in what is there and gives what it has.

    Raises
    ------
    StoreError
        The URL cannot be understood, or its kind needs a package that is not installed.
    """

    def __init__(self, url: str, store: Store) -> None:
        self.url, self.store = url, store
        try:
            import fsspec  # noqa: PLC0415 - an extra that most do without

            fs, self._root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            msg = f"--store {url}: {error}"
            raise StoreError(
                msg, hint="install that package: fsspec needs one for most kinds of URLs"
            ) from error
        except ValueError as error:
            msg = f"--store {url}: {error}"
            raise StoreError(
                msg, hint="give a folder, or a URL that fsspec knows such as s3://bucket/name"
            ) from error
        self._fs = fs
        self._protocol = fs.protocol if isinstance(fs.protocol, str) else fs.protocol[0]
        self._lock = threading.Lock()
        self._held: dict[str, set[str]] = {}
        """Outputs and states by the journal in whose bundle they are there."""
        self._artifacts: set[str] = set()
        self._pushed: dict[str, int] = {}
        self._bundles: set[str] = set()

    def _call(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the file system; errors but FileNotFoundError become StoreErrors."""
        # what fsspec's packages raise has no common base: botocore's ClientError, paramiko's
        # SSHException, aiohttp's ClientError, ...
        try:
            return getattr(self._fs, operation)(*arguments, **options)
        except FileNotFoundError:
            raise
        except Exception as error:
            msg = f"the store {self.url} cannot be used: {type(error).__name__}: {error}"
            hint = (
                "check the URL, the rights and the network; "
                "what was measured is kept in .crossload/store"
            )
            raise StoreError(msg, hint=hint) from error

    def _path(self, name: str) -> str:
        return posixpath.join(self._root, name)

    def _names(self, folder: str) -> dict[str, int]:
        """Objects below a folder with their sizes; empty where there is no such folder yet."""
        # s3fs and others list a folder once and answer from that, by intention:
        # https://github.com/fsspec/s3fs/issues/851
        self._fs.invalidate_cache()
        try:
            found = self._call("ls", self._path(folder), detail=True)
        except FileNotFoundError:
            return {}
        # some file systems give no size, and some list the folder itself
        return {
            posixpath.basename(each["name"]): int(each["size"] or 0)
            for each in found
            if each["type"] == "file"
        }

    def open(self) -> list[str]:
        """Check what is there and take in all outcomes that are not here yet; give their journals.

        Raises
        ------
        StoreError
            The place cannot be used, or has another schema.
        """
        self._check_schema()
        self._bundles = set(self._names("outcomes"))
        self._artifacts = {name for name in self._names("artifacts") if name.endswith(".tar")}
        return self._pull()

    def _check_schema(self) -> None:
        ours = (json.dumps({"schema": SCHEMA}) + "\n").encode()
        try:
            text = self._call("cat_file", self._path("schema.json"))
        except FileNotFoundError:
            self._put("schema.json", ours)
            return
        try:
            found = json.loads(text)["schema"]
        except (ValueError, KeyError, TypeError) as error:
            # half of ours, of a machine that was killed; or outcomes beside it say what this is
            if not ours.startswith(text) and not self._names("outcomes"):
                msg = f"the store {self.url} has a schema.json that is not ours: {error}"
                raise StoreError(msg, hint="give another URL") from error
            self._put_aside("schema.json", "it was damaged, and is written anew")
            self._put("schema.json", ours)
            return
        if found != SCHEMA:
            msg = f"the store {self.url} has schema {found}, this crossload knows {SCHEMA}"
            raise StoreError(msg, hint="use the crossload that wrote it, or another URL")

    def _pull(self) -> list[str]:
        taken = []
        for name, size in sorted(self._names("outcomes").items()):
            journal = self.store.journals / f"{name.removesuffix('.tar')}.jsonl"
            if not name.endswith(".tar"):
                self._put_aside(f"outcomes/{name}", "not a bundle of outcomes")
                continue
            # a journal is put again when it has grown: its size tells that from what is known
            stamp = self._stamp(name, size)
            if stamp.exists():
                continue
            try:
                found = bundle.unpack(
                    self._call("cat_file", self._path(f"outcomes/{name}")), self.store.root
                )
            except bundle.NotABundle as error:
                self._put_aside(f"outcomes/{name}", str(error))
                continue
            if found != journal.name:
                self._put_aside(f"outcomes/{name}", "it holds another journal than its name says")
                continue
            stamp.touch()
            taken.append(found)
        return taken

    def _stamp(self, name: str, size: int) -> Path:
        """The empty file whose presence says that this machine took or gave such an object."""
        folder = make_folder(self.store.root / "pulled")
        return folder / f"{name}.{size}"

    def _put_aside(self, name: str, why: str) -> None:
        """Move an object that is not what it should be out of the way; note it in any case."""
        target = f"aside/{posixpath.basename(name)}.{uuid.uuid4().hex[:6]}"
        try:
            self._call("makedirs", self._path("aside"), exist_ok=True)
            self._call("mv", self._path(name), self._path(target))
            text = f"moved to {target} there"
        except (OSError, StoreError) as error:
            text = f"it stays there: {error}"
        self.store.damage_notes.append(f"{self.url}/{name}: {why} ({text})")

    def _put(self, name: str, data: bytes) -> None:
        try:
            self._write(self._path(name), data)
        except FileNotFoundError as error:
            msg = f"the store {self.url} cannot be written: {error}"
            raise StoreError(msg, hint="check the URL and the rights") from error

    def _write(self, path: str, data: bytes) -> None:
        if self._protocol not in _RENAMES:
            self._call("pipe_file", path, data)  # object stores show an object when it is whole
            return
        self._call("makedirs", posixpath.dirname(path), exist_ok=True)
        part = f"{path}.{uuid.uuid4().hex[:8]}.part"
        self._call("pipe_file", part, data)
        self._call("mv", part, path)

    def has(self, journal: Path) -> bool:
        """Say if a journal was there when the store was opened."""
        return f"{journal.stem}.tar" in self._bundles

    def push(self, journal: Path) -> None:
        """Put a journal there, what it refers to first.

        Raises
        ------
        StoreError
            The place cannot be written.
        """
        # one at a time: workers end their jobs at once, and share artifacts and outputs
        with self._lock:
            size = journal.stat().st_size
            if self._pushed.get(journal.stem) == size:
                return
            others = (names for stem, names in self._held.items() if stem != journal.stem)
            held: frozenset[str] = frozenset().union(*others)
            # what bundles of other journals hold is there already; artifacts come before the bundle
            # that names them
            data, names, artifacts = bundle.pack(self.store.root, journal, without=held)
            for place in sorted(artifacts):
                name = _object_of(place)
                if name not in self._artifacts and (self.store.blobs.artifacts / place).exists():
                    self._put(f"artifacts/{name}", bundle.pack_artifacts(self.store.root, [place]))
                    self._artifacts.add(name)
            self._put(f"outcomes/{journal.stem}.tar", data)
            self._stamp(f"{journal.stem}.tar", len(data)).touch()
            self._held[journal.stem] = names
            self._pushed[journal.stem] = size

    def has_artifact(self, artifact: Record) -> bool:
        """Say if an artifact can be fetched."""
        return _object_of(bundle.place_of(artifact)) in self._artifacts

    def fetch_artifact(self, artifact: Record) -> None:
        """Bring an artifact here.

        Raises
        ------
        Damaged
            It is damaged there: it was set aside, and its writer saves it anew.
        StoreError
            The place cannot be used.
        """
        name = _object_of(bundle.place_of(artifact))
        try:
            bundle.unpack_artifacts(
                self._call("cat_file", self._path(f"artifacts/{name}")), self.store.root
            )
        except (bundle.NotABundle, FileNotFoundError) as error:
            self._artifacts.discard(name)
            self._put_aside(f"artifacts/{name}", str(error))
            msg = f"artifact {name[:16]} in {self.url} is damaged: {error}"
            raise Damaged(msg) from error


def _object_of(place: str) -> str:
    """Name of the object that holds an artifact; without folders, so that one listing shows all."""
    return place.replace("/", "-") + ".tar"
