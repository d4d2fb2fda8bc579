"""The columns of a model's input, and the facts about each of them."""

from typing import Any, List, Optional

import numpy as np

MOST_VALUES = 2000000
"""Values of all rows together, so that a model with a million features does not fill the memory."""
WORDS = (
    "the model was saved here and may be read there with same answers as before or other ones if"
    " not"
).split()
"""Words for documents where a model knows none by itself, such as one that hashes them."""


class Column(object):
    """The facts that a model tells of one column of its input."""

    def __init__(self, name: Optional[str] = None) -> None:
        self.name = name
        self.centre: Optional[float] = None
        self.spread: Optional[float] = None
        self.marks: List[float] = []
        """Values at which the model decides: thresholds of trees, edges of bins, rows it kept."""
        self.values: Optional[List[Any]] = None
        """Categories; all other facts are for numbers."""
        self.words: Optional[List[str]] = None
        """Words of documents."""
        self.missing = False
        """True if the model says that it can deal with missing values."""
        self.unknown = False
        """True if a category that it never saw is allowed."""

    @property
    def known(self) -> bool:
        """True if the model tells anything of this column."""
        return bool(self.values or self.words or self.marks) or self.centre is not None

    @property
    def numeric(self) -> bool:
        """True if the column holds numbers."""
        return self.words is None and (
            self.values is None or all(_is_number(each) for each in self.values)
        )


def _is_number(value: Any) -> bool:
    # booleans are integers in Python, but not to an encoder of categories
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )
