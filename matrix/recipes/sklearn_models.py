"""scikit-learn estimators of every family, small and seeded, with every output that users rely on."""

import importlib

IMPORTS = [
    "joblib",
    "sklearn.calibration",
    "sklearn.cluster",
    "sklearn.cross_decomposition",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.dummy",
    "sklearn.ensemble",
    "sklearn.feature_selection",
    "sklearn.gaussian_process",
    "sklearn.isotonic",
    "sklearn.kernel_approximation",
    "sklearn.linear_model",
    "sklearn.manifold",
    "sklearn.mixture",
    "sklearn.model_selection",
    "sklearn.multiclass",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.semi_supervised",
    "sklearn.svm",
    "sklearn.tree",
]


def make(path, **options):
    """A ``build`` function for ``module.Class`` of scikit-learn with these options."""
    module, name = path.rsplit(".", 1)

    def build(data):
        try:
            return getattr(importlib.import_module("sklearn." + module), name)(**options)
        except AttributeError as error:  # the estimator did not exist yet, or does no longer
            raise ImportError(str(error))

    return build


def hist_gradient_boosting(name, **options):
    """Histogram boosting, which was experimental before scikit-learn 1.0."""

    def build(data):
        try:
            from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
        except ImportError:
            pass  # scikit-learn 1.9 and later have it without asking
        return make("ensemble." + name, **options)(data)

    return build


def calibrated(data):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression

    return CalibratedClassifierCV(LogisticRegression(max_iter=500), cv=3)


def warm(data):
    """Boosting that goes on with more trees when it is fitted again."""
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(n_estimators=5, random_state=0, warm_start=True)


def more_trees(model, data):
    import copy

    going = copy.deepcopy(model)
    going.set_params(n_estimators=8)
    return going.fit(data.x_train, data.y_train).predict_proba(data.x_test)


def voting(data):
    from sklearn.ensemble import VotingClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.tree import DecisionTreeClassifier

    members = [("tree", DecisionTreeClassifier(max_depth=4, random_state=0)), ("bayes", GaussianNB())]
    return VotingClassifier(members, voting="soft")


def stacking(data):
    from sklearn.ensemble import StackingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier

    members = [("neighbours", KNeighborsClassifier()), ("bayes", GaussianNB())]
    return StackingClassifier(members, final_estimator=LogisticRegression(), cv=3)


def grid_search(data):
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    return GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 4]}, cv=3)


