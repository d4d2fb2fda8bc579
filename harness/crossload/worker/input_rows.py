"""Rows that a model is given: by column, in the form that it takes, and as files that every interpreter reads alike."""

import json
from typing import Any, Dict, List

import numpy as np

from . import outputs


class Rows(object):
    """Rows by column, and the form in which the model takes them.

    Columns are arrays of numbers, booleans or text, or of Python's own values (categories of several kinds, and None).
    ``records`` are JSON texts, one a row.
    """

    def __init__(self, form: str, names: List[str], arrays: List[Any], told: str) -> None:
        self.form, self.names, self.arrays, self.told = form, names, arrays, told

    def value(self) -> Any:
        """What the model is given: a new one each time, because some models write into their input."""
        if self.form == "frame":
            import pandas

            return pandas.DataFrame(
                {name: array.copy() for name, array in zip(self.names, self.arrays)},
                columns=self.names,
            )
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
        """Write the arrays; give what `read` needs.  Columns of numbers of one type are one array."""
        kinds = {(array.dtype.str, array.shape) for array in self.arrays}
        record: Dict[str, Any] = {
            "form": self.form,
            "names": self.names,
            "count": len(self),
            "told": self.told,
        }
        if (
            len(kinds) == 1
            and len(self.arrays) > 1
            and self.arrays[0].ndim == 1
            and self.arrays[0].dtype.kind in "biuf"
        ):
            arrays = {"block": np.stack(self.arrays, axis=1)}
        else:
            arrays = {
                "column%07d" % index: _storable(array) for index, array in enumerate(self.arrays)
            }
            record["objects"] = [
                index for index, array in enumerate(self.arrays) if array.dtype == object
            ]
        record["kept"] = outputs.keep(arrays, outputs.digests(arrays), folder)
        return record


def _tensor(array: Any) -> Any:
    """Numbers as they are; texts as the tensor that not every Keras makes of them."""
    if array.dtype.kind not in "UO":
        return array
    import tensorflow as tf

    return tf.constant(array.astype(object))


def _storable(array: Any) -> Any:
    """Python's own values as JSON texts, so that True, 1 and "1" stay what they are."""
    if array.dtype == object:
        array = np.array([json.dumps(_plain(each)) for each in array.ravel()]).reshape(array.shape)
    return np.ascontiguousarray(array)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or value != value else value


def read(record: Dict[str, Any], path: str) -> Rows:
    """Rows as `Rows.keep` wrote them."""
    with np.load(path, allow_pickle=False) as held:
        if "block" in held.files:
            arrays = [np.ascontiguousarray(column) for column in held["block"].T]
        else:
            arrays = [held[name] for name in sorted(held.files)]
    for index in record.get("objects", []):
        values = [json.loads(str(each)) for each in arrays[index].ravel()]
        column = np.empty(len(values), dtype=object)
        column[:] = values
        arrays[index] = column.reshape(arrays[index].shape)
    return Rows(record["form"], record["names"], arrays, record["told"])
