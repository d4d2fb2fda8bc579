"""Data sets: real bundled tables and seeded generators, split into training and held-out rows.

Each is made once by the driver, written as ``.npy`` files and named by the digest of their
contents; the pinned interpreters only read.  A table of columns of different types is written one
file a column (``x_train@age.npy``).
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
from crossload.derived import make_folder
from crossload.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

Array = np.ndarray[Any, Any]
Table = dict[str, Array]


def _bundled(name: str) -> tuple[Array, Array]:
    from sklearn import datasets  # noqa: PLC0415 - a second of imports, for new data only

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return np.asarray(x), np.asarray(y)


def _split(
    x: Array | Table, y: Array, *, limit: int, held_out: float = 0.3
) -> dict[str, Array | Table]:
    """Shuffle with a fixed seed and split, each different row once."""
    # iris has two equal rows: one could be trained on and the other held out
    columns = x if isinstance(x, dict) else {"": x}
    rows = [
        repr([np.asarray(column[i]).tolist() for column in columns.values()]) for i in range(len(y))
    ]
    _, first = np.unique(np.array(rows), return_index=True)
    # any seed, but a fixed one: the rows that it chooses are a part of every key
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
    plain = [
        "room",
        "film",
        "meal",
        "book",
        "phone",
        "trip",
        "staff",
        "cable",
        "chair",
        "song",
        "garden",
        "window",
    ]
    y = rng.integers(0, 2, n)
    words = [
        [*rng.choice(plain, 6), *rng.choice(good if mood else bad, 1), *rng.choice(good + bad, 1)]
        for mood in y
    ]
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
    rows = [
        rng.choice(32, 12, p=(w := weights if label else weights[::-1]) / w.sum()) for label in y
    ]
    return np.array(rows, dtype="int32"), y.astype("int64")


def _fraud() -> tuple[Array, Array]:
    """Payments, 2 % of them fraud."""
    # a model that misses nearly all of it still has an accuracy of 98 %: recall has to show it
    rng, n = np.random.default_rng(5), 4000
    y = np.zeros(n, dtype="int64")
    y[rng.permutation(n)[: n // 50]] = 1
    x = rng.normal(0, 1, (n, 6))
    x[:, :4] += 2.5 * y[:, None] * np.array([1.0, -0.8, 0.9, 0.7])
    return x, y


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
    "fraud": (_fraud, 4000),
    "cancer-scaled": (lambda: _scaled("breast_cancer"), 500),
    "cancer-raw": (_raw_cancer, 500),
    "wine-scaled": (lambda: _scaled("wine"), 178),
    "digit-images": (_images, 600),
    "sequences": (_sequences, 400),
    "tokens": (_tokens, 400),
}
"""Maker and largest number of rows (training and held-out together) of every data set."""


def check_names(names: Iterable[str], users: Mapping[str, str] | None = None) -> None:
    """Check that data sets exist.

    Parameters
    ----------
    names
        Names of data sets.
    users
        The recipe that wants each, for the message.

    Raises
    ------
    RecipeError
        A data set does not exist; the hint names the nearest.
    """
    for name in names:
        if name not in _MAKERS:
            where = (users or {}).get(name)
            msg = (
                f"{where}: data: no such data set: {name!r}"
                if where
                else f"no such data set: {name!r}"
            )
            raise RecipeError(msg, hint=did_you_mean(name, list(_MAKERS)))


def prepare(
    names: Iterable[str],
    folder: Path,
    users: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, tuple[str, Path]]:
    """Make the data sets that are not there yet.

    Parameters
    ----------
    names
        Names of data sets.
    folder
        Where each gets a folder of its own.
    users
        The recipe that wants each, for messages.
    say
        Takes a line for each data set that was damaged, and is made anew.

    Returns
    -------
    dict
        Digest of the arrays and folder of each data set, by its name.

    Raises
    ------
    RecipeError
        A data set does not exist, holds rows out that were trained on, or has one class only.
    """
    wanted = sorted(set(names))
    check_names(wanted, users)
    # A folder is named by the text of this module, so that a changed maker makes its data anew.
    # Keys have the digest of the arrays: a changed comment measures nothing again.
    source = hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).hexdigest()[:12]
    found = {}
    for name in wanted:
        place = folder / f"{name}-{source}"
        digest = _digest_of(place)
        if not digest:
            if place.exists():
                say(f"the data set {name} was damaged: it is made anew")
            _write(name, place)
            digest = _digest_of(place)
        found[name] = (digest, place)
    return found


def _digest_of(place: Path) -> str:
    """Read the digest of a data set that is there and whole; empty where it is to be made."""
    try:
        known = json.loads((place / "digest.json").read_text(encoding="utf-8"))
        # models are fitted on these files: a damaged one would give wrong outcomes
        files = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.glob("*.npy")
        }
        return str(known["digest"]) if files and files == known["files"] else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def labels(place: Path, part: str = "y_test") -> Array:
    """Read the labels (or targets) of a data set that was prepared.

    Parameters
    ----------
    place
        The folder that `prepare` gave.
    part
        ``y_test`` for held-out rows, ``y_train`` for training rows.

    Returns
    -------
    numpy.ndarray
        Of shape (rows,).
    """
    return np.asarray(np.load(place / f"{part}.npy", allow_pickle=False))


def row_hashes(value: Array | Table) -> list[str]:
    """Give a hash of each row, over all its columns."""
    columns = list(value.values()) if isinstance(value, dict) else [value]
    rows = range(len(columns[0]))
    return [
        hashlib.sha256(repr([np.asarray(c[i]).tolist() for c in columns]).encode()).hexdigest()[:20]
        for i in rows
    ]


def check_parts(name: str, parts: dict[str, Array | Table]) -> None:
    """Check that a data set can measure anything.

    Raises
    ------
    RecipeError
        Held-out rows were trained on, which the message names, or labels are of one class only.
    """
    trained = {each: index for index, each in enumerate(row_hashes(parts["x_train"]))}
    leaked = [
        (index, trained[each])
        for index, each in enumerate(row_hashes(parts["x_test"]))
        if each in trained
    ]
    if leaked:
        pairs = ", ".join(f"held-out row {a} is training row {b}" for a, b in leaked[:5])
        msg = f"data set {name!r}: {len(leaked)} held-out rows were trained on: {pairs}"
        raise RecipeError(msg, hint="split the rows so that each is on one side only")
    for part in ("y_train", "y_test"):
        labels = np.unique(np.asarray(parts[part]))
        if len(labels) < 2:
            held = labels[0] if len(labels) else "none"
            msg = f"data set {name!r}: {part} has one class only ({held})"
            raise RecipeError(msg, hint="metrics need at least two classes among the held-out rows")


def _write(name: str, place: Path) -> None:
    maker, limit = _MAKERS[name]
    parts = _split(*maker(), limit=limit)
    check_parts(name, parts)
    # made aside and renamed: several runs may begin at once
    work = place.with_name(f"{place.name}.{os.getpid()}.part")
    shutil.rmtree(work, ignore_errors=True)
    make_folder(work)
    state = hashlib.sha256()
    for part, value in parts.items():
        columns = (
            {f"{part}@{c}": a for c, a in value.items()}
            if isinstance(value, dict)
            else {part: value}
        )
        for file, array in columns.items():
            # arrays of objects would be pickles, which an older NumPy may not read
            np.save(work / f"{file}.npy", array, allow_pickle=False)
            # equal bytes may be of another type or shape
            state.update(f"{file} {array.dtype.str} {array.shape}".encode() + array.tobytes())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in work.iterdir()}
    (work / "digest.json").write_text(
        json.dumps({"digest": state.hexdigest()[:24], "files": files}), encoding="utf-8"
    )
    if place.exists() and not _digest_of(place):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    try:
        work.rename(place)
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        if not _digest_of(place):  # else another run made the same bytes first
            raise
