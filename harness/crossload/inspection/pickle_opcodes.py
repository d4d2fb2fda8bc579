"""Holds what the opcodes of a pickle do where nothing is made: those that `PickleReader` replaces.

Opcodes with a length in front are bounded; those that call, or set a state, note what the file does
with a name.  All others are the standard library's.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from crossload.inspection import dtypes, pickle_rules
from crossload.inspection.facts import NotAModel
from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    PickleReader = Any
    """The reader that has the opcodes; its module imports this one."""

DOUBLE = "do not load it: it was made to be read in two ways"

WRAPPERS = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")
"""Modules of joblib's wrapper of arrays; scikit-learn before 0.23 had a copy of joblib."""


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


# Opcodes that call something, or set the state of an object.  The standard library's would call the
# stand-in with a copy of its arguments, and write the state into its __dict__, where a file could
# overwrite the attributes that this program reads.


def _build(self: PickleReader) -> None:
    state = self.stack.pop()
    target = self.stack[-1]
    if isinstance(target, SkippedData):
        # an array has its values by now; another state would be set on it
        raise_double("a second state of an array")
    if isinstance(target, type) and issubclass(target, StandIn):
        target.odd = "the file changes the class or function itself"
        return
    if not isinstance(target, StandIn):
        return
    before, target.state = target.state, state
    named = type(target)
    named.odd = named.odd or _against_state(self, state)
    if (named.module, named.name) == ("numpy", "dtype"):
        _check_dtype(target, before)
    if not named.is_wrapper or self.skip_array is None:
        return
    # joblib replaces its BUILD in the same way: behind the state of a wrapper come the bytes of an
    # array.  Both must agree on where they end, as what is skipped here must not be executed there.
    # So everything is refused that joblib would understand otherwise, or that it does not write:
    # another class of that name, a wrapper that is made or used in any other way (`_WrapperUse`),
    # a state with slots, and a second state.
    if named.name not in ("NumpyArrayWrapper", "NDArrayWrapper") or before is not None:
        raise_double("an array that joblib does not write so")
    if not isinstance(state, dict):
        raise_double("an array that joblib does not write so")
    if named.name == "NDArrayWrapper":
        self.stack[-1] = _array_beside(self, state)
        return
    # within a frame joblib reads the bytes behind the frame, and goes on in it
    if self.frame_end is not None and self.stream.at != self.frame_end:
        raise_double("an array in the middle of a frame")
    self.frame_end = None
    self.wrapped.append(state)
    self.stack[-1] = self.skip_array(self, state)


def _against_state(self: PickleReader, state: Any) -> str:
    # thousands of objects may share a dict of thousands of keys, which are only ever added
    size = len(state) if isinstance(state, dict) else -1
    problem: str
    last, length, problem = self.last_state
    if state is not last or size != length or size < 0:
        problem = pickle_rules.against_state(state)
        self.last_state = state, size, problem
    return problem


def _array_beside(self: PickleReader, state: dict[Any, Any]) -> SkippedData:
    """Stand for an array of joblib before 0.10, which lies in a file beside the pickle."""
    name = state.get("filename")
    if not isinstance(name, str) or not set(state) <= {"filename", "subclass", "allow_mmap"}:
        raise_double("an array that joblib does not write so")
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        msg = "an array in a file elsewhere"
        raise NotAModel(msg, hint="joblib writes the files of arrays beside the pickle")
    self.beside.append(name)
    return SkippedData(0)


def _check_dtype(target: StandIn, before: Any) -> None:
    # NumPy believes what the state says: bytes of a type that holds objects become pointers
    problem = dtypes.against_dtype(target.args, target.state)
    if problem or before is not None:
        msg = f"a type of arrays that NumPy does not write: {problem or 'its state is set twice'}"
        raise NotAModel(msg, hint=DOUBLE)


def raise_double(what: str) -> NoReturn:
    """Raise `NotAModel` for what two readers would understand differently."""
    raise NotAModel(what, hint=DOUBLE)


def _call(self: PickleReader, function: Any, args: Any, *, new: bool = False) -> None:
    """Put the stand-in for the result of a call, or of making an object, onto the stack."""
    given = args if isinstance(args, tuple) else ()
    if isinstance(function, type) and issubclass(function, StandIn):
        name = f"{function.module}.{function.name}"
        if not new and name in pickle_rules.MAKERS:
            _make_by(self, function, given)
            return
        if new:
            function.made = True
            if function.is_wrapper and given:
                raise_double("an array that joblib does not write so")
            if len(given) > _MOST_ARGUMENTS or any(isinstance(each, type) for each in given):
                function.odd = function.odd or "made from another class or function"
        else:
            function.called = True
            if function.is_wrapper:
                raise_double("an array that joblib does not write so")
            function.odd = function.odd or pickle_rules.against_call(function, given)
        self.append(function.make(args))
    elif isinstance(function, StandIn):
        # the result of a call is called in turn, as in getattr(os, "system")("..."): the function
        # that gave it counts as called, and the chain is kept in the arguments
        named = type(function)
        if named is not StandIn:
            named.called = True
            named.odd = named.odd or "its result is called in turn"
        self.append(StandIn.make((function, args)))
    else:
        msg = f"a call of a {type(function).__name__}"
        raise TypeError(msg)


_MOST_ARGUMENTS = 100
"""Arguments with which an object may be made: thousands of calls may share a long tuple."""


def _make_by(self: PickleReader, function: type[StandIn], args: tuple[Any, ...]) -> None:
    """Make what ``copyreg._reconstructor(class, base, state)`` or ``__newobj__`` would make."""
    function.called = True
    made = args[0] if args else None
    if not (isinstance(made, type) and issubclass(made, StandIn)):
        function.odd = "called with arguments that no model gives it"
        self.append(function.make(args))
        return
    rest = args[1:]
    if function.name == "_reconstructor":
        base = pickle_rules.name_of(args[1]) if len(args) == 3 else ""
        plain = base in ("builtins.object", "__builtin__.object")
        if not plain and (made.is_wrapper or not pickle_rules.is_plain_base(base)):
            function.odd = "called with arguments that no model gives it"
        rest = () if plain else args[2:]
    _call(self, made, rest, new=True)


def _reduce(self: PickleReader) -> None:
    args = self.stack.pop()
    _call(self, self.stack.pop(), args)


def _new_object(self: PickleReader) -> None:
    args = self.stack.pop()
    _call(self, self.stack.pop(), args, new=True)


def _new_object_ex(self: PickleReader) -> None:
    by_name = self.stack.pop()
    args = self.stack.pop()
    kind = self.stack.pop()
    if by_name and isinstance(kind, type) and issubclass(kind, StandIn):
        kind.odd = kind.odd or "made with arguments by name"
    _call(self, kind, args, new=True)


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
    _call(self, self.find_class(module, name), tuple(args))


def _object(self: PickleReader) -> None:
    args = self.pop_mark()
    _call(self, args[0], tuple(args[1:]))


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
    pickle.BUILD: _build,
    pickle.REDUCE: _reduce,
    pickle.NEWOBJ: _new_object,
    pickle.NEWOBJ_EX: _new_object_ex,
    pickle.INST: _inst,
    pickle.OBJ: _object,
    pickle.APPEND: _append,
    pickle.APPENDS: _appends,
    **{
        code: _get(_STANDARD[code[0]])
        for code in (pickle.GET, pickle.BINGET, pickle.LONG_BINGET, pickle.DUP)
    },
}
