"""Answers for pull requests and CI: Markdown, JUnit XML, annotations.  Texts of models and processes are not trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from crossload.models.render import headline, reason_of, summary, to_text
from crossload.models.result import Answer
from crossload.report.exports import MOST_ANNOTATIONS, command_text, xml_text
from crossload.report.markdown import escape, table
from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossload.models.result import Result

_SIGNS = {
    Answer.SAFE: "✅",
    Answer.WARNING: "✅",
    Answer.UNKNOWN: "❔",
    Answer.DRIFT: "❌",
    Answer.BREAKS: "❌",
}
_MOST_MARKDOWN = 60_000
"""Signs of a comment, of which GitHub takes 65,536."""


def _cell(text: str) -> str:
    """Text of one line in which nobody is mentioned and nothing is linked."""
    return escape(text).replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def worst_first(results: Sequence[Result]) -> list[Result]:
    """Results, the worst answers first."""
    return sorted(results, key=lambda each: (-each.answer.severity, str(each.path)))


def to_markdown(results: Sequence[Result], upgrade: str, safest: str = "") -> str:
    """A comment for a pull request: the worst first, the evidence folded."""
    ordered = worst_first(results)
    worst = ordered[0].answer if ordered else Answer.SAFE
    title = {
        True: "Every saved model survives this upgrade",
        False: "Not every saved model survives this upgrade",
    }[worst.safe]
    if worst is Answer.UNKNOWN:
        title = "Of some saved models nothing can be told"
    rows = [
        [
            f"{_SIGNS[each.answer]} {each.answer}",
            _cell(str(each.path)),
            _cell(each.upgrade),
            _cell(reason_of(each)),
            _cell(each.advice.remedy if each.advice is not None else each.hint),
        ]
        for each in ordered
    ]
    parts = ["<!-- crossload -->", f"### {title}", _cell(f"{upgrade}. {summary(list(results))}.")]
    parts.append(table(["answer", "model", "what changes", "why", "what to do"], rows))
    if safest:
        parts.append(f"```\n{_fenced(safest)}\n```")
    text = "\n\n".join(parts)
    for each in ordered:
        if each.answer is Answer.SAFE:
            continue
        name = _cell(str(each.path))
        detail = f"\n\n<details><summary>{each.answer}: {name}</summary>\n\n```\n{_fenced(to_text(each, width=100))}\n```\n\n</details>"
        if len(text) + len(detail) > _MOST_MARKDOWN:
            text += "\n\nThe evidence for the others is in the log."
            break
        text += detail
    return text[:_MOST_MARKDOWN] + "\n"


def _fenced(text: str) -> str:
    """Text that cannot end the fence around it."""
    return printable(text, keep="\n").replace("```", "'''")


def to_junit(results: Sequence[Result], upgrade: str) -> str:
    """JUnit XML: a test a model; of what nothing can be told is an error."""
    counts = {
        "tests": len(results),
        "failures": sum(each.answer in (Answer.DRIFT, Answer.BREAKS) for each in results),
        "errors": sum(each.answer is Answer.UNKNOWN for each in results),
    }
    attrib = {"name": xml_text(upgrade)} | {name: str(count) for name, count in counts.items()}
    top = ET.Element("testsuites", name="crossload")
    suite = ET.SubElement(top, "testsuite", attrib)
    for each in results:
        attributes: dict[str, Any] = {
            "classname": "crossload.upgrade",
            "name": xml_text(str(each.path)),
            "time": f"{each.seconds:.3f}",
        }
        test = ET.SubElement(suite, "testcase", attributes)
        text = xml_text(to_text(each, width=100))
        if not each.safe:
            kind = "error" if each.answer is Answer.UNKNOWN else "failure"
            ET.SubElement(
                test, kind, message=xml_text(reason_of(each)), type=str(each.answer)
            ).text = text
        elif each.answer is Answer.WARNING:
            ET.SubElement(test, "system-out").text = text
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def to_annotations(results: Sequence[Result]) -> list[str]:
    """Lines that GitHub Actions shows beside a run, the worst first."""
    lines = []
    bad = [each for each in worst_first(results) if not each.safe]
    for each in bad[:MOST_ANNOTATIONS]:
        level = "warning" if each.answer is Answer.UNKNOWN else "error"
        place = f"file={command_text(str(each.path), property_=True)},title={command_text(str(each.answer), property_=True)}"
        advice = f" {each.advice.remedy}" if each.advice is not None else ""
        lines.append(
            f"::{level} {place}::{command_text(printable(f'{headline(each)}: {reason_of(each)}.{advice}'))}"
        )
    return lines
