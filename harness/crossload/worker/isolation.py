"""The network and the other processes, which a process that loads users' models gives up.

This is no sandbox: such a process can read and write the files that its user can.
"""

import ctypes
import os
import sys
from typing import Any

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of Linux."""


def leave_network() -> str:
    """Move this process into a network of its own, which has no way out.

    Models and the code beside them run here: what they would send or fetch must not leave this
    machine. Forks of this process have no other network either.

    Returns
    -------
    str
        Empty if that was done, else why not.
    """
    if not sys.platform.startswith("linux"):
        return "only Linux lets a process give up its network"
    # os.unshare came with Python 3.12
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    # root needs no user namespace, and keeps its files; in containers it may lack the right
    if not user and libc.unshare(_NEW_NETWORK) == 0:
        return ""
    # others may have a network of their own within a user namespace of their own:
    # https://man7.org/linux/man-pages/man7/user_namespaces.7.html.  Some systems forbid it.
    if libc.unshare(_NEW_USER | _NEW_NETWORK):
        return os.strerror(ctypes.get_errno())
    # in the new namespace files belong to nobody until the user is mapped to itself; the group can
    # be mapped only once setgroups is denied (Linux 3.19)
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", "%d %d 1" % (group, group)),
        ("uid_map", "%d %d 1" % (user, user)),
    ):
        try:
            with open("/proc/self/" + name, "w") as stream:
                stream.write(text)
        except OSError:
            break  # the process goes on as nobody
    return ""


_NO_NEW_PRIVILEGES = 38
"""PR_SET_NO_NEW_PRIVS of Linux."""

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""Numbers of the system calls of Landlock, the same on every architecture."""

_MAKE_DEVICES = (1 << 6) | (1 << 11)
"""The rights to make device files: the only ones on files that are given up, because a ruleset must
name some."""

_OTHERS = (1 << 0) | (1 << 1)
"""Abstract sockets, and signals, of processes outside (from version 6 of Landlock on)."""


_CAPABILITIES = 0x20080522
"""The version of the structures of capabilities (_LINUX_CAPABILITY_VERSION_3)."""

_LOOKING = (19, 21, 38)
"""CAP_SYS_PTRACE, CAP_SYS_ADMIN and CAP_PERFMON: who has one may look into any process, rules of
Landlock or not."""


def leave_processes() -> str:
    """Keep this process, and all that it starts, from looking into others and from ending them.

    A process that has Landlock's rules on it cannot read the memory or the environment of one that
    has not, as ``/proc/PID/environ`` would give it, and be it of the same user:
    https://docs.kernel.org/userspace-api/landlock.html#ptrace-restrictions.  Variables with the
    secrets of a CI job are in the environment of its parents, which it does not get itself.

    Returns
    -------
    str
        Empty if that was done, else why not.
    """
    if not sys.platform.startswith("linux"):
        return "only Linux has Landlock"
    libc = ctypes.CDLL(None, use_errno=True)
    number = ctypes.c_long
    # programs that run as another user, such as sudo, do not become that user here; without this
    # only root may give itself rules
    if libc.prctl(_NO_NEW_PRIVILEGES, number(1), number(0), number(0), number(0)):
        return os.strerror(ctypes.get_errno())
    version = libc.syscall(number(_CREATE_RULESET), None, number(0), number(1))
    if version < 1:
        return os.strerror(ctypes.get_errno())
    # struct landlock_ruleset_attr: rights on files, on the network (version 4), scopes (version 6)
    size = 1 if version < 4 else 2 if version < 6 else 3
    rules = (ctypes.c_uint64 * 3)(_MAKE_DEVICES, 0, _OTHERS)
    made = libc.syscall(number(_CREATE_RULESET), rules, number(8 * size), number(0))
    if made < 0:
        return os.strerror(ctypes.get_errno())
    try:
        if libc.syscall(number(_RESTRICT_SELF), number(made), number(0)):
            return os.strerror(ctypes.get_errno())
    finally:
        os.close(made)
    return _drop_capabilities(libc)


def _drop_capabilities(libc: Any) -> str:
    """Give up what lets root look into other processes; others have none of it."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        return os.strerror(ctypes.get_errno())
    for number in _LOOKING:
        # two words of 32 bits, each with a set of those in effect, those permitted, those inherited
        for place in range(3):
            sets[3 * (number // 32) + place] &= ~(1 << number % 32) & 0xFFFFFFFF
    if libc.capset(header, sets):
        return os.strerror(ctypes.get_errno())
    return ""
