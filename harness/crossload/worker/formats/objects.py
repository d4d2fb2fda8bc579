"""The formats that keep any Python object: pickle, cloudpickle, joblib, skops.  Imports of libraries stay inside methods."""

import pickle
from typing import Any, Dict, List

from ..contract import version_tuple
from .base import Format


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

    def __init__(
        self, name: str, compress: Any = 0, mmap_mode: Any = None, saver: str = ""
    ) -> None:
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

        if version_tuple(skops.__version__) < (
            0,
            4,
        ):  # get_untrusted_types took no path yet, trusted=True existed
            return skops.io.load(path, trusted=True)
        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def object_formats() -> List[Format]:
    """List the formats of this file."""
    return [
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
