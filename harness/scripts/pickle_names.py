"""Collects what saved models of scikit-learn and its relatives may name, from the libraries.

``python pickle_names.py collect`` runs in an environment that has them, and prints what it found as
JSON; ``python pickle_names.py merge FILE...`` joins such files into the data that
`crossload.inspection` ships.  Only the standard library is used, in
the grammar of Python 3.7, because scikit-learn 0.20 has no newer one.

A class is listed if unpickling an object of it runs no code of its own but what was looked at:
without ``__setstate__``, ``__new__`` and ``__del__``, or with those of `REVIEWED`.
"""

import importlib
import inspect
import json
import pkgutil
import re
import sys

PACKAGES = (
    "sklearn",
    "scipy.sparse",
    "scipy.stats",
    "scipy.interpolate",
    "scipy.spatial",
    "scipy.special",
    "numpy",
    "pandas",
    "xgboost",
    "lightgbm",
    "imblearn",
)

HOLDS = re.compile(
    r"^(sklearn\.(?!utils\b|experimental|estimator_checks)"
    r"|sklearn\.utils\.(_bunch|_metadata_requests|_encode|_fast_dict|_seq_dataset|_set_output|_tags"
    r"|_weight_vector|weight_vector|_readonly_array_wrapper|seq_dataset|_vector_sentinel)\b"
    r"|xgboost\.(core|sklearn|training|objective)\b|lightgbm\.(basic|sklearn)\b|imblearn\.(?!utils)"
    r"|scipy\.(sparse|interpolate|spatial|special)\b|pandas(\.arrays)?$|pandas\.(core|_libs)\b"
    r"|numpy(\.random|\.ma\.core|\.polynomial)?$|numpy\.(random|polynomial)\.|_loss$|_cyutility$)"
)
"""Modules whose classes models hold."""

NOT_HELD = {
    "vectorize",
    "nditer",
    "memmap",
    "PytestTester",
    "ufunc",
    "errstate",
    "PyFuncDistance",
    "PyFuncDistance32",
    "PyFuncDistance64",
    "format_parser",
    "ndenumerate",
    "DataSource",
    "_frommethod",
    "_convert2ma",
}
"""Classes that call what they are given, or open files."""

LEFT_OUT = re.compile(
    r"(^|\.)(tests?|_?testing|conftest|datasets|externals|distutils|f2py|setup|_build_utils|discovery"
    r"|importutils|dask|spark|federated|plotting|plot|_plot|io|compat|ctypeslib|memmap|version"
    r"|benchmarks?|doc_utils|callbacks?|build|_distributor_init|numpy_pickle\w*|memory|_memory_helpers"
    r"|pool|parallel|_parallel_backends|executor|hashing|func_inspect|logger|disk|arrow|_tester|excel"
    r"|clipboards|parsers|pytables|sas|spss|sql|stata|xml|html|json|parquet|pickle|feather\w*|orc"
    r"|computation|util|_config|_optional|_set_functions_of)(\.|$)"
)
"""Modules that models hold nothing of: they open files, start processes, or test."""

