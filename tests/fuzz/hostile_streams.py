"""Makes hostile and honest streams of pickle and joblib, each from a number.

Ideas, not code, come from what scanners have missed:
https://github.com/mmaitre314/picklescan/issues and https://github.com/trailofbits/fickling/issues
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import pickletools
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

MARKER = "crossload_fuzz_marker"
"""Module of the payload; its function ``run`` only reports that it was called."""

CALL = f"c{MARKER}\nrun\n(tR".encode()
WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
KNOWN = [
    ("numpy", "dtype"), ("numpy", "ndarray"), ("numpy", "memmap"), ("numpy", "void"),
    ("numpy._core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"), ("numpy.ma.core", "_mareconstruct"),
    ("numpy.random._pickle", "__generator_ctor"), ("numpy.random._pickle", "__bit_generator_ctor"),
    ("_codecs", "encode"), ("builtins", "set"), ("builtins", "list"), ("builtins", "dict"),
    ("builtins", "bytearray"), ("builtins", "str"), ("builtins", "range"), ("builtins", "object"),
    ("builtins", "type"), ("builtins", "slice"), ("builtins", "int"), ("copyreg", "_reconstructor"),
    ("collections", "OrderedDict"), ("collections", "defaultdict"), ("collections", "Counter"),
    ("collections", "deque"), ("datetime", "datetime"), ("decimal", "Decimal"),
    ("pathlib", "PosixPath"), ("functools", "partial"), ("array", "array"),
    ("array", "_array_reconstructor"), ("pandas.core.indexes.base", "_new_Index"),
    ("pandas.core.indexes.base", "Index"), ("pandas._libs.internals", "_unpickle_block"),
    ("pandas", "DataFrame"), ("sklearn.neighbors._kd_tree", "newObj"),
    ("sklearn.tree._tree", "Tree"), ("sklearn.pipeline", "Pipeline"),
    ("sklearn.preprocessing._function_transformer", "FunctionTransformer"),
    ("sklearn.preprocessing._data", "StandardScaler"), ("sklearn.utils._bunch", "Bunch"),
    ("sklearn.linear_model._logistic", "LogisticRegression"),
    ("sklearn.metrics._scorer", "_Scorer"), ("scipy.sparse._csr", "csr_matrix"),
    ("scipy.stats._distn_infrastructure", "rv_frozen"), ("scipy.interpolate._interpolate",
    "interp1d"), ("joblib.memory", "Memory"), ("uuid", "UUID"),
    ("sklearn.utils", "validation.os.listdir"), ("joblib", "numpy_pickle.os.listdir"),
    ("numpy", "load"), ("numpy", "fromfile"), ("numpy", "loadtxt"), ("joblib", "load"),
]  # fmt: skip
"""Names that models hold, and some neighbours of theirs that open or list something."""


def text(value: str) -> bytes:
    """Give the instruction that puts a text onto the stack."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    """Give the instructions that put a class or function onto the stack."""
    return text(module) + text(attribute) + b"\x93"


def honest_object(chance: random.Random) -> Any:
    """Give a small model or table such as people save."""
    data, answer = np.arange(24.0).reshape(12, 2), np.arange(12) % 2
    return chance.choice([
        lambda: LogisticRegression().fit(data, answer),
        lambda: make_pipeline(StandardScaler(), DecisionTreeClassifier()).fit(data, answer),
        lambda: KNeighborsClassifier(3, algorithm="kd_tree").fit(data, answer),
        lambda: FunctionTransformer(np.log1p),
        lambda: {"a": data, "b": np.array(["x", 1], dtype=object), "c": np.float64(3)},
        lambda: pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}),
    ])()  # fmt: skip


def honest(chance: random.Random) -> bytes:
    """Give an honest file."""
    thing = honest_object(chance)
    if chance.random() < 0.5:
        return pickle.dumps(thing, chance.randrange(6))
    sink = io.BytesIO()
    joblib.dump(thing, sink, compress=chance.choice([0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3)]))
    return sink.getvalue()


def spliced(chance: random.Random) -> bytes:
    """Give an honest pickle with instructions put between its own, or with bytes changed."""
    protocol = chance.randrange(6)
    data = bytearray(pickle.dumps(honest_object(chance), protocol))
    places = [place for _, _, place in pickletools.genops(bytes(data)) if place]
    for _ in range(chance.randint(1, 3)):
        place = chance.choice(places)
        data[place:place] = chance.choice([
            CALL + b"0", CALL, known_call(chance) + b"0", known_call(chance), b"N0", b"2", b"0",
            b"\x95" + struct.pack("<Q", chance.choice([0, 1, 40, 1 << 20])), b"(", b"1", b"b",
        ])  # fmt: skip
        if chance.random() < 0.3:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def value(chance: random.Random, depth: int = 0) -> bytes:
    """Give instructions that make one value."""
    simple = [
        b"N", b"\x88", b")", b"}", b"]", b"K\x01", b"I8\n", text("f8"), text("O"), text("V8"),
        text("canary.txt"), text("rot13"), text("zlib"), b"C\x03abc", b"J\xff\xff\xff\xff",
        text("r+"), text("__class__"), b"G@\x09\x21\xfb\x54\x44\x2d\x18", b"U\x02os",
    ]  # fmt: skip
    if depth > 2 or chance.random() < 0.5:
        return chance.choice(simple)
    inner = [value(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return chance.choice([
        lambda: b"(" + b"".join(inner) + b"t",
        lambda: b"](" + b"".join(inner) + b"e",
        lambda: b"}(" + b"".join(text("a") + each for each in inner) + b"u",
        lambda: name(*chance.choice(KNOWN)),
        lambda: known_call(chance, depth + 1),
    ])()  # fmt: skip


def known_call(chance: random.Random, depth: int = 0) -> bytes:
    """Give a call of something that models hold, with odd arguments and perhaps an odd state."""
    module, attribute = chance.choice(KNOWN)
    called = name(module, attribute)
    args = b"".join(value(chance, depth + 1) for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4])))
    made = chance.choice([
        called + b"(" + args + b"tR",
        called + b"(" + args + b"t\x81",
        called + b"(" + args + b"t}\x92",
        b"(" + args + f"i{module}\n{attribute}\n".encode(),
        b"(" + called + args + b"o",
    ])  # fmt: skip
    state = value(chance, depth + 1)
    return made + chance.choice([
        b"", b"", state + b"b", state + b"a", text("a") + state + b"s", b"(" + state + b"\x90",
        b"}" + text(chance.choice(["__class__", "func", "memory", "__setstate__", "dtype"]))
        + state + b"sb",
    ])  # fmt: skip


def calls(chance: random.Random) -> bytes:
    """Give a pickle of calls of known names only."""
    return b"\x80\x04" + b"0".join(known_call(chance) for _ in range(chance.randint(1, 4))) + b"."


def random_program(chance: random.Random) -> bytes:
    """Give a pickle of any instructions, with the payload somewhere."""
    pieces = [
        CALL, b"q\x01", b"h\x01", b"\x94", b"p2\n", b"g2\n", b"0", b"1", b"2", b"(", b"t", b"l",
        b"d", b"R", b"b", b"\x85", b"\x86", b"\x81", b"\x82\x01", b"P1\n", b"NQ", b"o", b"\x97",
        b"\x98", name(MARKER, "run"), f"(i{MARKER}\nrun\n".encode(), b")R", b")\x81", b"e", b"s",
        b"c__builtin__\nset\n", b"ccopy_reg\n_reconstructor\n", b"\x80\x02", b"\x80\x04", b"0.",
        b"\x8c\x02os", b"T\xff\xff\xff\xff", b"\x8e" + b"\xff" * 8, b"L1L\n", b"I01\n",
    ]  # fmt: skip
    body = b"".join(
        chance.choice(pieces) if chance.random() < 0.5 else value(chance)
        for _ in range(chance.randint(3, 14))
    )
    return b"\x80" + bytes([chance.randrange(6)]) + b"N" + body + chance.choice([b".", b"", b"N."])


def frames(chance: random.Random) -> bytes:
    """Give a pickle whose frames do not hold what they announce."""
    body = b"N" + chance.choice([CALL, b"N0" + CALL, known_call(chance)]) + b"."
    hidden = b"N0" + CALL + b"."
    size = len(body) + chance.choice([0, 0, -1, 1, 3, len(hidden), -len(body)])
    first = b"\x80\x04\x95" + struct.pack("<Q", max(0, size)) + body
    return first + chance.choice([b"", hidden, b"\x95" + struct.pack("<Q", len(hidden)) + hidden])


def arrays(chance: random.Random) -> bytes:
    """Give joblib's wrapper of an array, made in some way, with a pickle in its bytes."""
    hidden = chance.choice([b"\x80\x04" + CALL + b".", CALL + b".", b"N."])
    made = chance.choice([
        name(*WRAPPER) + b")\x81", name(*WRAPPER) + b")R", name(*WRAPPER) + b")}\x92",
        b"(i" + "\n".join(WRAPPER).encode() + b"\n", b"(" + name(*WRAPPER) + b"o",
        name("copyreg", "_reconstructor") + name(*WRAPPER) + name("builtins", "object")
        + b"N\x87R", b"\x8c\x01x0" + name(*WRAPPER) + b"\x94h\x00)\x81",
        name("joblib.numpy_pickle_compat", "NDArrayWrapper") + b")\x81",
        name("joblib.numpy_pickle", "ZNDArrayWrapper") + b")\x81",
        name("joblib", "numpy_pickle.NumpyArrayWrapper") + b")\x81",
    ])  # fmt: skip
    kind = chance.choice(["O", "O8", "V8", "f8", "u1", "|S8", "M8"])
    flags = chance.choice([0, 27, 63, 1])
    dtype = name("numpy", "dtype") + text(kind) + b"\x89\x88\x87R"
    if chance.random() < 0.7:
        dtype += b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK"
        dtype += bytes([flags]) + b"tb"
    shape = b"(" + b"K" + bytes([chance.choice([0, 1, 2, len(hidden)])]) + b"t"
    items = [
        ("subclass", chance.choice([name("numpy", "ndarray"), name("numpy", "memmap"),
                                    name("builtins", "list")])),
        ("shape", chance.choice([shape, shape, b"]", value(chance)])),
        ("order", text(chance.choice(["C", "F", "K"]))),
        ("dtype", chance.choice([dtype, dtype, dtype, value(chance)])),
        ("allow_mmap", chance.choice([b"\x88", b"\x89"])),
        ("numpy_array_alignment_bytes", chance.choice([b"N", b"K\x10", b"K\xff", b"K\x00"])),
    ]  # fmt: skip
    if chance.random() < 0.2:
        items.pop(chance.randrange(len(items)))
    state = b"}(" + b"".join(text(key) + made_value for key, made_value in items) + b"u"
    pad = chance.choice([b"", b"\x00", b"\xff" * 3 + b"\x03", b"\x0f" + b"\xff" * 15])
    tail = chance.choice([b".", b"0" + CALL + b".", b"0N."])
    return b"\x80\x04" + made + state + b"b" + pad + hidden + tail


