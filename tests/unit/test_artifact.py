"""Saved models are looked at without being executed; hostile ones too."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import struct
import sys
import tracemalloc
import zipfile
import zlib

import joblib
import numpy as np
import pytest
import sklearn
import skops.io
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crossload import inspection
from crossload.cli.main import main
from crossload.inspection import NotAModel, pickle_reader
from crossload.inspection.facts import Certainty, Danger
from crossload.inspection.render import to_dict, to_text

EVENTS = (
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "subprocess.Popen",
    "pickle.find_class",
    "exec",
    "code.__new__",
)
heard: list[tuple[str, tuple]] = []
listening = [False]


def hear(event, arguments):
    if (
        not listening[0] or event not in EVENTS or "import h5py" in repr(arguments)
    ):  # HDF5 is read by a process of ours
        return
    code = arguments[0] if event == "exec" else None
    if code is None or not getattr(code, "co_filename", "").startswith(
        (sys.base_prefix, sys.prefix)
    ):  # a late import is no payload
        heard.append((event, arguments))


sys.addaudithook(hear)


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path):
    """The interpreter itself tells whether anything was looked up, executed or started while files are looked at."""
    (tmp_path / "warm").write_bytes(b"(lcsklearn.svm\nSVC\na.")
    inspect_file(tmp_path / "warm")  # what is imported late is imported now
    (tmp_path / "warm").unlink()
    heard.clear()
    yield
    listening[0] = False
    assert heard == []


def inspect_file(path):
    listening[0] = True
    try:
        return inspection.inspect_file(path)
    finally:
        listening[0] = False


SYSTEM = b"cposix\nsystem\n"
PAYLOADS = {
    "reduce": SYSTEM + b"(S'echo hacked'\ntR.",
    "builtins eval": b"cbuiltins\neval\n(S'__import__(\"os\").system(\"x\")'\ntR.",
    "python 2 names": b"c__builtin__\neval\n(S'1'\ntR.",
    "inst": b"(S'echo'\niposix\nsystem\n.",
    "obj": b"(" + SYSTEM + b"S'echo'\no.",
    "in a list": b"(lp0\n" + SYSTEM + b"(S'x'\ntRa.",
    "stack global": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x01x\x85R.",
    "stack global through the memo": b"\x80\x04\x8c\x06system\x94\x8c\x05posix\x940h\x01h\x00\x93\x8c\x01x\x85R.",
    "newobj": b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93\x8c\x01x\x85\x81.",
    "newobj_ex": b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93\x8c\x01x\x85}\x92.",
    "build": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93)R}\x8c\x01x\x8c\x01ysb.",
    "getattr chain": b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'system'\ntR(S'x'\ntR.",
    "key of a dict": b"}" + SYSTEM + b"(S'x'\ntRK\x01s.",
    "runpy": b"crunpy\nrun_path\n(S'x.py'\ntR.",
    "within a state": b"\x80\x02ccopyreg\n_reconstructor\n(csklearn.svm\nSVC\nc__builtin__\nobject\nNtR}U\x01aX\x01\x00\x00\x00bs" + SYSTEM + b"(S'x'\ntRb.",
}  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_exploits_are_named_and_do_not_run(tmp_path, payload, capsys):
    path = tmp_path / "model.pkl"
    path.write_bytes(PAYLOADS[payload])

    found = inspect_file(path)

    assert found.dangerous
    assert main(["inspect", str(path)]) == 1
    said = capsys.readouterr()
    assert "DANGEROUS: loading would call" in said.out
    assert "do not load it" in said.err


def test_a_pickle_within_an_array_of_objects_is_looked_at_too(tmp_path):
    marker = b"MARKER-SYSTEM"
    array = np.array([1, "x", marker.decode()], dtype=object)
    buffer = io.BytesIO()
    joblib.dump({"a": np.arange(3.0), "b": array}, buffer)
    data = buffer.getvalue()
    # the array of objects is a pickle of its own: the text in it becomes a call
    nested = data.replace(
        pickle.SHORT_BINUNICODE + bytes([len(marker)]) + marker, SYSTEM + b"(S'x'\ntR"
    )
    assert nested != data
    path = tmp_path / "model.joblib"
    path.write_bytes(nested)

    assert [each.text for each in inspect_file(path).dangerous] == ["posix.system"]


@pytest.mark.parametrize(
    "data",
    [
        b"(" * 300_000 + b"t" * 300_000 + b".",
        b"}" + b"(" * 200_000 + b"t" * 200_000 + b"K\x01s.",
        b"\x80\x04" + b"]\x94" * 100_000 + b"a" * 99_999 + b".",
        b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",
        b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"K\x01.",
        b"\x8b\xff\xff\xff\x7fx.",
        b"L" + b"9" * 900_000 + b"\n.",
        b"\x82\x01.",
        b"\x80\x04\x8c\x08builtins\x8c\x06object\x93" + b"2" * 100 + b"b" * 50 + b".",
        b"\x97.",
        b"\x80\x63.",
        b"cposix",
        b"\x00" * 1000,
    ],
)
def test_what_would_exhaust_or_confuse_a_machine_is_an_error_or_an_answer(tmp_path, data):
    path = tmp_path / "x.pkl"
    path.write_bytes(data)
    try:
        inspect_file(path)
    except NotAModel as error:
        assert str(path) in str(error)


@pytest.fixture(scope="module")
def model():
    x, y = load_iris(return_X_y=True, as_frame=True)
    return make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(x, y)


@pytest.mark.parametrize(
    "compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 1)]
)
def test_joblib_files_tell_who_wrote_them(tmp_path, model, compress):
    path = tmp_path / "model.joblib"
    joblib.dump(model, path, compress=compress)

    found = inspect_file(path)

    assert found.format == "joblib"
    assert found.compression == (compress[0] if compress else "")
    assert found.version("scikit-learn") == sklearn.__version__
    assert found.classes == {
        "sklearn.Pipeline": 1,
        "sklearn.StandardScaler": 1,
        "sklearn.RandomForestClassifier": 1,
        "sklearn.DecisionTreeClassifier": 3,
    }
    assert found.features == 4
    assert found.feature_names == (
        "sepal length (cm)",
        "sepal width (cm)",
        "petal length (cm)",
        "petal width (cm)",
    )
    assert not found.dangerous
    assert {each.danger for each in found.names} == {Danger.KNOWN}


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_tell_who_wrote_them(tmp_path, model, protocol):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model, protocol=protocol))

    found = inspect_file(path)

    assert (found.format, found.protocol) == ("pickle", protocol)
    assert found.version("scikit-learn") == sklearn.__version__
    assert found.features == 4


def test_arrays_are_skipped_and_not_read(tmp_path):
    path = tmp_path / "big.joblib"
    model = LogisticRegression()
    model.coef_ = np.zeros((1000, 1000))
    model.n_features_in_ = np.int64(1000)
    joblib.dump(model, path)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size)

    assert inspect_file(path).features == 1000
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size - 500)
    with pytest.raises(NotAModel, match="it ends after"):
        inspect_file(path)


def test_every_cut_of_a_file_is_an_error(tmp_path, model):
    whole, path = tmp_path / "whole.joblib", tmp_path / "cut.joblib"
    joblib.dump(model, whole)
    data = whole.read_bytes()
    for size in range(0, len(data) - 1, 97):
        path.write_bytes(data[:size])
        with pytest.raises(NotAModel):
            inspect_file(path)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_that_are_cut_or_damaged(tmp_path, model, pack):
    data = pack(pickle.dumps(model))
    path = tmp_path / "x"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(NotAModel):
        inspect_file(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"hello world, this is text\n", "neither a pickle nor any other format"),
        (b"PK\x03\x04" + b"x" * 100, "a damaged archive"),
        (b"I1\n.", "a pickle of a int, not of a model"),
        (b"x\x9c" + b"\xff" * 50, "cannot be unpacked"),
    ],
)
def test_what_is_no_model_is_told(tmp_path, content, says, capsys):
    path = tmp_path / "x"
    path.write_bytes(content)

    with pytest.raises(NotAModel, match=says):
        inspect_file(path)
    assert main(["inspect", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_no_file_and_no_model_in_a_folder(tmp_path):
    with pytest.raises(NotAModel, match="there is no such file"):
        inspect_file(tmp_path / "nope")
    with pytest.raises(NotAModel, match="an empty folder"):
        inspect_file(tmp_path)


def test_keras_archives(tmp_path):
    layers = [
        {"class_name": "Dense", "config": {"units": 1}},
        {"class_name": "Lambda", "config": {}},
    ]
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        file.writestr(
            "config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        )

    found = inspect_file(tmp_path / "m.keras")

    assert (found.format, found.version("keras")) == ("keras", "3.5.0")
    assert found.classes == {"Sequential": 1, "Dense": 1, "Lambda": 1}
    assert "Lambda" in found.notes[0]


def test_skops_archives(tmp_path, model):
    skops.io.dump(model, tmp_path / "m.skops")

    found = inspect_file(tmp_path / "m.skops")

    assert (found.format, found.version("scikit-learn"), found.features) == (
        "skops",
        sklearn.__version__,
        4,
    )
    assert found.version("skops")


def message(number, value):
    return bytes([number << 3 | 2, len(value)]) + value


def test_saved_models(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(
        message(2, message(1, message(4, b"serve") + message(5, b"2.8.4")))
    )
    (tmp_path / "keras_metadata.pb").write_bytes(message(1, message(5, b'{"class_name": "Dense"}')))

    found = inspect_file(tmp_path)

    assert (found.format, found.version("tensorflow"), found.classes) == (
        "savedmodel",
        "2.8.4",
        {"Dense": 1},
    )
    (tmp_path / "saved_model.pb").write_bytes(b"\x12\x7f")
    with pytest.raises(NotAModel, match="damaged SavedModel"):
        inspect_file(tmp_path)


def test_checkpoints(tmp_path):
    (tmp_path / "ckpt-1.index").write_bytes(b"x")
    with pytest.raises(NotAModel, match="is not the index of a checkpoint"):
        inspect_file(tmp_path)
    (tmp_path / "ckpt-1.index").write_bytes(b"x" + bytes.fromhex("57fb808b247547db"))
    with pytest.raises(NotAModel, match=r"no ckpt-1.data-\*"):
        inspect_file(tmp_path)
    (tmp_path / "ckpt-1.data-00000-of-00001").write_bytes(b"y" * 10)

    assert (inspect_file(tmp_path).format, inspect_file(tmp_path).size) == ("checkpoint", 19)


def test_bounds_follow_from_names(tmp_path):
    for text, package, version in ((b"cnumpy._core.multiarray\n", "numpy", ">=2"), (b"cnumpy.core.multiarray\n", "numpy", "<2"),
                                   (b"csklearn.externals.joblib.numpy_pickle\n", "scikit-learn", "<0.23")):  # fmt: skip
        (tmp_path / "x").write_bytes(b"(l" + text + b"scalar\na.")
        found = {each.package: each for each in inspect_file(tmp_path / "x").written}
        assert (found[package].version, found[package].sure) == (version, Certainty.BOUND)


def test_names_are_judged(tmp_path):
    names = {"sklearn.svm SVC": Danger.KNOWN, "mypackage.models Mine": Danger.UNKNOWN, "os system": Danger.DANGEROUS, "builtins exec": Danger.DANGEROUS,
             "builtins set": Danger.KNOWN, "sklearn os.system": Danger.UNKNOWN, "pandas.io.pytables HDFStore": Danger.UNKNOWN, "collections OrderedDict": Danger.KNOWN}  # fmt: skip
    text = b"\x80\x04]("
    for pair in names:
        module, name = pair.split()
        text += (
            b"\x8c"
            + bytes([len(module)])
            + module.encode()
            + b"\x8c"
            + bytes([len(name)])
            + name.encode()
            + b"\x93"
        )
    (tmp_path / "x").write_bytes(text + b"e.")

    assert {
        f"{each.module} {each.name}": each.danger for each in inspect_file(tmp_path / "x").names
    } == names


def test_trailing_bytes_are_noted_and_words_fit(tmp_path, model, capsys):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(model) + b"more")
    text = to_text(inspect_file(path), width=80)

    assert "4 bytes follow the end of the pickle" in text
    assert max(map(len, text.splitlines())) <= 80
    assert f"written by scikit-learn {sklearn.__version__}" in text
    assert main(["inspect", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(
        json.dumps(to_dict(inspect_file(path)))
    )


def test_this_file_makes_payloads_that_would_run():
    """The payloads are real: the true unpickler calls what they name."""
    called = []

    class Watching(pickle.Unpickler):
        def find_class(self, module, name):
            return lambda *arguments: called.append((module, name, arguments))

    for data in (PAYLOADS["reduce"], PAYLOADS["stack global"], PAYLOADS["inst"]):
        Watching(io.BytesIO(data)).load()
    assert [each[:2] for each in called] == [("posix", "system")] * 3


@pytest.mark.parametrize(
    ("name", "danger"),
    [
        ("pandas.eval", Danger.DANGEROUS),
        ("pandas.read_pickle", Danger.DANGEROUS),
        ("numpy.load", Danger.DANGEROUS),
        ("numpy.memmap", Danger.DANGEROUS),
        ("joblib.load", Danger.DANGEROUS),
        ("joblib.disk.delete_folder", Danger.DANGEROUS),
        ("sklearn.utils._testing.check_output", Danger.DANGEROUS),
        ("sklearn.feature_selection._base.attrgetter", Danger.DANGEROUS),
        ("importlib.import_module", Danger.DANGEROUS),
        ("marshal.loads", Danger.DANGEROUS),
        ("types.FunctionType", Danger.DANGEROUS),
        ("io.open", Danger.DANGEROUS),
        ("multiprocessing.Process", Danger.DANGEROUS),
        ("builtins.execfile", Danger.DANGEROUS),
        ("torch.load", Danger.DANGEROUS),
        ("copyreg.add_extension", Danger.DANGEROUS),
        ("numpy.distutils.fcompiler.gnu.Popen", Danger.UNKNOWN),
        ("mine.Model", Danger.UNKNOWN),
        ("collections.OrderedDict", Danger.KNOWN),
        ("numpy.float64", Danger.KNOWN),
        ("numpy.core.multiarray._reconstruct", Danger.KNOWN),
        ("sklearn.neighbors._kd_tree.newObj", Danger.KNOWN),
        ("scipy.sparse._csr.csr_matrix", Danger.KNOWN),
        ("sklearn._loss._loss.__pyx_unpickle_CyHalfSquaredError", Danger.KNOWN),
        ("sklearn.datasets.load_files", Danger.DANGEROUS),
    ],
)
def test_functions_of_known_libraries_that_are_called_are_not_all_harmless(tmp_path, name, danger):
    module, _, function = name.rpartition(".")
    (tmp_path / "x").write_bytes(f"(lc{module}\n{function}\n(S'x'\ntRa.".encode())

    (found,) = inspect_file(tmp_path / "x").names
    assert (found.danger, found.called) == (danger, True)


def test_a_function_that_is_a_value_is_not_called(tmp_path):
    (tmp_path / "x").write_bytes(
        b"(lcsklearn.feature_selection._univariate_selection\nf_classif\na."
    )

    (found,) = inspect_file(tmp_path / "x").names
    assert (found.danger, found.called) == (Danger.KNOWN, False)


def text_of(text):
    return b"\x8c" + bytes([len(text)]) + text.encode()


def name_of(module, name):
    return text_of(module) + text_of(name) + b"\x93"


CALL = name_of("os", "system") + text_of("touch x") + b"\x85R"
WRAPPER = b"\x80\x04" + name_of("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81"


def state_of(rows, kind):
    """The state of a wrapper of that many values."""
    dtype = name_of("numpy", "dtype") + text_of(kind) + b"\x89\x88\x87R"
    members = (
        text_of("subclass")
        + name_of("numpy", "ndarray")
        + text_of("shape")
        + b"K"
        + bytes([rows])
        + b"\x85"
    )
    return (
        b"("
        + members
        + text_of("dtype")
        + dtype
        + text_of("order")
        + text_of("C")
        + text_of("allow_mmap")
        + b"\x89u"
    )


def in_two_ways():
    """Files that joblib or pickle read otherwise than a careless scanner does."""
    code = CALL + b"0"
    header = b"\x8e" + struct.pack("<Q", len(CALL) + 1)
    yield (
        "the bytes of an array are instructions for pickle",
        WRAPPER + b"}" + state_of(len(code), "u1") + b"b" + code + b".",
    )
    yield (
        "slots",
        WRAPPER + b"N}" + state_of(len(header), "u1") + b"\x86b" + header + CALL + b".0]0.",
    )
    yield (
        "long doubles",
        WRAPPER + b"}" + state_of(2, "g") + b"b" + bytes(16) + b"N0N0N0N" + header + CALL + b".00.",
    )
    called = b"\x80\x04" + name_of("joblib.numpy_pickle", "NumpyArrayWrapper") + b"(NNNNNK\x10tR"
    yield (
        "alignment from arguments",
        called + b"}" + state_of(1, "u1") + b"b" + b"\x00" + header + CALL + b".00.",
    )
    other = state_of(1, "u1").replace(name_of("numpy", "dtype"), name_of("numpy", "float64"))
    yield (
        "another function for the type",
        WRAPPER + b"}" + other + b"b" + b"\x00" + header + CALL + b".00.",
    )
    yield (
        "an alias",
        b"\x80\x04"
        + name_of("joblib", "numpy_pickle.NumpyArrayWrapper")
        + b")\x81}"
        + state_of(4, "u1")
        + b"b"
        + CALL
        + b".",
    )


@pytest.mark.parametrize(("what", "data"), list(in_two_ways()))
def test_arrays_that_can_be_read_in_two_ways(tmp_path, what, data):
    (tmp_path / "x").write_bytes(data)
    try:
        assert inspect_file(tmp_path / "x").dangerous
    except NotAModel as error:
        assert error.dangerous or "does not write so" in str(error)


@pytest.mark.parametrize("end", [b"0N.", b"0]", b"0\xff\xff", b"0I1\n.", b"0("])
def test_what_runs_before_a_damaged_place_counts(tmp_path, end, capsys):
    (tmp_path / "x").write_bytes(b"\x80\x04" + CALL + end)

    with pytest.raises(NotAModel) as caught:
        inspect_file(tmp_path / "x")
    assert caught.value.dangerous == ("os.system",)
    assert main(["inspect", str(tmp_path / "x"), str(tmp_path / "nothing")]) == 1
    said = capsys.readouterr().err
    assert "loading executes dangerous code" in said
    assert "there is no such file" in said


def test_extension_codes_are_dangerous(tmp_path):
    (tmp_path / "x").write_bytes(b"\x80\x04]\x82\x0f" + text_of("x") + b"\x85Ra.")

    assert [each.text for each in inspect_file(tmp_path / "x").dangerous] == [
        "copyreg.extension 15"
    ]


def test_functions_of_other_modules_in_keras_archives(tmp_path):
    def archive(layer):
        with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
            file.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
            file.writestr(
                "config.json",
                json.dumps({"class_name": "Functional", "config": {"kernel_initializer": layer}}),
            )
        return inspect_file(tmp_path / "m.keras")

    assert [
        each.text
        for each in archive(
            {"class_name": "function", "module": "os", "config": "system"}
        ).dangerous
    ] == ["os.system"]
    assert [
        each.text
        for each in archive({"class_name": "Mine", "module": "my.layers", "config": {}}).names
    ] == ["my.layers.Mine"]
    for name in ("__lambda__", "Lambda", "keras.layers>Lambda"):
        assert "executes the code" in archive({"class_name": name, "config": {}}).notes[0]


def test_functions_in_old_skops_archives(tmp_path):
    node = {
        "__class__": "function",
        "__module__": "builtins",
        "__loader__": "FunctionNode",
        "content": {"module_path": "os", "function": "system"},
    }
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as file:
        file.writestr("schema.json", json.dumps(node))

    assert [each.text for each in inspect_file(tmp_path / "m.skops").dangerous] == ["os.system"]


def test_archives_that_would_unpack_to_too_much(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", bytes(1000))
    with pytest.raises(NotAModel, match="packed as no model is"):
        inspect_file(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", b" " * (17 << 20))
    with pytest.raises(NotAModel, match="unpacks to more than 16 MB"):
        inspect_file(tmp_path / "m.keras")


def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotAModel, match="not a regular file"):
        inspect_file(tmp_path / "pipe")


def peak_of(path):
    """Bytes that looking at a file takes at most."""
    tracemalloc.start()
    try:
        assert inspect_file(path).names
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_shares_much_costs_little(tmp_path):
    keys = b"".join(text_of(f"k{n}") + b"K\x01" for n in range(2000))
    many = b"".join(name_of("a", "B") + b")\x81h\x00b" for _ in range(2000))
    shared = b"".join(b"(" + b"K\x01" * 2000 + b"t\x94" for _ in range(1))
    (tmp_path / "x").write_bytes(b"\x80\x04](" + b"}\x94(" + keys + b"u" + many + shared + b"e.")

    assert peak_of(tmp_path / "x") < 50e6


def test_too_many_instructions(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle_reader, "MOST_STEPS", 1000)
    (tmp_path / "x").write_bytes(b"}" * 2000 + b".")

    with pytest.raises(NotAModel, match="more than 1000 instructions"):
        inspect_file(tmp_path / "x")


def test_stacks_tell_no_wrong_count_of_features(tmp_path):
    x = np.random.default_rng(0).random((60, 3))
    y = (x[:, 0] > 0.5).astype(int)
    stack = StackingClassifier(
        [("a", LogisticRegression()), ("b", RandomForestClassifier(2, random_state=0))], cv=2
    ).fit(x, y)
    (tmp_path / "x").write_bytes(pickle.dumps(stack))

    assert inspect_file(tmp_path / "x").features in (None, 3)


def test_a_path_cannot_forge_lines(tmp_path, capsys):
    path = tmp_path / "bad\x1b[31m\nERROR fake.pkl"
    path.write_bytes(b"no model")

    assert main(["inspect", str(path)]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert not any(line.startswith("ERROR fake") for line in said.splitlines())


def test_arguments_that_many_calls_share_are_not_copied(tmp_path):
    many = b"".join(b"h\x01h\x00R" for _ in range(20_000))
    data = (
        b"\x80\x04]("
        + b"("
        + b"K\x01" * 20_000
        + b"t\x94"
        + name_of("a", "B")
        + b"\x94"
        + many
        + b"e."
    )
    (tmp_path / "x").write_bytes(data)

    assert peak_of(tmp_path / "x") < 100e6  # copied they would take three gigabytes