def one_vs_rest(data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(LogisticRegression(max_iter=200))


def bagging(data):
    from sklearn.ensemble import BaggingClassifier
    from sklearn.tree import DecisionTreeClassifier

    return BaggingClassifier(DecisionTreeClassifier(max_depth=4), n_estimators=5, random_state=0)


def classifier(family, build, data="breast-cancer", outputs=("predict", "predict_proba"), **more):
    task = "binary" if data in ("breast-cancer", "fraud") else "multiclass"
    return dict(family=family, task=task, data=data, build=build, outputs=list(outputs), **more)


def regressor(family, build, **more):
    return dict(family=family, task="regression", data="diabetes", build=build, outputs=["predict"], **more)


def transformer(family, build, data="iris", **more):
    return dict(family=family, task="transform", data=data, build=build, outputs=["transform"], **more)


MARGIN = ("predict", "decision_function")
SCORES = dict(task="outlier", data="wine", outputs=["predict", "decision_function"])

RECIPES = {
    "linear-regression": regressor("linear", make("linear_model.LinearRegression")),
    "ridge": regressor("linear", make("linear_model.Ridge", alpha=0.5)),
    "lasso": regressor("linear", make("linear_model.Lasso", alpha=0.1)),
    "logistic-regression": classifier("linear", make("linear_model.LogisticRegression", max_iter=500)),
    "logistic-multiclass": classifier("linear", make("linear_model.LogisticRegression", max_iter=500), data="iris"),
    "sgd-classifier": classifier("linear", make("linear_model.SGDClassifier", random_state=0), outputs=MARGIN, resume=True),
    "discriminant": classifier("linear", make("discriminant_analysis.LinearDiscriminantAnalysis"), data="wine"),
    "tree-classifier": classifier("trees", make("tree.DecisionTreeClassifier", max_depth=5, random_state=0)),
    "tree-regressor": regressor("trees", make("tree.DecisionTreeRegressor", max_depth=5, random_state=0)),
    "random-forest": classifier("trees", make("ensemble.RandomForestClassifier", n_estimators=10, random_state=0)),
    "forest-regressor": regressor("trees", make("ensemble.RandomForestRegressor", n_estimators=10, random_state=0)),
    "extra-trees": classifier(
        "trees", make("ensemble.ExtraTreesClassifier", n_estimators=10, random_state=0), data="digits"
    ),
    "bagging": classifier("trees", bagging),
    "ada-boost": classifier("boosting", make("ensemble.AdaBoostClassifier", n_estimators=10, random_state=0)),
    "gradient-boosting": classifier(
        "boosting", make("ensemble.GradientBoostingClassifier", n_estimators=10, random_state=0)
    ),
    "boosting-warm-start": classifier("boosting", warm, resume=more_trees),
    "boosting-regressor": regressor(
        "boosting", make("ensemble.GradientBoostingRegressor", n_estimators=10, random_state=0)
    ),
    "hist-boosting": classifier(
        "boosting", hist_gradient_boosting("HistGradientBoostingClassifier", max_iter=10, random_state=0)
    ),
    "hist-boosting-regressor": regressor(
        "boosting", hist_gradient_boosting("HistGradientBoostingRegressor", max_iter=10, random_state=0)
    ),
    "svc": classifier("svm", make("svm.SVC", gamma="scale", random_state=0), data="wine", outputs=MARGIN),
    "linear-svc": classifier("svm", make("svm.LinearSVC", random_state=0, dual=True), data="iris", outputs=MARGIN),
    "svr": regressor("svm", make("svm.SVR", gamma="scale", C=10.0)),
    "neighbours": classifier("neighbours", make("neighbors.KNeighborsClassifier"), data="iris"),
    "neighbours-ball-tree": regressor("neighbours", make("neighbors.KNeighborsRegressor", algorithm="ball_tree")),
    "gaussian-bayes": classifier("bayes", make("naive_bayes.GaussianNB"), data="wine", resume=True),
    "multinomial-bayes": classifier("bayes", make("naive_bayes.MultinomialNB"), data="digits", resume=True),
    "gaussian-process": regressor("bayes", make("gaussian_process.GaussianProcessRegressor", alpha=1.0)),
    "mlp-classifier": classifier(
        "neural",
        make("neural_network.MLPClassifier", hidden_layer_sizes=(8,), max_iter=40, random_state=0),
        data="iris",
        resume=True,
    ),
    "mlp-regressor": regressor(
        "neural", make("neural_network.MLPRegressor", hidden_layer_sizes=(8,), max_iter=40, random_state=0)
    ),
    "k-means": dict(
        family="clustering",
        task="clustering",
        data="iris",
        build=make("cluster.KMeans", n_clusters=3, n_init=2, random_state=0),
        outputs=["predict", "transform"],
    ),
    "mini-batch-k-means": dict(
        family="clustering",
        task="clustering",
        data="iris",
        build=make("cluster.MiniBatchKMeans", n_clusters=3, n_init=2, batch_size=64, random_state=0),
        outputs=["predict"],
        resume=True,
    ),
    "gaussian-mixture": dict(
        family="clustering",
        task="clustering",
        data="iris",
        build=make("mixture.GaussianMixture", n_components=3, random_state=0),
        outputs=["predict", "predict_proba"],
    ),
    "pca": transformer("decomposition", make("decomposition.PCA", n_components=2, random_state=0)),
    "truncated-svd": transformer(
        "decomposition", make("decomposition.TruncatedSVD", n_components=4, random_state=0), data="digits"
    ),
    "nmf": transformer(
        "decomposition", make("decomposition.NMF", n_components=4, init="nndsvd", random_state=0), data="digits"
    ),
    "standard-scaler": transformer("preprocessing", make("preprocessing.StandardScaler"), resume=True),
    "quantile-transformer": transformer(
        "preprocessing", make("preprocessing.QuantileTransformer", n_quantiles=20, random_state=0)
    ),
    "polynomial-features": transformer("preprocessing", make("preprocessing.PolynomialFeatures", degree=2)),
    "isolation-forest": dict(
        SCORES, family="outliers", build=make("ensemble.IsolationForest", n_estimators=10, random_state=0)
    ),
    "one-class-svm": dict(SCORES, family="outliers", build=make("svm.OneClassSVM", gamma="scale", nu=0.1)),
    "local-outlier-factor": dict(
        SCORES, family="outliers", build=make("neighbors.LocalOutlierFactor", novelty=True, n_neighbors=10)
    ),
    "fraud-logistic": classifier("imbalanced", make("linear_model.LogisticRegression", max_iter=300), data="fraud"),
    "fraud-forest": classifier(
        "imbalanced", make("ensemble.RandomForestClassifier", n_estimators=10, max_depth=6, random_state=0), data="fraud"
    ),
    "calibrated": classifier("composed", calibrated, data="iris"),
    "voting": classifier("composed", voting),
    "stacking": classifier("composed", stacking, data="iris", needs={"sklearn": ">=0.22"}),
    "grid-search": classifier("composed", grid_search),
    "one-vs-rest": classifier("composed", one_vs_rest, data="iris"),
}
