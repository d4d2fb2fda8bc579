"""scikit-learn pipelines as people save them: scaler and model, mixed columns of a DataFrame, text."""

IMPORTS = ["sklearn.compose", "sklearn.feature_extraction.text", "sklearn.impute", "sklearn.pipeline", "pandas"]


def shift(x):
    """A function of the user's own module, as FunctionTransformer keeps it: by name."""
    return x + 1.0


def scaled_logistic(data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))


def selected_forest(data):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_selection import SelectKBest, f_classif
    from sklearn.pipeline import Pipeline

    forest = RandomForestClassifier(n_estimators=10, random_state=0)
    return Pipeline([("select", SelectKBest(f_classif, k=8)), ("forest", forest)])


def scaled_svr(data):
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    return TransformedTargetRegressor(make_pipeline(StandardScaler(), SVR(gamma="scale")), transformer=StandardScaler())


def own_function(data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

    return make_pipeline(MinMaxScaler(), FunctionTransformer(shift), LogisticRegression(max_iter=200))


def columns(model):
    """Imputed and scaled numbers, one-hot categories, then the model."""

    def build(data):
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import Pipeline, make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
        parts = [("numbers", numbers, ["age", "income", "visits"]), ("words", words, ["city", "plan"])]
        return Pipeline([("columns", ColumnTransformer(parts, remainder="passthrough")), ("model", model())])

    return build


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300)


def boosting():
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(n_estimators=10, random_state=0)


def union(data):
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import StandardScaler

    both = FeatureUnion([("scaled", StandardScaler()), ("pca", PCA(n_components=2, random_state=0))])
    return make_pipeline(both, LogisticRegression(max_iter=300))


def text(model):
    def build(data):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline

        return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), stop_words="english"), model())

    return build


def bayes():
    from sklearn.naive_bayes import MultinomialNB

    return MultinomialNB()


def to_frame(table):
    """The columns of the data set as a DataFrame, missing words as NaN."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({name: table[name] for name in sorted(table)})
    for name in ("city", "plan"):
        values = frame[name].astype(object)
        frame[name] = values.where(values != "", np.nan)
    return frame


def pipeline(build, data, task="binary", outputs=("predict", "predict_proba"), **more):
    return dict(family="pipelines", task=task, data=data, build=build, outputs=list(outputs), **more)


RECIPES = {
    "scaled-logistic": pipeline(scaled_logistic, "breast-cancer"),
    "selected-forest": pipeline(selected_forest, "breast-cancer"),
    "scaled-svr": pipeline(scaled_svr, "diabetes", task="regression", outputs=["predict"]),
    "own-function": pipeline(own_function, "breast-cancer"),
    "feature-union": pipeline(union, "wine", task="multiclass"),
    "columns-logistic": pipeline(columns(logistic), "mixed", prepare=to_frame),
    "columns-boosting": pipeline(columns(boosting), "mixed", prepare=to_frame),
    "text-logistic": pipeline(text(logistic), "reviews"),
    "text-bayes": pipeline(text(bayes), "reviews"),
}
