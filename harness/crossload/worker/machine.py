"""Tells what the machine does to processes: full disks, signals, processes left behind."""

import errno
import os
import re
import signal
import sys
from typing import List, Optional

DISK_ERRORS = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO, errno.ENFILE,
)  # fmt: skip
"""Errors after which the outcome could not be kept either, or that say nothing of the model.

Full disk or no inodes, quota, read-only file system, limit of file size, broken disk, too many open
files on the machine.  Too many in one process (EMFILE) may well be the model's doing.
"""

_WORDS = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system|File too large"
    r"|Too many open files in system|Input/output error|errno = (28|122|30|27|5|23)\b"
)
"""How libraries of C and C++ write those errors, whose exceptions have no number."""

_LEAST_FREE = 256 << 10
"""Bytes that must be free: on a fuller disk a library may have written half a file in silence."""

OUTSIDE = tuple(
    getattr(signal, name)
    for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU")
    if hasattr(signal, name)
)
"""Signals that models do not send themselves: somebody, or the kernel for want of memory, does."""

SIZE_LIMIT = getattr(signal, "SIGXFSZ", None)
"""Signal to a process that writes a larger file than the machine lets it."""

_SUBREAPER, _PARENT_DEATH = 36, 1
"""Options of prctl(2): https://man7.org/linux/man-pages/man2/prctl.2.html"""


def is_of_disk(error: Optional[BaseException]) -> bool:
    """Tell whether an exception, or one that it came from, is about the disk and not the model."""
    seen: List[int] = []
    while error is not None and id(error) not in seen:
        seen.append(id(error))
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            return True
        # only of errors that libraries raise for files: a model may well say such words itself
        kind = type(error)
        if isinstance(error, OSError) or "tensorflow" in (kind.__module__ or ""):
            if _WORDS.search(str(error)):
                return True
        error = error.__cause__ or error.__context__
    return False


def drop_damaged_bytecode(error: Optional[BaseException]) -> bool:
    """Remove the byte code that cannot be read and that an exception comes from.

    On a full disk Python keeps the first half of a file of byte code without an error, and fails
    with ``EOFError: marshal data too short`` whenever it imports the module from then on
    (https://github.com/python/cpython/issues/126606).

    Returns
    -------
    bool
        Whether a file was removed: the same import may succeed now.
    """
    seen: List[int] = []
    while error is not None and id(error) not in seen:
        seen.append(id(error))
        trace = error.__traceback__
        while trace is not None:
            code, names = trace.tb_frame.f_code, trace.tb_frame.f_locals
            if code.co_name == "_compile_bytecode" and code.co_filename.startswith("<frozen"):
                try:
                    os.unlink(names["bytecode_path"])
                except (KeyError, TypeError, OSError):
                    return False
                return True
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return False


def restart_if_mended(error: BaseException) -> None:
    """Begin this process anew, if an import failed because of damaged byte code, which is removed.

    Packages with compiled parts cannot be imported a second time in the same process.
    """
    if os.name != "nt" and drop_damaged_bytecode(error):
        # -s as the driver has it: no packages of the user's home
        os.execv(sys.executable, [sys.executable, "-s"] + sys.argv)


def is_full(folder: str) -> bool:
    """Tell whether the file system of a folder has no room, or no inodes, left."""
    try:
        found = os.statvfs(folder)
    except (AttributeError, OSError):  # Windows; or the folder is gone, which is another matter
        return False
    return found.f_bavail * found.f_frsize < _LEAST_FREE or (
        found.f_files > 0 and found.f_favail == 0
    )


def is_stopped(pid: int) -> bool:
    """Tell whether a process is stopped by a signal, where the system tells."""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            # the name of the process, in brackets, may hold anything
            return stream.read().rpartition(")")[2].split()[:1] in (["T"], ["t"])
    except (OSError, UnicodeDecodeError):
        return False


def adopt_orphans() -> None:
    """Let this process be the parent of what its children leave behind, where Linux does that."""
    _prctl(_SUBREAPER, 1)


def die_with_parent() -> None:
    """Let the kernel end this process when its parent ends, where Linux does that."""
    _prctl(_PARENT_DEATH, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        libc.prctl(option, value, 0, 0, 0)
    except (ImportError, AttributeError, OSError, TypeError):
        return  # not Linux: what is left behind is left to itself


def end_orphans() -> int:
    """Kill and reap all children of this process, and those that become its children by that.

    Only where no child is at work.  Returns the number of processes that were ended.
    """
    ended = 0
    while True:
        children = _children()
        if not children:
            return ended
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                continue  # gone already
            ended += 1


def _children() -> List[int]:
    found: List[int] = []
    try:
        for task in os.listdir("/proc/self/task"):
            with open("/proc/self/task/%s/children" % task) as stream:
                found += [int(each) for each in stream.read().split()]
    except (OSError, ValueError):
        return []
    return found
