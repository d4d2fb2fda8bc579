"""Text from pinned processes is untrusted: what every renderer does to it before it escapes it in its own way."""

from __future__ import annotations


def cut(text: str, most: int) -> str:
    """A text of at most that many signs, and a sign that there was more."""
    return text if len(text) <= most else text[: most - 2] + " …"


def no_commands(text: str) -> str:
    """Text whose lines CI services do not take for commands of theirs (``::error::``, ``##[group]``)."""
    lines = [
        f"{line[: len(line) - len(line.lstrip())]}: :{line.lstrip()[2:]}"
        if line.lstrip().startswith("::")
        else line
        for line in text.split("\n")
    ]
    return "\n".join(lines).replace("##[", "## [")


def printable(text: str, *, keep: str = "") -> str:
    """Text without control characters, escape codes and marks that turn the writing direction.

    ``keep`` are signs that stay although they are not printable, such as the end of a line.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else " " for char in text)
