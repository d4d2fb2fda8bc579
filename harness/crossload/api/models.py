"""The check of a saved model from Python: ``crossload.check``."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.api.python_words import in_python, python_words
from crossload.config import Tolerance
from crossload.errors import ConfigError, DangerousFile, NotTrusted
from crossload.inspection.render import to_text as describe
from crossload.models.check import Checker
from crossload.models.consent import refusal_of
from crossload.models.copies import Copies
from crossload.models.inputs import is_package
from crossload.models.own_code import own_code
from crossload.models.question import Question
from crossload.models.render import headline, to_text
from crossload.models.result import Result
from crossload.models.rows import data_of
from crossload.models.targets import parse
from crossload.models.trust import Trust, trust_of
from crossload.models.workspace import LIMITS, Workspace
from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ModelCheck(Result):
    """The answer for one model and one upgrade, which prints as the command line does.

    ``str(result)`` is the evidence, so that ``assert result.safe, result`` says what is wrong.

    Attributes
    ----------
    answer
        `crossload.models.result.Answer`: SAFE, WARNING, DRIFT, BREAKS or UNKNOWN.
    safe
        True where the model loads and gives the same answers, with a warning or without.
    verdict
        The verdict in the words of the tables, such as ``load-error``; empty where nothing was
        measured.
    reason
        The reason in one line.
    hint
        The next step where nothing can be told.
    exit_code
        The exit code that the command line would give: 0, 1 or 3.
    upgrade
        The packages that change, such as ``scikit-learn 1.2.2 -> 1.9.1``.
    writer, reader
        `crossload.models.result.Side`: Python and all locked versions of both environments.
    judgement
        `crossload.verdict.Judgement`: metrics before and after, and the largest differences; None
        where nothing was measured.
    cause
        `crossload.config.Cause`: why it fails (``why``) and what helps (``do``), where that is
        known, else None.
    warnings
        Warnings of loading and predicting: ``category``, ``text``, ``count``.
    other_ways
        Answers of the other ways in which the format can be loaded.
    traceback
        The traceback of the failure; empty where there is none.
    seconds
        Seconds that the check took.
    """

    # the base class has slots; without this, each object would have a __dict__ beside them
    __slots__ = ()

    def __repr__(self) -> str:
        """Give the answer in one line."""
        return f"<{headline(self)}>"

    def __str__(self) -> str:
        """Give the answer and the evidence."""
        return to_text(self, width=100).replace("(--data with --target)", "(data with target)")


def check(
    path: str | os.PathLike[str],
    to: str,
    *,
    source: str = "",
    data: Any = None,
    target: Any = None,
    trust: bool = False,
    trust_unknown: bool = False,
    trust_dangerous: bool = False,
    with_code: Sequence[str | os.PathLike[str]] = (),
    packages: Sequence[str] = (),
    build: str = "",
    build_packages: Sequence[str] = (),
    load_as: str = "",
    atol: float | None = None,
    rtol: float | None = None,
    fresh: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> ModelCheck:
    """Measure if a saved model can be loaded with other versions and gives the same answers there.

    The model is loaded in two environments, which are built in the cache folder of the user
    (``$CROSSLOAD_CACHE``) where they are not there yet: that of its writer and the one that is
    asked for. Both get the same rows. Your own process loads nothing.

    Parameters
    ----------
    path
        The saved model: a file, or the folder of a SavedModel.
    to
        The versions to go to: requirements such as ``"scikit-learn==1.9.1 numpy==2.4"``, the path
        of a lock file, or ``REVISION:PATH`` of one in git. Libraries that are not named stay.
    source
        The versions that wrote the model, in the same forms; by default those that the file
        records.
    data
        Rows: the path of a ``.npy``, ``.npz``, ``.csv`` or ``.parquet`` file, an array of shape
        (rows, features), or a DataFrame. By default rows are made from what the model remembers.
    target
        Labels, so that metrics are compared too: the name of a column, a path, or an array of
        shape (rows,).
    trust
        Loading executes what is in the file; True says that it may, where all names in the file
        are known: such as models of the libraries hold.
    trust_unknown
        True says that names which are not known to be harmless may be loaded too. Classes that
        ``with_code`` defines need no such consent.
    trust_dangerous
        True says that even what is known to be dangerous may be loaded, such as code that the file
        carries.
    with_code
        Files and folders of your own modules that the model needs; they are executed too.
    packages
        Packages that the model needs and does not name.
    build
        Name of a function in ``with_code`` that gives the network without weights, for files that
        hold weights alone.
    build_packages
        Packages that may be built from source where they have no wheels; building runs their code.
    load_as
        The way of loading, where the format has several, such as ``"savedmodel-tfsm"``.
    atol, rtol
        How far values may differ: absolutely, and relative to the value before. By default 1e-6
        and 1e-5. Labels must always be equal.
    fresh
        Measure anew what earlier checks have measured.
    say
        Takes a line of text about what is being built; by default nothing is said.

    Returns
    -------
    ModelCheck
        The answer with its evidence. That nothing can be told is an answer too
        (``Answer.UNKNOWN``, with a hint), not an error.

    Raises
    ------
    crossload.errors.NotTrusted
        Loading the file would execute what is in it, and neither ``trust`` nor, where it has names
        that are not known, ``trust_unknown`` is True.
    crossload.errors.DangerousFile
        The file has what is known to be dangerous, and ``trust_dangerous`` is not True.
    crossload.inspection.NotAModel
        The file is empty, damaged, or nothing that holds a model.
    crossload.errors.ConfigError
        Versions do not exist or exclude each other, or rows, labels or options do not fit.
    crossload.errors.StoreError
        The cache folder cannot be written, or has no room for a copy of the model.
    crossload.errors.HarnessFault
        crossload itself failed.

    Notes
    -----
    The model is copied first; what is inspected, and what is loaded, is that copy, which is removed
    at the end. Environments, locks and outcomes are kept, so that the same question is answered at
    once the second time. Each load runs in a process of its own, with limits of time and memory,
    and on Linux without network where the system allows it.

    Examples
    --------
    >>> import crossload
    >>> result = crossload.check(
    ...     "model.joblib", to="scikit-learn==1.9.1", trust=True
    ... )  # doctest: +SKIP
    >>> assert result.safe, result  # doctest: +SKIP
    """
    with python_words():
        found = _check(
            Path(path),
            (to, source),
            (data, target),
            trust_of(known=trust, unknown=trust_unknown, dangerous=trust_dangerous),
            Question(
                # pinned processes work in folders of their own
                code=tuple(Path(each).resolve() for each in with_code),
                packages=tuple(packages),
                build=build,
                to_build=tuple(build_packages),
                way=load_as,
                tolerance=Tolerance(atol=atol, rtol=rtol),
            ),
            fresh=fresh,
            say=say,
        )
    found.hint, found.notes = in_python(found.hint), [in_python(each) for each in found.notes]
    # the command line and searches work with plain results, which know no text
    return ModelCheck(**{each.name: getattr(found, each.name) for each in fields(found)})


def _check(
    path: Path,
    versions: tuple[str, str],
    rows: tuple[Any, Any],
    trust: Trust,
    question: Question,
    *,
    fresh: bool,
    say: Callable[[str], None],
) -> Result:
    for name in ("atol", "rtol"):
        value = getattr(question.tolerance, name)
        # with NaN or infinity every difference would pass
        if value is not None and not (isfinite(value) and value >= 0):
            raise ConfigError([f"{name} {value}: expected a number of at least 0"])
    problems = [
        f"packages {each!r}: not the name of a package"
        for each in (*question.packages, *question.to_build)
        if not is_package(each)
    ]
    problems += [
        f"with_code {each}: there is no such file or folder"
        for each in question.code
        if not os.path.exists(each)  # noqa: PTH110 - Path.exists raises OSError for a long name
    ]
    if problems:
        raise ConfigError(problems)
    wanted = parse(versions[0], option="to")
    written = parse(versions[1], option="source") if versions[1] else None
    with Copies(say=say) as copies:
        found = copies.inspect(path)
        if rows[0] is not None:
            question = replace(question, data=data_of(*rows))
        # a function must not ask the terminal: what nobody agreed to is refused
        own = own_code(question.code)
        if (why := refusal_of(found, trust, own)) is not None:
            say(describe(found, width=100))
            kind = DangerousFile if found.dangerous else NotTrusted
            raise kind(printable(f"{found.path}: ") + why[0], hint=why[1])
        question = replace(question, trust=trust)
        with Workspace(say=say, fresh=fresh, limits=LIMITS, build=question.to_build) as workspace:
            return Checker(workspace, found, question, written).check(wanted)
