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

import _compat_pickle
import pickle
from typing import TYPE_CHECKING, Any

from crossload import limits
from crossload.inspection.facts import NotAModel
from crossload.inspection.pickle_objects import WRAPPERS, raise_double
from crossload.inspection.pickle_opcodes import OPCODES
from crossload.inspection.pickle_rules import takes_items
from crossload.inspection.stand_ins import SkippedData, StandIn, nameless
from crossload.inspection.wrapper_use import WrapperUse

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

MOST_NAMES = 10_000
"""Different names that a pickle may import: each makes a class of its own here, and all of them are
rated even if the time is over by then."""

_SHORT = 64
"""Bytes of a text that is read in any case: names of classes and attributes are short."""

_PLAIN = (str, int, float, bool, bytes, type(None))
"""Types whose hash takes a moment, however they were made."""


def _renamed(module: str, name: str, protocol: int) -> tuple[str, str]:
    """Give the name that a pickle of Python 2 stands for in Python 3, as the unpickler does."""
    if protocol >= 3:
        return module, name
    found = _compat_pickle.NAME_MAPPING.get((module, name))
    return found or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)


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
        self.beside: list[str] = []
        """Names of files beside this one that hold arrays, as joblib before 0.10 wrote them."""
        self.frame_end: int | None = None
        """Where the frame ends that is being read; None outside of frames."""
        self.wrapper = WrapperUse()
        self.nameless = nameless()
        """Class of persistent objects, and of what calls of results give."""
        self.last_state: tuple[Any, int, str] = (None, -1, "")
        """The state that was set last, its size, and what is wrong with it."""
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
        stream, dispatch, wrapper = self.stream, self.dispatch, self.wrapper
        for step in range(MOST_STEPS):
            if step % 64 == 0:
                limits.check()
            key = stream.read(1)
            try:
                if wrapper.state:
                    dispatch[key[0]](self)
                    wrapper.follow(key, self.stack[-1] if self.stack else None)
                else:
                    dispatch[key[0]](self)
            except pickle._Stop as stop:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
                self._check_end()
                return stop.value
            if self.frame_end is not None and stream.at >= self.frame_end:
                if stream.at > self.frame_end:
                    raise_double("an instruction that crosses the end of its frame")
                self.frame_end = None
        msg = f"more than {MOST_STEPS} instructions"
        raise NotAModel(msg, hint="too large a pickle to be looked at without loading it")

    def _check_end(self) -> None:
        # joblib reads on in the file where a pickle within it ends: behind its last frame, or
        # behind its last instruction
        if self.frame_end is not None and self.stream.at != self.frame_end:
            raise_double("a pickle that ends before its frame")
        if self.wrapper.state:
            raise_double("a wrapper of an array that joblib does not make so")

    def find_class(self, module: str, name: str) -> type[StandIn]:
        """Make the stand-in for a class or function; nothing is imported."""
        # a name may be as long as a line or text may be; no real one has 300 signs
        key = _renamed(str(module)[:300], str(name)[:300], self.proto)
        if len(self.names) >= MOST_NAMES:
            msg = f"more than {MOST_NAMES} different names: no model has that"
            raise NotAModel(msg)
        if key not in self.names:
            is_wrapper = key[1].split(".")[-1].endswith("ArrayWrapper") or (
                key[0].startswith(WRAPPERS) and "Wrapper" in key[1]
            )
            self.names[key] = type(
                "Named",
                (StandIn,),
                {"module": key[0], "name": key[1], "is_wrapper": is_wrapper},
            )
        self.wrapper.pushed(self.names[key])
        return self.names[key]

    def get_extension(self, code: int) -> None:
        """Make the stand-in for an extension code, a number that a program registered for a name.

        The name is known only where the file is loaded, so that the code itself is named.
        """
        self.append(self.find_class("copyreg", f"extension {code}"))

    def persistent_load(self, pid: Any) -> StandIn:
        """Make the stand-in for an object that lies outside of the file."""
        return self.nameless.make((pid,))

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

    def takes_items(self, target: StandIn) -> None:
        """Note that the file adds items to an object, which calls a method of its class."""
        named = type(target)
        if named.is_wrapper:
            raise_double("items of a wrapper of an array")
        if not named.odd and not takes_items(named):
            named.odd = "items are added to it"

    def _fill(self, target: Any, items: list[Any]) -> None:
        # not strict: an odd number of items makes the standard unpickler raise, so that going on
        # reads more than it would execute, never less
        for key, value in zip(items[::2], items[1::2], strict=False):
            if isinstance(target, dict):
                target[self._key_of(key)] = value
            elif isinstance(target, StandIn):
                target[key] = value
                self.takes_items(target)


PickleReader.dispatch = _Unpickler.dispatch | {opcode[0]: load for opcode, load in OPCODES.items()}
