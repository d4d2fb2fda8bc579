"""An unpickler that makes nothing: every class and function that a pickle names becomes an inert stand-in.

It is the unpickler of the standard library with its only way out closed - `find_class` imports nothing - and with those opcodes
replaced that would take memory or time for what a hostile file announces.  joblib writes the bytes of arrays between the
opcodes; they are skipped.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, Self

from crossload.inspection.facts import NotAModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crossload.inspection.streams import Stream

    ArraySkipper = Callable[["PickleReader", Mapping[str, Any]], Any]
    """Passes over the bytes of one array, of which joblib's wrapper has told the state, and gives what stands for it."""

LARGEST = 1 << 16
"""Bytes of a text or bytes object that are read; a larger one is skipped."""

MOST_KEPT = 64 << 20
"""Bytes of texts that are kept; when they are spent, only short ones are read."""

MOST_STEPS = 10_000_000
"""Instructions of a pickle that are followed: each may make an object."""

MOST_NAMES = 100_000

_WRAPPERS = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")
_PLAIN = (str, int, float, bool, bytes, type(None))


class SkippedData:
    """Text or bytes that were skipped, or the values of an array."""

    def __init__(self, size: int, shape: tuple[int, ...] = (), dtype: str = "") -> None:
        self.size, self.shape, self.dtype = size, shape, dtype


class StandIn:
    """Stands for an object of a class, or for what calling a function would have given."""

    module = name = ""
    called = False

    args: tuple[Any, ...]
    state: Any
    items: list[Any]

    @classmethod
    def make(cls, args: Any) -> Self:
        """What a call with these arguments gives; they are not copied: a hostile file lets many calls share large ones."""
        if cls is not StandIn:
            cls.called = True  # each named stand-in knows it; the base of all of them never does
        made = object.__new__(cls)
        made.args, made.state, made.items = args if isinstance(args, tuple) else (), None, []
        return made

    def append(self, item: Any) -> None:
        self.items.append(item)

    def extend(self, items: Any) -> None:
        self.items.extend(items)

    def __setitem__(self, _key: Any, value: Any) -> None:
        self.items.append(value)


_Unpickler: Any = pickle._Unpickler  # noqa: SLF001 - the C one cannot be closed so well


class PickleReader(_Unpickler):  # type: ignore[misc]
    """Reads one pickle and gives the stand-in of its object; ``names`` collects what it would import."""

    def __init__(
        self,
        stream: Stream,
        names: dict[tuple[str, str], type[StandIn]],
        skip_array: ArraySkipper | None = None,
    ) -> None:
        super().__init__(stream, encoding="latin1")  # what Python 2 wrote is text in most places
        self.stream, self.names, self.skip_array = stream, names, skip_array
        self.protocol = 0
        self.wrapped: list[dict[str, Any]] = []
        """States of joblib's array wrappers, which tell its generation."""
        self._keys = self._kept = 0

    def load(self) -> Any:
        """Read the pickle.  Raises whatever a broken one makes the machine raise; imports and calls nothing."""
        self._file_read, self._file_readline = self.stream.read, self.stream.readline
        self.read, self.readline = self.stream.read, self.stream.readline
        self.metastack: list[Any] = []
        self.stack: list[Any] = []
        self.append = self.stack.append
        for _ in range(MOST_STEPS):
            key = self.stream.read(1)
            try:
                self.dispatch[key[0]](self)
            except pickle._Stop as stop:  # type: ignore[attr-defined]  # noqa: SLF001
                return stop.value
        msg = f"more than {MOST_STEPS} instructions"
        raise NotAModel(msg, hint="too large a pickle to be looked at without loading it")

    def find_class(self, module: str, name: str) -> type[StandIn]:
        """A stand-in for what is named; nothing is imported."""
        key = (str(module)[:300], str(name)[:300])
        if len(self.names) >= MOST_NAMES:
            msg = f"more than {MOST_NAMES} different names: no model has that"
            raise NotAModel(msg)
        if key not in self.names:
            self.names[key] = type("Named", (StandIn,), {"module": key[0], "name": key[1]})
        return self.names[key]

    def get_extension(self, code: int) -> None:
        """Extension codes name what somebody registered; here nobody did."""
        self.append(self.find_class("copyreg", f"extension {code}"))

    def persistent_load(self, pid: Any) -> StandIn:
        """What lies outside of the pickle stays there."""
        return StandIn.make((pid,))

    # --- opcodes that would take memory for what they announce ---------------------------------------------------

    def _sized(self, size: int, decode: Callable[[bytes], Any]) -> None:
        self._kept += size if size <= LARGEST else 0
        if size > LARGEST or (self._kept > MOST_KEPT and size > 64):
            self.stream.skip(size)
            self.append(SkippedData(size))
        else:
            self.append(decode(self.stream.read(size)))

    def _length(self, width: int) -> int:
        return int.from_bytes(self.stream.read(width), "little")

    def _key_of(self, key: Any) -> Any:
        """A key that can be hashed at once: hashing what is deeply nested would end the process."""
        if isinstance(key, _PLAIN):
            return key
        self._keys += 1
        return (f"key {self._keys}",)

    def _fill(self, target: Any, items: list[Any]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=False):
            if isinstance(target, dict):
                target[self._key_of(key)] = value
            elif isinstance(target, StandIn):
                target[key] = value


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _counted(width: int, decode: Callable[[bytes], Any]) -> Callable[[PickleReader], None]:
    def load(self: PickleReader) -> None:
        self._sized(self._length(width), decode)

    return load


