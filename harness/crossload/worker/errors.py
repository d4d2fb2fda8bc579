"""Errors and warnings as plain data, without what differs from machine to machine."""

import errno
import re
import traceback
from typing import Any, Dict, List

TEXT_LIMIT = 2000
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""Full disk, quota, read-only file system, limit of file size: the outcome could not be kept either."""


class Stopped(Exception):
    """The disk cannot be written: measuring must end."""


def scrub(text: str, job: Dict[str, Any]) -> str:
    """Replace paths of this machine: they differ from run to run and tell nothing."""
    for path, word in job.get("scrub", []):
        text = text.replace(path, word)
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text)


def describe_error(error: BaseException, job: Dict[str, Any]) -> Dict[str, str]:
    """Type, message and last lines of the traceback, without machine paths."""
    kind = type(error)
    module = kind.__module__ if kind.__module__ not in ("builtins", None) else ""
    try:
        message = str(error)
    except Exception as broken:  # an exception whose own __str__ raises is still a result
        message = "<the message of this exception cannot be read: " + repr(broken) + ">"
    lines = traceback.format_exception(kind, error, error.__traceback__)
    return {
        "type": (module + "." if module else "") + kind.__name__,
        "message": scrub(message, job)[:TEXT_LIMIT],
        "traceback": scrub("".join(lines), job)[-TEXT_LIMIT:],
    }


def describe_warnings(caught: List[Any], job: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Category, text and count of each different warning."""
    found: Dict[Any, int] = {}
    for each in caught:
        key = (each.category.__name__, scrub(str(each.message), job)[:500])
        found[key] = found.get(key, 0) + 1
    return [{"category": c, "text": t, "count": n} for (c, t), n in sorted(found.items())[:20]]


def guard(error: BaseException) -> None:
    """Errors that mean that outcomes cannot be kept go up."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        raise Stopped(str(error))
