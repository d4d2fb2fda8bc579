"""The comparison of further training: in the writer, and after loading in the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.safe import cut
from crossload.verdict.compare import compare
from crossload.verdict.error_texts import encodable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

_RESUME_ATOL, _RESUME_RTOL = 1e-5, 1e-4
"""Tolerance of losses (or predictions) after further training.

Ten times that of predictions, because the rounding of whole steps adds up.
"""


def resumes_text(
    saved: Mapping[str, Any],
    loaded: Mapping[str, Any],
    optimizer: str,
    outputs: Callable[[str], Mapping[str, np.ndarray[Any, Any]]],
) -> str:
    """Say if training goes on alike after loading, or name what was lost.

    Parameters
    ----------
    saved, loaded
        Records of the save and of the load.
    optimizer
        Fate of the optimizer's variables, as `StateChange.optimizer` has it.
    outputs
        Gives recorded outputs by the digest under which they are kept.

    Returns
    -------
    str
        ``yes``, ``lost compiled loss``, ``lost optimizer state``, or ``no`` with the error if there
        was one; empty where it was not asked on both sides.
    """
    if "resumed" not in saved or not ("resumed" in loaded or "resume_error" in loaded):
        return ""
    if "resume_error" in loaded:
        # a model that was loaded without its loss asks to be compiled first; the wording differs
        # from release to release, that word does not
        if "compile" in loaded["resume_error"].lower():
            return "lost compiled loss"
        return f"no: {cut(' '.join(encodable(loaded['resume_error']).split()), 160)}"
    before, after = outputs(saved["resumed"])["resumed"], outputs(loaded["resumed"])["resumed"]
    if compare(before, after, atol=_RESUME_ATOL, rtol=_RESUME_RTOL).within:
        return "yes"
    # a fresh optimizer trains, but from another state; Keras says so in a warning at most
    # (https://github.com/keras-team/tf-keras/issues/70)
    return "lost optimizer state" if optimizer in ("lost", "changed") else "no"
