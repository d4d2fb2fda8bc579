"""Damaged files of every format: inspecting them gives an answer or a clear error.

Nothing of them is executed, which an audit hook of Python watches.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
import tempfile
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crossload.inspection import NotAModel, inspect_file
from crossload.inspection.render import to_text

EACH = 1300
"""Examples a format; eight formats make more than ten thousand."""


def model():
    x = np.random.default_rng(0).random((30, 3))
    return make_pipeline(
        StandardScaler(), RandomForestClassifier(2, max_depth=2, random_state=0)
    ).fit(x, x[:, 0] > 0.5)


def packed(compress):
    stream = io.BytesIO()
    joblib.dump(model(), stream, compress=compress)
    return stream.getvalue()


def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.json", json.dumps(content))
    return stream.getvalue()


def message(number, value):
    return bytes([number << 3 | 2, len(value)]) + value


KERAS = {
    "class_name": "Sequential",
    "config": {"layers": [{"class_name": "Dense", "config": {"units": 1}}]},
}
SKOPS = {
    "__class__": "Ridge",
    "__module__": "sklearn.linear_model",
    "__loader__": "ObjectNode",
    "_skops_version": "0.11",
    "content": {
        "content": {
            "_sklearn_version": {"__class__": "str", "content": '"1.5.2"'},
            "n_features_in_": {"content": "3"},
        }
    },
}
SAMPLES = {
    "joblib": packed(0),
    "joblib-zlib": packed(("zlib", 3)),
    "pickle-2": pickle.dumps(model(), protocol=2),
    "pickle-4": pickle.dumps(model(), protocol=4),
    "pickle-5": pickle.dumps(model(), protocol=5),
    "keras": archive(metadata={"keras_version": "3.5.0"}, config=KERAS),
    "skops": archive(schema=SKOPS),
    "savedmodel": message(2, message(1, message(4, b"serve") + message(5, b"2.8.4"))),
}

changes = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 20), st.binary(max_size=12)),
    min_size=1,
    max_size=8,
)
"""(where, how many bytes go away, what takes their place)"""

EVENTS = (
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "subprocess.Popen",
    "pickle.find_class",
)
"""Audit events of Python that something was executed."""
executed: list[str] = []
watching = [False]


def watch(event, arguments):
    # hypothesis finds the first bytes of HDF5 too, which is read by a process of ours
    if watching[0] and event in EVENTS and "import h5py" not in repr(arguments):
        executed.append(event)


sys.addaudithook(watch)  # a hook cannot be taken away again: it is idle outside of the test


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=changes, cut=st.none() | st.floats(0, 1))
def test_damaged_files_are_answered(name, edits, cut):
    data = bytearray(SAMPLES[name])
    for where, gone, put in edits:
        at = int(where * len(data))
        data[at : at + gone] = put
    if cut is not None:
        data = data[: int(cut * len(data))]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / ("saved_model.pb" if name == "savedmodel" else "model")
        path.write_bytes(data)
        watching[0] = True
        try:
            assert to_text(inspect_file(path.parent if name == "savedmodel" else path))
        except NotAModel as error:
            assert place in str(error)
            assert "\n" not in str(error)
        finally:
            watching[0] = False
    assert executed == []
