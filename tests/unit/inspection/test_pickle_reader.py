"""Pickles are read without being executed; hostile ones too."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc

import pytest
import sklearn
from builders_inspection import CALL, PAYLOADS, inspect_file, name_of, text_of

from crossload import limits
from crossload.cli.main import main
from crossload.inspection import NotAModel, pickle_reader
from crossload.inspection.streams import Stream


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


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_tell_who_wrote_them(tmp_path, model, protocol):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model, protocol=protocol))

    found = inspect_file(path)

    assert (found.format, found.protocol) == ("pickle", protocol)
    assert found.version("scikit-learn") == sklearn.__version__
    assert found.features == 4


def test_this_file_makes_payloads_that_would_run():
    """The payloads are real: the true unpickler calls what they name."""
    called = []

    class Watching(pickle.Unpickler):
        def find_class(self, module, name):
            return lambda *arguments: called.append((module, name, arguments))

    for data in (PAYLOADS["reduce"], PAYLOADS["stack global"], PAYLOADS["inst"]):
        Watching(io.BytesIO(data)).load()
    assert [each[:2] for each in called] == [("posix", "system")] * 3


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


def peak_of(path):
    """Bytes that looking at a file takes at most."""
    tracemalloc.start()
    try:
        # tracing takes several times as long, and time is another test's
        with limits.allowed(60, limits.MEMORY):
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


def test_arguments_that_many_calls_share_are_not_copied(tmp_path):
    many = b"".join(b"h\x01h\x00R" for _ in range(20_000))
    data = (
        b"\x80\x04]((" + b"K\x01" * 20_000 + b"t\x94" + name_of("a", "B") + b"\x94" + many + b"e."
    )
    (tmp_path / "x").write_bytes(data)

    assert peak_of(tmp_path / "x") < 100e6  # copied they would take three gigabytes


def read(tmp_path, data):
    """The stand-in of a pickle, and the names in it."""
    (tmp_path / "x").write_bytes(data)
    names = {}
    stream = Stream(tmp_path / "x")
    try:
        return pickle_reader.PickleReader(stream, names).load(), names
    finally:
        stream.close()


@pytest.mark.parametrize(
    ("value", "since"),
    [
        ({"text": "t" * 300, "tuple": (1,), "bytes": b"b" * 300}, 3),
        ([1, -5, 2**70, 1.5, None, True], 2),
        ([{1, 2}, frozenset({3}), "behind"], 4),
        ([bytearray(b"c"), "behind"], 5),
    ],
    ids=["dict", "numbers", "sets", "bytearray"],
)
def test_plain_values_are_read_as_they_are(tmp_path, value, since):
    for protocol in range(since, pickle.HIGHEST_PROTOCOL + 1):
        assert read(tmp_path, pickle.dumps(value, protocol))[0] == value


def test_large_numbers_are_not_written_out(tmp_path):
    assert read(tmp_path, pickle.dumps([2**5000], 4))[0] == [0]


def test_strings_of_python_2_are_texts(tmp_path):
    assert read(tmp_path, b"T\x03\x00\x00\x00ab\xe9.")[0] == "ab\xe9"


def test_large_texts_are_skipped_and_many_add_up(tmp_path, monkeypatch):
    found, _ = read(tmp_path, pickle.dumps(["x" * (pickle_reader.LARGEST + 1), "short"], 4))
    assert [type(each).__name__ for each in found] == ["SkippedData", "str"]

    monkeypatch.setattr(pickle_reader, "MOST_KEPT", 700)
    found, _ = read(tmp_path, pickle.dumps(["a" * 300, "b" * 300, "c" * 300, "name"], 4))
    assert [type(each).__name__ for each in found] == ["str", "str", "SkippedData", "str"]


def test_keys_that_cannot_be_hashed_at_once_keep_their_values(tmp_path):
    found, _ = read(tmp_path, pickle.dumps({(1, 2): "a", 3: "b"}, 4))

    assert sorted(found.values()) == ["a", "b"]
    assert 3 in found
    assert len(read(tmp_path, b"\x80\x02(K\x01K\x02d.")[0]) == 1


def test_items_of_subclasses_are_kept(tmp_path):
    kind = name_of("a", "Set")
    found, names = read(tmp_path, b"\x80\x04" + kind + b")R(K\x01K\x02\x90.")

    assert found.items == [1, 2]
    assert names["a", "Set"].called
    found, _ = read(tmp_path, b"\x80\x04" + kind + b")R(K\x01K\x02K\x03K\x04uK\x05K\x06s.")
    assert found.items == [2, 4, 6]


def test_objects_outside_of_the_file_are_stand_ins(tmp_path):
    assert read(tmp_path, b"\x80\x02K\x07Q.")[0].args == (7,)


def test_too_many_names(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle_reader, "MOST_NAMES", 2)
    data = b"\x80\x04]" + b"".join(name_of("a", f"B{n}") + b"a" for n in range(3)) + b"."

    with pytest.raises(NotAModel, match="more than 2 different names"):
        read(tmp_path, data)


def test_a_value_cannot_be_called(tmp_path):
    with pytest.raises(TypeError, match="a call of a int"):
        read(tmp_path, b"K\x01)R.")
