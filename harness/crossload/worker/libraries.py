"""Imports the libraries under test, once and before any fork, and asserts their versions."""

import importlib
import sys
from typing import Any, Dict, List


def import_libraries(
    control: Dict[str, Any], modules: List[Any], formats: Dict[str, Any]
) -> Dict[str, str]:
    """Import what the recipes and formats of a run need.

    Parameters
    ----------
    control
        What the driver wants to be served: names of formats, and the lock.
    modules
        Imported recipe files.
    formats
        All formats by name.

    Returns
    -------
    dict of str to str
        Versions of the modules that could be imported.

    Raises
    ------
    ImportError
        A library is installed and cannot be imported.
    """
    wanted = ["numpy"]
    for module in modules:
        wanted.extend(getattr(module, "IMPORTS", []))
    for name in control["formats"]:
        wanted.extend(formats[name].modules + formats[name].preload)
    installed = set(control["locked"])
    for name in wanted:
        top = name.split(".")[0]
        try:
            importlib.import_module(name)
        except ImportError as error:
            # what this version does not have is n/a later; a library that is installed and broken
            # is an error now
            if name == top and control["distributions"].get(top, top) in installed:
                raise ImportError(name + " is installed but cannot be imported: " + str(error))
    import_keras()
    versions: Dict[str, str] = {}
    for name in sorted({each.split(".")[0] for each in wanted}):
        if name in sys.modules:
            versions[name] = str(getattr(sys.modules[name], "__version__", ""))
    if "tensorflow" in sys.modules:
        versions["keras"] = _keras_version()
    return versions


def import_keras() -> None:
    """Import Keras where TensorFlow is imported, which itself does so at the first use only.

    ``tf.keras`` is a lazy loader: without this each fork would import Keras anew.
    """
    if "tensorflow" in sys.modules:
        tf = sys.modules["tensorflow"]
        # getattr, because the type checker knows sys.modules only as modules without attributes
        getattr(tf, "keras").layers  # noqa: B009, B018


def assert_locked(control: Dict[str, Any], versions: Dict[str, str]) -> None:
    """Make sure that the imported versions are the locked ones.

    Else nothing measured here could be believed: an environment that was changed by hand, or a path
    of the user's that comes first, would be measured under the name of another version.

    Raises
    ------
    AssertionError
        A version differs.
    """
    for module, version in sorted(versions.items()):
        distribution = control["distributions"].get(module, module)
        locked = control["locked"].get(distribution)
        loaded = sys.modules.get(module)
        if module == "keras" and loaded is None:
            continue  # tf.keras of TensorFlow before 2.6 is a part of TensorFlow
        if locked and version and _release(version) != _release(locked):
            text = "%s %s is imported, but the lock says %s" % (module, version, locked)
            raise AssertionError(text)


def _keras_version() -> str:
    """Give the version of the Keras behind tf.keras.

    Not every TensorFlow has it as ``tf.keras.__version__``.
    """
    tf = sys.modules["tensorflow"]
    for module in (getattr(tf, "keras"), sys.modules.get("keras"), tf):  # noqa: B009
        version = getattr(module, "__version__", "")
        if version:
            return str(version)
    return ""


def _release(version: str) -> str:
    """Give a version as both the module and the lock would spell it.

    A module may say ``2.4.0-rc1`` where its distribution is called ``2.4.0rc1``, and has a local
    part (``+cpu``) that the index does not show.
    """
    return version.lower().split("+")[0].replace("-", "").replace("_", "")
