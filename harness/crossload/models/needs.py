"""The needs of a saved model: packages, modules, code, and the versions that wrote it.

All of it is read from what the inspection says and from the text of the user's code; nothing is
loaded or imported.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from crossload.errors import ConfigError
from crossload.inspection.facts import Certainty, Danger, Kind
from crossload.models.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from crossload.inspection import Inspection

PACKAGES = {
    "sklearn": "scikit-learn",
    # Cython names classes of sklearn._loss so in pickles of some releases:
    # https://github.com/scikit-learn/scikit-learn/issues/30062
    "_loss": "scikit-learn",
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "joblib": "joblib",
    "skops": "skops",
    "cloudpickle": "cloudpickle",
    "dill": "dill",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "imblearn": "imbalanced-learn",
    "category_encoders": "category-encoders",
    "feature_engine": "feature-engine",
    "umap": "umap-learn",
    "hdbscan": "hdbscan",
    "statsmodels": "statsmodels",
    "sktime": "sktime",
    "sklearn_extra": "scikit-learn-extra",
    "sklearn_pandas": "sklearn-pandas",
    "sksurv": "scikit-survival",
    "skopt": "scikit-optimize",
    "mapie": "mapie",
    "pyod": "pyod",
    "nltk": "nltk",
    "polars": "polars",
    "pyarrow": "pyarrow",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "tf_keras": "tf-keras",
    "scikeras": "scikeras",
}
"""Package by module.

Only these are installed because a file names them: a name in a file that nobody trusts must not
decide what is taken from a package index, where anybody can register a package of that name.
"""

_NAMES_OF_PYTHON = {"__builtin__", "copy_reg", "__main__", ""}
"""Modules that are no packages either.

