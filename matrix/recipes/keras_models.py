"""Keras models of the kinds people deploy, written so that Keras 2 and Keras 3 both build them."""

import numpy as np

IMPORTS = ["tensorflow"]
FEW = ["savedmodel-signature", "savedmodel-keras", "keras", "keras-uncompiled", "h5", "h5-uncompiled", "weights-h5"]


def layers():
    import tensorflow as tf

    return tf.keras.layers


def model_of(inputs, outputs, loss="binary_crossentropy", optimizer="adam", name="model"):
    """A functional model, compiled with strings."""
    import tensorflow as tf

    model = tf.keras.Model(inputs, outputs, name=name)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return model


def adam(rate):
    import tensorflow as tf

    return tf.keras.optimizers.Adam(learning_rate=rate)


def mlp(data):
    L = layers()
    x = L.Input((data.x_train.shape[1],), name="features")
    h = L.Dense(16, activation="relu", name="hidden")(x)
    h = L.BatchNormalization(name="norm")(h)
    h = L.Dropout(0.2, name="drop")(h)
    return model_of(x, L.Dense(1, activation="sigmoid", name="out")(h), optimizer=adam(0.01))


def sequential(data):
    import tensorflow as tf

    L = layers()
    model = tf.keras.Sequential(
        [
            L.Input((data.x_train.shape[1],)),
            L.Dense(16, activation="relu"),
            L.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="rmsprop", loss="binary_crossentropy")
    return model


def compiled(data):
    """SGD with momentum keeps a slot per weight; the loss is a string, the metrics are too."""
    import tensorflow as tf

    L = layers()
    x = L.Input((data.x_train.shape[1],), name="features")
    h = L.Dense(8, activation="tanh", name="hidden")(x)
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)
    return model_of(x, L.Dense(3, activation="softmax", name="out")(h), "sparse_categorical_crossentropy", optimizer)


def cnn(data):
    L = layers()
    x = L.Input((8, 8, 1), name="image")
    h = L.Conv2D(4, 3, activation="relu", name="conv")(x)
    h = L.MaxPooling2D(2, name="pool")(h)
    h = L.Flatten(name="flat")(h)
    return model_of(x, L.Dense(10, activation="softmax", name="out")(h), "sparse_categorical_crossentropy", adam(0.01))


def recurrent(kind):
    def build(data):
        L = layers()
        x = L.Input(data.x_train.shape[1:], name="series")
        h = getattr(L, kind)(6, name="memory")(x)
        return model_of(x, L.Dense(1, activation="sigmoid", name="out")(h), optimizer=adam(0.01))

    return build


def embedding(data):
    L = layers()
    x = L.Input((data.x_train.shape[1],), dtype="int32", name="tokens")
    h = L.Embedding(32, 6, name="embedding")(x)
    h = L.GlobalAveragePooling1D(name="mean")(h)
    return model_of(x, L.Dense(1, activation="sigmoid", name="out")(h), optimizer=adam(0.05))


def two_inputs(data):
    L = layers()
    left, right = L.Input((10,), name="left"), L.Input((20,), name="right")
    both = L.Concatenate(name="both")([L.Dense(6, name="a")(left), L.Dense(6, name="b")(right)])
    out = L.Dense(1, activation="sigmoid", name="out")(L.Activation("relu", name="relu")(both))
    import tensorflow as tf

    model = tf.keras.Model({"left": left, "right": right}, out)
    model.compile(optimizer=adam(0.01), loss="binary_crossentropy")
    return model


def normalization(data):
    """A preprocessing layer that holds statistics of the training rows."""
    L = layers()
    kind = getattr(L, "Normalization", None) or L.experimental.preprocessing.Normalization
    norm = kind(name="normalize")
    norm.adapt(np.asarray(data.x_train))
    x = L.Input((data.x_train.shape[1],), name="features")
    return model_of(x, L.Dense(1, activation="sigmoid", name="out")(norm(x)), optimizer=adam(0.01))


def custom_layer():
    """A registered layer with a weight and a setting of its own."""
    import tensorflow as tf

    known = tf.keras.utils.get_custom_objects().get("crossload>Scale")
    if known is not None:
        return known

    class Scale(tf.keras.layers.Layer):
        def __init__(self, power=1.0, **options):
            super(Scale, self).__init__(**options)
            self.power = power

        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(int(shape[-1]),), initializer="ones")
            super(Scale, self).build(shape)

        def call(self, x):
            return x * self.scale * self.power

        def get_config(self):
            return dict(super(Scale, self).get_config(), power=self.power)

    return tf.keras.utils.register_keras_serializable("crossload")(Scale)


