"""The environment variables of every pinned process: one thread, no GPU, quiet, the same locale, seed and time zone.

They decide results - HistGradientBoosting and TensorFlow give other last digits with other threads - and so stand here,
among the code that the keys of outcomes know.
"""

from typing import Dict

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS")


def variables() -> Dict[str, str]:
    """Variables with the same value everywhere; the driver adds the folders."""
    found = {"%s_NUM_THREADS" % name: "1" for name in THREADS}
    found.update(
        {
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            "KERAS_BACKEND": "tensorflow",
            "PYTHONHASHSEED": "0",
            "PYTHONIOENCODING": "utf-8",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
    )
    return found