REVIEWED = {
    # puts a dict of attributes in place, after a warning about versions
    "BaseEstimator.__setstate__",
    "RegressorMixin.__setstate__",
    # lossy copies of older attributes, from the state alone
    "KernelDensity.__setstate__",
    "GaussianProcessRegressor.__setstate__",
    "BaseGradientBoosting.__setstate__",
    "LossFunction.__setstate__",
    "BaseHistGradientBoosting.__setstate__",
    "TreePredictor.__setstate__",
    "BaseSGD.__setstate__",
    "TfidfTransformer.__setstate__",
    "TfidfVectorizer.__setstate__",
    "_RidgeGCV.__setstate__",
    "Bunch.__setstate__",
    "Bunch.__setattr__",
    "Bunch.__getattr__",
    "MetadataRequest.__getattr__",
    "IsotonicRegression.__setstate__",
    "Kernel.__setstate__",
    "BinaryTree.__setstate__",
    "KDTree.__setstate__",
    "BallTree.__setstate__",
    "DistanceMetric.__setstate__",
    "Tree.__setstate__",
    "WeightVector.__setstate__",
    "NDFrame.__setstate__",
    "BaseBlockManager.__setstate__",
    "BlockManager.__setstate__",
    "SingleBlockManager.__setstate__",
    "Index.__setstate__",
    "DataFrame.__setstate__",
    "Booster.__setstate__",
    "XGBModel.__setstate__",
    "spmatrix.__setstate__",
    "spmatrix.__getattr__",
    "_spbase.__getattr__",
    "Index.__new__",
    "NDFrame.__setattr__",
    "NDFrame.__getattr__",
    "Categorical.__setstate__",
    "SparseArray.__setstate__",
    "CategoricalDtype.__setstate__",
    "DatetimeTZDtype.__setstate__",
    "IntervalDtype.__setstate__",
    "PeriodDtype.__setstate__",
    "MaskedArray.__setstate__",
    "matrix.__new__",
    "recarray.__new__",
    "MaskedArray.__new__",
    "CategoricalIndex.__new__",
    "DatetimeIndex.__new__",
    "IntervalIndex.__new__",
    "MultiIndex.__new__",
    "PeriodIndex.__new__",
    "RangeIndex.__new__",
    "TimedeltaIndex.__new__",
    "Int64Index.__new__",
    "UInt64Index.__new__",
    "Float64Index.__new__",
    "NumericIndex.__new__",
    "ABCPolyBase.__setstate__",
    "NoNewAttributesMixin.__setattr__",
    "Booster.__del__",
    "_InnerPredictor.__del__",
    "ArrowExtensionArray.__setstate__",
    "StringDtype.__setstate__",
    "BaseArrayManager.__setstate__",
    "IntervalArray.__new__",
    "DatetimeArray.__setstate__",
    "OneToOneFeatureMixin.__setstate__",
}
"""Methods that run when an object is unpickled, and were read: they take attributes and no more.

A class of compiled code is listed whatever it has: its methods take the state apart, and call
nothing that stands in it.
"""


def main(arguments):
    """Collect in this environment, or merge files; print JSON."""
    if arguments[:1] == ["collect"]:
        out, sys.stdout = sys.stdout, sys.stderr  # some modules print when they are imported
        found = collect()
        out.write(json.dumps(found, sort_keys=True))
    elif arguments[:1] == ["merge"] and arguments[1:]:
        print(merge([json.loads(open(path, encoding="utf-8").read()) for path in arguments[1:]]))
    else:
        sys.exit(__doc__)


def collect():
    """Find the classes and functions of the packages that this environment has."""
    made_from, made, called, functions, refused = {}, set(), set(), set(), {}
    for package in sorted({each.split(".")[0] for each in PACKAGES}):
        module = _import(package)
        if module is not None:
            made_from[package] = module.__version__
    for package in PACKAGES:
        for module in _modules(package):
            for name, value in list(vars(module).items()):
                where = module.__name__ + ":" + name
                if inspect.isclass(value):
                    if not _at_home(module, name, value):
                        continue
                    where = value.__module__ + ":" + name
                    if not HOLDS.match(value.__module__) or name in NOT_HELD:
                        continue
                    reason = _reason_against(value)
                    if reason:
                        refused[where] = reason
                        continue
                    made.add(where)
                    if _is_compiled(value):
                        called.add(where)
                elif _is_function(module, name, value):
                    functions.add(where)
    return {
        "made_from": made_from,
        "made": sorted(made),
        "called": sorted(called),
        "functions": sorted(functions),
        "refused": refused,
    }


def _import(name):
    try:
        return importlib.import_module(name)
    except BaseException:  # of a package for which something else is not installed
        return None


def _modules(top):
    package = _import(top)
    if package is None:
        return
    yield package
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".", onerror=str):
        if not LEFT_OUT.search(found.name):
            module = _import(found.name)
            if module is not None:
                yield module


