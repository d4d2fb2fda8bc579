"""Rows that a model is given: by column, in the form that it takes, and as files.

The files are such that every interpreter reads them alike, whatever its NumPy and pandas are.
"""

import json
from typing import Any, Dict, List

import numpy as np

from . import outputs


class Rows(object):
    """Rows by column, and the form in which the model takes them.

    Parameters
    ----------
    form
        ``array``, ``frame`` (a pandas DataFrame), ``objects`` (an array of Python's own values),
        ``texts``, ``records`` (dicts; held as JSON texts, one a row), ``tensor``, ``tensors`` (by
        name), or ``data`` for rows whose form is not chosen yet.
    names
        Names of the columns.
    arrays
        An array of shape (rows,) for each column, of numbers, booleans or text, or of Python's own
        values (categories of several kinds, and None); or a single one of shape (rows, ...).
    description
        Where the rows come from, for people.
    """

    def __init__(self, form: str, names: List[str], arrays: List[Any], description: str) -> None:
        self.form, self.names, self.arrays = form, names, arrays
        self.description = description

    def value(self) -> Any:
        """Make the value that the model is given.

        A new one each time, because some models write into their input.
        """
        if self.form == "frame":
            import pandas

            columns = {name: array.copy() for name, array in zip(self.names, self.arrays)}
            # dicts keep their order since Python 3.7, and pandas sorted them before 0.23
            return pandas.DataFrame(columns, columns=self.names)
        if self.form == "texts":
            return [str(each) for each in self.arrays[0]]
        if self.form == "records":
            return [json.loads(str(each)) for each in self.arrays[0]]
        if self.form == "tensor":
            return _tensor(self.arrays[0])
        if self.form == "tensors":
            return {name: _tensor(array) for name, array in zip(self.names, self.arrays)}
        if self.form == "objects":
            return np.stack([array.astype(object) for array in self.arrays], axis=1)
        if len(self.arrays) == 1 and self.arrays[0].ndim > 1:
            return self.arrays[0].copy()
        return np.stack([np.asarray(each, dtype="float64") for each in self.arrays], axis=1)

    def __len__(self) -> int:
        return len(self.arrays[0])

    def keep(self, folder: str) -> Dict[str, Any]:
        """Write the arrays as an ``.npz`` file, named by its digest.

        Parameters
        ----------
        folder
            Where outputs are kept.

        Returns
        -------
        dict
            What `read` needs: the name of the file in ``kept``, the form, names, and for people
            ``count`` and ``told``, the description.
        """
        kinds = {(array.dtype.str, array.shape) for array in self.arrays}
        first = self.arrays[0]
        record: Dict[str, Any] = {
            "form": self.form,
            "names": self.names,
            "count": len(self),
            "told": self.description,
        }
        numbers = first.ndim == 1 and first.dtype.kind in "biuf"
        if len(kinds) == 1 and len(self.arrays) > 1 and numbers:
            # each array is a file within the .npz, and a model may have many thousand columns
            arrays = {"block": np.stack(self.arrays, axis=1)}
        else:
            # so many digits that the order of names is that of columns
            arrays = {
                "column%07d" % index: _storable(array) for index, array in enumerate(self.arrays)
            }
            record["objects"] = [
                index for index, array in enumerate(self.arrays) if array.dtype == object
            ]
        record["kept"] = outputs.keep(arrays, outputs.digests(arrays), folder)
        return record


def _tensor(array: Any) -> Any:
    """Give numbers as they are, and texts as the tensor that not every Keras makes of them."""
    if array.dtype.kind not in "UO":
        return array
    import tensorflow as tf

    return tf.constant(array.astype(object))


def _storable(array: Any) -> Any:
    """Give Python's own values as JSON texts, so that True, 1 and "1" stay what they are."""
    if array.dtype == object:
        array = np.array([json.dumps(_plain(each)) for each in array.ravel()]).reshape(array.shape)
    return np.ascontiguousarray(array)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    # NaN is the only value that differs from itself; in a column of objects it means a missing
    # value
    return None if value is None or value != value else value


def read(record: Dict[str, Any], path: str) -> Rows:
    """Read rows as `Rows.keep` wrote them.

    Parameters
    ----------
    record
        What `Rows.keep` gave.
    path
        The ``.npz`` file.
    """
    with np.load(path, allow_pickle=False) as held:
        if "block" in held.files:
            arrays = [np.ascontiguousarray(column) for column in held["block"].T]
        else:
            arrays = [held[name] for name in sorted(held.files)]
    for index in record.get("objects", []):
        values = [json.loads(str(each)) for each in arrays[index].ravel()]
        # np.array(values) would make texts of values of several kinds
        column = np.empty(len(values), dtype=object)
        column[:] = values
        arrays[index] = column.reshape(arrays[index].shape)
    return Rows(record["form"], record["names"], arrays, record["told"])
