"""The verdicts, their symbols and meanings; the only list of them."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class _Meaning(NamedTuple):
    word: str
    symbol: str
    passes: bool | None
    """True: a pass; False: a failure; None: neither, because nothing was measured."""
    severity: int
    """Rank among verdicts: a roll-up shows the largest."""
    sentence: str


class Verdict(Enum):
    """The result of a cell, from bit-equal outputs to cells that nobody measured."""

    # the silent drift is the worst, because nothing else tells the user of it; of the other
    # failures, what ends the process is worse than an error that can be caught
    IDENTICAL = _Meaning("identical", "=", True, 0, "loaded; every recorded output is bit-equal")
    EQUIVALENT = _Meaning(
        "equivalent", "~", True, 1, "loaded; outputs within tolerance, labels and counts all equal"
    )
    DRIFT = _Meaning(
        "drift",
        "!",
        False,
        9,
        "loaded without error, but predictions or a metric moved: the silent change",
    )
    PREDICT_ERROR = _Meaning("predict-error", "P", False, 6, "loaded, but predicting raised")
    LOAD_ERROR = _Meaning("load-error", "L", False, 5, "loading raised")
    CRASH = _Meaning("crash", "X", False, 8, "the process died")
    TIMEOUT = _Meaning("timeout", "T", False, 7, "no end within the limit")
    MEMORY = _Meaning("memory", "M", False, 7, "outgrew its memory limit")
    SAVE_ERROR = _Meaning(
        "save-error",
        "S",
        False,
        4,
        "the writer could not fit, ask or save the model, although it has the feature",
    )
    UNSTABLE = _Meaning(
        "unstable", "u", False, 3, "the writer's own predictions differ by more than the tolerance"
    )
    INFERRED = _Meaning(
        "inferred",
        "i",
        None,
        -1,
        "not measured: it lies between two measured neighbours that are equal",
    )
    NOT_AVAILABLE = _Meaning(
        "n/a", "-", None, -2, "writer or reader does not have the estimator or format"
    )
    NO_ENVIRONMENT = _Meaning("no-env", "?", None, -3, "the environment could not be built here")
    NOT_RUN = _Meaning("not-run", " ", None, -4, "planned, not measured")

    @property
    def word(self) -> str:
        """Name of the verdict in reports, options and files."""
        return self.value.word

    @property
    def symbol(self) -> str:
        """One character for tables; a blank for cells that were not run."""
        return self.value.symbol

    @property
    def passes(self) -> bool | None:
        """True for a pass, False for a failure, None for neither."""
        return self.value.passes

    @property
    def severity(self) -> int:
        """Rank among verdicts: larger is worse; below zero there was nothing to judge."""
        return self.value.severity

    @property
    def sentence(self) -> str:
        """Meaning of the verdict in a few words, for legends."""
        return self.value.sentence

    @property
    def measured(self) -> bool:
        """True if a cell with this verdict was loaded or saved for real."""
        return self.passes is not None


GAPS = (Verdict.NOT_RUN, Verdict.NO_ENVIRONMENT, Verdict.INFERRED)
"""Verdicts of cells that were planned and not measured: a pass never covers them."""
