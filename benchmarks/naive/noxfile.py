"""The noxfile that people write first: a session for every pair of versions, with venv and pip.

``nox -s fresh`` makes the environments of each pair anew.  ``nox -s environments`` makes one for
each version, once; ``nox -s reused`` then takes those as they are, as ``nox -R`` would, and starts
two Pythons for each pair.
"""

from __future__ import annotations

import json
from pathlib import Path

import nox

HERE = Path(__file__).parent
PLAN = json.loads((HERE / "plan.json").read_text(encoding="utf-8"))
PYTHONS: dict[str, str] = PLAN["pythons"]
PAIRS: dict[str, list[tuple[str, str]]] = PLAN["pairs"]


def pins(version: str) -> list[str]:
    """Give the arguments of pip that install the pins of crossload's lock for this platform.

    They come without hashes and with --no-deps, which is the cheapest way for pip: it neither
    resolves nor verifies anything.
    """
    return ["--no-deps", "-r", str(HERE / f"{version}.txt")]


def make(session: nox.Session, version: str, folder: Path) -> str:
    """Make a second environment, for the Python of another version; give its interpreter."""
    session.run(f"python{PYTHONS[version]}", "-m", "venv", str(folder), external=True)
    python = str(folder / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-q", *pins(version), external=True)
    return python


def cases(session: nox.Session, python: str, step: str, writer: str, reader: str) -> None:
    """Run one step in one fresh process."""
    folder = HERE / "out" / str(session.name.split("(")[0]) / f"{writer}--{reader}"
    folder.mkdir(parents=True, exist_ok=True)
    session.run(python, str(HERE / "cases.py"), step, str(folder), external=True)


@nox.session(venv_backend="venv")
@nox.parametrize(
    "python,writer,reader",
    [nox.param(PYTHONS[w], w, r, id=f"{w}--{r}") for w, r in PAIRS["fresh"]],
)
def fresh(session: nox.Session, writer: str, reader: str) -> None:
    """Install the writer, save; install the reader, load.

    Both share the session's environment if they want the same Python.
    """
    session.install(*pins(writer))
    cases(session, "python", "save", writer, reader)
    if PYTHONS[writer] == PYTHONS[reader]:
        session.install(*pins(reader))
        cases(session, "python", "load", writer, reader)
    else:
        python = make(session, reader, Path(session.create_tmp()) / "reader")
        cases(session, python, "load", writer, reader)


@nox.session(python=False)
@nox.parametrize("version", list(PYTHONS))
def environments(session: nox.Session, version: str) -> None:
    """Make one environment."""
    make(session, version, HERE / "environments" / version)


@nox.session(python=False)
@nox.parametrize("writer,reader", [nox.param(w, r, id=f"{w}--{r}") for w, r in PAIRS["reused"]])
def reused(session: nox.Session, writer: str, reader: str) -> None:
    """Save with the one, load with the other."""
    for step, version in (("save", writer), ("load", reader)):
        python = HERE / "environments" / version / "bin" / "python"
        cases(session, str(python), step, writer, reader)
