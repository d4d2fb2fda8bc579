"""The answer to "may I upgrade?" and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from crossload.models.advice import Advice
    from crossload.verdict import Judgement

EXIT_BREAKS, EXIT_CANNOT_TELL = 1, 3


class _Meaning(NamedTuple):
    text: str
    exit_code: int
    severity: int


class Answer(Enum):
    """What is said first."""

    SAFE = _Meaning("SAFE", 0, 0)
    WARNING = _Meaning("SAFE, WARNING ONLY", 0, 1)
    UNKNOWN = _Meaning("CANNOT TELL", EXIT_CANNOT_TELL, 2)
    DRIFT = _Meaning("DRIFT", EXIT_BREAKS, 3)
    BREAKS = _Meaning("BREAKS", EXIT_BREAKS, 4)

    def __str__(self) -> str:
        return self.value.text

    @property
    def exit_code(self) -> int:
        return self.value.exit_code

    @property
    def severity(self) -> int:
        """Larger is worse."""
        return self.value.severity

    @property
    def safe(self) -> bool:
        return self.exit_code == 0


def answer_of(judgement: Judgement) -> Answer:
    """A verdict as an answer."""
    verdict = judgement.verdict
    if verdict.passes:
        return Answer.WARNING if judgement.warned else Answer.SAFE
    if verdict is Verdict.DRIFT:
        return Answer.DRIFT
    if verdict in (
        Verdict.LOAD_ERROR,
        Verdict.PREDICT_ERROR,
        Verdict.CRASH,
        Verdict.TIMEOUT,
        Verdict.MEMORY,
    ):
        return Answer.BREAKS
    return Answer.UNKNOWN


def exit_code_of(results: Iterable[Result]) -> int:
    """1 if any model breaks or drifts, else 3 if of any nothing can be told, else 0."""
    return max(
        (each.answer for each in results), key=lambda answer: answer.severity, default=Answer.SAFE
    ).exit_code


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two environments."""

    python: str
    packages: dict[str, str]
    """Version by package, of everything that is locked."""
    as_of: str
    shown: str
    """The versions that matter, in words."""

    @property
    def minor(self) -> str:
        """``3.11`` of Python 3.11.7."""
        return self.python.rpartition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherWay:
    """Another way of loading the same file in the same environment."""

    way: str
    answer: Answer
    reason: str


@dataclass(kw_only=True, slots=True, repr=False)
class Result:
    """The answer for one model and one upgrade."""

    path: Path
    answer: Answer
    reason: str
    """Why, in one line."""
    upgrade: str = ""
    """What changes, e.g. ``scikit-learn 1.2.2 -> 1.9.1``."""
    source: str = ""
    """What says who wrote it: the file, or what the user named."""
    recorded: str = ""
    """Packages whose versions it says; all others were resolved as of that time."""
    way: str = ""
    """How it was loaded, e.g. ``joblib`` or ``savedmodel-signature``."""
    judgement: Judgement | None = None
    writer: Side | None = None
    reader: Side | None = None
    asked: str = ""
    """Which outputs were asked for which rows."""
    labels: bool = False
    """Whether there were labels, so that metrics could be computed."""
    warnings: list[dict[str, Any]] = field(default_factory=list)
    """Warnings of loading and predicting: ``category``, ``text``, ``count``."""
    traceback: str = ""
    other_ways: list[OtherWay] = field(default_factory=list)
    advice: Advice | None = None
    notes: list[str] = field(default_factory=list)
    hint: str = ""
    """What the user can do where nothing can be told."""
    seconds: float = 0.0

    @property
    def safe(self) -> bool:
        """Whether the model loads and gives the same answers."""
        return self.answer.safe

    @property
    def verdict(self) -> str:
        """The verdict in the words of the tables, e.g. ``load-error``; empty where nothing was measured."""
        return self.judgement.verdict.word if self.judgement is not None else ""

    @property
    def exit_code(self) -> int:
        return self.answer.exit_code


def changes_of(writer: Side, reader: Side) -> dict[str, tuple[str, str]]:
    """Packages that differ, with both versions; an empty text where one has none.  Python counts as a package."""
    before, after = (
        {"python": writer.python} | writer.packages,
        {"python": reader.python} | reader.packages,
    )
    return {
        name: (before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
