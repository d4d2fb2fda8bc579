"""The user's rows and labels, from NumPy, CSV or Parquet files or from Python.

They become arrays of numbers, booleans and text, which every pinned interpreter can read, whatever
its versions of NumPy and pandas are.
"""

from __future__ import annotations

import os
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
    """Rows by column, and their labels.

    Attributes
    ----------
    names
        Names of the columns; ``x`` for an array.
    arrays
        An array of shape (rows,) for each column, or a single one of shape (rows, ...).
    truth
        Labels of shape (rows,), or None.
    description
        The number of rows and where they come from, for people.
    """

    def __init__(
        self, names: list[str], arrays: list[Array], truth: Array | None, description: str
    ) -> None:
        self.names, self.arrays, self.truth = names, arrays, truth
        self.description = description

    @property
    def has_text(self) -> bool:
        """True where some columns are text, which tables hold and arrays of numbers do not."""
        return len(self.arrays) > 1 and any(each.dtype.kind not in "biuf" for each in self.arrays)

    def keep(self, folder: Path) -> Record:
        """Write the rows into a folder, where pinned processes find them.

        Returns
        -------
        Record
            The name of the file and how its arrays become rows again.
        """
        rows = input_rows.Rows("data", self.names, self.arrays, self.description)
        return rows.keep(str(folder))


def read_data(path: Path, target: str) -> UserRows:
    """Read rows and labels from files.

    Parameters
    ----------
    path
        A ``.npy``, ``.npz``, ``.csv`` or ``.parquet`` file.
    target
        A column of it, or the path of a file with one column of labels; empty for no labels.

    Raises
    ------
    ConfigError
        A file does not exist, cannot be read, or holds no rows, or the labels do not fit them.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises OSError for a long name
        raise ConfigError(
            [f"--data {path}: there is no such file"], hint="one of " + ", ".join(_SUFFIXES)
        )
    readers = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(
            [f"--data {path}: cannot read {path.suffix or 'this'}"],
            hint="one of " + ", ".join(_SUFFIXES),
        )
    try:
        names, arrays = reader(path)
    except ConfigError:
        raise  # says already what is wrong with a column
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


# arrays of objects are pickles, and loading one runs what it says
# (https://numpy.org/doc/stable/reference/generated/numpy.load.html): rows are data, not code
def _npy(path: Path) -> tuple[list[str], list[Array]]:
    array = np.load(path, allow_pickle=False)
    if array.dtype.names:
        names = list(array.dtype.names)
        return names, [_checked(array[name], name, path) for name in names]
    return ["x"], [_checked(array, "the array", path)]


def _npz(path: Path) -> tuple[list[str], list[Array]]:
    # an archive is read when its arrays are asked for, and stays open until it is closed
    with np.load(path, allow_pickle=False) as held:
        names = list(held.files)
        return names, [_checked(held[name], name, path) for name in names]


def _csv(path: Path) -> tuple[list[str], list[Array]]:
    import pandas as pd  # noqa: PLC0415 - takes long to import, and most checks bring no table

    return _columns(pd.read_csv(path), path)


def _parquet(path: Path) -> tuple[list[str], list[Array]]:
    import pandas as pd  # noqa: PLC0415 - as above

    return _columns(pd.read_parquet(path), path)


def _columns(table: pd.DataFrame, path: Path) -> tuple[list[str], list[Array]]:
    names = [str(name) for name in table.columns]
    # by position, because two columns may have the same name
    return names, [
        _checked(_plain(table.iloc[:, index]), name, path) for index, name in enumerate(names)
    ]


def _plain(column: pd.Series[Any]) -> Array:
    """Give a column as NumPy has it: numbers, booleans, or objects that are texts and None."""
    if column.dtype.kind in "biuf" and isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    # Int64, Float64 and boolean of pandas have the kinds of NumPy, and a missing value of their own
    if column.dtype.kind in "biuf":
        return column.to_numpy(dtype="float64", na_value=np.nan)
    values = column.astype(object).to_numpy()
    # missing values are None alone, instead of NaN, NaT and pandas.NA, which not every pandas has;
    # the stubs of NumPy know no None among the values of where()
    found: Array = np.where(column.isna().to_numpy(), None, values)  # type: ignore[call-overload]
    return found


def _checked(array: Array, name: str, path: Path) -> Array:
    """Refuse values that would have to be pickled, such as dates and objects of Python."""
    if array.dtype.kind in "biufU":
        return array
    if array.dtype == object and all(
        each is None or isinstance(each, str) for each in array.ravel()
    ):
        return array
    objects = array.dtype == object and array.size
    kind = type(array.ravel()[0]).__name__ if objects else str(array.dtype)
    msg = (
        f"--data {path}: {name}: values of type {kind} cannot be carried from one Python to another"
    )
    raise ConfigError(
        [msg], hint="numbers, booleans and text can: convert the column, or leave it out"
    )


def _labels(
    path: Path, target: str, names: list[str], arrays: list[Array]
) -> tuple[Array, list[str], list[Array]]:
    """Take the labels out of the columns, or read them from a file of their own."""
    if target in names:
        index = names.index(target)
        truth = arrays[index]
        names, arrays = names[:index] + names[index + 1 :], arrays[:index] + arrays[index + 1 :]
    elif os.path.isfile(target):  # noqa: PTH113 - see above
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
    # a column that pandas or NumPy saved as a table of one column
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
        # predicted labels are recorded as fixed-width text, and must be comparable with these
        truth = truth.astype(str)
    if truth.dtype.kind == "f" and not np.isfinite(truth).all():
        raise ConfigError(
            [f"--target {target}: some labels are missing or infinite"], hint="leave these rows out"
        )
    return truth, names, arrays


def data_of(data: Any, target: Any) -> UserRows:
    """Take rows and labels that Python code has at hand, or paths of them.

    Parameters
    ----------
    data
        A path as for `read_data`, an array of shape (rows, ...), or a pandas.DataFrame.
    target
        The name of a column, a path, labels of shape (rows,), or None.

    Raises
    ------
    ConfigError
        As for `read_data`.
    """
    if isinstance(data, str | Path):
        if target is None or isinstance(target, str):
            return read_data(Path(data), target or "")
        found = read_data(Path(data), "")
        return _with_truth(found.names, found.arrays, np.asarray(target), found.description)
    place = Path("<memory>")
    # pandas is not imported to find out: who has a table has imported it
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        names, arrays = _columns(data, place)
    else:
        names, arrays = ["x"], [_checked(np.asarray(data), "the array", place)]
    description = f"{len(arrays[0])} rows"
    if target is None:
        return UserRows(names, arrays, None, description)
    if isinstance(target, str):
        truth, names, arrays = _labels(place, target, names, arrays)
        return UserRows(names, arrays, truth, description)
    return _with_truth(names, arrays, np.asarray(target), description)


def _with_truth(names: list[str], arrays: list[Array], truth: Array, description: str) -> UserRows:
    if truth.ndim != 1 or len(truth) != len(arrays[0]):
        raise ConfigError(
            [f"target: shape {truth.shape} for {len(arrays[0])} rows"], hint="one label a row"
        )
    truth = _checked(truth, "the target", Path("<memory>"))
    return UserRows(names, arrays, truth, description)
