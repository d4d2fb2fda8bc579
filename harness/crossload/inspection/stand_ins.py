"""The inert objects that stand for whatever a pickle would make."""

from __future__ import annotations

from typing import Any, Self


class SkippedData:
    """A text or bytes object that was skipped, or the values of an array.

    ``size`` is in bytes; ``shape`` and ``dtype`` (a type string such as ``f8``) are of arrays only.
    """

    def __init__(self, size: int, shape: tuple[int, ...] = (), dtype: str = "") -> None:
        self.size, self.shape, self.dtype = size, shape, dtype


class _Kind(type):
    """The class of stand-ins: what one file does is never noted where all files share it."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if cls.__mro__[1] is object:
            msg = f"{cls.__name__}.{name} belongs to all files"
            raise AttributeError(msg)
        super().__setattr__(name, value)


class StandIn(metaclass=_Kind):
    """An object of a class, or the result of calling a function, that was never made.

    Each name in a file gets a subclass of its own, with ``module`` and ``name``, which stands for
    the class or function itself; what has no name gets one for each file (`nameless`).
    """

    module = name = ""
    called = False
    """Whether something in the file calls it."""
    made = False
    """Whether the file makes objects of it, without calling it."""
    odd = ""
    """What the file does with it that no model does; empty for nothing."""
    is_wrapper = False
    """Whether it is joblib's wrapper of an array, or has such a name."""

    args: tuple[Any, ...]
    """Arguments that it was called with."""
    state: Any
    """State that the file sets on it: mostly a dict of attributes."""
    items: list[Any]
    """Items that the file appends to it."""

    @classmethod
    def make(cls, args: Any) -> Self:
        """Stand for the result of a call, or a new object, with these arguments."""
        # cls(*args) would copy the arguments: a hostile file lets thousands of calls share one
        # large tuple
        made = object.__new__(cls)
        made.args, made.state, made.items = args if isinstance(args, tuple) else (), None, []
        return made

    # The standard unpickler calls these three of whatever is on its stack where it expects a list
    # or a dict; subclasses of both are common in models, and stand-ins are neither.

    def append(self, item: Any) -> None:
        """Take one item of what would be a list."""
        self.items.append(item)

    def extend(self, items: Any) -> None:
        """Take several items of what would be a list or a set."""
        self.items.extend(items)

    def __setitem__(self, _key: Any, value: Any) -> None:
        self.items.append(value)


def nameless() -> type[StandIn]:
    """Make the class of what one file makes otherwise than by a name."""
    return type("Nameless", (StandIn,), {})
