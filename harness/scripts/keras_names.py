"""Collects the names that a Keras model may hold harmlessly, from Keras itself.

``python keras_names.py PACKAGE FOLDER`` runs in an environment that has Keras and writes what it
finds into a file in the folder; ``python keras_names.py merge FOLDER FILE`` joins the files into
``harness/crossload/inspection/keras_names.json``.  ``nox -s names`` does both for many releases.

It imports nothing of crossload: it runs in environments as old as Python 3.8 and TensorFlow 2.2.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import types
from pathlib import Path
from typing import Any, Iterator

FORMAT = 1
"""Layout of the merged file."""

KINDS = (
    ("layers", "Layer"), ("models", "Model"), ("losses", "Loss"), ("metrics", "Metric"),
    ("optimizers", "Optimizer"), ("optimizers.schedules", "LearningRateSchedule"),
    ("optimizers.legacy", "Optimizer"), ("initializers", "Initializer"),
    ("regularizers", "Regularizer"), ("constraints", "Constraint"), ("mixed_precision", "Policy"),
    ("mixed_precision.experimental", "Policy"), ("dtype_policies", "DTypePolicy"),
    ("quantizers", "Quantizer"), ("quantizers", "QuantizationConfig"), ("random", "SeedGenerator"),
    ("utils", "FeatureSpace"), ("operations", "Operation"),
)  # fmt: skip
"""Where Keras has the base class of each kind of object that models hold."""

INNER_KINDS = (
    ("ops.operation", "Operation"), ("engine.base_layer", "Layer"),
    ("optimizer_v2.optimizer_v2", "OptimizerV2"), ("optimizers.optimizer_v2.optimizer_v2",
    "OptimizerV2"), ("optimizers.optimizer", "_BaseOptimizer"),
    ("optimizers.optimizer_experimental.optimizer", "_BaseOptimizer"),
    ("mixed_precision.policy", "PolicyV1"), ("layers.preprocessing.feature_space", "Feature"),
    ("layers.preprocessing.feature_space", "Cross"), ("losses", "LossFunctionWrapper"),
    ("initializers.initializers_v1", "Constant"), ("quantizers.quantization_config",
    "QuantizationConfig"), ("utils.losses_utils", "LossWrapper"),
)  # fmt: skip
"""The same by module paths that are not public."""

EXECUTING = {
    "Lambda": "it holds code of Python",
    "TFSMLayer": "it runs the graph of another SavedModel",
    "TFOpLambda": "it calls any function of TensorFlow",
    "SlicingOpLambda": "it calls any function of TensorFlow",
    "TensorFlowOpLayer": "it runs any operation of TensorFlow",
    "ClassMethod": "it calls any method of a class of TensorFlow",
    "InstanceMethod": "it calls any method of its input",
    "InstanceProperty": "it reads any attribute of its input",
    "TorchModuleWrapper": "it unpickles a module of PyTorch",
    "FlaxLayer": "it holds code of Python",
    "JaxLayer": "it holds code of Python",
    "Function": "it is rebuilt from parts that are not looked at",
    "KerasModelWrapper": "it holds another model",
    "SKLearnClassifier": "it calls a function that builds a model",
    "SKLearnRegressor": "it calls a function that builds a model",
    "SKLearnTransformer": "it calls a function that builds a model",
    "ReloadedLayer": "it runs the graph of another SavedModel",
    "Cond": "it calls functions that the file names",
    "Switch": "it calls functions that the file names",
    "Map": "it calls functions that the file names",
    "Scan": "it calls functions that the file names",
    "AssociativeScan": "it calls functions that the file names",
    "WhileLoop": "it calls functions that the file names",
    "ForiLoop": "it calls functions that the file names",
    "VectorizedMap": "it calls functions that the file names",
    "CustomGradient": "it calls functions that the file names",
    "_BaseFeaturesLayer": "its feature columns may read files",
    "DenseFeatures": "its feature columns may read files",
    "SequenceFeatures": "its feature columns may read files",
    "LinearModel": "its feature columns may read files",
    "ModuleWrapper": "it holds a module of TensorFlow",
    "RevivedLayer": "it is made from a graph",
    "RevivedNetwork": "it is made from a graph",
}
"""Classes of those kinds that execute or open what their configuration says, and why."""

CALLABLES = {
    "f", "fn", "fun", "func", "function", "cond", "body", "cond_fun", "body_fun", "true_fn",
    "false_fn", "branches", "branch_fns", "callable", "callback", "forward_fn", "pred_fn_pairs",
    "filename", "filenames", "file_pattern", "path", "filepath", "directory", "output_stream",
    "fname", "file_name", "contents_fn", "model_fn", "activation_fn", "true_classes_fn",
    "dataset", "iterator", "loop_vars", "op", "cell", "loop_fn", "operator", "vocab_file",
    "forward_window_fn", "keras_model", "estimator",
}  # fmt: skip
"""Names of arguments that take a function or a file: a pure operation has none of them."""

PLACES_OF_OPERATIONS = (
    "__operators__", "math", "nn", "linalg", "signal", "strings", "bitwise", "sets", "sparse",
    "ragged", "random", "quantization", "dtypes", "image",
)  # fmt: skip
"""Parts of TensorFlow's API whose functions compute from tensors alone."""

