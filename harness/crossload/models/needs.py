"""What a saved model needs to be loaded: packages, modules, code; and which versions wrote it, as far as it tells."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from crossload.errors import ConfigError
from crossload.inspection.facts import Certainty, Danger
from crossload.models.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from crossload.inspection import Inspection

PACKAGES = {
    "sklearn": "scikit-learn",
    "_loss": "scikit-learn",  # as Cython names a module in pickles of a few releases
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
"""Package of a module.  Only these are installed because a file names them: a name in a file that nobody trusts must not
decide what is taken from a package index."""

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
"""Ways of loading a format, the usual one first.  A SavedModel that Keras wrote is loaded as such before these."""


@dataclass(frozen=True)
class Needs:
    """What loading a model takes."""

    found: Inspection
    code: tuple[Path, ...] = ()
    """Files and folders of the user's own modules."""
    extra: tuple[str, ...] = ()
    """Packages that the user says it needs."""
    optional: tuple[str, ...] = ()
    """Packages that are good to have, left out where they did not exist yet."""

    @property
    def is_keras(self) -> bool:
        return self.found.format in KERAS_FORMATS

    @cached_property
    def ways(self) -> tuple[str, ...]:
        """Ways of loading, the one that counts first."""
        ways = WAYS[self.found.format]
        if self.found.format == "savedmodel" and (self.found.path / "keras_metadata.pb").exists():
            return ("savedmodel-keras", *ways)
        return ways

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """Top modules that loading imports, without those of Python itself."""
        tops = {each.module.split(".")[0] for each in self.found.names}
        return tuple(
            sorted(
                tops - set(sys.stdlib_module_names) - {"__builtin__", "copy_reg", "__main__", ""}
            )
        )

    @cached_property
    def own_modules(self) -> tuple[str, ...]:
        """Modules that are no known package: the user's own."""
        return tuple(each for each in self.modules if each not in PACKAGES)

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """Packages without which it cannot be loaded."""
        found = {PACKAGES[each] for each in self.modules if each in PACKAGES}
        found |= {each.package for each in self.found.written if each.package in PACKAGES.values()}
        found |= {PACKAGES[each] for each in imported_by(self.code) if each in PACKAGES}
        found |= {"numpy"} | set(self.extra)
        if self.is_keras:
            found.add("tensorflow")
        if self.found.format in ("joblib", "skops"):
            found.add(self.found.format)
        return tuple(sorted(found))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Modules to import before the first load: what it names of known packages."""
        named = {
            each.module
            for each in self.found.names
            if each.module.split(".")[0] in PACKAGES and _harmless(each.danger)
        }
        if self.is_keras:
            named.add("tensorflow")
        named |= {"joblib"} if self.found.format == "joblib" else set()
        named |= {"skops.io"} if self.found.format == "skops" else set()
        named |= {"pandas"} if self.wants_frame else set()
        return tuple(sorted(named))

    @property
    def wants_frame(self) -> bool:
        """Whether rows are to be given as a DataFrame."""
        return bool(self.found.feature_names) or any(
            name.endswith("ColumnTransformer") for name in self.found.classes
        )

    def writer(self) -> Target | None:
        """The versions that wrote it, of their time; None where the file does not tell enough to rebuild them."""
        packages: dict[str, str] = {}
        recorded: dict[str, list[str]] = {}
        for each in self.found.written:
            if each.sure is Certainty.RECORDED:
                recorded.setdefault(each.package, []).append(each.version.removesuffix("-tf"))
            elif each.package in PACKAGES.values():
                packages[each.package] = each.version
        if self.found.format in KERAS_FORMATS:
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


def _harmless(danger: Danger) -> bool:
    return danger is Danger.KNOWN


def _keras_writer(recorded: dict[str, str]) -> dict[str, str]:
    """Keras 2 came with the TensorFlow of the same number; Keras 3 has numbers of its own."""
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
_NOT_OURS = ("node_modules", "site-packages", "__pycache__")


def python_files(folder: Path) -> list[Path]:
    """Modules below a folder, without virtual environments and what is hidden.  Raises `ConfigError` for too many."""
    found: list[Path] = []
    pending = [folder]
    while pending:
        here = pending.pop()
        for each in sorted(here.iterdir()):
            if each.is_dir() and not each.is_symlink():
                skipped = (
                    each.name.startswith(".")
                    or each.name in _NOT_OURS
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
    """Top modules that the user's code imports; read, not executed."""
    found: set[str] = set()
    for path in paths:
        for file in python_files(path) if path.is_dir() else [path]:
            try:
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
    """Top modules that the user's code provides."""
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
