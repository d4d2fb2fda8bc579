"""The environment variables of every pinned process.

One thread, no GPU, quiet, the same locale, seed and time zone.  They decide results -
HistGradientBoosting and TensorFlow give other last digits with other threads - and so stand here,
among the code that the keys of outcomes know.
"""

from typing import Dict

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS")
"""Beginnings of the names of variables that limit the threads of one library each."""


def variables() -> Dict[str, str]:
    """Give the variables that have the same value everywhere; the driver adds the folders."""
    # Also for speed: one process works on each core, and small models with OpenMP took 10 to 15
    # times as long with the default threads of two cores.
    found = {"%s_NUM_THREADS" % name: "1" for name in THREADS}
    found.update(
        {
            # TensorFlow has thread pools of its own, which OMP_NUM_THREADS does not limit
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            # errors alone: the log of a child is kept when it dies
            "TF_CPP_MIN_LOG_LEVEL": "3",
            # no device has this number
            "CUDA_VISIBLE_DEVICES": "-1",
            # Keras 3 would else read ~/.keras/keras.json
            "KERAS_BACKEND": "tensorflow",
            # sets of strings are saved, and trained on, in the same order each time
            "PYTHONHASHSEED": "0",
            # not the locale's: messages of libraries are not ASCII everywhere
            "PYTHONIOENCODING": "utf-8",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
    )
    return found
