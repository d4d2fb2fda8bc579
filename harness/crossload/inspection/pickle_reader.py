"""An unpickler that makes nothing: all that a pickle names becomes an inert stand-in.

It is the unpickler of the standard library with its only way out closed - `find_class` imports
nothing - and with those opcodes replaced that would take memory or time for what a hostile file
announces.  joblib writes the bytes of arrays between the opcodes; they are skipped.

A list of opcodes, as `pickletools.genops` gives it, would not do: what a file calls follows from
the stack and the memo, and scanners that guess at them have been led astray:
https://github.com/mmaitre314/picklescan/issues/22
https://github.com/protectai/modelscan/issues/85
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from crossload import limits
from crossload.inspection.facts import NotAModel
from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crossload.inspection.streams import Stream

    ArraySkipper = Callable[["PickleReader", Mapping[str, Any]], Any]
    """Passes over the bytes of one array, given the state of joblib's wrapper of it, and returns a
    stand-in for the array."""

LARGEST = 1 << 16
"""Bytes of a text or bytes object that are read; a larger one is skipped."""

MOST_KEPT = 64 << 20
"""Bytes of texts that are kept; when they are spent, only short ones are read."""

MOST_STEPS = 10_000_000
"""Instructions of a pickle that are followed: each may make an object."""

MOST_NAMES = 100_000
"""Different names that a pickle may import: each makes a class of its own here."""

_SHORT = 64
"""Bytes of a text that is read in any case: names of classes and attributes are short."""

_WRAPPERS = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")
"""Modules of joblib's wrapper of arrays; scikit-learn before 0.23 had a copy of joblib."""

_PLAIN = (str, int, float, bool, bytes, type(None))
"""Types whose hash takes a moment, however they were made."""


# the C implementation has no table of opcodes that could be replaced, and it allocates whatever a
# file announces (https://github.com/python/cpython/issues/115952)
_Unpickler: Any = pickle._Unpickler  # noqa: SLF001 - the Python one has no public name


class PickleReader(_Unpickler):  # type: ignore[misc] # its base is Any
    """Reads one pickle and gives the stand-in of its object.

    Parameters
    ----------
    stream
        The unpacked bytes of the file, at the beginning of a pickle.
    names
        Collects what the pickle would import, by module and name.
    skip_array
        Passes over the bytes of an array behind joblib's wrapper; without it the file is read as
        `pickle` reads it, which takes those bytes for instructions.
    """

    def __init__(
        self,
        stream: Stream,
        names: dict[tuple[str, str], type[StandIn]],
        skip_array: ArraySkipper | None = None,
    ) -> None:
        # pickles of Python 2 hold byte strings, which the default (ASCII) refuses; latin1 takes any
        # byte, and arrays need it (https://docs.python.org/3/library/pickle.html#pickle.load)
        super().__init__(stream, encoding="latin1")
        self.stream, self.names, self.skip_array = stream, names, skip_array
        self.protocol = 0
        """Highest protocol that the pickle announces; those before 2 announce none."""
        self.wrapped: list[dict[str, Any]] = []
        """States of joblib's array wrappers, which tell its generation."""
        self._keys = self._kept = 0

    def load(self) -> Any:
        """Read the pickle, importing and calling nothing.

        Raises
        ------
        NotAModel
            It has too many instructions or names, or an array that can be read in two ways.
        CutStream
            It ends in the middle.
        Exception
            Whatever else a broken pickle makes the standard unpickler raise.
        """
        # the loop of the standard library, but counted, and without its frames, which read ahead as
        # many bytes as a file announces; these attributes are what its opcodes use
        self._file_read, self._file_readline = self.stream.read, self.stream.readline
        self.read, self.readline = self.stream.read, self.stream.readline
        self.metastack: list[Any] = []
        self.stack: list[Any] = []
        self.append = self.stack.append
        for step in range(MOST_STEPS):
            if step % 64 == 0:
                limits.check()
            key = self.stream.read(1)
            try:
                self.dispatch[key[0]](self)
            except pickle._Stop as stop:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
                return stop.value
        msg = f"more than {MOST_STEPS} instructions"
        raise NotAModel(msg, hint="too large a pickle to be looked at without loading it")

    def find_class(self, module: str, name: str) -> type[StandIn]:
        """Make the stand-in for a class or function; nothing is imported."""
        # a name may be as long as a line or text may be; no real one has 300 signs
        key = (str(module)[:300], str(name)[:300])
        if len(self.names) >= MOST_NAMES:
            msg = f"more than {MOST_NAMES} different names: no model has that"
            raise NotAModel(msg)
        if key not in self.names:
            self.names[key] = type("Named", (StandIn,), {"module": key[0], "name": key[1]})
        return self.names[key]

    def get_extension(self, code: int) -> None:
        """Make the stand-in for an extension code, a number that a program registered for a name.

        The name is known only where the file is loaded, so that the code itself is named.
        """
        self.append(self.find_class("copyreg", f"extension {code}"))

    def persistent_load(self, pid: Any) -> StandIn:
        """Make the stand-in for an object that lies outside of the file."""
        return StandIn.make((pid,))

    def _sized(self, size: int, decode: Callable[[bytes], Any]) -> None:
        """Put a text or bytes object onto the stack, or skip it if it is too large."""
        # a file of some bytes may announce 2**62 of them, and the standard unpickler asks for all
        # at once (https://github.com/python/cpython/issues/115952); many of moderate size add up
        self._kept += size if size <= LARGEST else 0
        if size > LARGEST or (self._kept > MOST_KEPT and size > _SHORT):
            self.stream.skip(size)
            self.append(SkippedData(size))
        else:
            self.append(decode(self.stream.read(size)))

    def _length(self, width: int) -> int:
        # unsigned in all opcodes: in two of them the Python unpickler refuses lengths of 2 GiB and
        # more, C ones take them (https://github.com/python/cpython/issues/135321); what is read
        # here must not be less than what some version executes
        return int.from_bytes(self.stream.read(width), "little")

    def _key_of(self, key: Any) -> Any:
        """Give a key that can be hashed at once."""
        # The hash of a tuple is the hash of all in it: hashing 100,000 tuples within each other
        # overflows the stack of C and ends the process, without an exception.  Such a key, and one
        # that cannot be hashed at all, is replaced by a unique one, so that its value is kept.
        if isinstance(key, _PLAIN):
            return key
        self._keys += 1
        return (f"key {self._keys}",)

    def _fill(self, target: Any, items: list[Any]) -> None:
        # not strict: an odd number of items makes the standard unpickler raise, so that going on
        # reads more than it would execute, never less
        for key, value in zip(items[::2], items[1::2], strict=False):
            if isinstance(target, dict):
                target[self._key_of(key)] = value
            elif isinstance(target, StandIn):
                target[key] = value


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


