"""The contract of recipe files, and the reading of them.

A recipe file is plain Python with a mapping ``RECIPES``: name to a dict with these keys.

========== ======== ==============================================================================
key        needed   meaning
========== ======== ==============================================================================
family     yes      heading under which the tables show it
task       yes      binary, multiclass, regression, clustering, outlier, transform or object
data       yes      name of a data set of the driver (see ``crossload.engine.data``)
build      yes      ``build(data)`` gives the unfitted model; for Keras compiled, and built so that
                    it has weights
outputs    yes      list of method names (``predict``), or dict of output name to
                    ``function(model, data)``
kind       no       ``object`` (anything that pickles, the default), ``keras`` or ``tf-module``
fit        no       ``fit(model, data)`` gives the fitted model; default:
                    ``model.fit(x_train, y_train)``, Keras: a few steps
prepare    no       turns raw columns or rows into what the model takes, e.g. into a DataFrame
custom     no       ``custom()`` gives Keras custom objects by name
needs      no       dict of module to specifier, e.g. ``{"sklearn": ">=1.0"}``; elsewhere the case
                    is n/a
formats    no       shell patterns: only these formats; ``!pattern`` takes one away
roles      no       dict of output name to role (labels, proba, score, values, transform), where
                    the name does not tell
resume     no       True: training goes on after saving and after loading, and must give the same
                    (Keras: two more steps, else ``partial_fit``); or ``resume(model, data)``,
                    which gives the array to compare
rebuild    no       ``rebuild(data)`` gives the model that weights are loaded into; default:
                    ``build``
make_slots no       ``make_slots(model)`` makes the variables that a ``fit`` of the recipe's own
                    adds to a model, before a checkpoint is read strictly; default: those of the
                    optimizer that a Keras model was compiled with
========== ======== ==============================================================================

Recipes of controls - artifacts that are damaged on purpose and must be caught - have more keys:

========= ======== ===============================================================================
key       needed   meaning
========= ======== ===============================================================================
expect    yes      verdict that the control must get where it was written, e.g. ``drift``
says      no       text that the reason must contain
resumes   no       what must be said of further training, e.g. ``lost optimizer state``
tamper    no       ``tamper(model, data)`` gives what is saved instead of the fitted model
damage    no       ``damage(path, model)`` damages the artifact before its SHA-256 is taken
claim     no       SHA-256 that the writer claims, instead of the true one
========= ======== ===============================================================================

``IMPORTS`` lists modules to import once, before any fork; the library itself is imported inside
functions only, because the driver, which has other versions or none, reads the file too.
``FORMATS`` may add formats (see `formats.Format`).
"""

import fnmatch
import importlib.machinery
import importlib.util
import os
import re
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

TASKS = ("binary", "multiclass", "regression", "clustering", "outlier", "transform", "object")
"""The tasks, by which metrics are chosen."""
KINDS = ("object", "keras", "tf-module")
"""The kinds of models, by which formats, training and the fitted state are chosen."""
_REQUIRED = ("family", "task", "data", "build", "outputs")
_OPTIONAL = (
    "kind", "fit", "prepare", "custom", "needs", "formats", "roles", "rebuild", "resume",
    "make_slots",
)  # fmt: skip
_CONTROL = ("expect", "says", "resumes", "tamper", "damage", "claim")
# names become parts of cases (name/format), of tables and of URLs: nothing in them needs quoting
_NAME = re.compile(r"^[a-z0-9][a-z0-9.+-]*$")


class ContractError(Exception):
    """A recipe file that does not keep the contract; the message names file, recipe and key."""


class Recipe(object):
    """One recipe: how a model is built, fitted and asked.

    The attributes are the keys of its entry in ``RECIPES``, with their defaults; the table above
    explains them.

    Parameters
    ----------
    name
        Its name in ``RECIPES``.
    spec
        Its entry there, without mistakes (`recipes_of` checks that).
    file
        Path of the recipe file.
    """

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
        self.make_slots: Optional[Callable[[Any], Any]] = spec.get("make_slots")
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
        """Say if the recipe wants to be saved in this format."""
        # with takings-away alone, all others are meant
        wanted = [p for p in self.formats if not p.startswith("!")] or ["*"]
        unwanted = [p[1:] for p in self.formats if p.startswith("!")]
        return any(fnmatch.fnmatch(format_name, p) for p in wanted) and not any(
            fnmatch.fnmatch(format_name, p) for p in unwanted
        )

    def unmet(self, versions: Dict[str, str]) -> str:
        """Say why this recipe does not exist among the given versions.

        Parameters
        ----------
        versions
            Versions of the imported modules, by the name of the module.

        Returns
        -------
        str
            The reason, for people; empty if the recipe exists.
        """
        for module, specifier in sorted(self.needs.items()):
            if module not in versions:
                return "needs " + module + specifier + ", which is not installed"
            if not satisfies(versions[module], specifier):
                return "needs " + module + specifier + ", this is " + versions[module]
        return ""


