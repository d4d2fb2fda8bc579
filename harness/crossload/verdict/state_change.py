"""The change of the fitted state: the arrays of a model before saving and after loading.

It tells rounding from damage: equal arrays whose predictions differ were computed otherwise, other
arrays are another model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIMIZER = "optimizer["
"""Beginning of the places of the optimizer's variables; written by ``worker/fitted_state.py``."""

_COMPUTED = "computed["
"""Beginning of the places of arrays that layers compute from their weights; written there, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """Two fitted states compared.

    The optimizer's variables stand apart, because a model predicts without them.
    """

    total: int
    """Number of arrays of the model before saving."""
    differing: tuple[str, ...]
    """Places in the model whose array has another value."""
    lost: tuple[str, ...]
    """Places that only the model before saving has."""
    added: tuple[str, ...]
    """Places that only the loaded model has."""
    optimizer: str
    """Fate of the optimizer's variables: kept, changed, lost, or empty where there were none."""

    @property
    def equal(self) -> bool:
        """True if all arrays of the model are there again with equal values."""
        return not (self.differing or self.lost or self.added)

    @property
    def stale(self) -> bool:
        """True if all weights are there again, but not what layers compute from them."""
        return bool(self.differing) and all(
            place.startswith(_COMPUTED) for place in (*self.differing, *self.lost, *self.added)
        )

    @property
    def word(self) -> str:
        """The change in one word: equal, differs or layout.

        ``differs``: an array has another value; ``layout``: arrays were renamed, added or removed.
        """
        return "equal" if self.equal else "differs" if self.differing else "layout"

    @property
    def text(self) -> str:
        """The change in words, with the first places that it concerns."""
        if self.equal:
            return "state equal"
        parts = []
        if self.differing:
            # a forest has thousands of arrays: the first ones say where to look
            first = ", ".join(self.differing[:2]) + (", ..." if len(self.differing) > 2 else "")
            parts.append(f"{len(self.differing)} of {self.total} arrays differ ({first})")
        if self.lost:
            parts.append(f"{len(self.lost)} arrays are gone ({self.lost[0]})")
        if self.added:
            parts.append(f"{len(self.added)} arrays are new ({self.added[0]})")
        return "; ".join(parts)


def compare_states(before: Mapping[str, str], after: Mapping[str, str]) -> StateChange:
    """Compare two fitted states by the digests of their arrays.

    Parameters
    ----------
    before, after
        Digest of each array by its place in the model, as the worker recorded them.
    """
    model, loaded = _arrays(before, after), _arrays(after, before)
    return StateChange(
        total=len(model),
        differing=tuple(
            # weights first: what layers compute from them follows from them
            sorted(
                (place for place in model if place in loaded and loaded[place] != model[place]),
                key=lambda place: place.startswith(_COMPUTED),
            )
        ),
        lost=tuple(place for place in model if place not in loaded),
        added=tuple(place for place in loaded if place not in model),
        optimizer=_optimizer(before, after),
    )


def _arrays(state: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Give the arrays of the model itself.

    Of those that layers compute, which are attributes that come and go with releases of Keras, the
    ones that both states have.
    """
    return {
        place: digest
        for place, digest in state.items()
        if not place.startswith(_OPTIMIZER) and (place in other or not place.startswith(_COMPUTED))
    }


def _optimizer(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Tell if the optimizer's variables are there again after loading: kept, changed or lost."""
    # their places are only running numbers, and another release of Keras may list the same
    # variables in another order: the values alone are compared
    wanted = sorted(digest for place, digest in before.items() if place.startswith(_OPTIMIZER))
    found = sorted(digest for place, digest in after.items() if place.startswith(_OPTIMIZER))
    if not wanted:
        return ""
    if found == wanted:
        return "kept"
    return "lost" if len(found) < len(wanted) else "changed"
