"""The registry of formats.

A format is a pair of a way to save and a way to load.  Several formats may share a ``saver``: then they read the same
artifact in different ways (``checkpoint`` and ``checkpoint-strict``).
"""

from typing import Any, Dict, List

from .base import Format
from .keras import keras_formats
from .objects import object_formats
from .weights import weights_formats

__all__ = ["Format", "all_formats", "builtin_formats"]


def builtin_formats() -> Dict[str, Format]:
    """Give all formats of crossload by name."""
    found = object_formats() + keras_formats() + weights_formats()
    return {each.name: each for each in found}


def all_formats(recipe_modules: List[Any]) -> Dict[str, Format]:
    """Built-in formats and those that recipe files add; a recipe file may not replace a built-in one."""
    found = builtin_formats()
    for module in recipe_modules:
        for extra in getattr(module, "FORMATS", []):
            if extra.name in found:
                raise ValueError(
                    "format " + repr(extra.name) + " exists already; give it another name"
                )
            extra.saver = extra.saver or extra.name
            found[extra.name] = extra
    return found
