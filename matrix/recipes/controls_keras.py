"""Controls of Keras formats: artifacts damaged on purpose, each of which must be caught wherever it is written."""

import os

import numpy as np

IMPORTS = ["tensorflow"]


def layers():
    import tensorflow as tf

    return tf.keras.layers


def dense(width):
    def build(data):
        import tensorflow as tf

        L = layers()
        x = L.Input((data.x_train.shape[1],), name="features")
        h = L.Dense(width, activation="relu", name="first")(x)
        h = L.Dense(width, activation="relu", name="second")(h)
        h = L.Dense(width, activation="relu", name="third")(h)
        h = L.BatchNormalization(name="norm")(h)
        model = tf.keras.Model(x, L.Dense(1, activation="sigmoid", name="out")(h))
        model.compile(optimizer="adam", loss="binary_crossentropy")
        return model

    return build


def truncate(path, model):
    with open(path, "r+b") as stream:
        stream.truncate(os.path.getsize(path) // 2)


def empty(path, model):
    open(path, "wb").close()


def remove_variables(path, model):
    """A SavedModel folder that was copied without one of its files."""
    os.remove(os.path.join(path, "variables", "variables.index"))


def flip_weight(path, model):
    """Turn the sign of one weight of the last layer: one bit of one byte of the file."""
    with open(path, "rb") as stream:
        text = bytearray(stream.read())
    weights = model.get_layer("out").get_weights()[0].astype("<f4")
    at = bytes(text).find(np.ascontiguousarray(weights).tobytes())
    assert at >= 0, "the weights are not in the file as they are in memory"
    text[at + 4 * int(np.argmax(np.abs(weights[:, 0]))) + 3] ^= 0x80
    with open(path, "wb") as stream:
        stream.write(text)


def swap(model, data):
    """The weights of two layers of the same shape change places."""
    second, third = model.get_layer("second"), model.get_layer("third")
    one, two = second.get_weights(), third.get_weights()
    second.set_weights(two)
    third.set_weights(one)
    return model


def forget_statistics(model, data):
    """Moving mean and variance as in a new layer: what becomes of BatchNormalization if only trained weights are kept."""
    norm = model.get_layer("norm")
    gamma, beta, mean, variance = norm.get_weights()
    norm.set_weights([gamma, beta, np.zeros_like(mean), np.ones_like(variance)])
    return model


def plain(data):
    """A model of one layer and an optimizer that remembers."""
    import tensorflow as tf

    L = layers()
    x = L.Input((data.x_train.shape[1],), name="features")
    model = tf.keras.Model(x, L.Dense(1, activation="sigmoid", name="out")(x))
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.5, momentum=0.9)
    model.compile(optimizer=optimizer, loss="binary_crossentropy")
    return model


def forget_optimizer(model, data):
    """The same weights with an optimizer that remembers nothing: predictions stay, training does not go on."""
    fresh = plain(data)
    fresh.set_weights(model.get_weights())
    return fresh


def control(expect, formats, **more):
    return dict(
        {"build": dense(8), "kind": "keras"},
        family="controls",
        task="binary",
        data="cancer-scaled",
        outputs=["call"],
        formats=formats,
        expect=expect,
        **more
    )


RECIPES = {
    "control-truncated-h5": control("load-error", ["h5"], damage=truncate),
    "control-emptied-h5": control("load-error", ["h5"], damage=empty),
    "control-flipped-byte-h5": control("drift", ["weights-h5"], damage=flip_weight),
    "control-missing-savedmodel-file": control("load-error", ["export", "savedmodel-signature"], damage=remove_variables),
    "control-swapped-layers": control("drift", ["h5"], tamper=swap),
    "control-reset-statistics": control("drift", ["weights-h5"], tamper=forget_statistics),
    "control-other-architecture": control("load-error", ["weights-h5"], rebuild=dense(6)),
    "control-other-architecture-checkpoint": control("load-error", ["checkpoint"], rebuild=dense(6)),
    # Keras 3 cannot train what it loaded from HDF5 at all, so each generation has the format that keeps its optimizer
    "control-removed-optimizer": control(
        "identical",
        ["h5"],
        build=plain,
        needs={"keras": "<3"},
        tamper=forget_optimizer,
        resume=True,
        resumes="lost optimizer state",
    ),
    "control-removed-optimizer-keras": control(
        "identical",
        ["keras"],
        build=plain,
        needs={"keras": ">=3"},
        tamper=forget_optimizer,
        resume=True,
        resumes="lost optimizer state",
    ),
    "control-wrong-sha256-h5": control("load-error", ["h5"], claim="0" * 64, says="not what was saved"),
}
