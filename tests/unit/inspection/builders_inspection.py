"""Looks at files while the interpreter tells whether anything of them runs; payloads."""

from __future__ import annotations

import sys

from crossload import inspection

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


def inspect_file(path):
    listening[0] = True
    try:
        return inspection.inspect_file(path)
    finally:
        listening[0] = False


SYSTEM = b"cposix\nsystem\n"


PAYLOADS = {
    "reduce": SYSTEM + b"(S'echo hacked'\ntR.",
    "builtins eval": b'cbuiltins\neval\n(S\'__import__("os").system("x")\'\ntR.',
    "python 2 names": b"c__builtin__\neval\n(S'1'\ntR.",
    "inst": b"(S'echo'\niposix\nsystem\n.",
    "obj": b"(" + SYSTEM + b"S'echo'\no.",
    "in a list": b"(lp0\n" + SYSTEM + b"(S'x'\ntRa.",
    "stack global": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x01x\x85R.",
    "stack global through the memo": (
        b"\x80\x04\x8c\x06system\x94\x8c\x05posix\x940h\x01h\x00\x93\x8c\x01x\x85R."
    ),
    "newobj": b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93\x8c\x01x\x85\x81.",
    "newobj_ex": b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93\x8c\x01x\x85}\x92.",
    "build": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93)R}\x8c\x01x\x8c\x01ysb.",
    "behind a frozen set": (
        b"\x80\x04\x8c\x04math\x8c\x05posix\x8c\x06system(\x910\x93\x8c\x01x\x85R."
    ),
    "getattr chain": (
        b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'system'\ntR(S'x'\ntR."
    ),
    "key of a dict": b"}" + SYSTEM + b"(S'x'\ntRK\x01s.",
    "runpy": b"crunpy\nrun_path\n(S'x.py'\ntR.",
    "within a state": (
        b"\x80\x02ccopyreg\n_reconstructor\n(csklearn.svm\nSVC\nc__builtin__\nobject\nNtR}"
        b"U\x01aX\x01\x00\x00\x00bs" + SYSTEM + b"(S'x'\ntRb."
    ),
}


def message(number, value):
    # a length is written in groups of seven bits, the lowest first
    size, length = len(value), bytearray()
    while size >= 128:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2]) + bytes([*length, size]) + value


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
