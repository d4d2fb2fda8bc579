"""What is harmless is a callable with the kinds of its arguments, made in the way of its class."""

from __future__ import annotations

import collections
import copyreg
import datetime as dt
import decimal
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from builders_inspection import CALL, WRAPPER, inspect_file, name_of, state_of, text_of
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from crossload.inspection import NotAModel
from crossload.inspection.facts import Danger


def fitted(model):
    rows = np.arange(40.0).reshape(20, 2)
    return model.fit(rows, np.arange(20) % 2)


HONEST = {
    "arrays": {"a": np.arange(3.0), "b": np.array(["x", None], dtype=object), "c": np.float32(1)},
    "masked": np.ma.masked_array([1, 2], mask=[0, 1]),
    "random": [np.random.RandomState(0), np.random.default_rng(0)],
    "sparse": sparse.csr_matrix(np.eye(3)),
    "containers": [collections.OrderedDict(a=1), collections.defaultdict(int, a=1), {1, 2}],
    "plain": [
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        decimal.Decimal("1.5"),
        b"x",
        1j,
        slice(1, 2),
    ],
    "functions": [np.log1p, np.exp],
    "frames": pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}),
    "bytes": bytearray(b"x"),
    "tree": fitted(DecisionTreeClassifier()),
    "boosting": fitted(HistGradientBoostingClassifier(max_iter=2)),
    "neighbours": fitted(KNeighborsClassifier()),
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", HONEST)
def test_what_libraries_write_is_known(tmp_path, name, protocol):
    path = tmp_path / "x"
    path.write_bytes(pickle.dumps([HONEST[name]], protocol=min(protocol, pickle.HIGHEST_PROTOCOL)))
    assert not [each for each in inspect_file(path).names if each.danger is not Danger.KNOWN]
    joblib.dump([HONEST[name]], path, protocol=protocol)
    assert not [each for each in inspect_file(path).names if each.danger is not Danger.KNOWN]


SYSTEM = name_of("os", "system")


def call(module, name, *arguments):
    return name_of(module, name) + b"(" + b"".join(arguments) + b"tR"


TEXT = text_of("touch made")
NEW = name_of("numpy.random._mt19937", "MT19937")

