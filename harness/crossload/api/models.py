"""What Python code calls: ``crossload.check``."""

from __future__ import annotations

from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.config import Tolerance
from crossload.errors import ConfigError
from crossload.inspection import inspect_file
from crossload.models.check import Checker, Question
from crossload.models.consent import ask_consent
from crossload.models.render import headline, to_text
from crossload.models.result import Result
from crossload.models.rows import data_of
from crossload.models.targets import parse
from crossload.models.workspace import LIMITS, Workspace

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence


class ModelCheck(Result):
    """The answer for one model and one upgrade, which prints as the command line does."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Give the answer in one line."""
        return f"<{headline(self)}>"

    def __str__(self) -> str:
        """Give the answer and the evidence."""
        return to_text(self, width=100)


def check(
    path: str | os.PathLike[str],
    to: str,
    *,
    source: str = "",
    data: Any = None,
    target: Any = None,
    trust: bool = False,
    with_code: Sequence[str | os.PathLike[str]] = (),
    packages: Sequence[str] = (),
    build: str = "",
    load_as: str = "",
    atol: float | None = None,
    rtol: float | None = None,
    fresh: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> ModelCheck:
    """Answer whether a saved model may be loaded with the versions ``to``, and gives the same answers there.

    ``to`` and ``source`` are requirements (``"scikit-learn==1.9.1 numpy==2.4"``), paths of lock files, or
    ``REVISION:PATH``; without ``source`` it is what the file records.  ``data`` are rows: a path (``.npy``, ``.npz``,
    ``.csv``, ``.parquet``), an array of shape (rows, features), or a DataFrame; ``target`` are labels: the name of a column,
    a path, or an array of shape (rows,).  Loading executes what is in the file: ``trust=True`` says that it may.

    Raises `crossload.errors.NotTrusted` without ``trust``, `DangerousFile` for what is known to be dangerous, `NotAModel` and
    `ConfigError` for bad input.  What cannot be told is an answer (``result.answer``), not an error.
    """
    for name, value in (("atol", atol), ("rtol", rtol)):
        if value is not None and not (isfinite(value) and value >= 0):
            raise ConfigError([f"{name} {value}: expected a number of at least 0"])
    found = inspect_file(Path(path))
    wanted = parse(to, option="to")
    written = parse(source, option="source") if source else None
    question = Question(
        code=tuple(Path(each).resolve() for each in with_code),
        packages=tuple(packages),
        build=build,
        way=load_as,
        data=data_of(data, target) if data is not None else None,
        tolerance=Tolerance(atol=atol, rtol=rtol),
    )
    ask_consent([found], trust=trust, dangerous=False, out=say, answer=lambda _: "no")
    with Workspace(say=say, fresh=fresh, limits=LIMITS) as workspace:
        result = Checker(workspace, found, question, written).check(wanted)
    return ModelCheck(**{each.name: getattr(result, each.name) for each in fields(result)})
