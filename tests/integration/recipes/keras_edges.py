"""Keras models at the edges of what formats ask of a model: types of inputs, training by hand, names, random numbers."""

import numpy as np

IMPORTS = ["tensorflow"]


def dense(data):
    import tensorflow as tf

    layers = tf.keras.layers
    inputs = layers.Input((data.x_train.shape[1],))
    return tf.keras.Model(inputs, layers.Dense(1, activation="sigmoid")(inputs))


def tokens(data):
    import tensorflow as tf

    layers = tf.keras.layers
    inputs = layers.Input((data.x_train.shape[1],), dtype="int32", name="tokens")
    hidden = layers.GlobalAveragePooling1D()(layers.Embedding(32, 4)(inputs))
    model = tf.keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def descend(model, data):
    """A step of gradient descent by hand: nobody compiles this model."""
    # variables that hang on the model need not stand behind those of its layers
    kernel, bias = model.layers[-1].get_weights()
    target = data.y_train.reshape(-1, 1) * 2.0 - 1.0
    slope = data.x_train.T.dot(target) / len(data.x_train)
    model.layers[-1].set_weights([kernel + slope.astype("float32"), bias])
    return model


def add_slots(model):
    """Variables that training by hand adds."""
    import tensorflow as tf

    model.slots = [tf.Variable(np.zeros(tuple(w.shape), "float32")) for w in model.trainable_variables]


def descend_with_slots(model, data):
    add_slots(model)
    for slot in model.slots:
        slot.assign_add(np.ones(tuple(slot.shape), "float32"))
    return descend(model, data)


def dropout(data):
    import tensorflow as tf

    layers = tf.keras.layers
    inputs = layers.Input((data.x_train.shape[1],))
    model = tf.keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Dropout(0.5)(inputs)))
    model.compile(optimizer=tf.keras.optimizers.SGD(0.1, momentum=0.9), loss="binary_crossentropy")
    return model


def name_length(model, data):
    """The length of a name that Keras chose: another one where it counted on."""
    return np.full((len(data.x_test), 1), float(len(model.layers[-1].name)))


def keras(build, formats, data="cancer-scaled", **more):
    options = dict(dict(kind="keras", task="binary", outputs=["call"]), **more)
    return dict(options, family="edges", data=data, build=build, formats=formats)


RECIPES = {
    "wide-tokens": keras(
        tokens,
        ["savedmodel-signature", "savedmodel-tfsm", "export", "export-tfsm", "export-keras"],
        "tokens",
        prepare=lambda x: x.astype("int64"),
    ),
    "never-compiled": keras(dense, ["checkpoint-strict"], fit=descend),
    "own-slots": keras(dense, ["checkpoint-strict"], fit=descend_with_slots, make_slots=add_slots),
    "dropout": keras(dropout, ["keras", "h5-uncompiled"], resume=True),
    "names": keras(
        dense,
        ["weights-h5", "weights-h5-strict", "checkpoint"],
        task="transform",
        fit=descend,
        outputs={"name": name_length},
    ),
}
