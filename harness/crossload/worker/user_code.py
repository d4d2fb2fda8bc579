"""The code that users bring along with a model, and the network, which its process gives up."""

import ctypes
import importlib
import os
import sys
import types
from typing import Any, Dict, List

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


class Code(object):
    """The code that users bring along with a model.

    These are modules that it needs, Keras classes, a function that builds the network.

    Parameters
    ----------
    paths
        Files of Python, packages, or folders of modules. Their folders go on ``sys.path``.
    build
        ``FILE:FUNCTION`` of the function that builds the network, or an empty text.
    """

    def __init__(self, paths: List[str], build: str) -> None:
        self.objects: Dict[str, Any] = {}
        self.build = build
        self.error: Any = None
        """The ImportError if the code cannot be imported here, else None.

        It is a result, like a model that cannot be loaded.
        """
        try:
            self._import(paths)
        except (Exception, SystemExit) as error:  # a script may end itself when it is imported
            text = "the code that came along cannot be imported: %s: %s" % (
                type(error).__name__,
                error,
            )
            self.error = ImportError(text)
            self.error.__cause__ = error
        # what was pickled by a script is looked for in __main__, which here is serve_models.py
        main = types.ModuleType("__main__")
        main.__dict__.update(self.objects)
        sys.modules["__main__"] = main

    def _import(self, paths: List[str]) -> None:
        for path in paths:
            if os.path.isdir(path):
                package = os.path.exists(os.path.join(path, "__init__.py"))
                sys.path.insert(0, os.path.dirname(path) if package else path)
                if package:
                    self._take(importlib.import_module(os.path.basename(path)))
            else:
                sys.path.insert(0, os.path.dirname(path))
                self._take(importlib.import_module(os.path.splitext(os.path.basename(path))[0]))

    def _take(self, module: Any) -> None:
        for name, value in vars(module).items():
            if not name.startswith("__") and not isinstance(value, types.ModuleType):
                self.objects[name] = value

    def custom(self) -> Dict[str, Any]:
        """Give the classes and functions of the user's code, for Keras."""
        return {
            name: value
            for name, value in self.objects.items()
            if callable(value) and not name.startswith("_")
        }

    def rebuild(self, _data: Any) -> Any:
        """Build the network that weights are loaded into.

        Raises
        ------
        LookupError
            The code has no such function.
        """
        name = self.build.rpartition(":")[2]
        if name not in self.objects:
            raise LookupError("the code has no function " + repr(name) + " that builds the network")
        return self.objects[name]()
