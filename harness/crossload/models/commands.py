"""The commands about users' models: from options to answers, and answers to the terminal."""

from __future__ import annotations

import glob
import json
import os
import sys
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidName, canonicalize_name

from crossload.config import Limits, Tolerance
from crossload.errors import ConfigError, EnvironmentPinsError
from crossload.inspection import Inspection, NotAModel, inspect_file
from crossload.models import publish
from crossload.models.bisect import bisect, held_still, releases_between, wanted_for
from crossload.models.bisect import to_text as boundary_in_words
from crossload.models.blame import blame
from crossload.models.blame import to_text as blame_in_words
from crossload.models.check import Checker, Question
from crossload.models.consent import ask_consent
from crossload.models.needs import Needs
from crossload.models.newest_safe import Safest, Search
from crossload.models.newest_safe import to_text as safest_in_words
from crossload.models.render import headline, summary, to_dict, to_text
from crossload.models.result import EXIT_BREAKS, EXIT_CANNOT_TELL, Answer, Result, exit_code_of
from crossload.models.route import Finder
from crossload.models.route import to_text as route_in_words
from crossload.models.route_script import script_of
from crossload.models.rows import read_data
from crossload.models.targets import RENAMED, Target, parse
from crossload.models.workspace import Workspace
from crossload.requirements.lockfiles import is_lock_name
from crossload.safe import no_commands, printable
from crossload.system import terminal_width

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from crossload.models.result import Side


def note(text: str) -> None:
    """Say how far it is, apart from what it found.  Names of files and versions are not trusted."""
    print(no_commands(printable(text, keep="\n")), file=sys.stderr, flush=True)  # noqa: T201


def telling(out: Callable[[str], None]) -> Callable[[str], None]:
    """The same way out for texts that are not trusted."""
    return lambda text: out(no_commands(printable(text, keep="\n")))


def paths_of(patterns: Sequence[str]) -> list[Path]:
    """Files and folders that names and patterns mean.  Raises `ConfigError` for those that mean nothing."""
    found: dict[Path, None] = {}
    missing = []
    for text in patterns:
        path = Path(text)
        matches = (
            [path]
            if path.exists()
            else [Path(each) for each in sorted(glob.glob(text, recursive=True))]
        )  # noqa: PTH207
        missing += [] if matches else [f"{text}: there is no such file"]
        found |= dict.fromkeys(matches)
    if missing:
        raise ConfigError(
            missing, hint="check the path; patterns such as 'models/*.joblib' are understood"
        )
    return list(found)


def inspected(
    patterns: Sequence[str], *, dangerous: bool = True
) -> tuple[list[Inspection], list[Result]]:
    """What all files are, and answers for those that cannot be loaded: one file does not spoil the others.

    Raises `NotAModel` where there is one file and that is none.  ``dangerous``: whether dangerous ones are let through.
    """
    found: list[Inspection] = []
    refused: list[Result] = []
    paths = paths_of(patterns)
    for path in paths:
        try:
            each = inspect_file(path)
        except NotAModel as error:
            if len(paths) == 1:
                raise
            refused.append(
                Result(
                    path=path,
                    answer=Answer.UNKNOWN,
                    reason=printable(str(error)),
                    hint=error.hint or "",
                )
            )
            continue
        if each.dangerous and not dangerous and len(paths) > 1:
            names = ", ".join(name.text for name in each.dangerous[:3])
            reason = printable(
                f"not loaded, because it calls what is known to be dangerous: {names}"
            )
            refused.append(
                Result(
                    path=path,
                    answer=Answer.UNKNOWN,
                    reason=reason,
                    hint="crossload inspect shows all of it",
                )
            )
            continue
        found.append(each)
    return found, refused


def question_of(chosen: argparse.Namespace) -> Question:
    """What options say of all models.  Raises `ConfigError`."""
    missing = [
        f"--with-code {path}: there is no such file or folder"
        for path in chosen.with_code
        if not path.exists()
    ]
    if missing:
        raise ConfigError(missing)
    for name in ("atol", "rtol"):
        value = getattr(chosen, name)
        if value is not None and not (isfinite(value) and value >= 0):
            raise ConfigError([f"--{name} {value}: expected a number of at least 0"])
    bad = [each for each in chosen.packages if not _is_package(each)]
    if bad:
        raise ConfigError(
            [f"--with {each}: not the name of a package" for each in bad], hint="--with lightgbm"
        )
    if chosen.target and chosen.data is None:
        raise ConfigError(["--target needs --data"], hint="--data rows.csv --target NAME")
    if chosen.build and not chosen.with_code:
        raise ConfigError(
            ["--build needs --with-code"], hint="--with-code model.py --build FUNCTION"
        )
    return Question(
        code=tuple(path.resolve() for path in chosen.with_code),
        packages=tuple(chosen.packages),
        build=chosen.build,
        way=getattr(chosen, "load_as", ""),
        data=read_data(chosen.data, chosen.target) if chosen.data is not None else None,
        tolerance=Tolerance(atol=chosen.atol, rtol=chosen.rtol),
    )


