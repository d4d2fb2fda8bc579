"""The code that users bring along with a model."""

import importlib
import os
import sys
import types
from typing import Any, Dict, List


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