HOSTILE = {
    "a constructor that is given a callable": call(
        "numpy.random._pickle", "__generator_ctor", TEXT, SYSTEM
    ),
    "another constructor": call("numpy.random._pickle", "__randomstate_ctor", TEXT, SYSTEM),
    "a default that is called": call("collections", "defaultdict", SYSTEM),
    "a class in place of an array": call(
        "numpy.core.multiarray", "_reconstruct", name_of("subprocess", "Popen"), b"K\x00\x85", TEXT
    ),
    "a codec by its name": call("_codecs", "encode", TEXT, text_of("mycodec")),
    "an object of any class": call(
        "copyreg", "_reconstructor", name_of("subprocess", "Popen"), name_of("builtins", "object"),
        b"N",
    ),
    "a base with a constructor": call(
        "copyreg", "_reconstructor", name_of("sklearn.svm._classes", "SVC"),
        name_of("subprocess", "Popen"), TEXT,
    ),
    "a class that is called": call("builtins", "type", TEXT, b")", b"}"),
    "a file that is opened": call("joblib.numpy_pickle", "BinaryZlibFile", TEXT, text_of("wb")),
    "a file through a class": call("numpy", "memmap", TEXT),
    "a state that is executed": name_of("scipy.stats._continuous_distns", "norm_gen")
    + b")\x81}(" + text_of("_parse_arg_template") + TEXT + b"ub",
    "a compiled class that is none": call(
        "sklearn._loss._loss", "__pyx_unpickle_CyHalfBinomialLoss", SYSTEM, b"K\x01", b"N"
    ),
    "the type of a wrapper": call("builtins", "type", WRAPPER[2:]) + b")\x81",
    "the result of a call": call("collections", "OrderedDict") + TEXT + b"\x85R",
    "a state that sets behaviour": name_of("sklearn.svm._classes", "SVC")
    + b")\x81}" + text_of("__class__") + SYSTEM + b"sb",
    "attributes of a class": name_of("sklearn.svm._classes", "SVC")
    + b"N}" + text_of("predict") + SYSTEM + b"s\x86b",
    "items of a model": name_of("sklearn.svm._classes", "SVC") + b")\x81" + SYSTEM + b"a",
    "an index of another class": call(
        "pandas.core.indexes.base", "_new_Index", name_of("subprocess", "Popen"), b"}"
    ),
    "a function that a model would call": name_of("numpy", "load"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_model_does_is_not_known(tmp_path, name):
    (tmp_path / "x").write_bytes(b"\x80\x04](" + HOSTILE[name] + b"e.")

    assert [each for each in inspect_file(tmp_path / "x").names if each.danger is not Danger.KNOWN]


@pytest.mark.parametrize("module", ["cPickle", "anydbm", "dumbdbm", "commands", "urllib2"])
def test_names_of_python_2_are_those_that_loading_would_import(tmp_path, module):
    (tmp_path / "x").write_bytes(b"(lc" + module.encode() + b"\nopen\n(S'x'\ntRa.")

    (found,) = inspect_file(tmp_path / "x").names
    assert (found.danger, found.module) != (Danger.KNOWN, module)


def test_an_object_that_is_made_in_a_roundabout_way_is_of_its_class(tmp_path):
    class Empty:
        """Has no state."""

    function, (_, *rest) = copyreg._reconstructor, Empty().__reduce_ex__(1)[1]
    assert function.__name__ == "_reconstructor"
    assert rest == [object, None]
    made = call(
        "copyreg", "_reconstructor", name_of("mine", "Model"), name_of("builtins", "object"), b"N"
    )
    (tmp_path / "x").write_bytes(b"\x80\x04](" + made + b"e.")

    unknown = inspect_file(tmp_path / "x").unknown
    assert [(each.text, each.called) for each in unknown] == [("mine.Model", True)]


BEHIND = state_of(4, "u1") + b"b" + b"\x00" * 4
WRAPPED = name_of("joblib.numpy_pickle", "NumpyArrayWrapper")
FRAME = b"\x95"


def frame(data, size=None):
    return FRAME + (len(data) if size is None else size).to_bytes(8, "little") + data


TWO_WAYS = {
    "made by copyreg, with another base": call(
        "copyreg", "_reconstructor", WRAPPED, name_of("builtins", "dict"), b"}"
    ) + b"}" + BEHIND,
    "called": WRAPPED + b")R}" + BEHIND,
    "with arguments": WRAPPED + b"K\x10\x85\x81}" + BEHIND,
    "by an instruction of protocol 1": b"(" + WRAPPED + b"o}" + BEHIND,
    "by name and arguments": WRAPPED + b")}\x92}" + BEHIND,
    "handed to a function": call("mine", "make", WRAPPED),
    "kept in a list": b"](" + WRAPPED + b"e",
    "used twice": WRAPPER[2:] + b"\x94" + b"h\x00}" + BEHIND,
    "doubled": WRAPPER[2:] + b"2}" + BEHIND,
    "a subclass of the name": name_of("mine", "MyArrayWrapper") + b")\x81}" + BEHIND,
    "a frame that ends within an instruction": frame(TEXT + CALL, size=5),
    "a frame within a frame": frame(frame(b"N") + b"N"),
    "an array in the middle of a frame": frame(WRAPPER[2:] + b"}" + state_of(0, "u1") + b"bN"),
    "a pickle that ends before its frame": frame(b"N." + CALL),
    "an array with another state": WRAPPER[2:] + b"}" + BEHIND + b"}b",
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_WAYS)
def test_what_can_be_read_in_two_ways_is_refused(tmp_path, name):
    (tmp_path / "x").write_bytes(b"\x80\x04](" + TWO_WAYS[name] + b"e.")

    with pytest.raises(NotAModel) as caught:
        inspect_file(tmp_path / "x")
    assert "two ways" in caught.value.hint


def stack_global(module, name):
    return b"".join(b"\x8c" + bytes([len(t)]) + t.encode() for t in (module, name)) + b"\x93"


@pytest.mark.parametrize(
    ("module", "name", "made", "why"),
    [
        ("sklearn.metrics._dist_metrics", "SEuclideanDistance64", b"C\x03abc)\x86\x81]b",
         "made otherwise than its library does"),
        ("sklearn.metrics._dist_metrics", "RogersTanimotoDistance32", b"]\x85}\x92]b",
         "made otherwise than its library does"),
        ("scipy.spatial._qhull", "_Qhull", b"K\x01K\x02\x86\x81",
         "made otherwise than its library does"),
        ("sklearn.tree._tree", "Tree", b")\x81", "made otherwise than its library does"),
        ("sklearn.preprocessing._data", "StandardScaler", b"K\x01\x85\x81",
         "made with arguments that no model gives it"),
    ],
)  # fmt: skip
def test_objects_are_made_as_their_libraries_make_them(tmp_path, module, name, made, why):
    (tmp_path / "x").write_bytes(b"\x80\x04N" + stack_global(module, name) + made + b".")
    (found,) = inspect_file(tmp_path / "x").names

    assert found.danger is not Danger.KNOWN
    assert found.why == why
