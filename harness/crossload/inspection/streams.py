"""Streams that are read and skipped forward, through any compressor that joblib knows.

Nothing is kept in memory but one block.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from typing import IO, TYPE_CHECKING

from crossload import limits
from crossload.inspection.facts import NotAModel

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20
"""Bytes that are read or unpacked at once, and the longest line that is read."""

_LARGE = 1 << 12
"""Bytes from which on a single read may take long, where they have to be unpacked."""

MOST_UNPACKED = 64 << 30
"""Bytes that a compressed file may unpack to: more is a bomb, not a model."""

# No model begins in these ways as a pickle: the bytes \x1f, \xfd, \x04 and x are no opcodes; ]
# makes a list but \x00 is none; and BZh would be a bytes object with its length.
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "lzma",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x78": "zlib",
}
"""Compressors by the first bytes of a file, which joblib goes by as well."""


def check_regular(path: Path) -> None:
    """Raise `NotAModel` for pipes and devices, which would keep whoever reads them waiting."""
    if not path.is_file():
        msg = "not a regular file"
        raise NotAModel(msg)


class CutStream(Exception):
    """The stream ends before what it announces."""


def compression_of(head: bytes) -> str:
    """Tell the compressor by the first bytes of a file; empty for none."""
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    if found == "zlib" and (len(head) < 2 or int.from_bytes(head[:2], "big") % 31):
        # one byte is little to go by: the two of a zlib header are a multiple of 31 (RFC 1950)
        return ""
    return found


class _Zlib:
    """A zlib stream as a file that can be read."""

    # The standard library has such a class for gzip, bz2 and lzma, but none for bare zlib, which is
    # what joblib writes with compress=3.

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._zlib = raw, zlib.decompressobj()
        self._block, self._at = b"", 0

    def read(self, size: int) -> bytes:
        end = self._at + size
        if end <= len(self._block):  # the usual case: one instruction out of a block
            found = self._block[self._at : end]
            self._at = end
            return found
        parts = [self._block[self._at :]]
        size -= len(parts[0])
        self._block, self._at = b"", 0
        while size > 0:
            source = self._zlib.unconsumed_tail or self._raw.read(_BLOCK)
            if not source or self._zlib.eof:
                break
            # bounded: a block of zeros unpacks to a thousand times its size
            self._block = self._zlib.decompress(source, _BLOCK)
            parts.append(self._block[:size])
            self._at = len(parts[-1])
            size -= self._at
        return b"".join(parts)


class Stream:
    """A file, unpacked on the way; forward only.

    Reading raises `CutStream` at its end, and `NotAModel` for what cannot be unpacked.
    """

    def __init__(self, path: Path) -> None:
        check_regular(path)
        self._raw = path.open("rb")
        self.size = path.stat().st_size
        """Bytes on disk."""
        self.compression = compression_of(self._raw.peek(16)[:16])
        """Name of the compressor; empty for none."""
        self.at = 0
        """Bytes that were read, unpacked."""
        try:
            self._file = self._unpacked()
        except BaseException:
            self._raw.close()
            raise

    def _unpacked(self) -> IO[bytes]:
        openers = {"gzip": gzip.open, "bz2": bz2.open, "xz": lzma.open, "lzma": lzma.open}
        if self.compression in openers:
            return openers[self.compression](self._raw)  # type: ignore[operator,no-any-return]
        if self.compression == "zlib":
            return _Zlib(self._raw)  # type: ignore[return-value] # all that is used of a file
        if self.compression == "lz4":
            try:
                import lz4.frame  # noqa: PLC0415 - few files need it
            except ImportError as error:
                msg = "packed with lz4, which needs the package lz4"
                raise NotAModel(msg, hint="pip install lz4") from error
            return lz4.frame.open(self._raw)  # type: ignore[no-any-return] # lz4 has no types
        return self._raw

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def peek(self, size: int) -> bytes:
        """Look at the next bytes of a file that is not packed."""
        return b"" if self.compression else self._raw.peek(size)[:size]

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes."""
        found = self._read(size)
        if len(found) < size:
            raise CutStream
        return found

    def _read(self, size: int) -> bytes:
        if size >= _LARGE:
            limits.check()
        try:
            found = self._file.read(size)
        # what the five compressors raise for damaged data: OSError (gzip, bz2), EOFError (a file
        # that is cut), RuntimeError (lz4), ValueError, and errors of their own
        except (OSError, EOFError, zlib.error, lzma.LZMAError, RuntimeError, ValueError) as error:
            msg = f"its {self.compression or 'content'} cannot be unpacked: {error}"
            raise NotAModel(msg, hint="the file is damaged or incomplete") from error
        self.at += len(found)
        if self.compression and self.at > MOST_UNPACKED:
            msg = f"it unpacks to more than {MOST_UNPACKED >> 30} GiB"
            raise NotAModel(msg)
        return found

    def readline(self) -> bytes:
        """Read up to the end of a line, as the oldest pickle protocol has them."""
        # byte by byte: readline() of a file would take in a line of any length, and may read ahead
        # of where an array begins
        found = bytearray()
        while not found.endswith(b"\n"):
            found += self.read(1)
            if len(found) % _LARGE == 0:
                limits.check()
            if len(found) > _BLOCK:
                msg = "a line of more than a megabyte: no pickle has that"
                raise NotAModel(msg)
        return bytes(found)

    def skip(self, size: int) -> None:
        """Leave bytes out: what is not packed is not read at all."""
        if not self.compression:
            # seek() goes behind the end without an error
            if self._raw.tell() + size > self.size:
                raise CutStream
            self._raw.seek(size, 1)
            self.at += size
            return
        while size:
            self.read(min(size, _BLOCK))
            size -= min(size, _BLOCK)

    @property
    def rest(self) -> int:
        """Bytes that are left, of a file that is not packed."""
        return 0 if self.compression else self.size - self._raw.tell()
