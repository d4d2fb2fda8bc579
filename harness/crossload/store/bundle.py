"""Outcomes on their way between machines: a journal and what it refers to, packed into one tar.

The same bundle is what a remote store holds, what a worker of a cluster gives back, and what is
unpacked into the store of whoever reads it.  Names in a bundle are checked: a bundle from
elsewhere is not trusted to write where it likes.
"""

from __future__ import annotations

import io
import re
import shutil
import tarfile
import uuid
from typing import TYPE_CHECKING

from crossload.store.records import Reader
from crossload.worker import outputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crossload.store.records import Record

# Every name is matched with these, and files are written by us, not extracted by tarfile: its
# filters keep names within a folder, but let through what is no part of a store
# (https://docs.python.org/3/library/tarfile.html#extraction-filters).
_JOURNAL = re.compile(r"^journals/[\w.-]+\.jsonl$")
_OUTPUTS = re.compile(r"^outputs/[0-9a-f]{32}\.npz$")
_STATES = re.compile(r"^states/[0-9a-f]{32}\.json$")
_ARTIFACT = re.compile(r"^artifacts/[0-9a-f]{64}/(?!.*\.\.)[^/\\].*$")
_NAMED = ("kept", "noise", "kept_train", "resumed")
"""Members of a record that name a file of outputs."""


class NotABundle(Exception):
    """The bytes are a truncated bundle, or something else altogether."""


def refers_to(record: Record) -> Iterator[str]:
    """Give the names, within a store, of the outputs and states that a record refers to."""
    for name in _NAMED:
        if record.get(name):
            yield f"outputs/{record[name]}.npz"
    if record.get("state"):
        yield f"states/{record['state']}.json"


def records_of(journal: bytes) -> Iterator[Record]:
    """Give the facts of all outcomes of a journal; lines that cannot be read are passed over."""
    reader = Reader()
    for line in journal.splitlines():
        try:
            reader.line(line, "")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            continue  # cut short by a kill, or damaged: the store that reads it says so
    for kind in ("save", "load"):
        for known in reader.by_kind[kind].values():
            yield known.facts
            # a repeat in a process of its own holds what it repeated, with outputs of its own
            yield from (known.facts[name] for name in ("first", "second") if name in known.facts)


def pack(
    root: Path, journal: Path, *, without: frozenset[str] = frozenset()
) -> tuple[bytes, set[str], set[str]]:
    """Pack a journal with the outputs and states that it refers to.

    Parameters
    ----------
    root
        The folder of the store.
    journal
        The journal, which may still be written to.
    without
        Names of outputs and states that the receiver has.

    Returns
    -------
    tuple
        The tar, the names of the outputs and states in it, and the places of the artifacts that
        the journal names, which are not in it.
    """
    # up to the last whole line
    text = journal.read_bytes()
    text = text[: text.rfind(b"\n") + 1]
    names: set[str] = set()
    artifacts: set[str] = set()
    for record in records_of(text):
        names.update(refers_to(record))
        if "artifact" in record:
            artifacts.add(place_of(record["artifact"]))
    names = {name for name in names - without if (root / name).exists()}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name in sorted(names):
            _add(tar, name, (root / name).read_bytes())
        # last: a bundle without it is not whole.  tarfile takes a tar that was cut between two
        # members for a whole one, and ends silently at a damaged header:
        # https://github.com/python/cpython/issues/120740
        _add(tar, f"journals/{journal.name}", text)
    return stream.getvalue(), names, artifacts


def place_of(artifact: Record) -> str:
    """Give the place of an artifact below the folder of artifacts: ``<sha256>/<name>``."""
    # the same bytes may have been saved under two names, and Keras goes by the suffix
    return f"{artifact['sha256']}/{artifact['name']}"


