"""Collects what configurations of Keras and graphs of TensorFlow may name, from the libraries.

``python keras_names.py collect`` runs in an environment that has TensorFlow, Keras or both, and
prints what it found as JSON; ``python keras_names.py merge FILE...`` joins such files into the data
that `crossload.inspection` ships (``nox -s names`` does both).  Only the standard library is used,
in the grammar of Python 3.8, because TensorFlow 2.2 has no newer one.
"""

import importlib
import inspect
import json
import pkgutil
import re
import sys

TOPS = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras")
"""Packages that configurations name modules of."""

BASES = {
    # the special first: a Metric of Keras 2 is a Layer, a Layer of Keras 3 is an Operation
    "loss": ("losses.Loss",),
    "metric": ("metrics.Metric",),
    "layer": ("layers.Layer", "layers.RNN", "Model", "Sequential"),
    "optimizer": ("optimizers.Optimizer", "optimizers.legacy.Optimizer"),
    "schedule": ("optimizers.schedules.LearningRateSchedule",),
    "initializer": ("initializers.Initializer",),
    "regularizer": ("regularizers.Regularizer",),
    "constraint": ("constraints.Constraint",),
    "policy": (
        "DTypePolicy",
        "dtype_policies.DTypePolicy",
        "dtype_policies.DTypePolicyMap",
        "mixed_precision.Policy",
        "mixed_precision.experimental.Policy",
    ),
    "quantization": ("quantizers.Quantizer", "quantizers.QuantizationConfig"),
    "operation": ("Operation",),
    "variable": ("Variable",),
}
"""Public base classes, by what they are; what derives from them may stand in a configuration."""

FUNCTIONS = {
    "activations": "activation",
    "losses": "loss",
    "metrics": "metric",
    "initializers": "initializer",
    "regularizers": "regularizer",
    "constraints": "constraint",
}
"""Public modules whose functions configurations name."""

NOT_FUNCTIONS = re.compile(
    r"^(get|serialize|deserialize|set|register|_.*|serialize_keras_object|deserialize_keras_object"
    r"|get_.*|custom_object_scope|is_.*|.*_registered.*|keras_export|doc_controls)$"
)
"""Functions of those modules that put configurations together, or were imported for others."""

EXECUTES = {
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "TFOpLambda",
    "SlicingOpLambda",
    "ClassMethod",
    "InstanceMethod",
    "InstanceProperty",
    "TensorFlowOpLayer",
    "DenseFeatures",
    "SequenceFeatures",
    "LinearModel",
    "Function",
    "Map",
    "Scan",
    "WhileLoop",
    "ForiLoop",
    "AssociativeScan",
    "VectorizedMap",
    "Cond",
    "Switch",
    "CustomGradient",
    "Print",
}
"""Classes that call what their configuration names or carries, or load another file.

What `crossload.inspection` knows of them is written there, by hand; none is harmless by its name.
"""


def main(arguments):
    """Collect in this environment, or merge files; print JSON."""
    if arguments[:1] == ["collect"]:
        print(json.dumps(collect(), sort_keys=True))
    elif arguments[:1] == ["merge"] and arguments[1:]:
        print(merge([json.loads(open(path, encoding="utf-8").read()) for path in arguments[1:]]))
    else:
        sys.exit(__doc__)


def collect():
    """Find all classes and functions, and all operations of TensorFlow, of this environment."""
    made_from, classes, functions = {}, {}, {}
    for package in ("tensorflow", "keras", "tf_keras"):
        module = _import(package)
        if module is not None and getattr(module, "__version__", None):
            made_from[package] = module.__version__
    for top in TOPS:
        if _import(top) is None:
            continue
        bases = _bases(top)
        for module in _modules(top):
            for name, value in list(vars(module).items()):
                kind = _kind(name, value, bases)
                if kind and _is_at_home(module.__name__, value):
                    classes.setdefault(kind, {}).setdefault(name, set()).add(module.__name__)
        for part, kind in FUNCTIONS.items():
            module = _import(top + "." + part) or getattr(_import(top), part, None)
            for name, value in sorted(vars(module).items()) if module else ():
                if (
                    inspect.isfunction(inspect.unwrap(value) if callable(value) else value)
                    and not NOT_FUNCTIONS.match(name)
                    and _of_keras(value)
                ):
                    functions.setdefault(kind, set()).add(name)
    return {
        "made_from": made_from,
        "classes": {
            kind: {name: sorted(places) for name, places in found.items()}
            for kind, found in classes.items()
        },
        "functions": {kind: sorted(found) for kind, found in functions.items()},
        "operations": _operations(),
    }


def _import(name):
    try:
        return importlib.import_module(name)
    except Exception:  # a module of a package for which something else is not installed
        return None


def _modules(top):
    """Give the modules below a package, imported; tests and the old compatibility API left out."""
    package = _import(top)
    yield package
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".", onerror=str):
        if not re.search(r"test|benchmark|applications|datasets|\bcompat\b|_v1\b", found.name):
            module = _import(found.name)
            if module is not None:
                yield module


def _bases(top):
    found = []
    for kind, names in BASES.items():
        for name in names:
            value = _import(top)
            for part in name.split("."):
                value = getattr(value, part, None) if value is not None else None
            if inspect.isclass(value):
                found.append((kind, value))
    return found


def _kind(name, value, bases):
    if not inspect.isclass(value) or name in EXECUTES or value.__name__ in EXECUTES:
        return None
    if name.startswith("_") or name != value.__name__:
        return None
    # the first: a Model is a Layer, and a Layer an Operation
    return next((kind for kind, base in bases if issubclass(value, base)), None)


def _is_at_home(module, value):
    """Say if a configuration names this module: that of the definition, or a public one."""
    return module == value.__module__ or not re.search(r"\.(src|python|engine|_impl)\b", module)


def _of_keras(value):
    return re.match(
        r"(tf_)?keras\b|tensorflow\.(python\.)?keras\b", getattr(value, "__module__", "") or ""
    )


def _operations():
    """Give the names of the operations that TensorFlow has registered."""
    if _import("tensorflow") is None:
        return []
    from tensorflow.core.framework import op_def_pb2

    try:
        from tensorflow.python.client import pywrap_tf_session as session
    except ImportError:
        from tensorflow.python import pywrap_tensorflow as session
    listed = op_def_pb2.OpList.FromString(session.TF_GetBuffer(session.TF_GetAllOpList()))
    return sorted(each.name for each in listed.op)


def merge(found):
    """Join what several environments have, as the text of the data file."""
    classes, functions, operations = {}, {}, set()
    for each in found:
        for kind, names in each["classes"].items():
            for name, places in names.items():
                classes.setdefault(kind, {}).setdefault(name, set()).update(places)
        for kind, names in each["functions"].items():
            functions.setdefault(kind, set()).update(names)
        operations.update(each["operations"])
    # modules are many times the same: each is written once, and referred to by its number
    modules = sorted(
        {place for names in classes.values() for places in names.values() for place in places}
    )
    number = {module: index for index, module in enumerate(modules)}
    data = {
        "made_from": [each["made_from"] for each in found],
        "modules": modules,
        "classes": {
            kind: {name: sorted(number[place] for place in names[name]) for name in sorted(names)}
            for kind, names in sorted(classes.items())
        },
        "functions": {kind: sorted(names) for kind, names in sorted(functions.items())},
        "operations": sorted(operations),
    }
    return json.dumps(data, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
