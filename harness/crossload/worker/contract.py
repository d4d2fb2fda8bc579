"""What a recipe file must hold, and the reading of it.

A recipe file is plain Python with a mapping ``RECIPES``: name to a dict with these keys.

========= ======== =====================================================================================
key       needed   meaning
========= ======== =====================================================================================
family    yes      heading under which the tables show it
task      yes      binary, multiclass, regression, clustering, outlier, transform or object
data      yes      name of a data set of the driver (see ``crossload.engine.data``)
build     yes      ``build(data)`` gives the unfitted model; for Keras compiled, and built so that it has weights
outputs   yes      list of method names (``predict``), or dict of output name to ``function(model, data)``
kind      no       ``object`` (anything that pickles, the default), ``keras`` or ``tf-module``
fit       no       ``fit(model, data)`` gives the fitted model; default: ``model.fit(x_train, y_train)``, Keras: a few steps
prepare   no       turns raw columns or rows into what the model takes, e.g. into a DataFrame
custom    no       ``custom()`` gives Keras custom objects by name
needs     no       dict of module to specifier, e.g. ``{"sklearn": ">=1.0"}``; elsewhere the case is n/a
formats   no       shell patterns: only these formats; ``!pattern`` takes one away
roles     no       dict of output name to role (labels, proba, score, values, transform), where the name does not tell
resume    no       True: training goes on after saving and after loading, and must give the same (Keras: two more steps,
                   else ``partial_fit``); or ``resume(model, data)``, which gives the array to compare
rebuild   no       ``rebuild(data)`` gives the model that weights are loaded into; default: ``build``
========= ======== =====================================================================================

Recipes of controls - artifacts that are damaged on purpose and must be caught - have these keys beside:

========= ======== =====================================================================================
expect    yes      verdict that the control must get where it was written, e.g. ``drift``
says      no       text that the reason must contain
resumes   no       what must be said of further training, e.g. ``lost optimizer state``
tamper    no       ``tamper(model, data)`` gives what is saved instead of the fitted model
damage    no       ``damage(path, model)`` damages the artifact before its SHA-256 is taken
claim     no       SHA-256 that the writer claims, instead of the true one
========= ======== =====================================================================================

``IMPORTS`` lists modules to import once, before any fork; the library itself is imported inside functions only, because
the driver, which has other versions or none, reads the file too.  ``FORMATS`` may add formats (see `formats.Format`).
"""

import fnmatch
import importlib.util
import os
import re
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

TASKS = ("binary", "multiclass", "regression", "clustering", "outlier", "transform", "object")
KINDS = ("object", "keras", "tf-module")
_REQUIRED = ("family", "task", "data", "build", "outputs")
_OPTIONAL = ("kind", "fit", "prepare", "custom", "needs", "formats", "roles", "rebuild", "resume")
_CONTROL = ("expect", "says", "resumes", "tamper", "damage", "claim")
_NAME = re.compile(r"^[a-z0-9][a-z0-9.+-]*$")


class ContractError(Exception):
    """A recipe file that does not keep the contract; the message names file, recipe and key."""


class Recipe(object):
    """One recipe: how a model is built, fitted and asked."""

    def __init__(self, name: str, spec: Dict[str, Any], file: str) -> None:
        self.name = name
        self.file = file
        self.family: str = spec["family"]
        self.task: str = spec["task"]
        self.data: str = spec["data"]
        self.kind: str = spec.get("kind", "object")
        self.build: Callable[[Any], Any] = spec["build"]
        self.fit: Optional[Callable[[Any, Any], Any]] = spec.get("fit")
        self.prepare: Optional[Callable[[Any], Any]] = spec.get("prepare")
        self.custom: Optional[Callable[[], Dict[str, Any]]] = spec.get("custom")
        self.needs: Dict[str, str] = dict(spec.get("needs", {}))
        self.formats: List[str] = list(spec.get("formats", ["*"]))
        self.roles: Dict[str, str] = dict(spec.get("roles", {}))
        self.rebuild: Callable[[Any], Any] = spec.get("rebuild", spec["build"])
        self.resume: Any = spec.get("resume")
        self.expect: str = spec.get("expect", "")
        self.resumes: str = spec.get("resumes", "")
        self.says: str = spec.get("says", "")
        self.tamper: Optional[Callable[[Any, Any], Any]] = spec.get("tamper")
        self.damage: Optional[Callable[[str, Any], Any]] = spec.get("damage")
        self.claim: str = spec.get("claim", "")
        outputs = spec["outputs"]
        self.outputs: Dict[str, Any] = (
            outputs if isinstance(outputs, dict) else {name: None for name in outputs}
        )

    def allows(self, format_name: str) -> bool:
        """Whether the recipe wants to be saved in this format."""
        wanted = [p for p in self.formats if not p.startswith("!")] or ["*"]
        unwanted = [p[1:] for p in self.formats if p.startswith("!")]
        return any(fnmatch.fnmatch(format_name, p) for p in wanted) and not any(
            fnmatch.fnmatch(format_name, p) for p in unwanted
        )

    def unmet(self, versions: Dict[str, str]) -> str:
        """Why this recipe does not exist among the given module versions; empty if it does."""
        for module, specifier in sorted(self.needs.items()):
            if module not in versions:
                return "needs " + module + specifier + ", which is not installed"
            if not satisfies(versions[module], specifier):
                return "needs " + module + specifier + ", this is " + versions[module]
        return ""


