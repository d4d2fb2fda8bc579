"""Controls of pickle-like formats: artifacts damaged on purpose, each of which must be caught wherever it is written."""

import os

import numpy as np

IMPORTS = ["joblib", "sklearn.linear_model", "sklearn.pipeline", "sklearn.preprocessing"]


def logistic(data):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300)


def scaled(data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


class Permuted(object):
    """Gives the predictions of a model to other rows: the same labels, the same counts, other answers."""

    def __init__(self, model, order):
        self.model = model
        self.order = order

    def predict(self, x):
        return self.model.predict(x)[self.order]

    def predict_proba(self, x):
        return self.model.predict_proba(x)[self.order]


def truncate(path, model):
    with open(path, "r+b") as stream:
        stream.truncate(os.path.getsize(path) // 2)


def empty(path, model):
    open(path, "wb").close()


def flip_weight(path, model):
    """Turn the sign of one weight: one bit of one byte of the file."""
    with open(path, "rb") as stream:
        text = bytearray(stream.read())
    weights = np.ascontiguousarray(model.coef_).astype("<f8").tobytes()
    at = bytes(text).find(weights)
    assert at >= 0, "the weights are not in the file as they are in memory"
    strongest = int(np.argmax(np.abs(model.coef_[0])))
    text[at + 8 * strongest + 7] ^= 0x80
    with open(path, "wb") as stream:
        stream.write(text)


def swap(model, data):
    """Two weights of the same shape change places."""
    first, last = int(np.argmax(model.coef_[0])), int(np.argmin(model.coef_[0]))
    model.coef_[0, [first, last]] = model.coef_[0, [last, first]]
    return model


def reverse(model, data):
    model.classes_ = model.classes_[::-1].copy()
    return model


def move_threshold(model, data):
    """Move the intercept until one fraud in eight is found: accuracy stays, recall falls."""
    scores = np.sort(model.decision_function(data.x_test)[data.y_test == 1])[::-1]
    wanted = max(1, int(round(0.12 * len(scores))))
    model.intercept_ = model.intercept_ - (scores[wanted - 1] + scores[wanted]) / 2.0
    return model


def drop_scaler(model, data):
    return model.steps[-1][1]


def permute(model, data):
    """Exchange the answers of two rows that are right and differ, so that nothing but the rows changes."""
    labels = model.predict(data.x_test)
    order = np.arange(len(labels))
    for positive in np.flatnonzero((labels == 1) & (data.y_test == 1)):
        order_of_zero = np.flatnonzero((labels == 0) & (data.y_test == 1))
        if len(order_of_zero):
            order[positive], order[order_of_zero[0]] = order_of_zero[0], positive
            return Permuted(model, order)
    raise AssertionError("no two rows of one class are answered differently")


def control(expect, build=logistic, data="breast-cancer", **more):
    return dict(
        family="controls",
        task="binary",
        data=data,
        build=build,
        outputs=["predict", "predict_proba"],
        formats=["joblib"],
        expect=expect,
        **more
    )


RECIPES = {
    "control-truncated-file": control("load-error", damage=truncate),
    "control-emptied-file": control("load-error", damage=empty),
    "control-flipped-byte": control("drift", damage=flip_weight, data="fraud"),
    "control-swapped-weights": control("drift", tamper=swap, data="fraud"),
    "control-reversed-classes": control("drift", tamper=reverse, says="labels changed"),
    "control-moved-threshold": control("drift", tamper=move_threshold, data="fraud", says="recall"),
    "control-dropped-scaler": control("drift", build=scaled, tamper=drop_scaler),
    "control-permuted-rows": control("drift", tamper=permute, data="fraud", says="2 labels changed"),
    "control-wrong-sha256": control("load-error", claim="0" * 64, says="not what was saved"),
}
