"""Copies the bytes of one file, without reading them where the file system can do that."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from crossload.inspection import NotAModel

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 4 << 20

_FICLONE = 0x40049409
"""The request of Linux to share the blocks of a file until one of both is written
(https://man7.org/linux/man-pages/man2/ioctl_ficlonerange.2.html); Btrfs, XFS and others can."""


class Changed(Exception):
    """A file changed while it was copied."""

    def __str__(self) -> str:
        """Say it."""
        return "it changed while it was copied"


@dataclass(frozen=True)
class Copied:
    """A file that was copied, and what it was then."""

    source: Path
    facts: tuple[int, ...]


def copy_file(source: Path, target: Path) -> Copied:
    """Copy a file into a new one that nobody else can read.

    Parameters
    ----------
    source
        A regular file; its links are followed by `files_of`, which says where they may lead.
    target
        The new file.

    Raises
    ------
    NotAModel
        It is a pipe, a device or a socket, which would keep whoever reads it waiting.
    Changed
        It changed meanwhile.
    OSError
        It cannot be read, or the copy cannot be written.
    """
    # O_NONBLOCK: opening a pipe waits for its other end; O_NOFOLLOW: a link here came just now
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    with open(os.open(source, flags), "rb", buffering=0) as reader:  # noqa: PTH123 - a descriptor
        before = os.fstat(reader.fileno())
        if not stat.S_ISREG(before.st_mode):
            msg = f"{source.name}: not a regular file"
            raise NotAModel(msg)
        with target.open("xb", buffering=0) as writer:
            target.chmod(0o600)
            copied = _copy(reader, writer, before.st_size)
        if copied != before.st_size or _facts(os.fstat(reader.fileno())) != _facts(before):
            raise Changed
    return Copied(source, _facts(before))


def has_changed(copied: Copied) -> bool:
    """Say if what is at the path of a copied file is another one by now."""
    try:
        return _facts(os.lstat(copied.source)) != copied.facts
    except OSError:
        return True


def _facts(found: os.stat_result) -> tuple[int, ...]:
    # no time of reading, which we change, and none of the inode, which a new link to it changes
    return (found.st_dev, found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns)


def _copy(reader: IO[bytes], writer: IO[bytes], size: int) -> int:
    """Copy so many bytes, and say how many there were: a file that grows is not followed."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - Windows has none

        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
            return os.fstat(writer.fileno()).st_size
        except OSError:
            pass  # another file system, or one that shares no blocks
    copied = _copy_in_kernel(reader, writer, size)
    while copied < size and (block := os.read(reader.fileno(), min(_BLOCK, size - copied))):
        copied += len(block)
        left = memoryview(block)
        # a file without a buffer may take less than it is given
        while left:
            left = left[writer.write(left) :]
    return copied


def _copy_in_kernel(reader: IO[bytes], writer: IO[bytes], size: int) -> int:
    """Copy as much as ``copy_file_range`` will; its positions are those of the files."""
    if not hasattr(os, "copy_file_range"):
        return 0
    copied = 0
    while copied < size:
        try:
            step = os.copy_file_range(reader.fileno(), writer.fileno(), min(size - copied, 1 << 30))
        except OSError:
            # not between these file systems; what is wrong with the disk the next write says too
            return copied
        if not step:
            break
        copied += step
    return copied
