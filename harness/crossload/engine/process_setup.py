"""The setup of a pinned process: its environment variables, facts, and words for paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload import worker
from crossload.worker.environ import variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossload.environments import Built
    from crossload.store.store import Store


def child_environment(
    scratch: Path, environ: Mapping[str, str], more: Sequence[tuple[str, str]] = ()
) -> dict[str, str]:
    """Give the whole environment of a pinned process.

    Nothing of the caller's is in it but what the system needs to run at all, so that outcomes are
    the same wherever they are measured.

    Parameters
    ----------
    scratch
        The folder of the process, which is its home, too.
    environ
        The caller's environment variables.
    more
        Name and value of those that the matrix gives this environment.
    """
    # PYTHONPATH and PYTHONHOME would change what is imported.  PYTHONDONTWRITEBYTECODE, which many
    # containers set, would keep imports from ever writing a .pyc: each then takes 2.7 to 4.7 times
    # as long (measured with scikit-learn and TensorFlow).
    # Without SYSTEMROOT some libraries do not load on Windows:
    # https://docs.python.org/3/library/subprocess.html#subprocess.Popen
    kept = {
        name: environ[name]
        for name in ("SYSTEMROOT", "COMSPEC", "PATHEXT", "WINDIR")
        if name in environ
    }
    return (
        kept
        | variables()
        | {
            # else Keras reads ~/.keras/keras.json, which may name another backend and float type
            "KERAS_HOME": str(scratch / "keras"),
            "PATH": os.defpath,
            "HOME": str(scratch),
            "USERPROFILE": str(scratch),
            "TMPDIR": str(scratch),
            "TEMP": str(scratch),
            "TMP": str(scratch),
        }
        | dict(more)
    )


def recipe_control(
    recipes: Sequence[str], formats: Sequence[str], data: Mapping[str, tuple[str, Path]]
) -> dict[str, Any]:
    """Give what a process that measures recipes is to know.

    Parameters
    ----------
    recipes
        Paths of recipe files.
    formats
        Names of formats.
    data
        Digest and folder of each data set, by its name.
    """
    places = {name: str(place) for name, (_, place) in data.items()}
    return {"recipes": list(recipes), "formats": list(formats), "data": places}


def scrub_words(
    built: Built, store: Store, scratch: Path, more: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Give the paths of this machine and the words that stand for them in recorded texts."""
    words = {
        str(Path(worker.__path__[0])): "<crossload>",
        str(built.folder): "<environment>",
        str(store.blobs.artifacts): "<artifacts>",
        str(scratch): "<scratch>",
        # a virtual environment's interpreter is a link: tracebacks of the standard library name
        # the folder that it was made from
        str(Path(os.path.realpath(built.python)).parent.parent): "<python>",
        str(store.root.parent.parent): "<project>",
        str(Path.home()): "<home>",
        **more,
    }
    # The longest first, because they lie within each other.  Up to three characters are a root
    # (``/``, ``C:\``), as the home of a user without one may be: it would replace every slash.
    return sorted(
        ((path, word) for path, word in words.items() if len(path) > 3),
        key=lambda each: -len(each[0]),
    )
