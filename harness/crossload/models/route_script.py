"""A shell script that goes a route again, without crossload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.models.route import KERAS_FILES, OBJECT_FILES

if TYPE_CHECKING:
    from crossload.models.route import Route

_LOADS = {
    "joblib": ("import joblib", "model = joblib.load({path!r})"),
    "pickle": ("import pickle", "model = pickle.load(open({path!r}, 'rb'))"),
    # the types that skops does not know are those of the model, which crossload had the consent of
    # the user to load; since skops 0.10 they must be named instead of trusted=True
    # (https://github.com/skops-dev/skops/pull/422)
    "skops": (
        "import skops.io",
        "model = skops.io.load({path!r}, trusted=skops.io.get_untrusted_types(file={path!r}))",
    ),
    "h5": ("import tensorflow as tf", "model = tf.keras.models.load_model({path!r})"),
    "keras": ("import tensorflow as tf", "model = tf.keras.models.load_model({path!r})"),
    "savedmodel-keras": ("import tensorflow as tf", "model = tf.keras.models.load_model({path!r})"),
}
"""Import and statement by the way of loading."""

_SAVES = {
    "joblib": ("import joblib", "joblib.dump(model, {path!r})"),
    "pickle": ("import pickle", "pickle.dump(model, open({path!r}, 'wb'))"),
    "skops": ("import skops.io", "skops.io.dump(model, {path!r})"),
    "h5": ("import tensorflow as tf", "model.save({path!r})"),
    "keras": ("import tensorflow as tf", "model.save({path!r})"),
    "savedmodel-keras": ("import tensorflow as tf", "model.save({path!r}, save_format='tf')"),
}
"""Import and statement by the format to save in; only Keras 2 has the last one."""


def script_of(route: Route) -> str:
    """Write a shell script that goes the way again, with uv; every version is pinned.

    It is empty where there is no way, or where none is needed.
    """
    if route.final is None:
        return ""
    lines = [
        "#!/bin/sh",
        "# Each step was executed and its answers compared by crossload route; "
        "loading executes what is in a file.",
        "set -eu",
    ]
    path = str(route.direct.path)
    for number, step in enumerate(route.steps, 1):
        target = f"step{number}-{(KERAS_FILES | OBJECT_FILES)[step.saves]}"
        pins = " ".join(
            f"--with {name}=={version}"
            for name, version in sorted(step.built.lock.versions().items())
        )
        imports = dict.fromkeys([_LOADS[step.loads][0], _SAVES[step.saves][0]])
        code = [
            *imports,
            _LOADS[step.loads][1].format(path=path),
            _SAVES[step.saves][1].format(path=target),
        ]
        # --no-project, so that a project in the folder where it is run adds nothing; the quotes
        # around EOF keep the shell from expanding what is in paths
        lines += [
            f"uv run --no-project --python {step.built.lock.python} {pins} python - <<'EOF'",
            *code,
            "EOF",
        ]
        path = target
    lines.append(f"echo 'load {path} as {route.final.model.way}'")
    return "\n".join(lines) + "\n"