def pack_artifacts(root: Path, places: Iterable[str]) -> bytes:
    """Pack artifacts, files and folders alike, into one tar.

    Parameters
    ----------
    root
        The folder of the store.
    places
        Places as `place_of` gives them.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for place in sorted(places):
            top = root / "artifacts" / place
            files = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
            for path in files:
                _add(tar, path.relative_to(root).as_posix(), path.read_bytes())
    return stream.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    # no time, owner and rights: equal files give equal bytes wherever and whenever they are packed
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            found = {}
            for member in tar:
                # only of files: of a link tarfile would give, or miss, what it points to
                stream = tar.extractfile(member) if member.isfile() else None
                content = stream.read() if stream is not None else b""
                if stream is None or len(content) != member.size:
                    msg = f"{member.name}: not a whole file"
                    raise NotABundle(msg)
                found[member.name] = content
    except (tarfile.TarError, EOFError, OSError) as error:
        raise NotABundle(str(error)) from error
    return found


def unpack(data: bytes, root: Path) -> str:
    """Take a bundle into a store, the journal last.

    Parameters
    ----------
    data
        The tar of `pack`.
    root
        The folder of the store, in which its folders are.

    Returns
    -------
    str
        The name of the journal.

    Raises
    ------
    NotABundle
        The bytes are truncated, or hold other things than one journal, outputs and states.
    """
    members = _members(data)
    journals = [name for name in members if _JOURNAL.match(name)]
    others = [name for name in members if not _JOURNAL.match(name)]
    if len(journals) != 1 or not all(
        _OUTPUTS.match(name) or _STATES.match(name) for name in others
    ):
        msg = "it holds other things than one journal, outputs and states"
        raise NotABundle(msg)
    # outputs and states first, each renamed when it is whole: who reads the journal finds them
    for name in (*others, *journals):
        path = root / name
        if path.exists() and name != journals[0]:
            continue
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part")
        part.write_bytes(members[name])
        part.replace(path)
    return journals[0].partition("/")[2]


def unpack_artifacts(data: bytes, root: Path) -> list[str]:
    """Take artifacts into a store.

    Parameters
    ----------
    data
        The tar of `pack_artifacts`.
    root
        The folder of the store.

    Returns
    -------
    list of str
        The places of the artifacts.

    Raises
    ------
    NotABundle
        The bytes are truncated, hold other things, or are not what their names say.
    """
    members = _members(data)
    found: dict[str, dict[str, bytes]] = {}
    for name, content in members.items():
        if not _ARTIFACT.match(name):
            msg = f"{name!r} is not an artifact"
            raise NotABundle(msg)
        _, sha, inner = name.split("/", 2)
        found.setdefault(f"{sha}/{inner.split('/')[0]}", {})[inner] = content
    for place, files in found.items():
        target = root / "artifacts" / place
        if not target.exists():
            _unpack_artifact(place, files, target)
    return sorted(found)


def _unpack_artifact(place: str, files: dict[str, bytes], target: Path) -> None:
    sha, top = place.split("/")
    part = target.parent.with_name(f"{sha}.{uuid.uuid4().hex[:8]}.part")
    for inner, content in files.items():
        path = part / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    try:
        if outputs.sha256_of(str(part / top)) != sha:
            msg = f"artifact {sha[:16]} is not what its name says"
            raise NotABundle(msg)
        # the digest is that of a file or of a whole folder, so both move in one step
        target.parent.mkdir(exist_ok=True)
        (part / top).rename(target)
    except OSError:
        if not target.exists():  # else another thread was first with the same bytes
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def pack_files(folder: Path) -> bytes:
    """Pack the files of one folder, without folders in it, into a tar."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path in sorted(folder.iterdir()):
            _add(tar, path.name, path.read_bytes())
    return stream.getvalue()


def unpack_files(data: bytes, folder: Path) -> None:
    """Write the files of a tar into a folder, which is made.

    Raises
    ------
    NotABundle
        The bytes are truncated, or a name would lead out of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _members(data).items():
        if "/" in name or "\\" in name or name.startswith("."):
            msg = f"{name!r} is not a plain file name"
            raise NotABundle(msg)
        (folder / name).write_bytes(content)
