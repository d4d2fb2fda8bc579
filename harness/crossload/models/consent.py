"""Loading a saved model executes what is in it: whoever asks for that says so."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crossload.errors import DangerousFile, NotTrusted
from crossload.inspection.render import to_text
from crossload.safe import printable
from crossload.system import terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.inspection import Inspection

_DATA_ONLY = ("h5", "keras", "weights-h5", "checkpoint")
"""Formats that hold arrays and configurations; code in them (Lambda layers) is noted by the inspection."""


def executes(found: Inspection) -> bool:
    """Whether loading runs what the file says, rather than reading arrays."""
    return (
        found.format not in _DATA_ONLY
        or bool(found.names)
        or any("code" in note and "Lambda" in note for note in found.notes)
    )


def ask_consent(
    models: Sequence[Inspection],
    *,
    trust: bool,
    dangerous: bool,
    out: Callable[[str], None],
    answer: Callable[[str], str] | None = None,
) -> None:
    """Show what would be loaded, and go on only if the user trusts it.

    ``answer`` reads an answer; None asks the terminal, if there is one.  Raises `DangerousFile` for what is known to be
    dangerous, which ``trust`` does not cover, and `NotTrusted` where nobody agrees.
    """
    bad = [each for each in models if each.dangerous]
    if bad and not dangerous:
        listed = "; ".join(
            f"{each.path} calls {', '.join(name.text for name in each.dangerous[:3])}"
            for each in bad[:10]
        )
        msg = f"not loaded, because it is known to be dangerous: {printable(listed)}"
        if any(
            name.module.startswith(("cloudpickle", "dill")) for each in bad for name in each.names
        ):
            msg += " (cloudpickle and dill carry code, which cannot be told from an attack)"
        raise DangerousFile(
            msg, hint="crossload inspect shows all of it; --trust-dangerous loads it nevertheless"
        )
    asked = [each for each in models if executes(each)]
    if trust or dangerous or not asked:
        return
    if answer is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        names = ", ".join(printable(str(each.path)) for each in asked[:5])
        msg = f"loading executes what is in the file: {names}"
        raise NotTrusted(
            msg,
            hint="crossload inspect shows what that is; add --trust if you know where it comes from",
        )
    for each in asked:
        out(to_text(each, width=terminal_width()))
    question = f"Load {'it' if len(asked) == 1 else f'these {len(asked)} files'} in processes of their own? This executes what is in them. [y/N] "
    given = (answer or input)(question)
    if given.strip().lower() not in ("y", "yes"):
        msg = "nothing was loaded"
        raise NotTrusted(msg, hint="--trust says yes beforehand")