def _frozen_set(self: PickleReader) -> None:
    # before self.append is looked up: pop_mark() makes it that of the stack below
    items = self.pop_mark()
    self.append(frozenset(self._key_of(each) for each in items))


# Opcodes about the stream itself.


def _frame(self: PickleReader) -> None:
    # The 8 bytes are the length of the frame, which PEP 3154 has for reading ahead: the standard
    # library would read all of it at once, however much a file announces.
    self.stream.read(8)


def _protocol(self: PickleReader) -> None:
    self.protocol = self.proto = self.stream.read(1)[0]
    if self.protocol > pickle.HIGHEST_PROTOCOL:
        msg = f"unsupported pickle protocol: {self.protocol}"
        raise ValueError(msg)


# Opcodes that call something, or set the state of an object.  The standard library's would call the
# stand-in with a copy of its arguments, and write the state into its __dict__, where a file could
# overwrite the attributes that this program reads.


def _build(self: PickleReader) -> None:
    state = self.stack.pop()
    target = self.stack[-1]
    if not isinstance(target, StandIn):
        return
    before, target.state = target.state, state
    named = type(target)
    if not named.name.split(".")[-1].endswith("ArrayWrapper") or self.skip_array is None:
        return
    # joblib replaces its BUILD in the same way: behind the state of a wrapper come the bytes of an
    # array.  Both must agree on where they end, as what is skipped here must not be executed there.
    # So everything is refused that joblib would understand otherwise, or that it does not write:
    # another class of that name, aliases (joblib.numpy_pickle reached through an attribute),
    # arguments of the call (they set attributes that the state does not show), a state with slots,
    # and a second state.
    is_joblibs = named.module in _WRAPPERS and named.name == "NumpyArrayWrapper"
    if not is_joblibs or target.args or not isinstance(state, dict) or before is not None:
        msg = "an array that joblib does not write so"
        raise NotAModel(msg, hint="do not load it: it was made to be read in two ways")
    self.wrapped.append(state)
    self.stack[-1] = self.skip_array(self, state)


def _call(self: PickleReader, function: Any, args: Any) -> None:
    """Put the stand-in for the result of a call onto the stack."""
    if isinstance(function, type) and issubclass(function, StandIn):
        self.append(function.make(args))
    elif isinstance(function, StandIn):
        # the result of a call is called in turn, as in getattr(os, "system")("..."): the function
        # that gave it counts as called, and the chain is kept in the arguments
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


_REPLACED: dict[bytes, Callable[[PickleReader], None]] = {
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
    pickle.NEWOBJ: _reduce,  # a call of the class, for which cls.__new__(cls, *args) would stand
    pickle.NEWOBJ_EX: _new_object_ex,
    pickle.INST: _inst,
    pickle.OBJ: _object,
}
PickleReader.dispatch = _Unpickler.dispatch | {
    opcode[0]: load for opcode, load in _REPLACED.items()
}