IMPURE = {
    "experimental", "fixed_unigram_candidate_sampler", "set_seed", "set_random_seed",
    "get_global_generator", "set_global_generator", "create_rng_state", "with_space_to_batch",
    "placeholder",
}  # fmt: skip
"""Parts of names there that open files, take functions, or change the state of TensorFlow."""

PLAIN_OPERATIONS = """
    abs acos acosh add add_n argmax argmin argsort as_string asin asinh atan atan2 atanh
    batch_to_space boolean_mask broadcast_dynamic_shape broadcast_static_shape broadcast_to cast
    clip_by_global_norm clip_by_norm clip_by_value complex concat convert_to_tensor cos cosh
    cumsum divide dynamic_partition dynamic_stitch edit_distance eig eigvals einsum ensure_shape
    equal exp expand_dims eye fill floor gather gather_nd greater greater_equal guarantee_const
    histogram_fixed_width identity identity_n is_tensor less less_equal linspace logical_and
    logical_not logical_or matmul matrix_square_root maximum meshgrid minimum multiply negative
    no_op norm not_equal one_hot ones ones_like pad parallel_stack pow range rank realdiv
    reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod
    reduce_sum repeat reshape reverse reverse_sequence roll round saturate_cast scalar_mul
    scatter_nd searchsorted sequence_mask shape shape_n sigmoid sign sin sinh size slice sort
    space_to_batch space_to_batch_nd split sqrt square squeeze stack stop_gradient strided_slice
    subtract tan tanh tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min
    tensor_scatter_nd_sub tensor_scatter_nd_update tensordot tile timestamp transpose
    truncatediv truncatemod unique unique_with_counts unravel_index unstack where zeros
    zeros_like
"""
"""Functions of TensorFlow's top level of which the same is true."""

LOOKUPS = ("get", "deserialize", "serialize")
"""Functions by which Keras itself looks names up."""


def roots(package: str) -> list[str]:
    """Give the prefixes under which a package has its modules, the public one first."""
    if package == "tensorflow":  # before TensorFlow 2.6 Keras is a part of it
        return ["tensorflow.keras", "tensorflow.python.keras"]
    return [package, package + ".src"]


def member(module: str, name: str) -> Any:
    """Give an object of a module, None where there is none."""
    try:
        found = importlib.import_module(module)
    except Exception:  # releases lack modules in many ways
        parent, _, last = module.rpartition(".")
        found = getattr(sys.modules.get(parent), last, None) if parent else None
    return getattr(found, name, None)


def base_classes(package: str) -> set[type]:
    """Give the base classes of all kinds of objects that models hold."""
    found = {
        member(root + "." + place, name)
        for root in roots(package)
        for place, name in (*KINDS, *INNER_KINDS)
    }
    return {each for each in found if isinstance(each, type)}


def all_below(classes: set[type]) -> set[type]:
    """Give classes and all that are derived from them, as far as they are imported."""
    found: set[type] = set()
    pending = list(classes)
    while pending:
        each = pending.pop()
        if each not in found:
            found.add(each)
            pending += type.__subclasses__(each)
    return found


def takes_callables(kind: Any) -> bool:
    """Tell whether a function, or a class by its constructor, takes functions or files."""
    try:
        names = set(inspect.signature(kind).parameters)
    except (TypeError, ValueError):
        return True
    return bool(names & CALLABLES)


def public_names(package: str) -> dict[str, Any]:
    """Give the objects that Keras exports, by their full public names."""
    found: dict[str, Any] = {}
    names = member(package + ".src.api_export", "REGISTERED_NAMES_TO_OBJS")
    found.update(names or {})
    # Keras 2 exports by attributes of the objects, which TensorFlow's decorator sets
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if not isinstance(name, str) or not any(
            name == root or name.startswith(root + ".") for root in roots(package)
        ):
            continue
        for each in list(vars(module).values()):
            for attribute in ("_keras_api_names", "_keras_api_names_v1"):
                own = (
                    getattr(each, "__dict__", {})
                    if isinstance(each, (type, types.FunctionType))
                    else {}
                )
                for public in own.get(attribute, ()):
                    found[public] = each
    return found


