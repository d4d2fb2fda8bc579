"""``upgrade``: answer for every model of a repository from one lock to another."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.models import publish
from crossload.models.check import Checker
from crossload.models.console import print_progress, safe_output, write_output
from crossload.models.inputs import agreed_models, open_workspace
from crossload.models.newest_safe import NewestSafe, Search
from crossload.models.newest_safe import to_text as newest_safe_text
from crossload.models.render import headline, summary, to_dict, to_text
from crossload.models.result import Answer, Result, exit_code_of
from crossload.models.targets import Target, parse
from crossload.requirements import is_lock_name
from crossload.system import terminal_width

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from crossload.models.workspace import Workspace


def pairs_of(chosen: argparse.Namespace) -> list[tuple[str, str]]:
    """Give the old and the new text of each lock that is to be compared.

    Raises
    ------
    ConfigError
        Options name no lock, or exclude each other.
    """
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
    # a pattern without quotes is expanded by the shell, and its files come here as locks
    strange = [each for each in chosen.locks if not is_lock_name(each)]
    if strange:
        hint = "quote patterns: --models 'models/*.joblib'"
        raise ConfigError(
            [f"{each}: not a lock file that crossload knows" for each in strange], hint=hint
        )
    return [(f"{chosen.base}:{lock}", lock) for lock in chosen.locks]


def upgrade_command(chosen: argparse.Namespace, *, out: Callable[[str], None]) -> int:
    """Answer for every model from one lock to another.

    Parameters
    ----------
    chosen
        The options of the command line.
    out
        Prints answers.

    Returns
    -------
    int
        The exit code of the worst answer.

    Raises
    ------
    CrossloadError
        The input is not valid, nobody consents, or crossload itself failed.
    """
    # annotations are commands of the CI service, which safe_output disarms
    raw, out = out, safe_output(out)
    pairs = [
        (parse(old, option="--from"), parse(new, option="--to"), f"{old} -> {new}")
        for old, new in pairs_of(chosen)
    ]
    _refuse_shared_outputs(chosen)
    everything: list[Result] = []
    safest: list[str] = []
    with agreed_models(chosen, chosen.models, out) as agreed:
        everything += agreed.refused
        for each in agreed.refused:
            out(to_text(each, width=terminal_width()))
        with open_workspace(chosen) as workspace:
            for old, new, title in pairs:
                out(title)
                checkers = [
                    Checker(workspace, found, agreed.question, old) for found in agreed.models
                ]
                # a change of a lock that concerns no model must cost nothing
                if not any(checker.concerns(lock) for checker in checkers for lock in (old, new)):
                    out("  names nothing that these models are made of: nothing to check")
                    continue
                results = []
                for number, checker in enumerate(checkers, 1):
                    print_progress(f"[{number}/{len(checkers)}] {checker.inspection.path}")
                    results.append(checker.check(new, skip_same=True))
                    out(to_text(results[-1], width=terminal_width()))
                everything += results
                if chosen.newest_safe:
                    safest.append(_newest_safe(checkers, results, old, new, workspace))
    lines = [f"  {headline(each)}" for each in publish.worst_first(everything)]
    out("\n".join([summary(everything), *lines]) if everything else "nothing to check")
    # after the summary, where whoever reads the end of a log finds it
    for text in safest:
        out(text)
    titles = "; ".join(title for *_, title in pairs)
    _publish(chosen, everything, titles, "\n".join(safest), raw)
    return exit_code_of(everything)


def _refuse_shared_outputs(chosen: argparse.Namespace) -> None:
    """Raise `ConfigError` where two outputs would be written to one file: one would be lost."""
    named: dict[Path, list[str]] = {}
    for option in ("markdown", "junit", "json"):
        path = getattr(chosen, option)
        if path is not None:
            named.setdefault(Path(os.path.realpath(path)), []).append(f"--{option}")
    problems = [
        f"{' and '.join(options)} name one file: {path}"
        for path, options in named.items()
        if len(options) > 1
    ]
    if problems:
        raise ConfigError(problems, hint="name a file for each")


def _newest_safe(
    checkers: Sequence[Checker],
    results: Sequence[Result],
    old: Target,
    new: Target,
    workspace: Workspace,
) -> str:
    """Say which are the newest versions at which every model passes that can be judged."""
    if not any(each.answer in (Answer.DRIFT, Answer.BREAKS) for each in results):
        return newest_safe_text(NewestSafe(found=True))
    print_progress("looking for the newest versions that are safe")
    # a model of which nothing can be told would make every set of versions unsafe
    measurable = [
        checker
        for checker, each in zip(checkers, results, strict=True)
        if each.answer is not Answer.UNKNOWN
    ]
    return newest_safe_text(Search(measurable, old, new, workspace.index, print_progress).search())


def _publish(
    chosen: argparse.Namespace,
    results: Sequence[Result],
    titles: str,
    safest: str,
    out: Callable[[str], None],
) -> None:
    """Write the files that were asked for; within GitHub Actions annotations and a summary too."""
    markdown = publish.to_markdown(results, titles, safest)
    # options that were not given are None, share one key, and are skipped; no others share one
    texts = {
        chosen.markdown: markdown,
        chosen.junit: publish.to_junit(results, titles),
        chosen.json: json.dumps([to_dict(each) for each in results], indent=1) + "\n",
    }
    for path, text in texts.items():
        if path is not None:
            write_output(path, text)
            print_progress(f"wrote {path}")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in publish.to_annotations(results):
            out(line)
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            # appended, because earlier commands of the same step may have written theirs
            with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
                stream.write(markdown)
