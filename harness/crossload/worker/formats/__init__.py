"""The registry of formats.

A format is a pair of a way to save and a way to load.  Several formats may share a ``saver``: then
they read the same artifact in different ways (``checkpoint`` and ``checkpoint-strict``).
"""

from typing import Any, Dict, List

from .base import Format
from .keras import keras_formats
from .keras_options import option_formats
from .objects import object_formats
from .weights import weights_formats

__all__ = ["Format", "all_formats", "builtin_formats"]


def builtin_formats() -> Dict[str, Format]:
    """Give all formats of crossload by name.

    Returns
    -------
    dict of str to Format
        New objects at each call. No library under test is imported.
    """
    found = object_formats() + keras_formats() + weights_formats() + option_formats()
    return {each.name: each for each in found}


def all_formats(recipe_modules: List[Any]) -> Dict[str, Format]:
    """Give the built-in formats and those that recipe files add in ``FORMATS``.

    Parameters
    ----------
    recipe_modules
        Imported recipe files. A format of theirs that names no saver is given its own name as one.

    Returns
    -------
    dict of str to Format

    Raises
    ------
    ValueError
        A recipe file adds a format by a name that exists already.
    """
    found = builtin_formats()
    for module in recipe_modules:
        for extra in getattr(module, "FORMATS", []):
            # what was measured of a name in other runs must stay true of it
            if extra.name in found:
                raise ValueError(
                    "format " + repr(extra.name) + " exists already; give it another name"
                )
            # a class that writes an __init__ of its own may have left out that of `Format`
            extra.saver = extra.saver or extra.name
            found[extra.name] = extra
    return found
