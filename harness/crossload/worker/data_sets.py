"""Data sets as pinned interpreters read them: files of arrays, which every NumPy can read."""

import os
from typing import Any, Dict

import numpy as np


class Data(object):
    """Arrays of one data set: rows to fit on and held-out rows, in the form the recipe wants.

    Attributes
    ----------
    x_train, x_test
        Rows of shape (rows, ...), or a dict of columns, or what the recipe's ``prepare`` made.
    y_train, y_test
        Labels of shape (rows,), or None.
    """

    def __init__(self, arrays: Dict[str, Any], prepare: Any) -> None:
        self.x_train = prepare(arrays["x_train"]) if prepare else arrays["x_train"]
        self.x_test = prepare(arrays["x_test"]) if prepare else arrays["x_test"]
        self.y_train = arrays.get("y_train")
        self.y_test = arrays.get("y_test")


class OnTraining(object):
    """The data set with its training rows in the place of the held-out ones.

    The outputs for them show how far a model is overfitted.
    """

    def __init__(self, data: Data) -> None:
        self.x_train = self.x_test = data.x_train
        self.y_train = self.y_test = data.y_train


def read_data(folder: str) -> Dict[str, Any]:
    """Read a data set.

    Parameters
    ----------
    folder
        Its ``.npy`` files: ``x_train``, ``x_test``, and ``y_train`` and ``y_test`` if there are
        labels. Files named ``x_train@column.npy`` become a dict of columns.

    Returns
    -------
    dict
        The arrays by name.
    """
    found: Dict[str, Any] = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".npy"):
            continue
        # False is the default since NumPy 1.16.3 only; pickled arrays would also depend on versions
        array = np.load(os.path.join(folder, name), allow_pickle=False)
        part, _, column = name[: -len(".npy")].partition("@")
        if column:
            found.setdefault(part, {})[column] = array
        else:
            found[part] = array
    return found