def dtypes(chance: random.Random) -> bytes:
    """Give an array whose type claims to be something else than it is."""
    kind = chance.choice(["V8", "O8", "f8", "i8", "S8", "U2"])
    parts = [
        b"K" + bytes([chance.choice([1, 2, 3, 4])]),
        text(chance.choice("|<>=")),
        chance.choice([b"N", b"N", b"N", value(chance)]),
        chance.choice([b"N", b"N", text("a") + b"\x85"]),
        chance.choice([b"N", b"N", b"}", b"}" + text("a") + name("numpy", "dtype") + text("O8")
                       + b"\x85RK\x00\x86s"]),
        b"K" + bytes([chance.choice([0, 8, 16, 255])]),
        b"K" + bytes([chance.choice([1, 8])]),
        b"K" + bytes([chance.choice([0, 1, 16, 27, 63])]),
    ]  # fmt: skip
    dtype = name("numpy", "dtype") + text(kind) + b"\x89\x88\x87R(" + b"".join(parts) + b"tb"
    array = name("numpy._core.multiarray", "_reconstruct") + name("numpy", "ndarray")
    array += b"K\x00\x85C\x01b\x87R(K\x01K\x01\x85" + dtype + b"\x89C\x08" + b"\x01" * 8 + b"tb"
    scalar = name("numpy._core.multiarray", "scalar") + dtype + b"C\x08" + b"\x01" * 8 + b"\x86R"
    return b"\x80\x04" + chance.choice([array, scalar, dtype]) + b"."


