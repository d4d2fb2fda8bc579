"""Data sets: real bundled tables and seeded generators, as fixed arrays with disjoint training and held-out rows.

Each is made once by the driver, written as ``.npy`` files and named by the digest of their contents; the pinned
interpreters only read.  A table of columns of different types is written one file a column (``x_train@age.npy``).
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.config.schema import did_you_mean
from crossload.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Array = np.ndarray[Any, Any]
Table = dict[str, Array]


def _bundled(name: str) -> tuple[Array, Array]:
    from sklearn import datasets  # noqa: PLC0415 - a second of imports that a run with data at hand never needs

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return np.asarray(x), np.asarray(y)


def _split(x: Array | Table, y: Array, *, limit: int, held_out: float = 0.3) -> dict[str, Array | Table]:
    """Shuffle with a fixed seed; rows that stand twice are kept once, so that no held-out row was trained on."""
    columns = x if isinstance(x, dict) else {"": x}
    rows = [repr([np.asarray(column[i]).tolist() for column in columns.values()]) for i in range(len(y))]
    _, first = np.unique(np.array(rows), return_index=True)
    order = np.random.default_rng(20_261_122).permutation(np.sort(first))[:limit]
    cut = int(len(order) * (1 - held_out))

    def take(chosen: Array) -> Array | Table:
        taken = {name: np.ascontiguousarray(column[chosen]) for name, column in columns.items()}
        return taken if isinstance(x, dict) else taken[""]

    return {
        "x_train": take(order[:cut]),
        "x_test": take(order[cut:]),
        "y_train": y[order[:cut]],
        "y_test": y[order[cut:]],
    }


def _scaled(name: str) -> tuple[Array, Array]:
    x, y = _bundled(name)
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32"), y


def _mixed() -> tuple[Table, Array]:
    """Customers: numbers with gaps, words with gaps (empty), and whether they stayed."""
    rng, n = np.random.default_rng(1), 500
    age, visits = rng.integers(18, 80, n).astype("float64"), rng.poisson(6, n).astype("float64")
    income = rng.lognormal(10, 0.5, n)
    city = rng.choice(np.array(["Oslo", "Lima", "Pune", "Kyoto"]), n)
    plan = rng.choice(np.array(["free", "basic", "gold"]), n, p=[0.5, 0.3, 0.2])
    logit = 0.04 * (age - 45) + 0.3 * (visits - 6) + 1.5 * (plan == "gold") - 0.8 * (city == "Lima")
    y = (logit + rng.normal(0, 1, n) > 0).astype("int64")
    income[rng.random(n) < 0.1] = np.nan
    age[rng.random(n) < 0.05] = np.nan
    city, plan = np.where(rng.random(n) < 0.05, "", city), np.where(rng.random(n) < 0.05, "", plan)
    return {"age": age, "income": income, "visits": visits, "city": city, "plan": plan}, y


def _reviews() -> tuple[Array, Array]:
    """Short sentences with a mood; some words tell it, most do not."""
    rng, n = np.random.default_rng(2), 400
    good = ["lovely", "great", "superb", "charming", "bright"]
    bad = ["dull", "awful", "noisy", "broken", "bland"]
    plain = ["room", "film", "meal", "book", "phone", "trip", "staff", "cable", "chair", "song", "garden", "window"]
    y = rng.integers(0, 2, n)
    words = [[*rng.choice(plain, 6), *rng.choice(good if mood else bad, 1), *rng.choice(good + bad, 1)] for mood in y]
    return np.array([" ".join(rng.permutation(row)) for row in words]), y.astype("int64")


def _sequences() -> tuple[Array, Array]:
    """Eight steps of three channels; the label says whether the first channel rises."""
    rng, n = np.random.default_rng(3), 400
    y = rng.integers(0, 2, n)
    x = rng.normal(0, 1, (n, 8, 3))
    x[:, :, 0] += np.where(y[:, None] == 1, 1.0, -1.0) * np.linspace(-1, 1, 8)
    return x.astype("float32"), y.astype("int64")


def _tokens() -> tuple[Array, Array]:
    """Twelve tokens out of 32; the label says whether low ones are the more frequent."""
    rng, n = np.random.default_rng(4), 400
    y = rng.integers(0, 2, n)
    weights = np.linspace(2, 0.5, 32)
    rows = [rng.choice(32, 12, p=(w := weights if label else weights[::-1]) / w.sum()) for label in y]
    return np.array(rows, dtype="int32"), y.astype("int64")


def _images() -> tuple[Array, Array]:
    x, y = _bundled("digits")
    return (x / 16.0).reshape(-1, 8, 8, 1).astype("float32"), y


def _raw_cancer() -> tuple[Array, Array]:
    x, y = _bundled("breast_cancer")
    return x.astype("float32"), y


_MAKERS: dict[str, tuple[Callable[[], tuple[Array | Table, Array]], int]] = {
    "breast-cancer": (lambda: _bundled("breast_cancer"), 500),
    "iris": (lambda: _bundled("iris"), 150),
    "wine": (lambda: _bundled("wine"), 178),
    "digits": (lambda: _bundled("digits"), 600),
    "diabetes": (lambda: _bundled("diabetes"), 442),
    "mixed": (_mixed, 500),
    "reviews": (_reviews, 400),
    "cancer-scaled": (lambda: _scaled("breast_cancer"), 500),
    "cancer-raw": (_raw_cancer, 500),
    "wine-scaled": (lambda: _scaled("wine"), 178),
    "digit-images": (_images, 600),
    "sequences": (_sequences, 400),
    "tokens": (_tokens, 400),
}
"""Maker and largest number of rows (training and held-out together) of every data set."""


def check_names(names: Iterable[str]) -> None:
    """Raise `RecipeError` for a data set that does not exist."""
    for name in names:
        if name not in _MAKERS:
            msg = f"no such data set: {name!r}"
            raise RecipeError(msg, hint=did_you_mean(name, list(_MAKERS)))


def prepare(names: Iterable[str], folder: Path) -> dict[str, tuple[str, Path]]:
    """Make the data sets that are not there yet; give the digest and the folder of each."""
    wanted = sorted(set(names))
    check_names(wanted)
    source = hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).hexdigest()[:12]
    found = {}
    for name in wanted:
        place = folder / f"{name}-{source}"
        if not (place / "digest.json").exists():
            _write(name, place)
        found[name] = (json.loads((place / "digest.json").read_text(encoding="utf-8"))["digest"], place)
    return found


def held_out_labels(place: Path) -> Array:
    """Labels (or targets) of the held-out rows of a data set that was prepared."""
    return np.asarray(np.load(place / "y_test.npy", allow_pickle=False))


def _write(name: str, place: Path) -> None:
    maker, limit = _MAKERS[name]
    parts = _split(*maker(), limit=limit)
    work = place.with_name(f"{place.name}.{os.getpid()}.part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    state = hashlib.sha256()
    for part, value in parts.items():
        columns = {f"{part}@{c}": a for c, a in value.items()} if isinstance(value, dict) else {part: value}
        for file, array in columns.items():
            np.save(work / f"{file}.npy", array, allow_pickle=False)
            state.update(f"{file} {array.dtype.str} {array.shape}".encode() + array.tobytes())
    (work / "digest.json").write_text(json.dumps({"digest": state.hexdigest()[:24]}), encoding="utf-8")
    try:
        work.rename(place)
    except OSError:  # another run made the same bytes first
        shutil.rmtree(work, ignore_errors=True)
