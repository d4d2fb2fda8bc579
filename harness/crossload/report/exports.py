"""Published outcomes for other programs: CSV, JUnit XML, badges, GitHub annotations.  Pure: text from a table.

Texts of outcomes come from pinned processes and are not trusted: each format escapes them in its own way.
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

from crossload.safe import printable
from crossload.verdict import Surprise, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

_VERDICTS = {verdict.word: verdict for verdict in Verdict}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GREEN, _YELLOW, _RED, _GREY = "#3a7d34", "#8a6d00", "#b3261e", "#5f5f5f"
_PLAIN = re.compile(r"^[A-Za-z_]+-\d+(\.\d+)*(\.post\d+)?$")
"""An environment that is a version and nothing else, such as ``sklearn-1.9.1``."""

MOST_ANNOTATIONS = 10
"""GitHub shows no more of one step."""

_MOST_SUMMARY = 500_000
"""Signs of one report in a summary, of which GitHub takes a megabyte."""


def _judged_against(table: pd.DataFrame) -> bool:
    """Whether the matrix has expectations: then only what they do not explain is a failure."""
    return bool(table["known"].astype(str).ne("").any())


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that somebody should look at: unexpected ones, or all that failed where nothing is expected."""
    if _judged_against(table):
        unexpected = [Surprise.FAILURE.value, Surprise.PASS.value, Surprise.OTHER.value]
        return table[table["surprise"].astype(str).isin(unexpected)]
    return table[table["passes"] == False]  # noqa: E712 - the column has gaps


def to_csv(_name: str, table: pd.DataFrame) -> str:
    """All columns, one row a cell; one line too, whatever signs its texts hold."""
    texts = [str(name) for name in table if table[name].dtype == "category"]
    plain = table.assign(**{name: table[name].astype(str).map(printable) for name in texts})
    return str(plain.to_csv(index=False, lineterminator="\n"))


def to_junit(name: str, table: pd.DataFrame) -> str:
    """JUnit XML: a suite a case, a test a pair.

    Failures are unexpected results; known failures are skipped with their reason, as pytest does with xfail; what was not
    measured is skipped too.
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
            ET.SubElement(test, "failure", message=text[:300], type=str(row["verdict"])).text = text
        elif not _VERDICTS[str(row["verdict"])].passes:
            counts[case][2] += 1
            known = f"known: {row['known']}" if row["known"] else text
            ET.SubElement(test, "skipped", message=xml_text(known)[:300])
    for case, suite in suites.items():
        for key, value in zip(("tests", "failures", "skipped"), counts[case], strict=True):
            suite.set(key, str(value))
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def xml_text(text: str) -> str:
    """Text without what XML 1.0 cannot hold, such as the escape signs of terminals."""
    return _NOT_XML.sub("\ufffd", text)


def badge_of(table: pd.DataFrame) -> tuple[str, str, str]:
    """(label, message, colour): how many of the models that other versions saved the newest one loads as they were."""
    ids = list(dict.fromkeys(table["reader"].astype(str)))
    plain = [each for each in ids if _PLAIN.match(each)]
    reader = max(plain, key=lambda each: Version(each.rpartition("-")[2])) if plain else ids[-1]
    loaded = table[
        (table["reader"].astype(str) == reader) & (table["writer"].astype(str) != reader)
    ]
    measured = loaded[loaded["passes"].notna()]
    passed = int((measured["passes"] == True).sum())  # noqa: E712
    total = len(measured)
    share = passed / total if total else 0.0
    colour = _GREY if not total else _GREEN if share == 1 else _YELLOW if share >= 0.5 else _RED
    return f"loads in {reader}", f"{passed}/{total}" if total else "not measured", colour


def to_badge_json(_name: str, table: pd.DataFrame) -> str:
    """The JSON that badge services read from an endpoint."""
    label, message, colour = badge_of(table)
    return (
        json.dumps({"schemaVersion": 1, "label": label, "message": message, "color": colour}) + "\n"
    )


def to_badge(_name: str, table: pd.DataFrame) -> str:
    """A badge as SVG; widths are estimated, 7 units a sign."""
    label, message, colour = badge_of(table)
    left, right = 7 * len(label) + 12, 7 * len(message) + 12
    title = escape(f"{label}: {message}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2}" y="14">{escape(label)}</text><text x="{left + right / 2}" y="14">{escape(message)}</text></g></svg>\n'
    )


def to_annotations(name: str, table: pd.DataFrame) -> str:
    """Lines that GitHub Actions shows beside a run: the first of each different failure."""
    return "".join(f"{line}\n" for line in _annotations(name, failures(table)))


def _annotations(name: str, rows: pd.DataFrame) -> Iterator[str]:
    different = rows.drop_duplicates(["verdict", "reason"])
    for row in different.head(MOST_ANNOTATIONS).to_dict("records"):
        title = f"{name}: {row['verdict']}, {row['recipe']}/{row['format']}"
        text = f"saved with {row['writer']}, loaded in {row['reader']}: {row['reason'] or row['surprise']}"
        yield f"::warning title={command_text(title, property_=True)}::{command_text(text[:600])}"
    if len(different) > MOST_ANNOTATIONS:
        yield f"::warning title={command_text(name, property_=True)}::{len(rows)} cells in all; the report has them"


def command_text(text: str, *, property_: bool = False) -> str:
    """Escape a text for a workflow command, so that no line of it can be taken for another command."""
    signs = {"%": "%25", "\r": "%0D", "\n": "%0A"} | ({":": "%3A", ",": "%2C"} if property_ else {})
    return "".join(signs.get(sign, sign) for sign in text)


def tell_github(
    environ: Mapping[str, str], name: str, folder: Path, out: Callable[[str], None]
) -> None:
    """Within GitHub Actions: annotations for failures, and the report in the summary of the step; elsewhere nothing."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    import pandas as pd  # noqa: PLC0415 - an ordinary run does without it

    lines = to_annotations(name, pd.read_parquet(folder / "outcomes.parquet")).rstrip("\n")
    if lines:
        out(lines)
    if environ.get("GITHUB_STEP_SUMMARY"):
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
"""Formats of ``crossload export``."""