def _set_item(self: PickleReader) -> None:
    value, key = self.stack.pop(), self.stack.pop()
    self._fill(self.stack[-1], [key, value])


def _set_items(self: PickleReader) -> None:
    items = self.pop_mark()
    self._fill(self.stack[-1], items)


def _dict(self: PickleReader) -> None:
    items = self.pop_mark()
    made: dict[Any, Any] = {}
    self._fill(made, items)
    self.append(made)


def _add_items(self: PickleReader) -> None:
    items = self.pop_mark()
    target = self.stack[-1]
    if isinstance(target, set):
        target.update(self._key_of(each) for each in items)
    elif isinstance(target, StandIn):
        target.extend(items)


def _frozen_set(self: PickleReader) -> None:
    self.append(frozenset(self._key_of(each) for each in self.pop_mark()))


def _frame(self: PickleReader) -> None:
    self.stream.read(8)  # frames only help to read ahead


def _protocol(self: PickleReader) -> None:
    self.protocol = self.proto = self.stream.read(1)[0]
    if self.protocol > pickle.HIGHEST_PROTOCOL:
        msg = f"unsupported pickle protocol: {self.protocol}"
        raise ValueError(msg)


def _long(width: int) -> Callable[[PickleReader], None]:
    def load(self: PickleReader) -> None:
        size = self._length(width)
        self._sized(
            size, lambda data: int.from_bytes(data, "little", signed=True) if size < 64 else 0
        )

    return load


def _build(self: PickleReader) -> None:
    state = self.stack.pop()
    target = self.stack[-1]
    if not isinstance(target, StandIn):
        return
    before, target.state = target.state, state
    named = type(target)
    if not named.name.split(".")[-1].endswith("ArrayWrapper") or self.skip_array is None:
        return
    # joblib and this program must agree on where the bytes of an array end: what is skipped here must not be executed there
    is_joblibs = named.module in _WRAPPERS and named.name == "NumpyArrayWrapper"
    if not is_joblibs or target.args or not isinstance(state, dict) or before is not None:
        msg = "an array that joblib does not write so"
        raise NotAModel(msg, hint="do not load it: it was made to be read in two ways")
    self.wrapped.append(state)
    self.stack[-1] = self.skip_array(self, state)


def _call(self: PickleReader, function: Any, args: Any) -> None:
    """Put what a call would give onto the stack."""
    if isinstance(function, type) and issubclass(function, StandIn):
        self.append(function.make(args))
    elif isinstance(function, StandIn):
        type(function).called = type(function) is not StandIn
        self.append(StandIn.make((function, args)))
    else:
        msg = f"a call of a {type(function).__name__}"
        raise TypeError(msg)


def _reduce(self: PickleReader) -> None:
    args = self.stack.pop()
    _call(self, self.stack.pop(), args)


def _new_object_ex(self: PickleReader) -> None:
    self.stack.pop()  # arguments by name
    _reduce(self)


def _inst(self: PickleReader) -> None:
    module, name = self.readline()[:-1].decode("ascii"), self.readline()[:-1].decode("ascii")
    args = self.pop_mark()
    _call(self, self.find_class(module, name), tuple(args))


def _object(self: PickleReader) -> None:
    args = self.pop_mark()
    _call(self, args[0], tuple(args[1:]))


_OWN: dict[bytes, Callable[[PickleReader], None]] = {
    pickle.PROTO: _protocol,
    pickle.FRAME: _frame,
    pickle.BINUNICODE: _counted(4, _text),
    pickle.BINUNICODE8: _counted(8, _text),
    pickle.BINBYTES: _counted(4, bytes),
    pickle.BINBYTES8: _counted(8, bytes),
    pickle.BINSTRING: _counted(4, lambda data: data.decode("latin1")),
    pickle.BYTEARRAY8: _counted(8, bytearray),
    pickle.LONG1: _long(1),
    pickle.LONG4: _long(4),
    pickle.SETITEM: _set_item,
    pickle.SETITEMS: _set_items,
    pickle.DICT: _dict,
    pickle.ADDITEMS: _add_items,
    pickle.FROZENSET: _frozen_set,
    pickle.BUILD: _build,
    pickle.REDUCE: _reduce,
    pickle.NEWOBJ: _reduce,
    pickle.NEWOBJ_EX: _new_object_ex,
    pickle.INST: _inst,
    pickle.OBJ: _object,
}
PickleReader.dispatch = _Unpickler.dispatch | {opcode[0]: load for opcode, load in _OWN.items()}