def packed(chance: random.Random) -> bytes:
    """Give a compressed stream: nested, cut, or with a second one behind it."""
    ways: list[Callable[[bytes], bytes]] = [
        zlib.compress, gzip.compress, bz2.compress, lzma.compress,
        lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE), lambda data: data,
    ]  # fmt: skip
    inner = b"\x80\x04N" + chance.choice([CALL, b"N0" + known_call(chance), b""]) + b"."
    hidden = b"\x80\x04" + CALL + b"."
    half = chance.randrange(len(inner))
    way = chance.choice(ways)
    return chance.choice([
        way(inner), way(inner[:half]) + way(inner[half:]), way(inner) + way(hidden),
        chance.choice(ways)(way(inner)), way(inner)[: chance.randint(1, 40)],
        way(b"N.") + hidden, b"\x00" * 3 + way(inner),
    ])  # fmt: skip


def old_names(chance: random.Random) -> bytes:
    """Give names of Python 2, extension codes, persistent ids, and a second pickle."""
    first = chance.choice([
        b"c__builtin__\nfile\n(Vcanary.txt\ntR.", b"c__builtin__\nreduce\n(" + CALL + b"tR.",
        b"ccopy_reg\n_reconstructor\n(cUserDict\nUserDict\nc__builtin__\nobject\nNtR.",
        b"\x80\x02\x82\x01.", b"P1\n.", b"N.", b"\x80\x02N.",
        b"\x80\x03c__builtin__\nset\n)R.", b"\x80\x02c__builtin__\nxrange\nK\x02\x85R\x80\x03.",
        b"\x80\x04cos\nlistdir\n\x80\x02(tR.", b"cposix\nlistdir\n(tR.", b"ccommands\ngetoutput\n.",
    ])  # fmt: skip
    return first + chance.choice([b"", CALL + b".", b"N."])


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "honest": honest, "spliced": spliced, "calls": calls, "program": random_program,
    "frames": frames, "arrays": arrays, "dtypes": dtypes, "packed": packed, "old names": old_names,
}  # fmt: skip
"""Makers of streams by kind."""


def known_names() -> None:
    """Add names of the list of known ones to those that `known_call` takes."""
    found = Path(__file__).parents[2] / "harness/crossload/inspection/pickle_names.json"
    if found.exists():
        names = json.loads(found.read_text()).get("called", {})
        for module, attributes in names.items() if isinstance(names, dict) else ():
            if isinstance(attributes, list) and module.startswith(("sklearn", "numpy", "scipy")):
                KNOWN.extend((module, each) for each in attributes if isinstance(each, str))
