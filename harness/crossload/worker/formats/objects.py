"""The formats that keep any Python object: pickle, cloudpickle, joblib, skops.

Imports of libraries stay inside methods.
"""

import pickle
from typing import Any, Dict, List

from ..contract import version_tuple  # noqa: TID252 - the package has another name when pinned
from .base import Format


class Pickle(Format):
    """The pickle module of the standard library."""

    filename = "model.pkl"

    def __init__(self, name: str, protocol: Any) -> None:
        self.name = name
        self.protocol = protocol
        """The protocol to write; None for that which the writer's Python writes by default."""
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Pickle the model."""
        with open(path, "wb") as stream:
            if self.protocol is None:
                pickle.dump(model, stream)
            else:
                pickle.dump(model, stream, protocol=self.protocol)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Unpickle the model; a pickle names its protocol itself."""
        with open(path, "rb") as stream:
            return pickle.load(stream)


class Cloudpickle(Format):
    """cloudpickle: written by the library, read by pickle, as its manual says."""

    name = "cloudpickle"
    filename = "model.pkl"
    # readers need it too: what is pickled by value is rebuilt by functions of cloudpickle
    modules = ("cloudpickle",)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Pickle the model with cloudpickle."""
        import cloudpickle

        with open(path, "wb") as stream:
            cloudpickle.dump(model, stream)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Unpickle the model."""
        # https://github.com/cloudpipe/cloudpickle: the output is read with pickle.load
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
        """The compressor, or the pair of it and its level, as ``joblib.dump`` takes it."""
        self.mmap_mode = mmap_mode
        """The mode in which arrays are mapped on loading; None reads them."""
        # joblib chooses a compressor by suffixes such as .gz and .xz where none is named; this one
        # says nothing, so that `compress` decides alone
        self.filename = "model.joblib"
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Dump the model."""
        import joblib

        joblib.dump(model, path, compress=self.compress)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Load the model; the compressor is told by the first bytes of the file."""
        import joblib

        return joblib.load(path, mmap_mode=self.mmap_mode)


class JoblibLz4(Joblib):
    """joblib with lz4, which needs the lz4 package."""

    def _lacks(self, versions: Dict[str, str]) -> str:
        lacks = Format._lacks(self, versions)
        # The changelog has lz4 among the news of 0.12, the release in which ``compress`` became a
        # name, too: https://github.com/joblib/joblib/blob/main/CHANGES.rst.
        # The bound is 0.13, and nothing between the two is in a matrix.
        if not lacks and version_tuple(versions["joblib"]) < (0, 13):
            return "joblib has lz4 since 0.13"
        return lacks


class Skops(Format):
    """skops.io; the types that the file names are trusted.

    The question here is compatibility, not safety: the file was written by the same matrix.
    """

    name = "skops"
    filename = "model.skops"
    modules = ("skops",)
    # ``import skops`` alone does not import it
    preload = ("skops.io",)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Dump the model."""
        import skops.io

        skops.io.dump(model, path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Load the model, trusting all types that it names."""
        import skops.io

        # 0.3 is the first release with skops.io; its audit is skipped with True.  Later ones take a
        # list of types, and 0.10 refuses True: https://github.com/skops-dev/skops/pull/422
        if version_tuple(skops.__version__) < (0, 4):
            return skops.io.load(path, trusted=True)
        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def object_formats() -> List[Format]:
    """List the formats of this file."""
    return [
        # the default is 3 before Python 3.8, 4 since then and 5 since 3.14:
        # https://docs.python.org/3/library/pickle.html#pickle.DEFAULT_PROTOCOL
        Pickle("pickle", None),
        # 2 is the newest that Python 2 reads
        Pickle("pickle-2", 2),
        # 5 came with Python 3.8 (PEP 574); older readers raise "unsupported pickle protocol"
        Pickle("pickle-highest", pickle.HIGHEST_PROTOCOL),
        Cloudpickle(),
        Joblib("joblib"),
        Joblib("joblib-mmap", mmap_mode="r", saver="joblib"),
        # a pair, because a name alone is understood since joblib 0.12 only
        Joblib("joblib-zlib", compress=("zlib", 3)),
        Joblib("joblib-gzip", compress=("gzip", 3)),
        Joblib("joblib-bz2", compress=("bz2", 3)),
        Joblib("joblib-lzma", compress=("lzma", 3)),
        Joblib("joblib-xz", compress=("xz", 3)),
        JoblibLz4("joblib-lz4", compress="lz4"),
        Skops(),
    ]