def is_harmless_class(kind: Any, bases: set[type], operation: Any) -> bool:
    """Tell whether a class is of a known kind, and executes nothing that a file tells it."""
    if not isinstance(kind, type) or not issubclass(kind, tuple(bases)):
        return False
    # a Functional model of Keras 3 is a Function
    ancestors = {each.__name__ for each in kind.__mro__[1:]} - {"Function"}
    if kind.__name__ in EXECUTING or ancestors & set(EXECUTING) or "testing" in kind.__module__:
        return False
    layer = any(each.__name__ == "Layer" for each in kind.__mro__)
    if operation and issubclass(kind, operation) and not layer:
        return not takes_callables(kind)
    return True


def lookup_tables(package: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through the tables in which Keras looks up texts, with the part of Keras of each."""
    inner = roots(package)[1] if member(roots(package)[1] + ".layers", "Dense") else package
    parts = ("activations", "losses", "metrics", "initializers", "optimizers", "regularizers",
             "constraints", "layers")  # fmt: skip
    for part in parts:
        try:
            module = importlib.import_module(inner + "." + part)
        except ImportError:
            continue
        yield part, dict(vars(module))
        for name in ("ALL_OBJECTS_DICT", "ALL_OBJECTS"):
            table = getattr(module, name, None)
            if isinstance(table, dict):
                yield part, {k: v for k, v in table.items() if isinstance(k, str)}
        for name in ("layers.serialization", "initializers"):
            serialization = sys.modules.get(inner + "." + name)
            local = getattr(serialization, "LOCAL", None)
            if part in name and local is not None:
                getattr(serialization, "populate_deserializable_objects", lambda: None)()
                yield part, dict(getattr(local, "ALL_OBJECTS", None) or {})


def operations_of_tensorflow() -> list[str]:
    """Give the functions of TensorFlow that TFOpLambda may call: those that compute alone."""
    mapping = member("tensorflow.python.util.tf_export", "_NAME_TO_SYMBOL_MAPPING") or {}
    found = set()
    for name, function in mapping.items():
        place, _, last = name.rpartition(".")
        is_pure = (
            place.split(".")[0] in PLACES_OF_OPERATIONS and not IMPURE & set(name.split("."))
        ) or (not place and last in PLAIN_OPERATIONS.split())
        if is_pure and inspect.isroutine(function) and not takes_callables(function):
            found.add(name)
    return sorted(found)


def collect(package: str) -> dict[str, Any]:
    """Collect everything from the Keras that is installed here."""
    import_all(package)
    bases = base_classes(package)
    operation = member(package + ".src.ops.operation", "Operation") or member(
        package + ".src.ops", "Operation"
    )
    objects: set[tuple[str, str]] = set()
    harmless: dict[int, Any] = {}

    def mine(module: str) -> bool:
        return any(module == root or module.startswith(root + ".") for root in roots(package))

    for kind in all_below(bases):
        if mine(kind.__module__) and is_harmless_class(kind, bases, operation):
            harmless[id(kind)] = kind
            objects.add((kind.__module__, kind.__name__))
    exported = public_names(package)
    functions = set()
    for public, each in exported.items():
        place, _, last = public.rpartition(".")
        part = place.split(".")[-1]
        is_function = isinstance(each, types.FunctionType)
        if is_function and part in ("activations", "losses", "metrics") and last not in LOOKUPS:
            harmless[id(each)] = each
            functions.add(last)
            objects.add((each.__module__, each.__name__))
        if id(each) in harmless:
            objects.add((place, last))
    identifiers, helpers = set(functions), set()
    for part, table in lookup_tables(package):
        for name, each in table.items():
            makes = inspect.isroutine(each) and is_maker(part, name, each, mine)
            if id(each) in harmless or makes:
                identifiers.add(name)
            elif callable(each):
                helpers.add(name)
    identifiers |= {
        kind.__name__.lower()
        for kind in harmless.values()
        if isinstance(kind, type) and any("Optimizer" in each.__name__ for each in kind.__mro__)
    }
    return {
        "objects": sorted(objects),
        "identifiers": sorted(identifiers),
        "helpers": sorted(helpers - identifiers),
        "registered": registered_names(package, harmless),
        "operations": operations_of_tensorflow()
        if not member(package + ".src.api_export", "REGISTERED_NAMES_TO_OBJS")
        else [],
    }


def is_maker(part: str, name: str, function: Any, mine: Any) -> bool:
    """Tell whether a function makes a regularizer or the like, or is one of the activations."""
    module = getattr(function, "__module__", "") or ""
    return (
        mine(module)
        and (module.endswith("." + part) or part in module.split("."))
        and part in ("activations", "losses", "metrics", "regularizers", "constraints")
        and name not in LOOKUPS
        and not name.startswith("_")
        and (
            part != "metrics"
            or list(inspect.signature(function).parameters)[:2] == ["y_true", "y_pred"]
        )
        and (
            part != "losses"
            or list(inspect.signature(function).parameters)[:2] == ["y_true", "y_pred"]
        )
        and (part != "activations" or list(inspect.signature(function).parameters)[:1] == ["x"])
        and (part != "regularizers" or name in ("l1", "l2", "l1_l2", "orthogonal_regularizer"))
        and (part != "constraints" or name in ("max_norm", "non_neg", "unit_norm", "min_max_norm"))
    )


def registered_names(package: str, harmless: dict[int, Any]) -> list[str]:
    """Give the names under which harmless classes are registered, such as ``Custom>Adam``."""
    found = set()
    for root in roots(package):
        for module, name in (
            ("saving.object_registration", "GLOBAL_CUSTOM_OBJECTS"),
            ("saving.object_registration", "_GLOBAL_CUSTOM_OBJECTS"),
            ("utils.generic_utils", "_GLOBAL_CUSTOM_OBJECTS"),
        ):
            table = member(root + "." + module, name) or {}
            found |= {key for key, each in table.items() if id(each) in harmless}
    # optimizers of Keras 2.11 and later are saved under the package that stands for no package
    return sorted(
        found
        | {
            "Custom>" + kind.__name__
            for kind in harmless.values()
            if isinstance(kind, type) and any("Optimizer" in each.__name__ for each in kind.__mro__)
        }
    )


def import_all(package: str) -> None:
    """Import the parts of Keras that do not come with the package itself."""
    importlib.import_module("tensorflow")
    importlib.import_module(
        roots(package)[0] if package != "tensorflow" else "tensorflow.python.keras"
    )
    for root in roots(package):
        for part in (
            "layers", "models", "losses", "metrics", "optimizers", "initializers", "regularizers",
            "constraints", "activations", "ops", "mixed_precision", "dtype_policies", "quantizers",
            "saving", "saving.serialization_lib", "legacy", "utils", "premade", "premade_models",
            "layers.experimental", "layers.experimental.preprocessing", "layers.serialization",
            "optimizers.schedules", "optimizers.legacy", "optimizers.experimental",
            "engine.functional", "engine.sequential", "engine.training_v1",
            "trainers.compile_utils", "ops.function",
            "layers.preprocessing.feature_space", "utils.jax_layer", "utils.torch_utils",
        ):  # fmt: skip
            try:
                importlib.import_module(root + "." + part)
            except Exception:  # releases lack modules in many ways
                continue


def merge(folder: Path) -> dict[str, Any]:
    """Join what was collected from all releases."""
    modules: dict[str, set[str]] = {}
    texts: dict[str, set[str]] = {
        "identifiers": set(),
        "helpers": set(),
        "registered": set(),
        "operations": set(),
    }
    made_from = []
    for path in sorted(folder.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        made_from.append(found["made_from"])
        for module, name in found["objects"]:
            modules.setdefault(module, set()).add(name)
        for key, known in texts.items():
            known.update(found[key])
    # what is harmless in one release and a helper in another is a helper
    names = {name for known in modules.values() for name in known}
    helpers = texts["helpers"] - texts["identifiers"] - names - set(EXECUTING)
    return {
        "format": FORMAT,
        "made_from": sorted(made_from),
        "executing": EXECUTING,
        "objects": {module: " ".join(sorted(known)) for module, known in sorted(modules.items())},
        "identifiers": " ".join(sorted(texts["identifiers"])),
        "helpers": " ".join(sorted(helpers)),
        "registered": " ".join(sorted(texts["registered"])),
        "operations": " ".join(sorted(texts["operations"])),
    }


def main() -> None:
    """Collect from one release, or join what was collected."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "merge":
        text = json.dumps(merge(folder), indent=1)
        Path(sys.argv[3]).write_text(text + "\n", encoding="utf-8")
        return
    found = collect(what)
    import tensorflow as tf  # not there when files are joined

    own = sys.modules.get(what)
    version = getattr(own, "__version__", None) or member(what + ".src.version", "__version__")
    made_from = "{} {}".format(what, version or "of TensorFlow")
    found["made_from"] = "{} with tensorflow {}".format(made_from, tf.__version__)
    (folder / "{}.json".format(found["made_from"].replace(" ", "-"))).write_text(
        json.dumps(found), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
