"""Controls: artifacts damaged on purpose.  A harness that lets one pass proves nothing about the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossload.plan import Cell
    from crossload.verdict.judge import Judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """One control in one environment."""

    cell: Cell
    expected: str
    """Verdict that it must get."""
    says: str
    """Text that the reason must contain; empty for any."""
    resumes: str = ""
    """What must be said of further training; empty for anything."""
    judgement: Judgement

    @property
    def caught(self) -> bool | None:
        """Whether it got the verdict it must; None where the environment or the format is not there."""
        found = self.judgement
        if not found.verdict.measured:
            return None
        return (
            found.verdict.word == self.expected
            and self.says in found.reason
            and found.resumes.startswith(self.resumes)
        )

    @property
    def text(self) -> str:
        """What was expected and what came, for a control that was missed."""
        wanted = self.expected + (f" saying {self.says!r}" if self.says else "")
        wanted += f" and training: {self.resumes}" if self.resumes else ""
        found = f"{self.judgement.verdict.word}: {self.judgement.reason or 'no reason'}"
        found += f" and training: {self.judgement.resumes or 'not asked'}" if self.resumes else ""
        return f"{self.cell.case.name} in {self.cell.writer}: expected {wanted}, got {found}"


def tally(controls: Sequence[Control]) -> tuple[int, int]:
    """(caught, measured)."""
    measured = [each for each in controls if each.caught is not None]
    return sum(bool(each.caught) for each in measured), len(measured)
