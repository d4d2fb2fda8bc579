"""Rows and models of scikit-learn for the tests of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from crossload.worker import choose_rows, input_rows

RANDOM = np.random.RandomState(0)
X = RANDOM.normal([100.0, -5.0, 0.0], [20.0, 0.5, 1.0], size=(120, 3))
Y = (X[:, 0] + 20 * X[:, 2] > 100).astype(int)
FRAME = pd.DataFrame(
    {"age": X[:, 0], "city": RANDOM.choice(["Oslo", "Rome", "Bonn"], 120), "x": X[:, 1]}
)
COLUMNS = ColumnTransformer(
    [
        ("n", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
        ("c", OneHotEncoder(handle_unknown="ignore"), ["city"]),
    ],
    remainder="passthrough",
)


def made(model):
    found, methods, notes = choose_rows.find_rows(model, None)
    return found, methods, notes


def data(frame):
    return {
        "names": list(frame),
        "arrays": [frame[name].to_numpy() for name in frame],
        "description": "rows of the user",
    }


def through_a_file(found, tmp_path):
    record = found.keep(str(tmp_path))
    return input_rows.read(record, str(tmp_path / f"{record['kept']}.npz")), record
