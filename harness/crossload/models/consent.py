"""The consent of the user, because loading a saved model executes what is in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crossload.errors import DangerousFile, NotTrusted
from crossload.inspection.render import described, to_text
from crossload.models.own_code import OwnCode
from crossload.models.trust import Trust, trust_needed, unknown_names
from crossload.safe import printable
from crossload.system import terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.inspection import ImportedName, Inspection

_MOST_NAMES, _MOST_FILES = 5, 10
"""Names of a file, and files, that a message lists."""

NOBODY = OwnCode()
"""The code of a user who brought none."""


def can_ask() -> bool:
    """Say if there is a terminal with somebody who could answer a question."""
    # in a pipe or a CI job there is nobody to agree: input() would wait for ever, or take a line
    # that was meant for something else for the answer
    return sys.stdin.isatty() and sys.stderr.isatty()


def refusal_of(found: Inspection, trust: Trust, own: OwnCode = NOBODY) -> tuple[str, str] | None:
    """Say why a file must not be loaded, and what to do, without asking anybody.

    Parameters
    ----------
    found
        What is in the file.
    trust
        What the user agreed to.
    own
        The code that the user brought.

    Returns
    -------
    tuple of str, or None
        The reason and the hint; None where the user agreed to as much as loading takes.
    """
    needed = trust_needed(found, own)
    if needed <= trust:
        return None
    if needed is Trust.DANGEROUS:
        text = f"not loaded, because it is known to be dangerous: {_listed(found.dangerous)}"
        # both pickle functions by value, as code objects that the pickle builds when it is loaded
        # (https://github.com/cloudpipe/cloudpickle): no list of names says what such code does
        if any(name.module.startswith(("cloudpickle", "dill")) for name in found.names):
            text += "; cloudpickle and dill carry code, which cannot be told from an attack"
        return text, "crossload inspect shows all of it; --trust-dangerous loads it nevertheless"
    if needed is Trust.UNKNOWN:
        covered = ", which --trust does not cover" if trust is Trust.KNOWN else ""
        names = _listed(unknown_names(found, own))
        text = f"loading uses what is not known to be harmless{covered}: {names}"
        return text, (
            "crossload inspect shows all of it; add --trust-unknown if you know what these do"
        )
    return "loading executes what is in the file", (
        "crossload inspect shows what that is; add --trust if you know where it comes from"
    )


def ask_consent(
    models: Sequence[Inspection],
    trust: Trust,
    *,
    out: Callable[[str], None],
    own: OwnCode = NOBODY,
    answer: Callable[[str], str] | None = None,
) -> Trust:
    """Show which files would be loaded, and go on only if the user trusts them.

    Parameters
    ----------
    models
        Inspected files. Formats of data whose names are all known need no consent.
    trust
        What the user agreed to beforehand.
    out
        Prints a description of each file before the question.
    own
        The code that the user brought: what it defines is no unknown name.
    answer
        Reads the answer to a question; by default the terminal is asked, if there is one.

    Returns
    -------
    Trust
        What the user has agreed to now.

    Raises
    ------
    DangerousFile
        A file has what is known to be dangerous, for which nobody is asked.
    NotTrusted
        Nobody agrees.
    """
    refused = [(each, why) for each in models if (why := refusal_of(each, trust, own))]
    if not refused:
        return trust
    # before the question, and whatever --trust says: nobody means os.system by "I trust it"
    levels = {id(each): trust_needed(each, own) for each, _ in refused}
    worst = max(levels.values())
    if worst is Trust.DANGEROUS or (answer is None and not can_ask()):
        chosen = [(each, why) for each, why in refused if levels[id(each)] is worst]
        left = len(chosen) - _MOST_FILES
        lines = [f"{printable(str(each.path))}: {text}" for each, (text, _) in chosen[:_MOST_FILES]]
        lines += [f"and {left} more files"] if left > 0 else []
        kind = DangerousFile if worst is Trust.DANGEROUS else NotTrusted
        raise kind("\n".join(lines), hint=chosen[0][1][1])
    asked = [each for each, _ in refused]
    for each in asked:
        out(to_text(each, width=terminal_width()))
    files = "it" if len(asked) == 1 else f"these {len(asked)} files"
    question = f"Load {files} in processes of their own? This executes what is in them. [y/N] "
    try:
        given = (answer or input)(question)
    except EOFError:  # Ctrl-D
        given = ""
    if given.strip().lower() not in ("y", "yes"):
        msg = "nothing was loaded"
        raise NotTrusted(msg, hint=f"{worst.option} says yes beforehand")
    return worst


def _listed(names: Sequence[ImportedName]) -> str:
    left = len(names) - _MOST_NAMES
    text = ", ".join(described(each) for each in names[:_MOST_NAMES])
    return printable(text + (f" and {left} more" if left > 0 else ""))
