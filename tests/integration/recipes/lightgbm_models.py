"""Another library: a recipe file and a TOML file are all that it takes, a format of its own too."""

from crossload.formats import Format

IMPORTS = ["lightgbm"]


def classifier(data):
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=5, num_leaves=7, random_state=0, n_jobs=1, verbose=-1)


class Text(Format):
    """LightGBM's own text format: the booster alone, without the scikit-learn wrapper."""

    name = "lightgbm-text"
    filename = "model.txt"
    modules = ("lightgbm",)
    keeps = "function"

    def save(self, model, path, recipe):
        model.booster_.save_model(path)

    def load(self, path, recipe, data):
        import lightgbm

        booster = lightgbm.Booster(model_file=path)
        return lambda x: booster.predict(x)


def positive(model, data):
    """Give the probability of class 1, of the wrapper or of the booster's function."""
    return model(data.x_test) if callable(model) else model.predict_proba(data.x_test)[:, 1]


FORMATS = [Text()]
RECIPES = {
    "lightgbm-classifier": dict(
        family="lightgbm",
        task="binary",
        data="breast-cancer",
        build=classifier,
        outputs={"call": positive},
    ),
}
