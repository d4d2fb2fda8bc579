"""The files that one model consists of, below a folder, before any of them is opened."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from crossload.inspection import NotAModel
from crossload.inspection.folders import is_index

MOST_FILES = 10_000
"""Files and folders of one model: more are a folder that was named by mistake."""

_COPY_LINKS = "copy the folder with what its links lead to (cp -rL), and name the copy"

_SIDE_FILE = r"_\d+\.npy(\.z)?"
"""What joblib before 0.10 added to the name of a file for each array that it wrote beside it
(https://github.com/joblib/joblib/blob/0.9.4/joblib/numpy_pickle.py)."""


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """The files of a model."""

    folder: Path
    """Where they are, without links on the way."""
    main: Path
    """The name of the file or folder that is loaded, as the user has it."""
    sources: tuple[tuple[Path, Path], ...]
    """Each file: its place in a copy, and where its bytes are."""
    folders: tuple[Path, ...] = ()
    """Folders in a copy, which may be empty."""
    tree: bool = False
    """Everything below the folder belongs to it."""

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(source.stat().st_size for _, source in self.sources)

    def has_others(self) -> bool:
        """Say if other files are there by now than those that were listed."""
        now = _below(self.folder, self.main)[0] if self.tree else self.sources
        return tuple(now) != self.sources


def files_of(path: Path) -> ModelFiles | None:
    """List the files of the model at a path.

    Parameters
    ----------
    path
        A file, the folder of a SavedModel, or the index or the folder of a checkpoint. A link
        there is followed: the user named it.

    Returns
    -------
    ModelFiles, or None
        None where there is no model; the inspection says what is there instead.

    Raises
    ------
    NotAModel
        A link leads out of the folder, something is no regular file, or there are too many.
    OSError
        Something cannot be read.
    """
    if not path.exists():
        return None
    real = Path(os.path.realpath(path))
    name = Path(path.name if path.name not in ("", "..") else real.name or "model")
    if not real.is_dir():
        if not real.is_file():
            return None
        if real.name.endswith(".index") and is_index(real):
            return _chosen(real.parent, Path(real.name), [real, *_parts(real)], Path())
        beside = _matching(real.parent, re.escape(path.name) + _SIDE_FILE)
        found = _chosen(real.parent, name, beside, Path())
        return replace(found, sources=((name, real), *found.sources))
    if any(os.path.lexists(real / each) for each in ("saved_model.pb", "saved_model.pbtxt")):
        sources, folders = _below(real, name)
        return ModelFiles(
            folder=real, main=name, sources=tuple(sources), folders=tuple(folders), tree=True
        )
    # the choices of inspection.folders: the last index, or the only file of weights
    indexes = sorted(real.glob("*.index"))
    if indexes:
        return _chosen(real, name, [indexes[-1], *_parts(indexes[-1])], name)
    weights = sorted(real.glob("*.weights.h5"))
    return _chosen(real, name, weights, name) if len(weights) == 1 else None


def _parts(index: Path) -> list[Path]:
    """List the files with the data of a checkpoint."""
    stem = re.escape(index.name[: -len(".index")])
    return _matching(index.parent, stem + r"\.data-\d+-of-\d+")


def _chosen(folder: Path, main: Path, files: list[Path], below: Path) -> ModelFiles:
    """Give some files of a folder, which are in a copy under the same names."""
    # a link beside the file leads where somebody else chose
    sources = tuple((below / each.name, _bytes_of(each, folder)) for each in files)
    return ModelFiles(folder=folder, main=main, sources=sources)


def _matching(folder: Path, pattern: str) -> list[Path]:
    known = re.compile(pattern)
    with os.scandir(folder) as entries:
        return sorted(Path(each.path) for each in entries if known.fullmatch(each.name))


def _bytes_of(source: Path, root: Path) -> Path:
    """Give where the bytes of a file are, which is within the folder and a regular file."""
    real = Path(os.path.realpath(source))
    if source.is_symlink() and not real.is_relative_to(root):
        msg = f"{source.name} is a link that leads out of the folder"
        raise NotAModel(msg, hint=_COPY_LINKS)
    if not stat.S_ISREG(real.lstat().st_mode):
        msg = f"{source.name}: not a regular file"
        raise NotAModel(msg)
    return real


def _below(root: Path, name: Path) -> tuple[list[tuple[Path, Path]], list[Path]]:
    """List the files and the folders below a folder; links that stay within are followed."""
    sources: list[tuple[Path, Path]] = []
    folders = [name]
    # with each folder those above it: a link to one of them would be walked for ever
    pending = [(name, root, frozenset({root}))]
    while pending:
        relative, folder, above = pending.pop()
        with os.scandir(folder) as found:
            # of a folder of a million entries no more are read than are too many
            entries = list(islice(found, MOST_FILES + 1))
        for each in sorted(entries, key=lambda entry: entry.name):
            inner = relative / each.name
            if not each.is_dir():
                sources.append((inner, _bytes_of(Path(each.path), root)))
                continue
            real = Path(os.path.realpath(each.path))
            if not real.is_relative_to(root) or real in above:
                msg = f"{inner} is a link that leads out of the folder, or back to it"
                raise NotAModel(msg, hint=_COPY_LINKS)
            folders.append(inner)
            pending.append((inner, real, above | {real}))
        if len(sources) + len(folders) > MOST_FILES:
            msg = f"more than {MOST_FILES} files and folders"
            raise NotAModel(msg, hint="name the folder that has saved_model.pb itself")
    return sources, folders
