"""Publishing what a run found: reports, history and tables.

A table with gaps never takes the place of a published one.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crossload.matrix.baseline import differences
from crossload.matrix.history import History
from crossload.matrix.last_report import LastReport
from crossload.report import render_terminal, write_index, write_reports
from crossload.report.exports import report_to_github
from crossload.report.feed import FEED_NAME
from crossload.report.verdict_table import verdict_lines
from crossload.system import duration, terminal_width
from crossload.verdict import Verdict

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable

    from crossload.engine.ledger import Ledger
    from crossload.environments import Project
    from crossload.plan import Plan
    from crossload.report import View


def gaps_of(project: Project, plan: Plan, view: View, ledger: Ledger, *, wanted: bool) -> list[str]:
    """List the gaps of a view that are faults of this machine, in words.

    Parameters
    ----------
    project
        Folders of the project; the published summary is read.
    plan
        The plan that was run.
    view
        What is to be published.
    ledger
        Knows why environments could not be had.
    wanted
        Cells may be left out, because the options of the run say so.

    Returns
    -------
    list of str
        One line an environment, or a count of cells; empty where the table is as whole as it can
        be.
    """
    lines = [
        f"{each}: {ledger.failures[each].splitlines()[0]}"
        for each in sorted(ledger.machine_faults & ledger.failures.keys())
    ]
    # an interpreter that is missing is no fault, but who has it has published more
    published = _measured_environments(project, plan)
    lines += [
        f"{each}: {ledger.failures[each].splitlines()[0]} (the published report has it)"
        for each in sorted(ledger.without_interpreter & ledger.failures.keys())
        if each in published and not plan.is_part
    ]
    left = view.counts[Verdict.NOT_RUN]
    if left and not wanted:
        lines.append(f"{left} cells were not measured")
    return lines


def _measured_environments(project: Project, plan: Plan) -> set[str]:
    """Give the environments that stood when the published report was made."""
    path = project.reports / plan.spec.name / "summary.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["environments"]
        return {str(each["id"]) for each in known if not each["failure"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def publish(
    project: Project,
    plan: Plan,
    view: View,
    ledger: Ledger,
    *,
    wanted_gaps: bool,
    strict: bool = False,
    inputs: hashlib._Hash | None = None,
    more: dict[str, Any],
    say: Callable[[str], None],
) -> tuple[LastReport, str]:
    """Write all reports of a view.

    Parameters
    ----------
    project
        Folders of the project.
    plan
        The plan that was run.
    view
        What was found.
    ledger
        Where it was found, for the digest of what the report depends on.
    wanted_gaps
        Cells may be left out, because the options of the run say so.
    strict
        A table that differs from the published one does not take its place.
    inputs
        Digest of what people wrote when the run began, as `LastReport.inputs` gives it.
    more
        Further facts for `LastReport`.
    say
        Takes lines for the user, and for GitHub.

    Returns
    -------
    tuple
        The report that was written, and its tables for the terminal.
    """
    # before this run is appended: it is not its own past
    history = History(project, view.name, say)
    view = replace(view, past=history.past(view))
    text = render_terminal(view, width=terminal_width())
    gaps = gaps_of(project, plan, view, ledger, wanted=wanted_gaps)
    # a table with gaps that were wanted, that nobody has filled yet, or that this machine is to
    # blame for, never takes the place of a whole one
    holes = view.counts[Verdict.NOT_RUN] or view.counts[Verdict.INFERRED]
    complete = not (gaps or (wanted_gaps and holes) or plan.is_part)
    # before it is overwritten: the published table is the baseline
    different = differences(project, view, whole=complete)
    if different.kinds:
        text += f"\n\n{view.name}: verdicts that are not those published\n{different.text}"
    report = LastReport(
        project, plan, part=not complete or bool(strict and different.kinds), inputs=inputs
    )
    whole = not report.part
    if whole:
        history.append(view, datetime.now(UTC))
    write_reports(view, report.folder, {FEED_NAME: history.feed(view.title)})
    # the index lists published reports: one of a part is none
    if whole:
        write_index(project.reports, say)
    report_to_github(os.environ, view.name, report.folder, say)
    report.write_table(verdict_lines(view))
    report.write(
        LastReport.of(view, text, report.digest_of_outcomes(ledger))
        | {"gaps": gaps, "files": report.digests()}
        | {"differs": different.count}
        | more
    )
    return report, text


def did_text(view: View, *, measure: bool, out_of_time: bool) -> str:
    """Say in a few words what a run did."""
    run = view.run
    did = f"{run.saves} saves and {run.loads} loads in {duration(run.wall_seconds)}"
    if not measure:
        did = "judged and written anew"
    elif not run.saves + run.loads:
        did = (
            "nothing to measure, tables judged and written anew"
            if view.measured
            else "nothing could be measured"
        )
    if out_of_time:
        left = view.counts[Verdict.NOT_RUN]
        did += (
            f"; the time was up with {left} cells not measured,"
            " and the same command goes on with them"
        )
    return did
