"""The words of uv and of operating systems for what a machine lacks just now."""

from __future__ import annotations

import re

# uv is written in Rust, which adds "(os error N)" to the words of the system; build backends are
# Python, which says "[Errno N]". The words are those of glibc, musl, macOS and Windows.
_WORDS = re.compile(
    r"No space left on device|not enough space on the disk|disk is full|Disk quota exceeded"
    r"|File too large|Read-only file system|Input/output error|Permission denied|Access is denied"
    r"|Too many open files|Cannot allocate memory|Out of memory|MemoryError|Resource temporarily"
    r"|\bos error (?:5|11|12|13|23|24|27|28|30|69|112|122)\b"
    r"|\bErrno (?:5|11|12|13|23|24|27|28|30|69|122)\b"
    r"|no end after [0-9.]+ s|ended by signal|signal: ?[0-9]+|SIGKILL|SIGTERM|SIGXFSZ|\bKilled\b"
    r"|Failed to fetch|error sending request for url|Network connectivity is disabled"
    r"|package index does not answer|Connection (?:refused|reset)|timed out",
    re.IGNORECASE,
)


def is_fault_of_machine(text: str) -> bool:
    """Tell whether a message is about what this machine lacks, and not about packages.

    Parameters
    ----------
    text
        The words of uv, of a build, or of an error that an interpreter raised.
    """
    return _WORDS.search(text) is not None
