"""From the options of the commands to models, versions, a question and a workspace."""

from __future__ import annotations

import glob
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidName, canonicalize_name

from crossload.config import Limits, Tolerance
from crossload.errors import ConfigError
from crossload.inspection import Inspection, NotAModel, inspect_file
from crossload.models.build_names import split_build
from crossload.models.consent import ask_consent, can_ask, refusal_of
from crossload.models.console import print_progress
from crossload.models.copies import Copies
from crossload.models.own_code import OwnCode, own_code
from crossload.models.question import Question
from crossload.models.result import Answer, Result
from crossload.models.rows import read_data
from crossload.models.targets import Target, parse
from crossload.models.trust import Trust, trust_needed, trust_of
from crossload.models.workspace import Workspace
from crossload.safe import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence


def paths_of(patterns: Sequence[str]) -> list[Path]:
    """List the files and folders that names and patterns mean.

    Raises
    ------
    ConfigError
        Some of them mean nothing.
    """
    found: dict[Path, None] = {}
    missing = []
    for text in patterns:
        path = Path(text)
        # a name that exists is no pattern, whatever brackets it has. Path.exists raises OSError
        # for one that is too long.
        if os.path.exists(path):  # noqa: PTH110
            matches = [path]
        else:
            # Path.glob takes no absolute patterns (NotImplementedError)
            names = sorted(glob.glob(text, recursive=True))  # noqa: PTH207
            matches = [Path(each) for each in names]
        missing += [] if matches else [f"{text}: there is no such file"]
        found |= dict.fromkeys(matches)
    if missing:
        raise ConfigError(
            missing, hint="check the path; patterns such as 'models/*.joblib' are understood"
        )
    return list(found)


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """The models of one command, which the user agreed to load, and the question about them."""

    models: list[Inspection]
    refused: list[Result]
    """Answers for files that are not loaded."""
    question: Question
    inspect: Callable[[Path], Inspection]
    """Copies another file, such as one that a model was saved to again, and inspects the copy."""


@contextmanager
def agreed_models(
    chosen: argparse.Namespace,
    patterns: Sequence[str],
    out: Callable[[str], None],
    *,
    single: bool = False,
) -> Iterator[Agreed]:
    """Copy and inspect the files of a command, and ask the user about them.

    The copies are what is inspected and what is to be loaded; they are there until the end.

    Parameters
    ----------
    chosen
        The options.
    patterns
        Names and patterns of files and folders.
    out
        Prints what is shown before a question.
    single
        The command is about one file.

    Raises
    ------
    ConfigError
        An option is wrong, or a pattern means nothing, or several files where one is wanted.
    NotAModel
        There is one file, and it is none.
    NotTrusted, DangerousFile
        The user does not agree to load them.
    StoreError
        The copies cannot be written.
    """
    question, paths = question_of(chosen), paths_of(patterns)
    if single and len(paths) > 1:
        shown = ", ".join(str(path) for path in paths[:3])
        msg = f"{patterns[0]}: {len(paths)} files match ({shown}, ...), a search is about one"
        raise ConfigError([msg], hint="name one file")
    trust = trust_of(
        known=chosen.trust, unknown=chosen.trust_unknown, dangerous=chosen.trust_dangerous
    )
    own = own_code(question.code)
    with Copies(say=print_progress) as copies:
        models, refused = inspect_models(paths, trust, own, copies.inspect)
        agreed = ask_consent(models, trust, own=own, out=out)
        yield Agreed(
            models=models,
            refused=refused,
            question=replace(question, trust=agreed),
            inspect=copies.inspect,
        )


