"""What people keep in joblib files beside models: arrays of every kind, tables, plain objects; and a few models."""

import numpy as np

IMPORTS = ["joblib", "sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "sklearn.preprocessing"]


class Settings(object):
    """An object of the user's own class."""

    def __init__(self, table, name):
        self.table = table
        self.name = name


def keep(make):
    """A recipe of an object: it is made from the data, needs no fit, and is asked for its arrays."""
    return dict(family="objects", task="object", data="digits", build=make, fit=lambda model, data: model)


def dense(data):
    return np.ascontiguousarray(data.x_train, dtype="float64")


def fortran(data):
    return np.asfortranarray(data.x_train, dtype="float32")


def big_endian(data):
    return np.ascontiguousarray(data.x_train).astype(">f8")


def strings(data):
    return np.array(["row %d" % i for i in range(len(data.x_train))])


def objects(data):
    found = np.empty(6, dtype=object)
    found[:] = [1, 2.5, "three", None, (4, 5), {"six": 7}]
    return found


def structured(data):
    found = np.zeros(50, dtype=[("id", "<i4"), ("score", "<f8")])
    found["id"] = np.arange(50)
    found["score"] = np.linspace(0.0, 1.0, 50)
    return found


def dates(data):
    return np.datetime64("2020-01-01") + np.arange(40)


def nested(data):
    return {"arrays": [data.x_train[:5], data.x_train[:0]], "name": "nested", "set": {1, 2}, "deep": {"x": (1.5, None)}}


def masked(data):
    return np.ma.masked_less(data.x_train.astype("float64"), 1.0)


def settings(data):
    return Settings(data.x_train[:20].astype("float64"), "settings")


def generator(data):
    return np.random.RandomState(7)


def sparse(data):
    from scipy.sparse import csr_matrix

    return csr_matrix(data.x_train.astype("float64"))


def forest(data):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=10, random_state=0)


def logistic(data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))


def values(model, data):
    return np.asarray(model)


def fields(name):
    return lambda model, data: np.ascontiguousarray(model[name])


def as_numbers(model, data):
    return np.asarray(model).astype("int64")


def as_text(model, data):
    return np.array([repr(each) for each in model.tolist()])


def order(model, data):
    return np.array([model.flags.c_contiguous, model.flags.f_contiguous])


def next_numbers(model, data):
    """What the generator would give next, from a copy: asking must not change what is saved."""
    import copy

    return copy.deepcopy(model).rand(5)


ARRAY = {"values": values, "order": order}
MODEL = dict(family="models", task="multiclass", data="digits", outputs=["predict", "predict_proba"])

RECIPES = {
    "dense-array": dict(keep(dense), outputs=ARRAY),
    "fortran-array": dict(keep(fortran), outputs=ARRAY),
    "big-endian-array": dict(keep(big_endian), outputs=ARRAY),
    "string-array": dict(keep(strings), outputs=ARRAY),
    "object-array": dict(keep(objects), outputs={"values": as_text}),
    "structured-array": dict(keep(structured), outputs={"id": fields("id"), "score": fields("score")}),
    "dates": dict(keep(dates), outputs={"values": as_numbers}),
    "masked-array": dict(keep(masked), outputs={"values": lambda m, d: m.filled(-1.0), "mask": lambda m, d: m.mask}),
    "sparse-matrix": dict(keep(sparse), outputs={"values": lambda m, d: m.toarray()}),
    "nested": dict(keep(nested), outputs={"first": lambda m, d: m["arrays"][0], "text": lambda m, d: np.array([m["name"]])}),
    "own-class": dict(keep(settings), outputs={"table": lambda m, d: m.table, "name": lambda m, d: np.array([m.name])}),
    "random-state": dict(keep(generator), outputs={"next": next_numbers}),
    "random-forest": dict(MODEL, build=forest),
    "scaled-logistic": dict(MODEL, build=logistic),
}
