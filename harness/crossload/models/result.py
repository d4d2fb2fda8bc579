"""The answer to "may I upgrade?" and the evidence for it.

Results hold facts alone; `crossload.models.render` and `crossload.models.publish` put them into
words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from crossload.config import Cause
    from crossload.verdict import Judgement

# 2 is left to bad input (`ConfigError`), as argparse and most command lines have it
EXIT_BREAKS, EXIT_CANNOT_TELL = 1, 3


class _Meaning(NamedTuple):
    """The text, exit code and severity of an answer."""

    text: str
    exit_code: int
    severity: int


class Answer(Enum):
    """The answer for one model and one upgrade, in the words that users read first."""

    SAFE = _Meaning("SAFE", 0, 0)
    WARNING = _Meaning("SAFE, WARNING ONLY", 0, 1)
    UNKNOWN = _Meaning("CANNOT TELL", EXIT_CANNOT_TELL, 2)
    DRIFT = _Meaning("DRIFT", EXIT_BREAKS, 3)
    BREAKS = _Meaning("BREAKS", EXIT_BREAKS, 4)

    def __str__(self) -> str:
        """Give the text that users see."""
        return self.value.text

    @property
    def exit_code(self) -> int:
        """The exit code of a command whose worst answer is this one."""
        return self.value.exit_code

    @property
    def severity(self) -> int:
        """The rank of the answer: larger is worse."""
        return self.value.severity

    @property
    def safe(self) -> bool:
        """True where the model loads and answers as before; warnings do not count against it."""
        return self.exit_code == 0


def answer_of(judgement: Judgement) -> Answer:
    """Give the answer that belongs to a verdict."""
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
    # verdicts that are added later say nothing of a model until somebody decides what they mean
    return Answer.UNKNOWN


def exit_code_of(results: Iterable[Result]) -> int:
    """Give 1 if any model breaks or drifts, else 3 if of any nothing can be told, else 0."""
    # the severity decides and not the larger exit code: a model that breaks counts more than one
    # of which nothing can be told, although 1 is less than 3
    return max(
        (each.answer for each in results), key=lambda answer: answer.severity, default=Answer.SAFE
    ).exit_code


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two environments: where the model was written, or where it is to go."""

    python: str
    packages: dict[str, str]
    """Version by package, of everything that is locked."""
    as_of: str
    description: str
    """The versions that matter, in words."""

    @property
    def minor(self) -> str:
        """The minor version of Python, ``3.11`` of 3.11.7."""
        return self.python.rpartition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherWay:
    """The answer of another way of loading the same file in the same environment."""

    way: str
    answer: Answer
    reason: str


# without repr, because `crossload.api.models.ModelCheck` gives itself one of a single line
@dataclass(kw_only=True, slots=True, repr=False)
class Result:
    """The answer for one model and one upgrade, with its evidence."""

    path: Path
    answer: Answer
    reason: str
    """The reason in one line."""
    upgrade: str = ""
    """The packages that change, e.g. ``scikit-learn 1.2.2 -> 1.9.1``."""
    source: str = ""
    """The source of the writer's versions: the file, or the lock or list that the user named."""
    recorded: str = ""
    """Packages whose versions the source gives; all others were resolved as of that time."""
    way: str = ""
    """The way of loading, e.g. ``joblib`` or ``savedmodel-signature``."""
    judgement: Judgement | None = None
    writer: Side | None = None
    reader: Side | None = None
    asked: str = ""
    """The outputs that were compared, and of which rows."""
    labels: bool = False
    """True where there were labels, so that metrics could be computed."""
    warnings: list[dict[str, Any]] = field(default_factory=list)
    """Warnings of loading and predicting: ``category``, ``text``, ``count``."""
    traceback: str = ""
    other_ways: list[OtherWay] = field(default_factory=list)
    cause: Cause | None = None
    """Why it fails, where that is known."""
    notes: list[str] = field(default_factory=list)
    hint: str = ""
    """The next step for the user where nothing can be told."""
    seconds: float = 0.0

    @property
    def safe(self) -> bool:
        """True where the model loads and gives the same answers."""
        return self.answer.safe

    @property
    def verdict(self) -> str:
        """The verdict in the words of the tables, e.g. ``load-error``.

        It is empty where nothing was measured.
        """
        return self.judgement.verdict.word if self.judgement is not None else ""

    @property
    def exit_code(self) -> int:
        """The exit code that the command line would give for this model alone."""
        return self.answer.exit_code


def changes_of(writer: Side, reader: Side) -> dict[str, tuple[str, str]]:
    """List the packages that differ, with both versions.

    A version is an empty text where one side does not have the package. Python counts as a package.
    """
    before, after = (
        {"python": writer.python} | writer.packages,
        {"python": reader.python} | reader.packages,
    )
    return {
        name: (before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
