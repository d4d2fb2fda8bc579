"""Files that the program can make again: whatever stands in their place is replaced.

People and full disks leave all sorts of things behind: half a file, an empty one, a folder of that
name. None of it may end a run, or stay.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def make_folder(folder: Path) -> Path:
    """Make a folder, and those above it; a file in the place of one of them is removed.

    Parameters
    ----------
    folder
        A folder of which everything can be made again.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OSError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        for each in (folder, *folder.parents):
            if each.is_symlink() or each.is_file():
                each.unlink()
                break
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def replace(part: Path, path: Path) -> None:
    """Give a file that was written under another name its own, in one step.

    Parameters
    ----------
    part
        What was written, as a whole.
    path
        Its name; a folder that stands there is removed first.

    Raises
    ------
    OSError
        It cannot be renamed.
    """
    # a rename never leaves half a file (https://docs.python.org/3/library/os.html#os.replace), but
    # it does not replace a folder by a file
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    part.replace(path)


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Write a file as UTF-8, whole or not at all, with the folders above it.

    Parameters
    ----------
    path
        Where to; whatever stands there is replaced.
    text
        The text, or pieces of it.

    Raises
    ------
    OSError
        It cannot be written; the part that was is removed.
    """
    make_folder(path.parent)
    # of this process: two runs may write the same file
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines([text] if isinstance(text, str) else text)
        replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
