"""The consent of the user, because loading a saved model executes what is in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crossload.errors import DangerousFile, NotTrusted
from crossload.inspection.facts import Danger
from crossload.inspection.render import to_text
from crossload.safe import printable
from crossload.system import terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.inspection import Inspection

_DATA_ONLY = ("h5", "keras", "weights-h5", "checkpoint")
"""Formats that hold arrays and configurations.

What else they name, such as layers of the user's own, is among the names of the inspection.
"""


def executes(found: Inspection) -> bool:
    """Say if loading runs what the file names, rather than reading arrays alone."""
    return found.format not in _DATA_ONLY or any(
        each.danger is not Danger.KNOWN for each in found.names
    )


def ask_consent(
    models: Sequence[Inspection],
    *,
    trust: bool,
    dangerous: bool,
    out: Callable[[str], None],
    answer: Callable[[str], str] | None = None,
) -> None:
    """Show which files would be loaded, and go on only if the user trusts them.

    Parameters
    ----------
    models
        Inspected files. Files that hold nothing but arrays need no consent.
    trust
        The user agreed beforehand (``--trust``).
    dangerous
        The user agreed to names that are known to be dangerous too (``--trust-dangerous``).
    out
        Prints a description of each file before the question.
    answer
        Reads the answer to a question; by default the terminal is asked, if there is one.

    Raises
    ------
    DangerousFile
        A file calls what is known to be dangerous, which ``trust`` does not cover.
    NotTrusted
        Nobody agrees.
    """
    # before the question, and whatever --trust says: nobody means os.system by "I trust it"
    bad = [each for each in models if each.dangerous]
    if bad and not dangerous:
        listed = "; ".join(
            f"{each.path} calls {', '.join(name.text for name in each.dangerous[:3])}"
            for each in bad[:10]
        )
        msg = f"not loaded, because it is known to be dangerous: {printable(listed)}"
        # both pickle functions by value, as code objects that the pickle builds when it is loaded
        # (https://github.com/cloudpipe/cloudpickle): no list of names says what such code does
        if any(
            name.module.startswith(("cloudpickle", "dill")) for each in bad for name in each.names
        ):
            msg += " (cloudpickle and dill carry code, which cannot be told from an attack)"
        raise DangerousFile(
            msg, hint="crossload inspect shows all of it; --trust-dangerous loads it nevertheless"
        )
    executing = [each for each in models if executes(each)]
    if trust or dangerous or not executing:
        return
    # in a pipe or a CI job there is nobody to agree: input() would wait for ever, or take a line
    # that was meant for something else for the answer
    if answer is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        names = ", ".join(printable(str(each.path)) for each in executing[:5])
        msg = f"loading executes what is in the file: {names}"
        raise NotTrusted(
            msg,
            hint="crossload inspect shows what that is; "
            "add --trust if you know where it comes from",
        )
    for each in executing:
        out(to_text(each, width=terminal_width()))
    files = "it" if len(executing) == 1 else f"these {len(executing)} files"
    question = f"Load {files} in processes of their own? This executes what is in them. [y/N] "
    given = (answer or input)(question)
    if given.strip().lower() not in ("y", "yes"):
        msg = "nothing was loaded"
        raise NotTrusted(msg, hint="--trust says yes beforehand")
