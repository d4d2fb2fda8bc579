"""Published outcomes for other programs: CSV, JUnit XML, badges, GitHub annotations.

Texts of outcomes come from pinned processes and are not trusted: each format escapes them in its
own way.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from packaging.version import Version

from crossload.safe import cut, printable
from crossload.verdict import Explained, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

_VERDICTS = {verdict.word: verdict for verdict in Verdict}
# characters that XML 1.0 cannot hold, not even as references: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GREEN, _YELLOW, _RED, _GREY = "#3a7d34", "#8a6d00", "#b3261e", "#5f5f5f"
_PLAIN = re.compile(r"^[A-Za-z_]+-\d+(\.\d+)*(\.post\d+)?$")
"""An environment that is a version and nothing else, such as ``sklearn-1.9.1``."""

MOST_ANNOTATIONS = 10
"""Number of warnings that GitHub shows of one step; it drops further ones without a word.

See https://github.com/orgs/community/discussions/26680.
"""

_MOST_SUMMARY = 500_000
"""Characters of one report in the summary of a step.

GitHub refuses a summary of more than 1 MiB as a whole ("upload aborted, supports content up to a
size of 1024k"): half of it, because a character may take several bytes and another report may
follow in the same step.
"""


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that somebody should look at: failures whose cause is not known.

    Parameters
    ----------
    table
        Outcomes, one row a cell, with the columns of ``outcomes.parquet``.
    """
    return table[table["explained"].astype(str) == Explained.NO.value]


def to_csv(_name: str, table: pd.DataFrame) -> str:
    """Render all columns as CSV, one row and one line a cell.

    Control characters become blanks: a reason with an end of line would be quoted correctly, and
    still break every tool that reads lines.
    """
    # Parquet gives dictionaries of texts back as categories
    texts = [str(name) for name in table if table[name].dtype == "category"]
    plain = table.assign(**{name: table[name].astype(str).map(printable) for name in texts})
    return str(plain.to_csv(index=False, lineterminator="\n"))


def to_junit(name: str, table: pd.DataFrame) -> str:
    """Render JUnit XML: a suite a case, a test a pair.

    Failures without a known cause fail.  Those with one are skipped, and it is said, as pytest does
    with xfail; what was not measured is skipped too.

    Parameters
    ----------
    name
        Name of the matrix.
    table
        Outcomes, one row a cell, with the columns of ``outcomes.parquet``.
    """
    wrong = set(failures(table).index)
    top = ET.Element("testsuites", name=name)
    suites: dict[str, Any] = {}
    counts: dict[str, list[int]] = {}
    for index, row in zip(table.index, table.to_dict("records"), strict=True):
        case = f"{row['recipe']}/{row['format']}"
        if case not in suites:
            suites[case] = ET.SubElement(top, "testsuite", name=f"{name}.{row['family']}.{case}")
            counts[case] = [0, 0, 0]
        seconds = sum(
            row[key] for key in ("load_seconds", "predict_seconds") if not math.isnan(row[key])
        )
        attributes = {
            "classname": f"{name}.{case}",
            "name": f"{row['writer']} -> {row['reader']}",
            "time": f"{seconds:.4f}",
        }
        test = ET.SubElement(suites[case], "testcase", attributes)
        counts[case][0] += 1
        text = xml_text(
            f"{row['verdict']}: {row['reason']}" if row["reason"] else str(row["verdict"])
        )
        if index in wrong:
            counts[case][1] += 1
            # viewers show the attribute in one line, and the whole text when they are asked
            failure = ET.SubElement(
                test, "failure", message=cut(text, 300), type=str(row["verdict"])
            )
            failure.text = text
        elif not _VERDICTS[str(row["verdict"])].passes:
            counts[case][2] += 1
            known = f"known: {row['known']} ({row['cause']})" if row["cause"] else text
            ET.SubElement(test, "skipped", message=cut(xml_text(known), 300))
    for case, suite in suites.items():
        for key, value in zip(("tests", "failures", "skipped"), counts[case], strict=True):
            suite.set(key, str(value))
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def xml_text(text: str) -> str:
    """Replace what XML 1.0 cannot hold, such as the escape codes of terminals.

    Python writes such characters, and nothing reads the file again
    (https://github.com/python/cpython/issues/121188).
    """
    return _NOT_XML.sub("\ufffd", text)


def badge_of(table: pd.DataFrame) -> tuple[str, str, str]:
    """Count the models of other versions that the newest version loads as they were.

    Parameters
    ----------
    table
        Outcomes, one row a cell, with the columns of ``outcomes.parquet``.

    Returns
    -------
    tuple
        (label, message, colour).
    """
    # an environment that was spelled out, such as the newest version with an old NumPy, is not what
    # a badge is asked for
    ids = list(dict.fromkeys(table["reader"].astype(str)))
    plain = [each for each in ids if _PLAIN.match(each)]
    reader = max(plain, key=lambda each: Version(each.rpartition("-")[2])) if plain else ids[-1]
    loaded = table[
        (table["reader"].astype(str) == reader) & (table["writer"].astype(str) != reader)
    ]
    measured = loaded[loaded["passes"].notna()]
    passed = int((measured["passes"] == True).sum())  # noqa: E712 - the column has gaps
    total = len(measured)
    share = passed / total if total else 0.0
    colour = _GREY if not total else _GREEN if share == 1 else _YELLOW if share >= 0.5 else _RED
    return f"loads in {reader}", f"{passed}/{total}" if total else "not measured", colour


def to_badge_json(_name: str, table: pd.DataFrame) -> str:
    """Render the JSON that badge services read from an endpoint (https://shields.io/badges/endpoint-badge)."""
    label, message, colour = badge_of(table)
    fields = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    return json.dumps(fields) + "\n"


def to_badge(_name: str, table: pd.DataFrame) -> str:
    """Render a badge as SVG, with no font and no image from elsewhere."""
    label, message, colour = badge_of(table)
    # widths are estimated: nothing here can measure the font of the reader
    left, right = 7 * len(label) + 12, 7 * len(message) + 12
    title = escape(f"{label}: {message}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20"'
        f' role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle"'
        ' font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2}" y="14">{escape(message)}</text></g></svg>\n'
    )


def to_annotations(name: str, table: pd.DataFrame) -> str:
    """Render the lines that GitHub Actions shows beside a run: one for each different failure."""
    return "".join(f"{line}\n" for line in _annotations(name, failures(table)))


def _annotations(name: str, rows: pd.DataFrame) -> Iterator[str]:
    # the same failure between many pairs would use up the annotations that GitHub shows
    different = rows.drop_duplicates(["verdict", "reason"])
    for row in different.head(MOST_ANNOTATIONS).to_dict("records"):
        title = f"{name}: {row['verdict']}, {row['recipe']}/{row['format']}"
        pair = f"saved with {row['writer']}, loaded in {row['reader']}"
        text = cut(f"{pair}: {row['reason'] or row['explained']}", 600)
        yield f"::warning title={command_text(title, property_=True)}::{command_text(text)}"
    if len(different) > MOST_ANNOTATIONS:
        title = command_text(name, property_=True)
        yield f"::warning title={title}::{len(rows)} cells in all; the report has them"


def command_text(text: str, *, property_: bool = False) -> str:
    """Escape a text for a workflow command of GitHub Actions.

    No line of it can be taken for another command.

    Parameters
    ----------
    text
        The text, which is not trusted.
    property_
        True for the value of a property, such as a title: its end is a comma or a colon.
    """
    # as the toolkit of GitHub does it:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    codes = {"%": "%25", "\r": "%0D", "\n": "%0A"} | ({":": "%3A", ",": "%2C"} if property_ else {})
    return "".join(codes.get(char, char) for char in text)


def report_to_github(
    environ: Mapping[str, str], name: str, folder: Path, write_line: Callable[[str], None]
) -> None:
    """Write annotations for failures, and the report into the summary of the step.

    Does nothing outside GitHub Actions.

    Parameters
    ----------
    environ
        Environment variables; ``GITHUB_ACTIONS`` and ``GITHUB_STEP_SUMMARY`` are read.
    name
        Name of the matrix.
    folder
        Folder of the report; ``outcomes.parquet`` and ``README.md`` are read.
    write_line
        Writes a line to stdout, where GitHub Actions looks for commands.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    import pandas as pd  # noqa: PLC0415 - an ordinary run does without it

    lines = to_annotations(name, pd.read_parquet(folder / "outcomes.parquet")).rstrip("\n")
    if lines:
        write_line(lines)
    if environ.get("GITHUB_STEP_SUMMARY"):
        # appended: other steps, and other matrices of this step, write into the same file
        text = (folder / "README.md").read_text(encoding="utf-8")
        with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
            stream.write(text[:_MOST_SUMMARY] + "\n")


EXPORTS: dict[str, Callable[[str, pd.DataFrame], str]] = {
    "csv": to_csv,
    "junit": to_junit,
    "badge": to_badge,
    "badge-json": to_badge_json,
    "github": to_annotations,
}
"""Renderers of ``crossload export`` by the name of their format."""
