"""Outcomes on their way between machines: a journal and what it refers to, packed into one tar.

The same bundle is what a remote store holds, what a worker of a cluster gives back, and what is unpacked into the store of
whoever reads it.  Names in a bundle are checked: a bundle from elsewhere is not trusted to write where it likes.
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

_JOURNAL = re.compile(r"^journals/[\w.-]+\.jsonl$")
_OUTPUTS = re.compile(r"^outputs/[0-9a-f]{32}\.npz$")
_STATES = re.compile(r"^states/[0-9a-f]{32}\.json$")
_ARTIFACT = re.compile(r"^artifacts/[0-9a-f]{64}/(?!.*\.\.)[^/\\].*$")
_NAMED = ("kept", "noise", "kept_train", "resumed")


class NotABundle(Exception):
    """Truncated, or something else altogether."""


def refers_to(record: Record) -> Iterator[str]:
    """Names, within a store, of the outputs and states that a record refers to."""
    for name in _NAMED:
        if record.get(name):
            yield f"outputs/{record[name]}.npz"
    if record.get("state"):
        yield f"states/{record['state']}.json"


def records_of(journal: bytes) -> Iterator[Record]:
    """Facts of all outcomes of a journal."""
    reader = Reader()
    for line in journal.splitlines():
        try:
            reader.line(line, "")
        except ValueError:
            continue  # cut short by a kill, or damaged: the store that reads it says so
    for kind in ("save", "load"):
        for known in reader.by_kind[kind].values():
            yield known.facts
            if "first" in known.facts:
                yield known.facts["first"]


def pack(
    root: Path, journal: Path, *, without: frozenset[str] = frozenset()
) -> tuple[bytes, set[str], set[str]]:
    """(tar of a journal with the outputs and states that it refers to, their names, places of its artifacts).

    What is named in ``without`` is left out, because the receiver has it.
    """
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
        _add(tar, f"journals/{journal.name}", text)  # last: a bundle without it is not whole
    return stream.getvalue(), names, artifacts


def place_of(artifact: Record) -> str:
    """``<sha256>/<name>``: the same bytes may have been saved under two names, and some libraries go by the name."""
    return f"{artifact['sha256']}/{artifact['name']}"


def pack_artifacts(root: Path, places: Iterable[str]) -> bytes:
    """Tar of artifacts, files and folders alike, by their places."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for place in sorted(places):
            top = root / "artifacts" / place
            for path in (
                [top]
                if top.is_file()
                else sorted(each for each in top.rglob("*") if each.is_file())
            ):
                _add(tar, path.relative_to(root).as_posix(), path.read_bytes())
    return stream.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """A member that is the same wherever and whenever it is packed."""
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            found = {}
            for member in tar:
                stream = tar.extractfile(member)
                content = stream.read() if stream is not None else b""
                if not member.isfile() or len(content) != member.size:
                    msg = f"{member.name}: not a whole file"
                    raise NotABundle(msg)
                found[member.name] = content
    except (tarfile.TarError, EOFError, OSError) as error:
        raise NotABundle(str(error)) from error
    return found


def unpack(data: bytes, root: Path) -> str:
    """Take a bundle into a store, the journal last; give the journal's name.  Raises `NotABundle`."""
    members = _members(data)
    journals = [name for name in members if _JOURNAL.match(name)]
    others = [name for name in members if not _JOURNAL.match(name)]
    if len(journals) != 1 or not all(
        _OUTPUTS.match(name) or _STATES.match(name) for name in others
    ):
        msg = "it holds other things than one journal, outputs and states"
        raise NotABundle(msg)
    for name in (*others, *journals):
        path = root / name
        if path.exists() and name != journals[0]:
            continue
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part")
        part.write_bytes(members[name])
        part.replace(path)
    return journals[0].partition("/")[2]


def unpack_artifacts(data: bytes, root: Path) -> list[str]:
    """Take artifacts into a store; give their places, each checked.  Raises `NotABundle`."""
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
        target.parent.mkdir(exist_ok=True)
        (part / top).rename(target)
    except OSError:
        if not target.exists():  # else another thread was first with the same bytes
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def pack_files(folder: Path) -> bytes:
    """Tar of the files of one folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path in sorted(folder.iterdir()):
            _add(tar, path.name, path.read_bytes())
    return stream.getvalue()


def unpack_files(data: bytes, folder: Path) -> None:
    """Write the files of a tar into a folder.  Raises `NotABundle` for names that would lead out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _members(data).items():
        if "/" in name or "\\" in name or name.startswith("."):
            msg = f"{name!r} is not a plain file name"
            raise NotABundle(msg)
        (folder / name).write_bytes(content)
