"""The registry of formats, and the formats that keep any Python object.

A format is a pair of a way to save and a way to load.  Several formats may share a ``saver``: then they read the same
artifact in different ways (``checkpoint`` and ``checkpoint-strict``).  Imports of libraries stay inside methods.
"""

import pickle
from typing import Any, Dict, List, Tuple

from .contract import version_tuple


class Format(object):
    """Base of all formats; a plug-in sets the attributes and writes ``save`` and ``load``."""

    name = ""
    saver = ""
    """Name of the way of saving; formats with an equal saver share artifacts.  Default: the format's own name."""
    filename = "model.bin"
    """Name of the file or folder within the artifact's folder; some libraries choose the layout by its suffix."""
    kinds: Tuple[str, ...] = ("object",)
    modules: Tuple[str, ...] = ()
    """Modules the format cannot do without; imported before any fork."""
    preload: Tuple[str, ...] = ()
    """Submodules worth importing before any fork, because each child would import them anew."""
    keeps = "model"
    """``model``: all of it; ``weights``: arrays for an architecture that is built anew; ``function``: the call alone."""
    metric_tolerance = 0.001

    def __init__(self) -> None:
        self.saver = self.saver or self.name

    def applies(self, kind: str) -> bool:
        """Whether models of this kind are ever saved in this format."""
        return kind in self.kinds

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        """Why this format cannot be written with these module versions (then the case is n/a); empty if it can."""
        return self._lacks(versions)

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        """The same for loading."""
        return self._lacks(versions)

    def _lacks(self, versions: Dict[str, str]) -> str:
        for module in self.modules:
            if module not in versions:
                return str(module) + " is not installed in this environment"
        return ""

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Write the fitted model to ``path``."""
        raise NotImplementedError

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Read ``path`` and give an object that the recipe's outputs can be asked of."""
        raise NotImplementedError


class Pickle(Format):
    """The pickle module of the standard library."""

    filename = "model.pkl"

    def __init__(self, name: str, protocol: Any) -> None:
        self.name = name
        self.protocol = protocol
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        with open(path, "wb") as stream:
            if self.protocol is None:
                pickle.dump(model, stream)
            else:
                pickle.dump(model, stream, protocol=self.protocol)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        with open(path, "rb") as stream:
            return pickle.load(stream)


class Cloudpickle(Format):
    """cloudpickle: written by the library, read by pickle, as its manual says."""

    name = "cloudpickle"
    filename = "model.pkl"
    modules = ("cloudpickle",)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        import cloudpickle

        with open(path, "wb") as stream:
            cloudpickle.dump(model, stream)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        with open(path, "rb") as stream:
            return pickle.load(stream)


class Joblib(Format):
    """joblib.dump and joblib.load, plain, compressed, or memory-mapped on loading."""

    modules = ("joblib",)

    def __init__(self, name: str, compress: Any = 0, mmap_mode: Any = None, saver: str = "") -> None:
        self.name = name
        self.saver = saver
        self.compress = compress
        self.mmap_mode = mmap_mode
        self.filename = "model.joblib"
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        import joblib

        joblib.dump(model, path, compress=self.compress)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import joblib

        return joblib.load(path, mmap_mode=self.mmap_mode)


class JoblibLz4(Joblib):
    """joblib with lz4, which joblib knows since 0.13 and which needs the lz4 package."""

    def _lacks(self, versions: Dict[str, str]) -> str:
        lacks = Format._lacks(self, versions)
        if not lacks and version_tuple(versions["joblib"]) < (0, 13):
            return "joblib has lz4 since 0.13"
        return lacks


class Skops(Format):
    """skops.io; the types that the file names are trusted, because the question here is compatibility, not safety."""

    name = "skops"
    filename = "model.skops"
    modules = ("skops",)
    preload = ("skops.io",)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        import skops.io

        skops.io.dump(model, path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import skops.io

        if version_tuple(skops.__version__) < (0, 4):  # get_untrusted_types took no path yet, trusted=True existed
            return skops.io.load(path, trusted=True)
        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def builtin_formats() -> Dict[str, Format]:
    """All formats of crossload, by name."""
    from . import formats_keras, formats_weights

    found: List[Format] = [
        Pickle("pickle", None),
        Pickle("pickle-2", 2),
        Pickle("pickle-highest", pickle.HIGHEST_PROTOCOL),
        Cloudpickle(),
        Joblib("joblib"),
        Joblib("joblib-mmap", mmap_mode="r", saver="joblib"),
        Joblib("joblib-zlib", compress=("zlib", 3)),
        Joblib("joblib-gzip", compress=("gzip", 3)),
        Joblib("joblib-bz2", compress=("bz2", 3)),
        Joblib("joblib-lzma", compress=("lzma", 3)),
        Joblib("joblib-xz", compress=("xz", 3)),
        JoblibLz4("joblib-lz4", compress="lz4"),
        Skops(),
    ]
    found.extend(formats_keras.keras_formats())
    found.extend(formats_weights.weights_formats())
    return {each.name: each for each in found}


def all_formats(recipe_modules: List[Any]) -> Dict[str, Format]:
    """Built-in formats and those that recipe files add; a recipe file may not replace a built-in one."""
    found = builtin_formats()
    for module in recipe_modules:
        for extra in getattr(module, "FORMATS", []):
            if extra.name in found:
                raise ValueError("format " + repr(extra.name) + " exists already; give it another name")
            extra.saver = extra.saver or extra.name
            found[extra.name] = extra
    return found
