"""The user's rows and labels: NumPy, CSV or Parquet files, as arrays that every pinned interpreter can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.errors import ConfigError
from crossload.worker import input_rows

if TYPE_CHECKING:
    import pandas as pd

    from crossload.store.records import Record

Array = np.ndarray[Any, Any]
_SUFFIXES = (".npy", ".npz", ".csv", ".parquet")


class UserRows:
    """Rows by column, and their labels."""

    def __init__(
        self, names: list[str], arrays: list[Array], truth: Array | None, told: str
    ) -> None:
        self.names, self.arrays, self.truth, self.told = names, arrays, truth, told

    @property
    def has_text(self) -> bool:
        """Whether some columns are text, which tables hold and arrays of numbers do not."""
        return len(self.arrays) > 1 and any(each.dtype.kind not in "biuf" for each in self.arrays)

    def keep(self, folder: Path) -> Record:
        """Write the rows where pinned processes find them; the record says how to read them."""
        return input_rows.Rows("data", self.names, self.arrays, self.told).keep(str(folder))


def read_data(path: Path, target: str) -> UserRows:
    """Read rows from ``.npy``, ``.npz``, ``.csv`` or ``.parquet``; labels from a column of it, or from a file.

    Raises `ConfigError` that says what is wrong and where.
    """
    if not path.is_file():
        raise ConfigError(
            [f"--data {path}: there is no such file"], hint="one of " + ", ".join(_SUFFIXES)
        )
    reader = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}.get(
        path.suffix.lower()
    )
    if reader is None:
        raise ConfigError(
            [f"--data {path}: cannot read {path.suffix or 'this'}"],
            hint="one of " + ", ".join(_SUFFIXES),
        )
    try:
        names, arrays = reader(path)
    except ConfigError:
        raise
    except Exception as error:  # readers of other people raise what they like
        raise ConfigError(
            [f"--data {path}: cannot be read: {type(error).__name__}: {str(error)[:300]}"]
        ) from error
    truth = None
    if target:
        truth, names, arrays = _labels(path, target, names, arrays)
    if not arrays or not len(arrays[0]):
        raise ConfigError([f"--data {path}: has no rows"])
    return UserRows(names, arrays, truth, f"{len(arrays[0])} rows of {path.name}")


def _npy(path: Path) -> tuple[list[str], list[Array]]:
    array = np.load(path, allow_pickle=False)
    if array.dtype.names:
        return list(array.dtype.names), [
            _checked(array[name], name, path) for name in array.dtype.names
        ]
    return ["x"], [_checked(array, "the array", path)]


def _npz(path: Path) -> tuple[list[str], list[Array]]:
    with np.load(path, allow_pickle=False) as held:
        names = list(held.files)
        return names, [_checked(held[name], name, path) for name in names]


def _csv(path: Path) -> tuple[list[str], list[Array]]:
    import pandas as pd  # noqa: PLC0415

    return _columns(pd.read_csv(path), path)


def _parquet(path: Path) -> tuple[list[str], list[Array]]:
    import pandas as pd  # noqa: PLC0415

    return _columns(pd.read_parquet(path), path)


def _columns(table: pd.DataFrame, path: Path) -> tuple[list[str], list[Array]]:
    names = [str(name) for name in table.columns]
    return names, [
        _checked(_plain(table.iloc[:, index]), name, path) for index, name in enumerate(names)
    ]


def _plain(column: pd.Series[Any]) -> Array:
    """A column as NumPy has it: numbers, booleans, or objects that are texts and None."""
    if column.dtype.kind in "biuf" and isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    if column.dtype.kind in "biuf":  # numbers of pandas that may be missing
        return column.to_numpy(dtype="float64", na_value=np.nan)
    held = column.astype(object).to_numpy()
    found: Array = np.where(column.isna().to_numpy(), None, held)  # type: ignore[call-overload]
    return found


def _checked(array: Array, name: str, path: Path) -> Array:
    if array.dtype.kind in "biufU":
        return array
    if array.dtype == object and all(
        each is None or isinstance(each, str) for each in array.ravel()
    ):
        return array
    found = (
        type(array.ravel()[0]).__name__
        if array.dtype == object and array.size
        else str(array.dtype)
    )
    msg = f"--data {path}: {name}: values of type {found} cannot be carried from one Python to another"
    raise ConfigError(
        [msg], hint="numbers, booleans and text can: convert the column, or leave it out"
    )


def _labels(
    path: Path, target: str, names: list[str], arrays: list[Array]
) -> tuple[Array, list[str], list[Array]]:
    if target in names:
        index = names.index(target)
        truth = arrays[index]
        names, arrays = names[:index] + names[index + 1 :], arrays[:index] + arrays[index + 1 :]
    elif Path(target).is_file():
        _, (truth, *more) = _npy(Path(target)) if target.endswith(".npy") else _csv(Path(target))
        if more:
            raise ConfigError(
                [f"--target {target}: has more than one column"], hint="one column of labels"
            )
    else:
        known = ", ".join(names[:20])
        raise ConfigError(
            [f"--target {target}: no column of {path.name}, and no file"], hint=f"columns: {known}"
        )
    truth = truth.ravel() if truth.ndim == 2 and truth.shape[1] == 1 else truth
    if not arrays or truth.ndim != 1 or len(truth) != len(arrays[0]):
        raise ConfigError(
            [f"--target {target}: {len(truth)} labels for {len(arrays[0]) if arrays else 0} rows"]
        )
    if truth.dtype == object:
        if any(each is None for each in truth):
            raise ConfigError(
                [f"--target {target}: some labels are missing"], hint="leave these rows out"
            )
        truth = truth.astype(str)
    if truth.dtype.kind == "f" and not np.isfinite(truth).all():
        raise ConfigError(
            [f"--target {target}: some labels are missing or infinite"], hint="leave these rows out"
        )
    return truth, names, arrays


def data_of(data: Any, target: Any) -> UserRows:
    """Rows and labels that Python code has at hand, or paths of them.  Raises `ConfigError`."""
    if isinstance(data, str | Path):
        if target is None or isinstance(target, str):
            return read_data(Path(data), target or "")
        found = read_data(Path(data), "")
        return _with_truth(found.names, found.arrays, np.asarray(target), found.told)
    shown = Path("<memory>")
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        names, arrays = _columns(data, shown)
    else:
        names, arrays = ["x"], [_checked(np.asarray(data), "the array", shown)]
    told = f"{len(arrays[0])} rows"
    if target is None:
        return UserRows(names, arrays, None, told)
    if isinstance(target, str):
        truth, names, arrays = _labels(shown, target, names, arrays)
        return UserRows(names, arrays, truth, told)
    return _with_truth(names, arrays, np.asarray(target), told)


def _with_truth(names: list[str], arrays: list[Array], truth: Array, told: str) -> UserRows:
    if truth.ndim != 1 or len(truth) != len(arrays[0]):
        raise ConfigError(
            [f"target: shape {truth.shape} for {len(arrays[0])} rows"], hint="one label a row"
        )
    return UserRows(names, arrays, _checked(truth, "the target", Path("<memory>")), told)