def _at_home(module, name, value):
    own = getattr(value, "__module__", "") or ""
    # some compiled modules write their own name without the package, as pickles then have it
    compiled = str(getattr(module, "__file__", "")).endswith((".so", ".pyd"))
    return name == value.__name__ and (
        own == module.__name__ or (compiled and own == module.__name__.split(".")[-1])
    )


def _is_compiled(value):
    return not (value.__flags__ & (1 << 9))  # Py_TPFLAGS_HEAPTYPE: made by a class statement


def _reason_against(value):
    """Say what unpickling an object would run that was not looked at; empty for nothing."""
    if issubclass(value, (BaseException, type)) or value.__name__.startswith("Test"):
        return "no part of a model"
    if _is_compiled(value):
        return ""
    for name in (
        "__setstate__",
        "__new__",
        "__del__",
        "__setattr__",
        "__reduce__",
        "__reduce_ex__",
        "__getnewargs__",
        "__getnewargs_ex__",
        "__getattr__",
        "__getattribute__",
        "__hash__",
        "__eq__",
    ):
        for base in value.__mro__:
            if name in vars(base):
                found = vars(base)[name]
                break
        else:
            continue
        if base is object or not inspect.isfunction(getattr(found, "__func__", found)):
            continue
        if name in ("__setstate__", "__new__", "__setattr__", "__getattr__"):
            owner = base.__name__ + "." + name
            if owner not in REVIEWED and (name != "__new__" or not _plain_new(base)):
                return owner
        if name == "__del__" and base.__name__ + "." + name not in REVIEWED:
            return base.__name__ + "." + name
    return ""


def _plain_new(base):
    # tuples with names, and singletons such as sentinels
    return issubclass(base, tuple) and hasattr(base, "_fields")


def _is_function(module, name, value):
    if type(value).__name__ == "ufunc":
        return True
    if not callable(value) or name.startswith("__"):
        return False
    own = getattr(value, "__module__", "") or ""
    if own != module.__name__ or not (
        inspect.isfunction(value)
        or type(value).__name__
        in (
            "builtin_function_or_method",
            "cython_function_or_method",
            "_ArrayFunctionDispatcher",
        )
    ):
        return False
    return bool(HARMLESS_FUNCTIONS.match(module.__name__ + "." + name)) and not re.search(
        r"fetch|load|save|open|read|write|file|path|exec|eval|compile|import|clone|delayed|parallel"
        r"|fit|cache|dump|warn|deprecat|config|check_estimator|make_scorer|func|call|apply|get_|set_",
        name,
    )


HARMLESS_FUNCTIONS = re.compile(
    r"^(sklearn\.(metrics|feature_selection|preprocessing|neural_network|cluster|covariance"
    r"|decomposition|ensemble|gaussian_process|kernel_approximation|linear_model|manifold|model_selection"
    r"|neighbors|svm|tree|feature_extraction|utils\.extmath|utils\.validation|compose|base)\b"
    r"|scipy\.(special|stats|spatial\.distance)\b|xgboost\.sklearn|lightgbm\.sklearn|imblearn\b"
    r"|numpy\.(core|_core|lib)\.\w*(fromnumeric|function_base|nanfunctions|numeric|umath)\w*\b)"
)
"""Functions that models hold as values: metrics, scores, kernels, transformations."""


def merge(found):
    """Join what several environments have, as the text of the data file."""
    kinds = {}
    for kind in ("made", "called", "functions"):
        places = {}
        for each in found:
            for where in each[kind]:
                module, name = where.split(":")
                if kind != "functions" and not HOLDS.match(module):
                    continue
                places.setdefault(module, set()).add(name)
        kinds[kind] = {module: sorted(names) for module, names in sorted(places.items())}
    data = {"made_from": [each["made_from"] for each in found]}
    data.update(kinds)
    return json.dumps(data, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