def _is_package(text: str) -> bool:
    try:
        return bool(canonicalize_name(text, validate=True))
    except InvalidName:
        return False


@contextmanager
def open_workspace(chosen: argparse.Namespace) -> Iterator[Workspace]:
    """The workspace that options ask for."""
    limits = Limits(seconds=chosen.seconds, memory_mb=chosen.memory)
    with Workspace(
        say=note, fresh=chosen.fresh, no_fork=chosen.no_fork, limits=limits
    ) as workspace:
        yield workspace
        for text in workspace.store.aside:
            note(f"NOTE {text}")


def source_of(chosen: argparse.Namespace) -> Target | None:
    """What wrote the models, where the user says it."""
    return parse(chosen.source, option="--from") if chosen.source else None


def check(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Answer for each model; the exit code is that of the worst answer."""
    out = telling(out)
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    question = question_of(chosen)
    models, refused = inspected(chosen.models, dangerous=chosen.trust_dangerous)
    ask_consent(models, trust=chosen.trust, dangerous=chosen.trust_dangerous, out=out)
    results = list(refused)

    def show(result: Result) -> None:
        out(json.dumps(to_dict(result)) if chosen.json else to_text(result, width=terminal_width()))

    for each in refused:
        show(each)
    with open_workspace(chosen) as workspace:
        for number, found in enumerate(models, 1):
            if len(models) > 1:
                note(f"[{number}/{len(models)}] {found.path}")
            results.append(Checker(workspace, found, question, source).check(target))
            show(results[-1])
    if len(results) > 1 and not chosen.json:
        out(
            "\n".join(
                [
                    summary(results),
                    *(f"  {headline(each)}" for each in publish.worst_first(results)),
                ]
            )
        )
    return exit_code_of(results)


def pairs_of(chosen: argparse.Namespace) -> list[tuple[str, str]]:
    """(old, new) of each lock that is to be compared.  Raises `ConfigError`."""
    if bool(chosen.source) != bool(chosen.to) or (chosen.source and chosen.locks):
        raise ConfigError(
            ["upgrade takes --from OLD and --to NEW, or LOCK files"],
            hint="crossload upgrade uv.lock --base main",
        )
    if chosen.source:
        return [(chosen.source, chosen.to)]
    if not chosen.locks:
        raise ConfigError(
            ["upgrade: which lock?"],
            hint="crossload upgrade uv.lock --base main, or --from OLD --to NEW",
        )
    strange = [each for each in chosen.locks if not is_lock_name(each)]
    if strange:
        hint = "quote patterns: --models 'models/*.joblib'"
        raise ConfigError(
            [f"{each}: not a lock file that crossload knows" for each in strange], hint=hint
        )
    return [(f"{chosen.base}:{lock}", lock) for lock in chosen.locks]


def upgrade(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Answer for every model from one lock to another; the exit code is that of the worst answer."""
    raw, out = out, telling(out)
    pairs = [
        (parse(old, option="--from"), parse(new, option="--to"), f"{old} -> {new}")
        for old, new in pairs_of(chosen)
    ]
    question = question_of(chosen)
    models, refused = inspected(chosen.models, dangerous=chosen.trust_dangerous)
    ask_consent(models, trust=chosen.trust, dangerous=chosen.trust_dangerous, out=out)
    everything = list(refused)
    for each in refused:
        out(to_text(each, width=terminal_width()))
    safest: list[str] = []
    with open_workspace(chosen) as workspace:
        for old, new, told in pairs:
            out(told)
            checkers = [Checker(workspace, found, question, old) for found in models]
            if not any(checker.concerns(lock) for checker in checkers for lock in (old, new)):
                out("  names nothing that these models are made of: nothing to check")
                continue
            results = []
            for number, checker in enumerate(checkers, 1):
                note(f"[{number}/{len(checkers)}] {checker.found.path}")
                results.append(checker.check(new, skip_same=True))
                out(to_text(results[-1], width=terminal_width()))
            everything += results
            if chosen.newest_safe:
                safest.append(_newest_safe(checkers, results, old, new, workspace))
    lines = [f"  {headline(each)}" for each in publish.worst_first(everything)]
    out("\n".join([summary(everything), *lines]) if everything else "nothing to check")
    for text in safest:
        out(text)
    _publish(chosen, everything, "; ".join(told for *_, told in pairs), "\n".join(safest), raw)
    return exit_code_of(everything)


def _newest_safe(
    checkers: Sequence[Checker],
    results: Sequence[Result],
    old: Target,
    new: Target,
    workspace: Workspace,
) -> str:
    """The newest versions at which every model passes of which something can be told."""
    if not any(each.answer in (Answer.DRIFT, Answer.BREAKS) for each in results):
        return safest_in_words(Safest(found=True))
    note("looking for the newest versions that are safe")
    told_apart = [
        checker
        for checker, each in zip(checkers, results, strict=True)
        if each.answer is not Answer.UNKNOWN
    ]
    return safest_in_words(Search(told_apart, old, new, workspace.index, note).search())


def _publish(
    chosen: argparse.Namespace,
    results: Sequence[Result],
    told: str,
    safest: str,
    out: Callable[[str], None],
) -> None:
    """Write what was asked for; within GitHub Actions annotations and the summary of the step too."""
    markdown = publish.to_markdown(results, told, safest)
    texts = {
        chosen.markdown: markdown,
        chosen.junit: publish.to_junit(results, told),
        chosen.json: json.dumps([to_dict(each) for each in results], indent=1) + "\n",
    }
    for path, text in texts.items():
        if path is not None:
            write_output(path, text)
            note(f"wrote {path}")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in publish.to_annotations(results):
            out(line)
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
                stream.write(markdown)


def write_output(path: Path, text: str) -> None:
    """Write a file that the user named.  Raises `ConfigError` where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [f"{path}: {error.strerror}"], hint="name a file in a folder that exists"
        ) from error


def blame_(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Name the smallest change that makes a model fail."""
    out = telling(out)
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    ((found,), _), question = inspected([chosen.model]), question_of(chosen)
    ask_consent([found], trust=chosen.trust, dangerous=chosen.trust_dangerous, out=out)
    with open_workspace(chosen) as workspace:
        blamed = blame(Checker(workspace, found, question, source), target, note)
    out(blame_in_words(blamed))
    return 0 if blamed.sets else EXIT_CANNOT_TELL


def route_(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Find a way through; exit code 1 where there is none."""
    out = telling(out)
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    ((found,), _), question = inspected([chosen.model]), question_of(chosen)
    ask_consent([found], trust=chosen.trust, dangerous=chosen.trust_dangerous, out=out)
    with open_workspace(chosen) as workspace:
        route = Finder(Checker(workspace, found, question, source), target, note).find()
    out(route_in_words(route))
    script = script_of(route)
    if script and chosen.script is not None:
        write_output(chosen.script, script)
        note(f"wrote {chosen.script}")
    elif script:
        out(f"\n{script.rstrip()}")
    return 0 if route.direct.safe or route.final is not None else EXIT_BREAKS


def bisect_(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Name the release at which a model stops to work."""
    out = telling(out)
    ((found,), _), question = inspected([chosen.model]), question_of(chosen)
    package = str(canonicalize_name(chosen.package))
    package = RENAMED.get(package, package)
    source = parse(chosen.written, option="--written") if chosen.written else None
    if source is None and Needs(found).writer() is None:
        source = wanted_for(package, chosen.source)
    ask_consent([found], trust=chosen.trust, dangerous=chosen.trust_dangerous, out=out)
    with open_workspace(chosen) as workspace:
        checker = Checker(workspace, found, question, source)
        try:
            releases = releases_between(workspace.index, package, chosen.source, chosen.to)
        except EnvironmentPinsError as error:
            raise ConfigError([str(error)], hint=error.hint) from error

        still: list[Side] = []
        told = ConfigError(["no environment can be had"])

        def measure(version: str) -> Result | None:
            nonlocal told
            wanted = (
                [held_still(still[0], package, version)] if still else []
            )  # nothing else moves, where that can be installed
            for each in [*wanted, wanted_for(package, version)]:
                try:
                    result = checker.check(each, all_ways=False)
                except ConfigError as error:
                    told = error
                    continue
                if result.reader is not None:
                    still.append(result.reader)
                    return result
            note(f"  {printable(str(told))[:300]}")
            return None

        note(
            f"{found.path}: {len(releases)} releases of {package} from {chosen.source} to {chosen.to}"
        )
        boundary = bisect(package, releases, measure, note)
    out(boundary_in_words(boundary, found.path))
    return 0


COMMANDS: dict[str, Callable[..., int]] = {
    "check": check,
    "upgrade": upgrade,
    "blame": blame_,
    "bisect": bisect_,
    "route": route_,
}
