"""What users bring along with a model, and what its process gives up before it imports any of it."""

import ctypes
import importlib
import os
import sys
import types
from typing import Any, Dict, List

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of Linux."""


def leave_network() -> str:
    """Move this process into a network of its own, which has no way out; empty if that was done, else why not."""
    if not sys.platform.startswith("linux"):
        return "only Linux lets a process give up its network"
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if not user and libc.unshare(_NEW_NETWORK) == 0:
        return ""
    if libc.unshare(_NEW_USER | _NEW_NETWORK):
        return os.strerror(ctypes.get_errno())
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
    """What users bring along with a model: modules that it needs, Keras classes, a function that builds the network."""

    def __init__(self, paths: List[str], build: str) -> None:
        self.objects: Dict[str, Any] = {}
        self.build = build
        self.error: Any = None
        """Why the code cannot be imported here: a result, like a model that cannot be loaded."""
        try:
            self._import(paths)
        except (Exception, SystemExit) as error:
            text = "the code that came along cannot be imported: %s: %s" % (
                type(error).__name__,
                error,
            )
            self.error = ImportError(text)
            self.error.__cause__ = error
        # what was pickled by a script is looked for in __main__
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
        """Classes and functions of the user's code, for Keras."""
        return {
            name: value
            for name, value in self.objects.items()
            if callable(value) and not name.startswith("_")
        }

    def rebuild(self, _data: Any) -> Any:
        """The network that weights are loaded into."""
        name = self.build.rpartition(":")[2]
        if name not in self.objects:
            raise LookupError("the code has no function " + repr(name) + " that builds the network")
        return self.objects[name]()
