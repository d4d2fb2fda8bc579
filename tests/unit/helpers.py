"""Small plans and records for tests, without files of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crossload.config.spec import AxisSpec, MatrixSpec, Rule
from crossload.plan import Catalog, Selection, make_plan
from crossload.report.view import make_view
from crossload.report.view_types import JudgedCell, RunFacts
from crossload.verdict import Explained, Finding, Judgement, Verdict
from crossload.worker import contract, formats

RECIPE = {
    "family": "trees",
    "task": "binary",
    "data": "iris",
    "build": lambda data: None,
    "outputs": ["predict"],
}


def spec(versions: tuple[str, ...] = ("1.0", "1.1"), **more: Any) -> MatrixSpec:
    axis = AxisSpec(
        package="scikit-learn",
        versions=versions,
        prefix="sklearn",
        requires=("scikit-learn=={version}",),
    )
    return MatrixSpec(
        name="m",
        path=Path("m.toml"),
        title="A title",
        recipes=(),
        formats=("pickle", "joblib"),
        axes=(axis,),
        **more,
    )


def catalog(*names: str, kind: str = "object") -> Catalog:
    known = formats.builtin_formats()
    return Catalog(
        recipes={
            name: contract.Recipe(name, dict(RECIPE, kind=kind), "r.py")
            for name in names or ("forest",)
        },
        formats={name: known[name] for name in ("pickle", "joblib", "joblib-mmap")},
    )


def plan(
    versions: tuple[str, ...] = ("1.0", "1.1"),
    *,
    exclude: tuple[Rule, ...] = (),
    selection: Selection | None = None,
):
    return make_plan(spec(versions, exclude=exclude), catalog("forest", "ridge"), selection)


def saved(outputs: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    record = {
        "kind": "save",
        "key": "s",
        "status": "ok",
        "stage": "done",
        "artifact": {"sha256": "a" * 64, "bytes": 1, "name": "model.pkl"},
        "outputs": outputs or {"predict": "d1"},
        "kept": "before",
        "warnings": [],
        "seconds": {},
    }
    return record | more


def loaded(outputs: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    record = {
        "kind": "load",
        "key": "l",
        "status": "ok",
        "stage": "done",
        "outputs": outputs or {"predict": "d1"},
        "kept": "after",
        "warnings": [],
        "seconds": {},
    }
    return record | more


RUN = RunFacts(
    date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
)
HOSTILE = "</script>]]><b>\x1b[31m\x00\u202e\r\n::error::x" + '"' + "'"


def unexplained(verdict):
    """Give what is known of a verdict where nobody has written down a cause."""
    return Finding(explained=Explained.NO if verdict.passes is False else Explained.NONE)


def view_of(*verdicts: Verdict, reason: str = ""):
    """A view of all cells of a small plan, whose verdicts are these in turn."""
    whole = plan(("1.0", "1.1"))
    rows = [
        JudgedCell(
            cell=cell,
            judgement=Judgement(verdict=verdicts[number % len(verdicts)], reason=reason),
            finding=unexplained(verdicts[number % len(verdicts)]),
            seconds={"load": 0.5},
        )
        for number, cell in enumerate(whole.cells)
    ]
    return make_view(name="m", title="t", environments=[], rows=rows, run=RUN)
