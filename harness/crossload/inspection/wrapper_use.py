"""Follows how a pickle makes joblib's wrappers of arrays, which must be as joblib does."""

from __future__ import annotations

import pickle
from typing import Any, NoReturn

from crossload.inspection.facts import NotAModel
from crossload.inspection.stand_ins import StandIn

_MEMO = frozenset({pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE, pickle.FRAME})
"""Opcodes that leave the stack as it is."""

_REFERENCES = frozenset({
    pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.GET, pickle.BINGET, pickle.LONG_BINGET,
})  # fmt: skip
_NAMES = frozenset({
    pickle.SHORT_BINUNICODE, pickle.BINUNICODE, *_REFERENCES,
})  # fmt: skip

_NEXT: dict[tuple[str, str | bytes], str] = {
    # since protocol 2: class, (), NEWOBJ
    ("class", pickle.EMPTY_TUPLE): "no arguments",
    ("no arguments", pickle.NEWOBJ): "",
    # before: _reconstructor, (, class, object, None, ), REDUCE
    ("class", "object"): "base",
    ("base", pickle.NONE): "state",
    ("state", pickle.TUPLE): "arguments",
    ("state", pickle.TUPLE3): "arguments",
    ("arguments", pickle.REDUCE): "",
}
"""What may follow in each state, and the state behind it."""


class WrapperUse:
    """Refuses a reference to the class of a wrapper that is not the making of one.

    joblib reads the bytes behind a wrapper, wherever it comes from; a wrapper that is made in a
    roundabout way would be one there, and none here.
    """

    def __init__(self) -> None:
        self.state = ""
        """Empty where no reference to the class is on the stack."""

    def pushed(self, value: Any) -> None:
        """Note what an instruction has put onto the stack."""
        if isinstance(value, type) and issubclass(value, StandIn) and value.is_wrapper:
            if self.state:
                refuse()
            self.state = "class"

    def follow(self, opcode: bytes, top: Any) -> None:
        """Go on by one instruction that was just done, while ``state`` is not empty.

        Parameters
        ----------
        opcode
            The instruction.
        top
            What is on top of the stack behind it.
        """
        if opcode in _MEMO:
            return
        key: str | bytes = opcode
        if self.state == "class" and opcode in _NAMES:
            if not isinstance(top, type):
                # the module and the name of the base come as texts first
                return
            is_object = (getattr(top, "module", ""), getattr(top, "name", "")) in (
                ("builtins", "object"),
                ("__builtin__", "object"),
            )
            key = "object" if is_object else opcode
        following = _NEXT.get((self.state, key))
        if following is None:
            refuse()
        self.state = following


def refuse() -> NoReturn:
    """Raise `NotAModel` for a wrapper that joblib does not make."""
    msg = "a wrapper of an array that joblib does not make so"
    raise NotAModel(msg, hint="do not load it: it was made to be read in two ways")
