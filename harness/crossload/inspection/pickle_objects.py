"""Follows what a pickle makes, calls and sets a state on, where nothing is made.

What the file does with a name is noted on the stand-in of that name; what two readers would
understand differently is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.inspection import dtypes, pickle_names, pickle_rules
from crossload.inspection.facts import NotAModel
from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from typing import NoReturn

    PickleReader = Any
    """The reader that has the opcodes; its module imports this one."""

DOUBLE = "do not load it: it was made to be read in two ways"

WRAPPERS = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")
"""Modules of joblib's wrapper of arrays; scikit-learn before 0.23 had a copy of joblib."""


# Opcodes that call something, or set the state of an object.  The standard library's would call the
# stand-in with a copy of its arguments, and write the state into its __dict__, where a file could
# overwrite the attributes that this program reads.


def build(self: PickleReader) -> None:
    """Set the state of an object, or pass over the array behind one of joblib's wrappers."""
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
    if pickle_names.class_name_of(target) in _ARRAY_MAKERS:
        problem = dtypes.against_array(state)
        if problem or before is not None:
            msg = f"an array that NumPy does not write: {problem or 'its state is set twice'}"
            raise NotAModel(msg, hint=DOUBLE)
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


_ARRAY_MAKERS = frozenset({
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    "numpy.ma.core._mareconstruct", "numpy.ndarray", *pickle_names.ARRAYS,
})  # fmt: skip
"""What makes the arrays whose state is set."""


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


def call_with(self: PickleReader, function: Any, args: Any, *, new: bool = False) -> None:
    """Put the stand-in for the result of a call, or of making an object, onto the stack."""
    given = args if isinstance(args, tuple) else ()
    if isinstance(function, type) and issubclass(function, StandIn):
        name = f"{function.module}.{function.name}"
        if not new and name in pickle_rules.MAKERS:
            _make_by(self, function, given)
            return
        if new:
            function.made = True
            if name in pickle_names.ARRAYS:
                function.odd = "made with memory that the file gives"
            if function.is_wrapper and given:
                raise_double("an array that joblib does not write so")
            if len(given) > _MOST_ARGUMENTS or any(isinstance(each, type) for each in given):
                function.odd = function.odd or "made from another class or function"
            function.odd = function.odd or _against_making(name, given)
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
        named.called = True
        named.odd = named.odd or "its result is called in turn"
        self.append(self.nameless.make((function, args)))
    else:
        msg = f"a call of a {type(function).__name__}"
        raise TypeError(msg)


def _against_making(name: str, args: tuple[Any, ...]) -> str:
    """Say how an object is made otherwise than by its library; empty for nothing."""
    known = pickle_names.known()
    # Compiled classes make their objects by functions of their own, or by a call, and some of their
    # methods believe that: an object that is just there ends the process when it is used or freed.
    if name in known.called:
        return "made otherwise than its library does"
    return "made with arguments that no model gives it" if args and name in known.made else ""


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
        base = pickle_names.name_of(args[1]) if len(args) == 3 else ""
        plain = base in ("builtins.object", "__builtin__.object")
        if not plain and (made.is_wrapper or not pickle_rules.is_plain_base(base)):
            function.odd = "called with arguments that no model gives it"
        rest = () if plain else args[2:]
    call_with(self, made, rest, new=True)


def call(self: PickleReader) -> None:
    """Call a function."""
    args = self.stack.pop()
    call_with(self, self.stack.pop(), args)


def new_object(self: PickleReader) -> None:
    """Make an object, as protocol 2 does."""
    args = self.stack.pop()
    call_with(self, self.stack.pop(), args, new=True)


def new_object_ex(self: PickleReader) -> None:
    """Make an object with arguments by name, as protocol 4 does."""
    by_name = self.stack.pop()
    args = self.stack.pop()
    kind = self.stack.pop()
    if by_name and isinstance(kind, type) and issubclass(kind, StandIn):
        kind.odd = kind.odd or "made with arguments by name"
    call_with(self, kind, args, new=True)