def version_tuple(version: str) -> Tuple[int, ...]:
    """Give the leading numbers of a version: ``1.2.0rc1`` is (1, 2, 0).

    ``packaging`` would do it better, but need not be installed in a pinned environment.
    """
    numbers = []
    for part in version.split("."):
        match = re.match(r"\d+", part)
        if not match:
            break
        numbers.append(int(match.group()))
        # what follows a pre-release or post-release is no part of the release
        if match.group() != part:
            break
    return tuple(numbers)


def satisfies(version: str, specifier: str) -> bool:
    """Say if a version is within a specifier such as ``>=1.0,<2``.

    Parameters
    ----------
    version
        A version; only its leading numbers count, so that ``2.0.0rc1`` is not below ``2.0``.
    specifier
        Clauses of ``<``, ``<=``, ``>`` or ``>=`` and numbers, joined by commas.

    Raises
    ------
    ContractError
        The specifier has anything else.
    """
    for clause in specifier.split(","):
        match = re.match(r"^\s*(<=|>=|<|>)\s*([0-9.]+)\s*$", clause)
        if not match:
            raise ContractError("not a specifier: " + repr(clause) + " (use >=1.0,<2)")
        ours, theirs = version_tuple(version), version_tuple(match.group(2))
        # 1.2 and 1.2.0 are the same release, but not the same tuple
        width = max(len(ours), len(theirs))
        ours += (0,) * (width - len(ours))
        theirs += (0,) * (width - len(theirs))
        sign = match.group(1)
        holds = {"<": ours < theirs, "<=": ours <= theirs, ">": ours > theirs, ">=": ours >= theirs}
        if not holds[sign]:
            return False
    return True


def module_name(path: str) -> str:
    """Give the module name that a recipe file is imported as.

    It is the same in the driver and in each pinned interpreter, so that pickles find the classes of
    the file again, and is no name that a library could have.
    """
    stem = os.path.splitext(os.path.basename(path))[0]
    return "crossload_recipe_" + re.sub(r"\W", "_", stem)


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads the source of a recipe file where a full disk has left damaged byte code of it."""

    def get_code(self, fullname: str) -> Any:
        """Give the code of the module."""
        try:
            return super().get_code(fullname)
        except (EOFError, ValueError, TypeError):
            path = self.get_filename(fullname)
            return self.source_to_code(self.get_data(path), path)


def import_file(path: str) -> Any:
    """Import a recipe file, once, as a module that pickle can name.

    Parameters
    ----------
    path
        The recipe file, which is executed.

    Returns
    -------
    module
        It is in ``sys.modules`` by its `module_name`.

    Raises
    ------
    ContractError
        The path cannot be the file of a module.
    Exception
        Anything that the file raises.
    """
    name = module_name(path)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == path:
        return known
    loader = _Loader(name, path) if path.endswith(".py") else None
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise ContractError(path + ": cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # before it is executed, as the manual of importlib has it: classes look their module up
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        # half a module must not be found by the next import
        del sys.modules[name]
        raise
    return module


def recipes_of(module: Any, path: str) -> Dict[str, Recipe]:
    """Give the recipes of an imported recipe file.

    Parameters
    ----------
    module
        The imported file.
    path
        Its path; messages have its last part.

    Returns
    -------
    dict of str to Recipe
        The recipes by name, in the order of the file.

    Raises
    ------
    ContractError
        The file does not keep the contract; the message has a line for every mistake.
    """
    specs = getattr(module, "RECIPES", None)
    file_name = os.path.basename(path)
    if not isinstance(specs, dict) or not specs:
        raise ContractError(file_name + ": no RECIPES mapping - name at least one recipe")
    problems: List[str] = []
    for name, spec in specs.items():
        problems.extend(
            file_name + ": RECIPES[" + repr(name) + "]: " + text for text in _mistakes(name, spec)
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
    for key in ("build", "fit", "prepare", "custom", "rebuild", "make_slots", "tamper", "damage"):
        if key in spec and not callable(spec[key]):
            found.append(key + ": must be a function")
    if spec.get("resume") not in (None, True) and not callable(spec["resume"]):
        found.append("resume: must be True or a function")
    outputs = spec.get("outputs", ["x"])
    if not isinstance(outputs, (list, tuple, dict)) or not outputs:
        found.append("outputs: name at least one output")
    for module, specifier in dict(spec.get("needs", {})).items():
        try:
            # any version will do: only the form of the specifier is checked
            satisfies("1.0", specifier)
        except ContractError as error:
            found.append("needs[" + repr(module) + "]: " + str(error))
    return found