Pickles of protocol 2 and below name builtins and copyreg as Python 2 did, because the pickler maps
them (``fix_imports``, https://docs.python.org/3/library/pickle.html#pickle.Pickler).
"""

_NAMES_OF_KERAS = {"keras", "tensorflow", "tf", "keras_core", "tensorflow_core"}
"""Modules by which files of Keras name what TensorFlow and Keras have."""

KERAS_FORMATS = ("h5", "keras", "savedmodel", "weights-h5", "checkpoint")

WAYS = {
    "pickle": ("pickle",),
    "joblib": ("joblib",),
    "skops": ("skops",),
    "h5": ("h5",),
    "keras": ("keras",),
    "weights-h5": ("weights-h5",),
    "checkpoint": ("checkpoint",),
    "savedmodel": ("savedmodel-signature", "savedmodel-tfsm"),
}
"""Ways of loading a format, the usual one first.

A SavedModel that Keras wrote is loaded as such before these.
"""


@dataclass(frozen=True)
class Needs:
    """The packages, modules and versions that loading a model takes."""

    inspection: Inspection
    code: tuple[Path, ...] = ()
    """Files and folders of the user's own modules."""
    extra: tuple[str, ...] = ()
    """Packages that the user says it needs."""
    optional: tuple[str, ...] = ()
    """Packages that are good to have, left out where they did not exist yet."""

    @property
    def is_keras(self) -> bool:
        """True for the formats of Keras and TensorFlow."""
        return self.inspection.format in KERAS_FORMATS

    @cached_property
    def ways(self) -> tuple[str, ...]:
        """The ways of loading, the one that counts first."""
        ways = WAYS[self.inspection.format]
        # Keras 2 writes this file beside the graph; without it the folder is a plain SavedModel
        metadata = (self.inspection.place or self.inspection.path) / "keras_metadata.pb"
        if self.inspection.format == "savedmodel" and metadata.exists():
            return ("savedmodel-keras", *ways)
        return ways

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The top modules that loading imports, without those of Python itself."""
        named = [each for each in self.inspection.names if each.kind is Kind.IMPORT]
        tops = {each.module.split(".")[0] for each in named}
        # what Keras writes of these says under which name it was imported, not which package of
        # the two was installed: the versions that are recorded say that
        if self.is_keras:
            tops -= _NAMES_OF_KERAS
            # words stand for the module of what has none
            tops = {each for each in tops if each.isidentifier()}
        return tuple(sorted(tops - set(sys.stdlib_module_names) - _NAMES_OF_PYTHON))

    @cached_property
    def own_modules(self) -> tuple[str, ...]:
        """The modules that are no known package: the user's own."""
        return tuple(each for each in self.modules if each not in PACKAGES)

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """The packages without which the model cannot be loaded."""
        found = {PACKAGES[each] for each in self.modules if each in PACKAGES}
        wrote = {each.package for each in self.inspection.written}
        found |= wrote & set(PACKAGES.values())
        found |= {PACKAGES[each] for each in imported_by(self.code) if each in PACKAGES}
        # answers are recorded as arrays, even those of a model that has none
        found |= {"numpy"} | set(self.extra)
        if self.is_keras:
            found.add("tensorflow")
        if self.inspection.format in ("joblib", "skops"):
            found.add(self.inspection.format)
        return tuple(sorted(found))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The modules to import before the first load: those that it names of known packages.

        A pinned process imports them once and forks for each model.
        """
        # dangerous and unknown names wait for the load itself, which runs in a fork of its own
        named = {
            each.module
            for each in self.inspection.names
            if each.kind is Kind.IMPORT
            and each.danger is Danger.KNOWN
            and each.module.split(".")[0] in PACKAGES
            and not (self.is_keras and each.module.split(".")[0] in _NAMES_OF_KERAS)
        }
        if self.is_keras:
            named.add("tensorflow")
        named |= {"joblib"} if self.inspection.format == "joblib" else set()
        named |= {"skops.io"} if self.inspection.format == "skops" else set()
        named |= {"pandas"} if self.wants_frame else set()
        return tuple(sorted(named))

    @property
    def wants_frame(self) -> bool:
        """True where rows are to be given as a DataFrame.

        A model that remembers names of columns checks or selects by them; a ColumnTransformer
        selects by them even where it does not remember any.
        """
        return bool(self.inspection.feature_names) or any(
            name.endswith("ColumnTransformer") for name in self.inspection.classes
        )

    def writer(self) -> Target | None:
        """Give the versions that wrote the file.

        It is None where the file records no version, so that nothing can be rebuilt from it.
        """
        packages: dict[str, str] = {}
        recorded: dict[str, list[str]] = {}
        for each in self.inspection.written:
            if each.sure is Certainty.RECORDED:
                # the Keras inside TensorFlow 2 recorded itself as 2.4.0-tf, no version by PEP 440
                recorded.setdefault(each.package, []).append(each.version.removesuffix("-tf"))
            elif each.package in PACKAGES.values():
                packages[each.package] = each.version
        # parts of a pipeline may come from several releases: the newest can have written them all
        if self.inspection.format in KERAS_FORMATS:
            packages |= _keras_writer(
                {name: max(versions, key=Version) for name, versions in recorded.items()}
            )
        else:
            packages |= {
                name: f"=={max(versions, key=Version)}" for name, versions in recorded.items()
            }
        if not any(spec.startswith("==") for spec in packages.values()):
            return None
        return Target(packages=packages, source="the file")


def _keras_writer(recorded: dict[str, str]) -> dict[str, str]:
    """Give the packages that wrote a Keras file.

    Keras 2 came with the TensorFlow of the same number; Keras 3 has numbers of its own.
    """
    if "tensorflow" in recorded:
        return {"tensorflow": f"=={recorded['tensorflow']}"}
    keras = recorded.get("keras")
    if keras is None:
        return {}
    version = Version(keras)
    if version.major >= 3:
        return {"keras": f"=={version}", "tensorflow": ""}
    return {"tensorflow": f"=={version.major}.{version.minor}.{version.micro}"}


MOST_FILES = 3000
"""Modules that are read of a folder: more are a home folder or a checkout named by mistake."""

_FOREIGN_FOLDERS = ("node_modules", "site-packages", "__pycache__")
"""Folders that hold code of others, or none that could be imported."""


def python_files(folder: Path) -> list[Path]:
    """List the modules below a folder, without virtual environments and hidden folders.

    Raises
    ------
    ConfigError
        There are more than `MOST_FILES` of them.
    """
    found: list[Path] = []
    pending = [folder]
    while pending:
        here = pending.pop()
        for each in sorted(here.iterdir()):
            # a link to a folder above would be walked for ever
            if each.is_dir() and not each.is_symlink():
                skipped = (
                    each.name.startswith(".")
                    or each.name in _FOREIGN_FOLDERS
                    or (each / "pyvenv.cfg").exists()
                )
                pending += [] if skipped else [each]
            elif each.suffix == ".py" and each.is_file():
                found.append(each)
        if len(found) > MOST_FILES or len(pending) > 10 * MOST_FILES:
            msg = f"--with-code {folder}: more than {MOST_FILES} modules"
            raise ConfigError([msg], hint="name the file or the package that the model needs")
    return sorted(found)


def imported_by(paths: Iterable[Path]) -> set[str]:
    """List the top modules that the user's code imports; the code is parsed, not executed."""
    found: set[str] = set()
    for path in paths:
        for file in python_files(path) if path.is_dir() else [path]:
            try:
                # bytes and not text, so that a coding line of the file is honoured
                tree = ast.parse(file.read_bytes())
            except (SyntaxError, ValueError, OSError):
                continue  # importing it will say what is wrong
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    found.add(node.module.split(".")[0])
    return found


def provided_by(paths: Sequence[Path]) -> set[str]:
    """List the top modules that the user's code provides."""
    found: set[str] = set()
    for path in paths:
        if path.is_dir():
            inner = {each.stem for each in path.glob("*.py")} | {
                each.parent.name for each in path.glob("*/__init__.py")
            }
            found |= {path.name} if (path / "__init__.py").exists() else inner
        else:
            found.add(path.stem)
    return found
