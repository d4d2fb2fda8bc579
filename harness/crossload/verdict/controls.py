"""Controls: artifacts damaged on purpose.

A harness that lets one of them pass proves nothing about the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossload.plan import Cell
    from crossload.verdict.judgement import Judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """One control in one environment."""

    cell: Cell
    expected: str
    """Verdict that it must get."""
    says: str
    """Text that the reason must contain; empty for any."""
    resumes: str = ""
    """Beginning of what must be found of further training; empty for anything."""
    judgement: Judgement

    @property
    def caught(self) -> bool | None:
        """True if it got the verdict it must.

        None where it was not measured, because the environment or the format is not there.
        """
        found = self.judgement
        if not found.verdict.measured:
            return None
        # the verdict alone is not enough: a control that fails for another reason than its damage,
        # such as a file that is missing, would be counted as caught
        return (
            found.verdict.word == self.expected
            and self.says in found.reason
            and found.resumes.startswith(self.resumes)
        )

    @property
    def text(self) -> str:
        """The expected and the found result in words, for a control that was missed."""
        wanted = self.expected + (f" saying {self.says!r}" if self.says else "")
        wanted += f" and training: {self.resumes}" if self.resumes else ""
        found = f"{self.judgement.verdict.word}: {self.judgement.reason or 'no reason'}"
        found += f" and training: {self.judgement.resumes or 'not asked'}" if self.resumes else ""
        return f"{self.cell.case.name} in {self.cell.writer}: expected {wanted}, got {found}"


def tally(controls: Sequence[Control]) -> tuple[int, int]:
    """Count the controls that were caught and those that were measured.

    Returns
    -------
    tuple
        (caught, measured).
    """
    measured = [each for each in controls if each.caught is not None]
    return sum(bool(each.caught) for each in measured), len(measured)