def custom(data):
    L = layers()
    x = L.Input((data.x_train.shape[1],), name="features")
    h = custom_layer()(power=0.5, name="scale")(L.Dense(8, activation="relu", name="hidden")(x))
    return model_of(x, L.Dense(1, activation="sigmoid", name="out")(h), optimizer=adam(0.01))


def with_lambda(data):
    L = layers()
    x = L.Input((data.x_train.shape[1],), name="features")
    h = L.Lambda(lambda t: t * 0.5, output_shape=(data.x_train.shape[1],), name="halve")(x)
    return model_of(x, L.Dense(1, activation="sigmoid", name="out")(h), optimizer=adam(0.01))


def subclassed_class():
    import tensorflow as tf

    known = tf.keras.utils.get_custom_objects().get("crossload>Small")
    if known is not None:
        return known

    class Small(tf.keras.Model):
        def __init__(self, units=8, **options):
            super(Small, self).__init__(**options)
            self.units = units
            self.hidden = tf.keras.layers.Dense(units, activation="relu")
            self.out = tf.keras.layers.Dense(1, activation="sigmoid")

        def call(self, x):
            return self.out(self.hidden(x))

        def get_config(self):
            return {"units": self.units}

    return tf.keras.utils.register_keras_serializable("crossload")(Small)


def subclassed(data):
    model = subclassed_class()()
    model.compile(optimizer=adam(0.01), loss="binary_crossentropy")
    model(np.zeros((1, data.x_train.shape[1]), dtype="float32"))
    return model


def mixed_precision(data):
    """float16 inside, float32 outside, by the policy of each layer, so that no global setting leaks."""
    import tensorflow as tf

    L = layers()
    half = tf.keras.mixed_precision.Policy("mixed_float16")
    x = L.Input((data.x_train.shape[1],), name="features")
    h = L.Dense(16, activation="relu", dtype=half, name="hidden")(x)
    return model_of(x, L.Dense(1, activation="sigmoid", dtype="float32", name="out")(h), optimizer=adam(0.01))


def split(x):
    """Two named inputs out of one table."""
    return {"left": x[:, :10], "right": x[:, 10:]}


def wide(x):
    """Integers as NumPy makes them, where the model was built for narrower ones."""
    return x.astype("int64")


def keras(family, build, data="cancer-scaled", task="binary", **more):
    return dict(family=family, kind="keras", task=task, data=data, build=build, outputs=["call"], **more)


RECIPES = {
    "mlp": keras("dense", mlp, resume=True),
    # its layers have the names that Keras gives them
    "sequential": keras("dense", sequential, formats=FEW + ["keras-as-h5", "h5-weights-by-name"], resume=True),
    "compiled": keras("dense", compiled, "wine-scaled", "multiclass", formats=FEW + ["export", "checkpoint*"], resume=True),
    "cnn": keras("convolution", cnn, "digit-images", "multiclass", formats=FEW + ["keras-as-h5", "json-weights"], resume=True),
    # SavedModel folders of recurrent layers take seconds to write and to read: one of them stands for both
    "lstm": keras("recurrent", recurrent("LSTM"), "sequences", formats=["savedmodel-signature", "keras", "h5", "weights-h5"]),
    "gru": keras("recurrent", recurrent("GRU"), "sequences", formats=["keras", "h5", "weights-h5"]),
    "embedding": keras("text", embedding, "tokens", prepare=wide, formats=FEW + ["savedmodel-tfsm", "export", "export-tfsm"]),
    "two-inputs": keras("functional", two_inputs, prepare=split, formats=FEW),
    "normalization": keras("functional", normalization, "cancer-raw", formats=FEW + ["checkpoint*"]),
    "mixed-precision": keras("functional", mixed_precision, formats=FEW),
    "custom-layer": keras(
        "custom", custom, custom=lambda: {"Scale": custom_layer()}, formats=FEW + ["export", "export-keras", "json-weights"]
    ),
    "lambda": keras("custom", with_lambda, formats=FEW + ["keras-unsafe", "h5-unsafe"]),
    "subclassed": keras(
        "custom",
        subclassed,
        resume=True,
        custom=lambda: {"Small": subclassed_class()},
        formats=["savedmodel-signature", "savedmodel-keras", "export", "keras", "weights-h5", "checkpoint*"],
    ),
}
