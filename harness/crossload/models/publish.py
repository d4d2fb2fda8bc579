"""Answers for pull requests and CI: Markdown, JUnit XML, annotations.

Texts of models and processes are not trusted: each format escapes them in its own way.
"""

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
"""Characters of a comment.

GitHub takes 65,536 (https://github.com/orgs/community/discussions/27190); an action that posts the
comment may add some of its own.
"""


def _cell(text: str) -> str:
    """Escape a text for a cell of a table, so that nobody is mentioned and nothing is linked.

    The name of a file or a message of a model could notify people or carry a link to anywhere.
    """
    return escape(text).replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def worst_first(results: Sequence[Result]) -> list[Result]:
    """Order results by their answers, the worst first."""
    return sorted(results, key=lambda each: (-each.answer.severity, str(each.path)))


def to_markdown(results: Sequence[Result], upgrade: str, safest: str = "") -> str:
    """Write a comment for a pull request: the worst answers first, the evidence folded.

    Parameters
    ----------
    results
        The answers for all models.
    upgrade
        The locks that were compared.
    safest
        The newest safe versions in words; empty to leave them out.

    Returns
    -------
    str
        Markdown, short enough for a comment on GitHub.
    """
    ordered = worst_first(results)
    worst = ordered[0].answer if ordered else Answer.SAFE
    title = "Every" if worst.safe else "Not every"
    title += " saved model survives this upgrade"
    if worst is Answer.UNKNOWN:
        title = "Of some saved models nothing can be told"
    rows = [
        [
            f"{_SIGNS[each.answer]} {each.answer}",
            _cell(str(each.path)),
            _cell(each.upgrade),
            _cell(reason_of(each)),
            _cell(each.cause.do if each.cause is not None else each.hint),
        ]
        for each in ordered
    ]
    # action.yml finds the comment of the run before by this line, and updates it
    parts = ["<!-- crossload -->", f"### {title}", _cell(f"{upgrade}. {summary(list(results))}.")]
    parts.append(table(["answer", "model", "what changes", "why", "what to do"], rows))
    if safest:
        parts.append(f"```\n{_fenced(safest)}\n```")
    # evidence is added while there is room, the worst first; the table is never left out for it
    text = "\n\n".join(parts)
    for each in ordered:
        if each.answer is Answer.SAFE:
            continue
        name = _cell(str(each.path))
        evidence = _fenced(to_text(each, width=100))
        detail = (
            f"\n\n<details><summary>{each.answer}: {name}</summary>"
            f"\n\n```\n{evidence}\n```\n\n</details>"
        )
        if len(text) + len(detail) > _MOST_MARKDOWN:
            text += "\n\nThe evidence for the others is in the log."
            break
        text += detail
    return text[:_MOST_MARKDOWN] + "\n"


def _fenced(text: str) -> str:
    """Make a text printable that cannot end the fence of code around it."""
    return printable(text, keep="\n").replace("```", "'''")


def to_junit(results: Sequence[Result], upgrade: str) -> str:
    """Write JUnit XML with a test for each model.

    A model that breaks or drifts is a failure, one of which nothing can be told is an error.
    """
    # the attributes of a suite are what CI services show without reading the tests
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
        # XML 1.0 has no way to write control characters, not even escaped
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
    """Give the lines that GitHub Actions shows beside a run, the worst first.

    They are workflow commands
    (https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions).
    """
    lines = []
    bad = [each for each in worst_first(results) if not each.safe]
    # GitHub drops the rest without a word, so that the worst have to come first
    for each in bad[:MOST_ANNOTATIONS]:
        level = "warning" if each.answer is Answer.UNKNOWN else "error"
        file = command_text(str(each.path), property_=True)
        title = command_text(str(each.answer), property_=True)
        remedy = f" {each.cause.do}" if each.cause is not None else ""
        text = printable(f"{headline(each)}: {reason_of(each)}.{remedy}")
        lines.append(f"::{level} file={file},title={title}::{command_text(text)}")
    return lines
