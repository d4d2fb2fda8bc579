"""A tf.Module, the way TensorFlow models are saved without Keras."""

import numpy as np

IMPORTS = ["tensorflow"]


def module_class():
    import tensorflow as tf

    class Linear(tf.Module):
        def __init__(self, columns):
            super(Linear, self).__init__(name="linear")
            self.weight = tf.Variable(np.zeros((columns, 1), dtype="float32"), name="weight")
            self.bias = tf.Variable(np.zeros((1,), dtype="float32"), name="bias")
            self.serve = tf.function(self.__call__, input_signature=[tf.TensorSpec([None, columns], tf.float32, name="x")])

        def __call__(self, x, training=False):
            return tf.sigmoid(tf.matmul(x, self.weight) + self.bias)

    return Linear


def linear(data):
    return module_class()(data.x_train.shape[1])


def descend(model, data, steps=30, rate=0.5):
    """Gradient descent by hand, as a module without Keras has it."""
    import tensorflow as tf

    x, y = tf.constant(data.x_train), tf.constant(data.y_train.reshape(-1, 1).astype("float32"))
    for _ in range(steps):
        error = model(x) - y
        model.weight.assign_sub(rate * tf.matmul(x, error, transpose_a=True) / float(len(data.x_train)))
        model.bias.assign_sub(rate * tf.reduce_mean(error, axis=0))
    return model


RECIPES = {
    "tf-module": dict(
        family="functional",
        kind="tf-module",
        task="binary",
        data="cancer-scaled",
        build=linear,
        fit=descend,
        outputs=["call"],
    ),
}
