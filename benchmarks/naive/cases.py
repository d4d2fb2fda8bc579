"""Save every case, or load and compare every case: a plain script, all of it in one process.

    python cases.py save FOLDER
    python cases.py load FOLDER

`pairs.py` copies it, the package ``crossload.worker`` and a ``plan.json`` into one folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from worker import contract, data_sets, formats, outputs, training  # type: ignore[import-not-found]

PLAN = json.loads((Path(__file__).parent / "plan.json").read_text(encoding="utf-8"))


def main(step: str, folder: Path) -> None:
    """Do one step for all cases; errors of single cases are counted, not raised."""
    module = contract.import_file(PLAN["recipes"])
    recipes = contract.recipes_of(module, PLAN["recipes"])
    known = formats.all_formats([module])
    done: list[str] = []
    for name, wanted in PLAN["cases"].items():
        recipe = recipes[name]
        data = data_sets.Data(data_sets.read_data(PLAN["data"][recipe.data]), recipe.prepare)
        work = {"save": save, "load": load}[step]
        done += work(recipe, data, [known[each] for each in wanted], folder)
    (folder / f"{step}.json").write_text(json.dumps(done), encoding="utf-8")


def save(recipe: Any, data: Any, wanted: list[Any], folder: Path) -> list[str]:
    """Fit once, save in all formats, keep the predictions; give the cases that could be saved."""
    training.seed()
    fit = recipe.fit or (training.fit_keras if recipe.kind == "keras" else training.fit_default)
    model = fit(recipe.build(data), data)
    np.savez(folder / f"{recipe.name}.npz", **outputs.ask(model, recipe, data))
    saved = []
    for each in wanted:
        place = folder / f"{recipe.name}-{each.name}"
        place.mkdir()
        try:
            each.save(model, str(place / each.filename), recipe)
            saved.append(f"{recipe.name}/{each.name}")
        except Exception as error:
            print(f"{recipe.name}/{each.name} not saved: {error!r:.200}", file=sys.stderr)
    return saved


def load(recipe: Any, data: Any, wanted: list[Any], folder: Path) -> list[str]:
    """Load, predict, compare; give the cases that loaded and still predict the same."""
    same = []
    with np.load(folder / f"{recipe.name}.npz") as before:
        for each in wanted:
            path = folder / f"{recipe.name}-{each.name}" / each.filename
            try:
                model = each.load(str(path), recipe, data)
                found = outputs.ask(model, recipe, data, each.keeps)
                if all(np.allclose(before[name], found[name], 1e-5, 1e-6) for name in found):
                    same.append(f"{recipe.name}/{each.name}")
            except Exception as error:
                print(f"{recipe.name}/{each.name} not loaded: {error!r:.200}", file=sys.stderr)
    return same


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
