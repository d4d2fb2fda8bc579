"""Cleaning of untrusted text, which every renderer does before it escapes it in its own way.

Error messages, warnings and paths of pinned processes and of users' files are untrusted.
"""

from __future__ import annotations

import re
from textwrap import fill


def cut(text: str, most: int) -> str:
    """Shorten a text to at most that many characters, with a sign where there was more.

    The beginning and the end are kept: Keras 3 writes the cause at the end, behind pages of
    configuration ("Exception encountered: ..."), most others write it at the beginning.

    Parameters
    ----------
    text
        Any text.
    most
        Characters; more than 3.
    """
    if len(text) <= most:
        return text
    head = (most - 3) * 4 // 7
    return f"{text[:head]} … {text[len(text) - (most - 3 - head) :]}"


def filled(text: str, width: int, *, first: str = "", further: str = "") -> str:
    """Break a text into lines, without breaking names and paths: people copy them.

    Parameters
    ----------
    text
        A text without line breaks that count.
    width
        Columns of a line, more where a single word has more.
    first, further
        What the first line and the further ones begin with.

    Returns
    -------
    str
        One or more lines.
    """
    # break_on_hyphens would tear names such as scikit-learn apart
    return fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def web_address(text: str) -> str:
    """Give an address that may be followed; empty for anything but the web, or for other signs.

    Files of causes are shared: a ``javascript:`` address is a script, and a bracket or a line break
    ends a link of Markdown.
    """
    return text if re.fullmatch(r"https?://[\w.~:/?#@!$&*+,;=%-]+", text, re.ASCII) else ""


def no_commands(text: str) -> str:
    """Change lines that a CI service would take for commands of its own.

    Parameters
    ----------
    text
        Text of any number of lines.

    Returns
    -------
    str
        The text with ``::error::`` at the beginning of a line, and ``##[group]`` anywhere, broken
        up by a space.
    """
    # A runner obeys each line of the output that begins like this, whoever wrote it: an error
    # message of a model could annotate files, or stop commands from being read for the rest.
    # https://docs.github.com/en/actions/using-workflows/workflow-commands-for-github-actions
    # https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
    lines = [
        f"{line[: len(line) - len(line.lstrip())]}: :{line.lstrip()[2:]}"
        if line.lstrip().startswith("::")
        else line
        for line in text.split("\n")
    ]
    return "\n".join(lines).replace("##[", "## [")


def printable(text: str, *, keep: str = "") -> str:
    """Replace control characters, escape codes and marks of writing direction by spaces.

    Parameters
    ----------
    text
        Any text.
    keep
        Characters that stay although they are not printable, such as the end of a line.

    Returns
    -------
    str
        Text that can neither move the cursor of a terminal nor turn its writing direction.
    """
    # Escape codes could rewrite what a terminal shows; marks such as U+202E reorder it, so that
    # a reader sees another text than a program does (https://trojansource.codes).
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else " " for char in text)
