"""Ends what processes of models left behind when they were killed themselves."""

from __future__ import annotations

import os
import signal
from pathlib import Path

_PROCESSES = Path("/proc")


def end_processes_of(home: Path) -> int:
    """Kill the processes whose home is a folder that this program made for one environment.

    A supervisor ends what its children leave behind; this is for one that was killed before it
    could, and for daemons, which have another parent and another session.

    Parameters
    ----------
    home
        The folder that was their ``HOME``.

    Returns
    -------
    int
        How many there were; zero where the system does not tell the variables of processes.
    """
    if not hasattr(signal, "SIGKILL") or not (_PROCESSES / "self" / "environ").exists():
        return 0
    mark = b"HOME=" + os.fsencode(home)
    ended = 0
    for place in _PROCESSES.iterdir():
        if not place.name.isdecimal() or int(place.name) == os.getpid():
            continue
        try:
            # of processes of others it cannot be read, and those are none of ours
            if mark in (place / "environ").read_bytes().split(b"\0"):
                os.kill(int(place.name), signal.SIGKILL)
                ended += 1
        except OSError:
            continue
    return ended
