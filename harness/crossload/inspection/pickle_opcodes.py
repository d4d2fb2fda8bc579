"""Holds what the opcodes of a pickle do where nothing is made: those that `PickleReader` replaces.

Opcodes with a length in front are bounded; those that call, or set a state, note what the file does
with a name.  All others are the standard library's.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from crossload.inspection.pickle_objects import (
    build,
    call,
    call_with,
    new_object,
    new_object_ex,
    raise_double,
)
from crossload.inspection.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

    PickleReader = Any
    """The reader that has the opcodes; its module imports this one."""


def _text(data: bytes) -> str:
    # as the standard library: Python 3 writes lone surrogates, which strict UTF-8 has not
    return data.decode("utf-8", "surrogatepass")


# Opcodes with a length in front: bounded by _sized.  Those with a length of one byte (SHORT_...)
# are the standard library's own, as 255 bytes are no danger.


def _counted(width: int, decode: Callable[[bytes], Any]) -> Callable[[PickleReader], None]:
    def load(self: PickleReader) -> None:
        self._sized(self._length(width), decode)

    return load


def _long(width: int) -> Callable[[PickleReader], None]:
    # no attribute of interest is an integer of 64 bytes, and to write out one of many thousands of
    # digits takes quadratic time (https://nvd.nist.gov/vuln/detail/CVE-2020-10735)
    def load(self: PickleReader) -> None:
        size = self._length(width)
        self._sized(
            size, lambda data: int.from_bytes(data, "little", signed=True) if size < 64 else 0
        )

    return load


# Opcodes that put keys into dicts and sets: the standard library's hash whatever a file gives.


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
        self.takes_items(target)


def _append(self: PickleReader) -> None:
    value = self.stack.pop()
    _extend(self, [value])


def _appends(self: PickleReader) -> None:
    _extend(self, self.pop_mark())


def _extend(self: PickleReader, items: list[Any]) -> None:
    target = self.stack[-1]
    if isinstance(target, StandIn):
        self.takes_items(target)
    target.extend(items)


def _frozen_set(self: PickleReader) -> None:
    # before self.append is looked up: pop_mark() makes it that of the stack below
    items = self.pop_mark()
    self.append(frozenset(self._key_of(each) for each in items))


# Opcodes about the stream itself.


def _frame(self: PickleReader) -> None:
    # The standard library would read as much ahead as the file announces (PEP 3154).  Nothing is
    # read ahead here, but the end is kept: an instruction that crosses it, or stands behind it
    # where another reader is elsewhere, is refused by `PickleReader.load`.
    size = int.from_bytes(self.stream.read(8), "little")
    if self.frame_end is not None:
        raise_double("a frame within a frame")
    self.frame_end = self.stream.at + size


def _protocol(self: PickleReader) -> None:
    self.protocol = self.proto = self.stream.read(1)[0]
    if self.protocol > pickle.HIGHEST_PROTOCOL:
        msg = f"unsupported pickle protocol: {self.protocol}"
        raise ValueError(msg)


def _get(load: Callable[[Any], None]) -> Callable[[PickleReader], None]:
    """Replace an opcode that takes something from the memo, or the stack, a second time."""

    def again(self: PickleReader) -> None:
        load(self)
        value = self.stack[-1]
        if isinstance(value, StandIn) and type(value).is_wrapper:
            raise_double("a wrapper of an array that is used twice")
        self.wrapper.pushed(value)

    return again


def _inst(self: PickleReader) -> None:
    module, name = self.readline()[:-1].decode("ascii"), self.readline()[:-1].decode("ascii")
    args = self.pop_mark()
    call_with(self, self.find_class(module, name), tuple(args))


def _object(self: PickleReader) -> None:
    args = self.pop_mark()
    call_with(self, args[0], tuple(args[1:]))


_STANDARD: dict[int, Callable[[Any], None]] = pickle._Unpickler.dispatch  # noqa: SLF001 - the Python one has no public name

OPCODES: dict[bytes, Callable[[PickleReader], None]] = {
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
    pickle.BUILD: build,
    pickle.REDUCE: call,
    pickle.NEWOBJ: new_object,
    pickle.NEWOBJ_EX: new_object_ex,
    pickle.INST: _inst,
    pickle.OBJ: _object,
    pickle.APPEND: _append,
    pickle.APPENDS: _appends,
    **{
        code: _get(_STANDARD[code[0]])
        for code in (pickle.GET, pickle.BINGET, pickle.LONG_BINGET, pickle.DUP)
    },
}
