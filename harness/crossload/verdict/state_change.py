"""What became of the fitted state: the arrays of a model before saving and after loading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIMIZER = "optimizer["


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """Two states compared; the optimizer's variables apart, because a model predicts without them."""

    total: int
    """Arrays of the model before saving."""
    differing: tuple[str, ...]
    """Project whose array changed."""
    lost: tuple[str, ...]
    added: tuple[str, ...]
    optimizer: str
    """kept, changed, lost, or empty where there was none."""

    @property
    def equal(self) -> bool:
        return not (self.differing or self.lost or self.added)

    @property
    def word(self) -> str:
        """equal, differs (an array has another value) or layout (arrays were renamed, added or removed)."""
        return "equal" if self.equal else "differs" if self.differing else "layout"

    @property
    def text(self) -> str:
        """In words, for people."""
        if self.equal:
            return "state equal"
        parts = []
        if self.differing:
            shown = ", ".join(self.differing[:2]) + (", ..." if len(self.differing) > 2 else "")
            parts.append(f"{len(self.differing)} of {self.total} arrays differ ({shown})")
        if self.lost:
            parts.append(f"{len(self.lost)} arrays are gone ({self.lost[0]})")
        if self.added:
            parts.append(f"{len(self.added)} arrays are new ({self.added[0]})")
        return "; ".join(parts)


def compare_states(before: Mapping[str, str], after: Mapping[str, str]) -> StateChange:
    """Compare digests of arrays by their place in the model."""
    model = {place: digest for place, digest in before.items() if not place.startswith(_OPTIMIZER)}
    loaded = {place: digest for place, digest in after.items() if not place.startswith(_OPTIMIZER)}
    return StateChange(
        total=len(model),
        differing=tuple(
            place for place in model if place in loaded and loaded[place] != model[place]
        ),
        lost=tuple(place for place in model if place not in loaded),
        added=tuple(place for place in loaded if place not in model),
        optimizer=_optimizer(before, after),
    )


def _optimizer(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Whether the optimizer's variables, in whatever order, are there again after loading."""
    wanted = sorted(digest for place, digest in before.items() if place.startswith(_OPTIMIZER))
    found = sorted(digest for place, digest in after.items() if place.startswith(_OPTIMIZER))
    if not wanted:
        return ""
    if found == wanted:
        return "kept"
    return "lost" if len(found) < len(wanted) else "changed"