def version_tuple(version: str) -> Tuple[int, ...]:
    """Leading numbers of a version: ``1.2.0rc1`` is (1, 2, 0)."""
    numbers = []
    for part in version.split("."):
        match = re.match(r"\d+", part)
        if not match:
            break
        numbers.append(int(match.group()))
        if match.group() != part:
            break
    return tuple(numbers)


def satisfies(version: str, specifier: str) -> bool:
    """Whether a version is within ``>=1.0,<2`` (only <, <=, >, >=; numbers only)."""
    for clause in specifier.split(","):
        match = re.match(r"^\s*(<=|>=|<|>)\s*([0-9.]+)\s*$", clause)
        if not match:
            raise ContractError("not a specifier: " + repr(clause) + " (use >=1.0,<2)")
        ours, theirs = version_tuple(version), version_tuple(match.group(2))
        width = max(len(ours), len(theirs))
        ours += (0,) * (width - len(ours))
        theirs += (0,) * (width - len(theirs))
        sign = match.group(1)
        kept = {"<": ours < theirs, "<=": ours <= theirs, ">": ours > theirs, ">=": ours >= theirs}[
            sign
        ]
        if not kept:
            return False
    return True


def module_name(path: str) -> str:
    """Module name a recipe file is imported as, the same everywhere, so that pickles find its classes again."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return "crossload_recipe_" + re.sub(r"\W", "_", stem)


def import_file(path: str) -> Any:
    """Import a recipe file, once, as a module that pickle can name."""
    name = module_name(path)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == path:
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ContractError(path + ": cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def recipes_of(module: Any, path: str) -> Dict[str, Recipe]:
    """Recipes of an imported recipe file; raises `ContractError` with every mistake."""
    specs = getattr(module, "RECIPES", None)
    shown = os.path.basename(path)
    if not isinstance(specs, dict) or not specs:
        raise ContractError(shown + ": no RECIPES mapping - name at least one recipe")
    problems: List[str] = []
    for name, spec in specs.items():
        problems.extend(
            shown + ": RECIPES[" + repr(name) + "]: " + text for text in _mistakes(name, spec)
        )
    if problems:
        raise ContractError("\n".join(problems))
    return {name: Recipe(name, spec, path) for name, spec in specs.items()}


def _mistakes(name: Any, spec: Any) -> List[str]:
    if not isinstance(name, str) or not _NAME.match(name):
        return ["a recipe name has lower-case letters, digits, '-', '.' and '+' only"]
    if not isinstance(spec, dict):
        return ["expected a dict, got " + type(spec).__name__]
    found = ["the key " + repr(key) + " is missing" for key in _REQUIRED if key not in spec]
    known = _REQUIRED + _OPTIONAL + _CONTROL
    found += [
        "unknown key " + repr(key) + " (known: " + ", ".join(known) + ")"
        for key in spec
        if key not in known
    ]
    if spec.get("task", TASKS[0]) not in TASKS:
        found.append("task: " + repr(spec["task"]) + " is none of " + ", ".join(TASKS))
    if spec.get("kind", KINDS[0]) not in KINDS:
        found.append("kind: " + repr(spec["kind"]) + " is none of " + ", ".join(KINDS))
    for key in ("build", "fit", "prepare", "custom", "rebuild", "tamper", "damage"):
        if key in spec and not callable(spec[key]):
            found.append(key + ": must be a function")
    if spec.get("resume") not in (None, True) and not callable(spec["resume"]):
        found.append("resume: must be True or a function")
    outputs = spec.get("outputs", ["x"])
    if not isinstance(outputs, (list, tuple, dict)) or not outputs:
        found.append("outputs: name at least one output")
    for module, specifier in dict(spec.get("needs", {})).items():
        try:
            satisfies("1.0", specifier)
        except ContractError as error:
            found.append("needs[" + repr(module) + "]: " + str(error))
    return found
