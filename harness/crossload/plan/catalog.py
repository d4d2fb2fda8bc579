"""The recipes and formats of a matrix.

They are read from its recipe files by the code of the contract that the worker uses too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.config.schema import did_you_mean
from crossload.errors import ConfigError, RecipeError
from crossload.worker import contract, formats

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.config import MatrixSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """Recipes by name in the order of their files, and the formats of the matrix in its order."""

    recipes: dict[str, contract.Recipe]
    formats: dict[str, formats.Format]
    controls: dict[str, contract.Recipe] = field(default_factory=dict)
    """Recipes of artifacts that are damaged on purpose."""

    @property
    def everything(self) -> dict[str, contract.Recipe]:
        """Recipes and controls together; no name stands in both."""
        return self.recipes | self.controls


def load_catalog(spec: MatrixSpec) -> Catalog:
    """Read the recipe files of a matrix, which imports them as modules.

    Parameters
    ----------
    spec
        The matrix file; its recipe files and files of controls are read.

    Raises
    ------
    RecipeError
        A file raises when it is imported or breaks the contract, two recipes have one name, a
        format exists already, or controls and recipes are mixed up.
    ConfigError
        The matrix names a format that does not exist.
    """
    recipes: dict[str, contract.Recipe] = {}
    modules = []
    for path in (*spec.recipes, *spec.controls):
        module, found = _read(path)
        known_before = sorted(set(found) & set(recipes))
        if known_before:
            name = known_before[0]
            msg = f"{path.name}: recipe {name!r} stands already in {recipes[name].file}"
            raise RecipeError(msg, hint="rename one of the two")
        modules.append(module)
        recipes |= found
    try:
        known = formats.all_formats(modules)
    except ValueError as error:
        raise RecipeError(str(error)) from error
    unknown = [name for name in spec.formats if name not in known]
    if unknown:
        places = {name: f"matrix.formats[{spec.formats.index(name)}]" for name in unknown}
        raise ConfigError(
            [
                f"{spec.display_name}: {places[name]}: no such format {name!r} - "
                + did_you_mean(name, list(known))
                for name in unknown
            ]
        )
    _check_kinds(spec, recipes)
    return Catalog(
        recipes={name: recipe for name, recipe in recipes.items() if not recipe.expect},
        formats={name: known[name] for name in spec.formats},
        controls={name: recipe for name, recipe in recipes.items() if recipe.expect},
    )


def _check_kinds(spec: MatrixSpec, recipes: dict[str, contract.Recipe]) -> None:
    """Check that exactly the recipes in files of controls say what is expected of them."""
    files = {str(path.resolve()) for path in spec.controls}
    for name, recipe in recipes.items():
        if bool(recipe.expect) != (recipe.file in files):
            what = (
                "has no 'expect'"
                if recipe.file in files
                else "has 'expect', which is for files of controls"
            )
            msg = f"{recipe.file.rsplit('/', 1)[-1]}: RECIPES[{name!r}] {what}"
            raise RecipeError(
                msg,
                hint="list files of controls under matrix.controls, others under matrix.recipes",
            )


def _read(path: Path) -> tuple[object, dict[str, contract.Recipe]]:
    resolved = str(path.resolve())
    try:
        module = contract.import_file(resolved)
        return module, contract.recipes_of(module, resolved)
    except contract.ContractError as error:
        raise RecipeError(
            str(error),
            hint="CONTRIBUTING.md shows a recipe;"
            " the docstring of crossload.worker.contract explains every key",
        ) from error
    except Exception as error:  # whatever the code of a user raises
        line = _line_in(error, resolved)
        # str() of a SyntaxError repeats file and line
        text = str(error.msg) if isinstance(error, SyntaxError) else str(error)
        place = f"{path.parent.name}/{path.name}{line}"
        msg = f"{place}: raises when it is imported: {type(error).__name__}: {text}"
        hint = (
            "import libraries inside functions: this file is read where they are not installed"
            if isinstance(error, ImportError)
            else "the file must be importable by itself,"
            " without the libraries that its functions use"
        )
        raise RecipeError(msg, hint=hint) from error


def _line_in(error: BaseException, file: str) -> str:
    """Find the line of a file where an error came from: the innermost one, ``:3``, or nothing."""
    # a file that does not parse never ran, so that no frame of the traceback is in it
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    trace, line = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return line
