"""The commands about users' models: from options to answers, and answers to the terminal."""

from __future__ import annotations

import glob
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.artifact import Inspection, NotAModel, look
from crossload.config import Limits, Tolerance
from crossload.errors import ConfigError
from crossload.machine import terminal_width
from crossload.own.answers import exit_code_of
from crossload.own.check import Checker, Question
from crossload.own.consent import ask_consent
from crossload.own.data import read_data
from crossload.own.lab import Lab
from crossload.own.text import as_dict, in_words, summary
from crossload.own.wanted import Wanted, parse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence


def note(text: str) -> None:
    """Say how far it is, apart from what it found."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def paths_of(patterns: Sequence[str]) -> list[Path]:
    """Files and folders that names and patterns mean.  Raises `ConfigError` for those that mean nothing."""
    found: dict[Path, None] = {}
    missing = []
    for text in patterns:
        path = Path(text)
        matches = [path] if path.exists() else [Path(each) for each in sorted(glob.glob(text, recursive=True))]  # noqa: PTH207
        missing += [] if matches else [f"{text}: there is no such file"]
        found |= dict.fromkeys(matches)
    if missing:
        raise ConfigError(missing, hint="check the path; patterns such as 'models/*.joblib' are understood")
    return list(found)


def inspected(patterns: Sequence[str]) -> list[Inspection]:
    """What all files are.  Raises `NotAModel` with every file that is no model."""
    found, bad = [], []
    for path in paths_of(patterns):
        try:
            found.append(look(path))
        except NotAModel as error:
            bad.append(error)
    if bad:
        raise NotAModel("\n".join(map(str, bad)), hint=bad[0].hint)
    return found


def question_of(chosen: argparse.Namespace) -> Question:
    """What options say of all models.  Raises `ConfigError`."""
    missing = [f"--with-code {path}: there is no such file or folder" for path in chosen.with_code if not path.exists()]
    if missing:
        raise ConfigError(missing)
    if chosen.target and chosen.data is None:
        raise ConfigError(["--target needs --data"], hint="--data rows.csv --target NAME")
    if chosen.build and not chosen.with_code:
        raise ConfigError(["--build needs --with-code"], hint="--with-code model.py --build FUNCTION")
    return Question(
        code=tuple(path.resolve() for path in chosen.with_code),
        packages=tuple(chosen.packages),
        build=chosen.build,
        way=getattr(chosen, "load_as", ""),
        data=read_data(chosen.data, chosen.target) if chosen.data is not None else None,
        tolerance=Tolerance(atol=chosen.atol, rtol=chosen.rtol),
    )


@contextmanager
def laboratory(chosen: argparse.Namespace) -> Iterator[Lab]:
    """The lab that options ask for."""
    limits = Limits(seconds=chosen.seconds, memory_mb=chosen.memory)
    with Lab(say=note, fresh=chosen.fresh, no_fork=chosen.no_fork, limits=limits) as lab:
        yield lab
        for text in lab.store.aside:
            note(f"NOTE {text}")


def source_of(chosen: argparse.Namespace) -> Wanted | None:
    """What wrote the models, where the user says it."""
    return parse(chosen.source, option="--from") if chosen.source else None


def check(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Answer for each model; the exit code is that of the worst answer."""
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    models, question = inspected(chosen.models), question_of(chosen)
    ask_consent(models, trust=chosen.trust, dangerous=chosen.trust_dangerous, out=out)
    results = []
    with laboratory(chosen) as lab:
        for found in models:
            result = Checker(lab, found, question, source).check(target)
            results.append(result)
            out(json.dumps(as_dict(result)) if chosen.json else in_words(result, width=terminal_width()))
    if len(results) > 1 and not chosen.json:
        out(summary(results))
    return exit_code_of(results)