def inspect_models(
    paths: Sequence[Path],
    trust: Trust,
    own: OwnCode,
    inspect: Callable[[Path], Inspection] = inspect_file,
) -> tuple[list[Inspection], list[Result]]:
    """Inspect all files, and give answers for those that cannot be loaded.

    One file does not spoil the others: of several, those that are no models are answered, and
    those to which nobody agreed beforehand where nobody can be asked.

    Parameters
    ----------
    paths
        Files and folders.
    trust
        What the user agreed to beforehand.
    own
        The code that the user brought.
    inspect
        Inspects one of them.

    Raises
    ------
    NotAModel
        There is one file, and it is none.
    """
    found: list[Inspection] = []
    refused: list[Result] = []
    for path in paths:
        try:
            each = inspect(path)
        except NotAModel as error:
            # whoever names one file made a mistake; a pattern may well meet other files
            if len(paths) == 1:
                raise
            refused.append(_refusal(path, str(error), error.hint or ""))
            continue
        why = refusal_of(each, trust, own)
        # without any trust the question is about all files; a single file is refused with an error
        final = trust_needed(each, own) is Trust.DANGEROUS or (trust and not can_ask())
        if why is not None and final and len(paths) > 1:
            refused.append(_refusal(path, *why))
            continue
        found.append(each)
    return found, refused


def _refusal(path: Path, reason: str, hint: str) -> Result:
    return Result(path=path, answer=Answer.UNKNOWN, reason=printable(reason), hint=hint)


def question_of(chosen: argparse.Namespace) -> Question:
    """Read the options that hold for all models; the rows of ``--data`` are read here.

    Raises
    ------
    ConfigError
        An option is no path, number or name of a package, or lacks another one.
    """
    missing = [
        f"--with-code {path}: there is no such file or folder"
        for path in chosen.with_code
        if not os.path.exists(path)  # noqa: PTH110 - see above
    ]
    if missing:
        raise ConfigError(missing)
    for name in ("atol", "rtol"):
        value = getattr(chosen, name)
        # argparse takes "nan" and "inf" for numbers, and with these every difference passes
        if value is not None and not (isfinite(value) and value >= 0):
            raise ConfigError([f"--{name} {value}: expected a number of at least 0"])
    bad = [each for each in chosen.packages if not is_package(each)]
    if bad:
        raise ConfigError(
            [f"--with {each}: not the name of a package" for each in bad], hint="--with lightgbm"
        )
    if chosen.target and chosen.data is None:
        raise ConfigError(["--target needs --data"], hint="--data rows.csv --target NAME")
    function, to_build = split_build(chosen.build, chosen.with_code)
    bad = [each for each in to_build if not is_package(each)]
    if bad:
        raise ConfigError(
            [f"--build {each}: neither the name of a package nor of a function" for each in bad],
            hint="--build wrapt, or --with-code model.py --build FUNCTION",
        )
    return Question(
        # pinned processes work in folders of their own
        code=tuple(path.resolve() for path in chosen.with_code),
        packages=tuple(chosen.packages),
        build=function,
        to_build=tuple(to_build),
        way=getattr(chosen, "load_as", ""),
        data=read_data(chosen.data, chosen.target) if chosen.data is not None else None,
        tolerance=Tolerance(atol=chosen.atol, rtol=chosen.rtol),
    )


def is_package(text: str) -> bool:
    """Say if a text is the name of a package: no URL, option or marker may come to uv this way."""
    try:
        return bool(canonicalize_name(text, validate=True))
    except InvalidName:
        return False


@contextmanager
def open_workspace(chosen: argparse.Namespace) -> Iterator[Workspace]:
    """Open the workspace that options ask for, and say at its end what was set aside."""
    limits = Limits(seconds=chosen.seconds, memory_mb=chosen.memory)
    with Workspace(
        say=print_progress,
        fresh=chosen.fresh,
        no_fork=chosen.no_fork,
        limits=limits,
        build=split_build(chosen.build, chosen.with_code)[1],
    ) as workspace:
        yield workspace
        # a damaged store is mended and measured anew; whoever owns the disk should know of it
        for text in workspace.store.damage_notes:
            print_progress(f"NOTE {text}")


def source_of(chosen: argparse.Namespace) -> Target | None:
    """Give the versions that wrote the models, where the user names them."""
    return parse(chosen.source, option="--from") if chosen.source else None
