"""Makes the lists of what models of Keras may name anew, in an environment for each release.

``nox -s names`` builds the environments with uv, one after the other, runs ``keras_names.py`` and
``tensorflow_operations.py`` in each, and joins what they found into the data of
``harness/crossload/inspection``.  An environment is deleted before the next one is built.
``nox -s names -- FOLDER`` keeps what each release has in a folder, and goes on from there.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
DATA = SCRIPTS.parent / "crossload" / "inspection"

RELEASES = (
    # Python, as of, TensorFlow, further packages, the packages that have a Keras
    ("3.8", "2020-07-01", "tensorflow-cpu==2.2.0", (), ("tensorflow",)),
    ("3.8", "2021-12-31", "tensorflow-cpu==2.4.4", (), ("tensorflow",)),
    ("3.9", "2022-07-01", "tensorflow-cpu==2.6.5", (), ("keras",)),
    ("3.10", "2023-01-31", "tensorflow-cpu==2.8.4", (), ("keras",)),
    ("3.10", "2023-01-31", "tensorflow-cpu==2.10.1", (), ("keras",)),
    ("3.10", "2023-05-01", "tensorflow-cpu==2.11.1", (), ("keras",)),
    ("3.11", "2023-12-31", "tensorflow-cpu==2.13.1", (), ("keras",)),
    ("3.11", "2024-06-01", "tensorflow-cpu==2.15.1", ("tf-keras==2.15.1",), ("keras", "tf_keras")),
    ("3.12", "2024-12-01", "tensorflow-cpu==2.16.2", ("keras==3.0.5",), ("keras",)),
    ("3.12", "2024-12-01", "tensorflow-cpu==2.16.2", ("keras==3.3.3",), ("keras",)),
    ("3.12", "2025-06-01", "tensorflow-cpu==2.18.1", ("keras==3.6.0",), ("keras",)),
    ("3.12", "2025-12-01", "tensorflow-cpu==2.18.1", ("keras==3.9.2",), ("keras",)),
    ("3.12", "2025-12-01", "tensorflow-cpu==2.18.1", ("keras==3.11.3",), ("keras",)),
    ("3.13", "", "tensorflow-cpu==2.21.0", ("keras==3.13.2",), ("keras",)),
    ("3.13", "", "tensorflow-cpu", ("keras", "tf-keras"), ("keras", "tf_keras")),
)
"""Releases to ask: the first and last of what changed the names, and the newest."""


def main() -> None:
    """Collect from each release, and join."""
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(sys.argv[1] if len(sys.argv) > 1 else scratch) / "found"
        for kind in ("keras", "operations"):
            (kept / kind).mkdir(parents=True, exist_ok=True)
        for release in RELEASES:
            mark = kept / ("done-" + "-".join([release[2], *release[3]]))
            if not mark.exists():
                ask(Path(scratch) / "environment", kept, release)
                mark.touch()
        for script, kind in (("keras_names", "keras"), ("tensorflow_operations", "operations")):
            target = DATA / (script + ".json")
            run(sys.executable, SCRIPTS / (script + ".py"), "merge", kept / kind, target)


def ask(folder: Path, kept: Path, release: tuple) -> None:
    """Build the environment of a release, and collect in it."""
    python, as_of, tensorflow, more, packages = release
    run("uv", "venv", "--quiet", "--clear", "--python", interpreter_of(python), folder)
    interpreter = folder / "bin" / "python"
    newest = ("--exclude-newer", as_of + "T00:00:00Z") if as_of else ()
    # clang of TensorFlow 2.6 has no wheel
    wheels = ("--only-binary", ":all:", "--no-binary", "clang,wrapt,termcolor")
    install = ("uv", "pip", "install", "--quiet", "--python", interpreter, *wheels)
    run(*install, *newest, tensorflow)
    if more:
        # Keras is exchanged beneath TensorFlow, whose own metadata would not have it
        run(*install, "--no-deps", *more)
        run(*install, "dm-tree")  # of Keras before 3.3
    for package in packages:
        run(interpreter, SCRIPTS / "keras_names.py", package, kept / "keras")
    run(interpreter, SCRIPTS / "tensorflow_operations.py", "collect", kept / "operations")


def interpreter_of(python: str) -> str:
    """Give an interpreter of pyenv, whose shims know one version only; else leave it to uv."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return next((str(each) for each in versions.glob(python + ".*/bin/python")), python)


def run(*command: object) -> None:
    """Run a command, and end if it fails."""
    subprocess.run([str(each) for each in command], check=True)


if __name__ == "__main__":
    main()
