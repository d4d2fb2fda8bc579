"""The commands about users' models: from options to answers, and answers to the terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crossload.errors import ConfigError, EnvironmentPinsError
from crossload.models.bisect import bisect, release_target, releases_between, swap_release
from crossload.models.bisect import to_text as boundary_text
from crossload.models.blame import blame
from crossload.models.blame import to_text as culprits_text
from crossload.models.check import Checker
from crossload.models.console import print_progress, safe_output, write_output
from crossload.models.inputs import agreed_models, is_package, open_workspace, source_of
from crossload.models.needs import Needs
from crossload.models.publish import worst_first
from crossload.models.render import headline, summary, to_dict, to_text
from crossload.models.result import EXIT_BREAKS, EXIT_CANNOT_TELL, exit_code_of
from crossload.models.route import to_text as route_text
from crossload.models.route_script import script_of
from crossload.models.route_search import Finder
from crossload.models.targets import RENAMED, parse
from crossload.models.upgrade import upgrade_command
from crossload.safe import cut, printable
from crossload.system import terminal_width

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from crossload.models.inputs import Agreed
    from crossload.models.result import Result, Side


def check_command(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Answer for each model; the exit code is that of the worst answer."""
    out = safe_output(out)
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    results: list[Result] = []

    # one JSON object a line and at once, so that programs can read while the next model is measured
    def show(result: Result) -> None:
        out(json.dumps(to_dict(result)) if chosen.json else to_text(result, width=terminal_width()))
        results.append(result)

    with agreed_models(chosen, chosen.models, out) as agreed:
        for each in agreed.refused:
            show(each)
        with open_workspace(chosen) as workspace:
            for number, inspection in enumerate(agreed.models, 1):
                if len(agreed.models) > 1:
                    print_progress(f"[{number}/{len(agreed.models)}] {inspection.path}")
                show(Checker(workspace, inspection, agreed.question, source).check(target))
    if len(results) > 1 and not chosen.json:
        lines = [f"  {headline(each)}" for each in worst_first(results)]
        out("\n".join([summary(results), *lines]))
    return exit_code_of(results)


def blame_command(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Name the smallest change that makes a model fail."""
    out = safe_output(out)
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    with _agreed_model(chosen, out) as agreed, open_workspace(chosen) as workspace:
        checker = Checker(workspace, agreed.models[0], agreed.question, source)
        culprits = blame(checker, target, print_progress)
    out(culprits_text(culprits))
    return 0 if culprits.sets else EXIT_CANNOT_TELL


def route_command(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Find a way through; the exit code is 1 where there is none."""
    out = safe_output(out)
    target, source = parse(chosen.to, option="--to"), source_of(chosen)
    with _agreed_model(chosen, out) as agreed, open_workspace(chosen) as workspace:
        checker = Checker(workspace, agreed.models[0], agreed.question, source)
        route = Finder(checker, target, print_progress, agreed.inspect).find()
    out(route_text(route))
    # the steps are for people; the script is what they can run where crossload is not installed
    script = script_of(route)
    if script and chosen.script is not None:
        write_output(chosen.script, script)
        print_progress(f"wrote {chosen.script}")
    elif script:
        out(f"\n{script.rstrip()}")
    return 0 if route.direct.safe or route.final is not None else EXIT_BREAKS


def bisect_command(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Name the release at which a model stops to work."""
    out = safe_output(out)
    if not is_package(chosen.package):
        raise ConfigError(
            [f"{chosen.package}: not the name of a package"],
            hint="crossload bisect scikit-learn MODEL --from 1.2.2 --to 1.9.1",
        )
    package = str(canonicalize_name(chosen.package))
    package = RENAMED.get(package, package)  # "sklearn" is another package of the index
    source = parse(chosen.written, option="--written") if chosen.written else None
    with _agreed_model(chosen, out) as agreed, open_workspace(chosen) as workspace:
        inspection = agreed.models[0]
        # a file that does not record its writer is taken for one of the first release, where it is
        # safe
        if source is None and Needs(inspection).writer() is None:
            source = release_target(package, chosen.source)
        checker = Checker(workspace, inspection, agreed.question, source)
        try:
            releases = releases_between(workspace.index, package, chosen.source, chosen.to)
        except EnvironmentPinsError as error:
            raise ConfigError([str(error)], hint=error.hint) from error
        print_progress(
            f"{inspection.path}: {len(releases)} releases of {package} "
            f"from {chosen.source} to {chosen.to}"
        )
        measure = _measure_releases(checker, package)
        boundary = bisect(package, releases, measure, print_progress)
    out(boundary_text(boundary, inspection.path))
    return 0


def _agreed_model(
    chosen: argparse.Namespace, out: Callable[[str], None]
) -> AbstractContextManager[Agreed]:
    """Copy, inspect and ask about the one model of a search."""
    return agreed_models(chosen, [chosen.model], out, single=True)


def _measure_releases(checker: Checker, package: str) -> Callable[[str], Result | None]:
    """Give a function that measures the model with one release of a package."""
    sides: list[Side] = []

    def measure(version: str) -> Result | None:
        problem = ""
        # nothing else moves, where that can be installed: another NumPy could be the reason too
        swapped = [swap_release(sides[0], package, version)] if sides else []
        for wanted in [*swapped, release_target(package, version)]:
            try:
                result = checker.check(wanted, all_ways=False)
            except ConfigError as error:
                problem = str(error)
                continue
            if result.reader is not None:
                sides.append(result.reader)
                return result
            problem = result.reason
        print_progress(f"  {cut(printable(problem), 300)}")
        return None

    return measure


COMMANDS: dict[str, Callable[..., int]] = {
    "check": check_command,
    "upgrade": upgrade_command,
    "blame": blame_command,
    "bisect": bisect_command,
    "route": route_command,
}
"""The commands by name.

Each takes the options and a function that prints, and gives the exit code. They raise
`CrossloadError` for input that is not valid, for lack of consent and for faults.
"""
