"""Rows that are made for a model whose data is not at hand; with the scikit-learn of the driver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN, KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from crossload.worker import choose_rows, input_rows, load_ways, probe_model, probe_rows

RANDOM = np.random.RandomState(0)
X = RANDOM.normal([100.0, -5.0, 0.0], [20.0, 0.5, 1.0], size=(120, 3))
Y = (X[:, 0] + 20 * X[:, 2] > 100).astype(int)


def made(model):
    found, methods, notes = choose_rows.find_rows(model, None)
    return found, methods, notes


def test_the_same_rows_every_time():
    model = RandomForestClassifier(5, random_state=0).fit(X, Y)
    first, second = made(model)[0].value(), made(model)[0].value()

    assert first.shape == (probe_rows.COUNT, 3)
    assert np.array_equal(first, second)


def test_rows_for_trees_lie_about_their_thresholds_so_that_all_leaves_are_reached():
    model = RandomForestClassifier(5, random_state=0).fit(X, Y)
    value = made(model)[0].value()

    reached = {(tree, leaf) for tree, leaves in enumerate(model.apply(value).T) for leaf in leaves}
    trained = {(tree, leaf) for tree, leaves in enumerate(model.apply(X).T) for leaf in leaves}
    assert len(reached & trained) >= 0.8 * len(trained)
    assert set(model.predict(value)) == {0, 1}


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(MinMaxScaler(), SVC()),
        KNeighborsClassifier(),
        make_pipeline(SimpleImputer(), StandardScaler(), SVC()),
        GridSearchCV(make_pipeline(StandardScaler(), SVC()), {"svc__C": [1.0, 2.0]}, cv=2),
        BaggingClassifier(max_features=0.7, random_state=0),
        HistGradientBoostingClassifier(max_iter=5),
    ],
    ids=lambda model: type(model).__name__,
)
def test_rows_are_where_the_data_was(model):
    value = made(model.fit(X, Y))[0].value()

    centre = np.nanmedian(value, axis=0)
    assert abs(centre[0] - 100) < 30
    assert abs(centre[1] + 5) < 3
    assert len(set(model.predict(value))) == 2


def test_gaps_are_made_where_the_model_can_deal_with_them():
    imputed = make_pipeline(SimpleImputer(), LogisticRegression()).fit(X, Y)
    plain = LogisticRegression().fit(X, Y)

    assert np.isnan(made(imputed)[0].value()).any()
    assert not np.isnan(made(plain)[0].value()).any()


def test_where_nothing_is_remembered_it_is_said():
    assert "standard normal" in made(LogisticRegression().fit(X, Y))[0].told


FRAME = pd.DataFrame(
    {"age": X[:, 0], "city": RANDOM.choice(["Oslo", "Rome", "Bonn"], 120), "x": X[:, 1]}
)
COLUMNS = ColumnTransformer(
    [
        ("n", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
        ("c", OneHotEncoder(handle_unknown="ignore"), ["city"]),
    ],
    remainder="passthrough",
)


def test_columns_with_names_come_as_a_frame_with_their_categories():
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)
    found, methods, _ = made(model)
    value = found.value()

    assert found.form == "frame"
    assert list(value.columns) == ["age", "city", "x"]
    assert {"Oslo", "Rome", "Bonn"} < set(value["city"])
    assert value["age"].isna().any()
    assert methods == ["predict", "predict_proba", "decision_function"]


def test_a_category_never_seen_is_tried_where_it_is_allowed():
    allowed = OneHotEncoder(handle_unknown="ignore").fit(FRAME[["city"]])
    strict = OneHotEncoder().fit(FRAME[["city"]])

    assert not set(made(allowed)[0].value()["city"]) <= {"Oslo", "Rome", "Bonn"}
    assert set(made(strict)[0].value()["city"]) == {"Oslo", "Rome", "Bonn"}


@pytest.mark.parametrize(
    "vectorizer", [CountVectorizer(), TfidfVectorizer(ngram_range=(1, 2))], ids=["count", "tfidf"]
)
def test_documents_are_made_of_the_words_that_the_model_knows(vectorizer):
    texts = ["good film", "bad film", "good story", "bad story and bad end"] * 5
    model = make_pipeline(vectorizer, LogisticRegression()).fit(texts, [1, 0, 1, 0] * 5)
    value = made(model)[0].value()

    assert all(isinstance(each, str) for each in value)
    assert {"good", "bad", "film"} <= {word for text in value for word in text.split()}
    assert set(model.predict(value)) == {0, 1}


def test_dictionaries_are_made_of_the_names_that_the_model_knows():
    model = make_pipeline(DictVectorizer(), LogisticRegression())
    model.fit([{"city": "Oslo", "n": 1.0}, {"city": "Rome", "n": 3.0}] * 5, [0, 1] * 5)

    assert {key for record in made(model)[0].value() for key in record} == {"city", "n"}


def test_models_that_refuse_negative_values_get_none():
    found, methods, _ = made(NMF(2, max_iter=500, random_state=0).fit(np.abs(X)))

    assert (found.value() >= 0).all()
    assert methods == ["transform"]


def test_categories_that_are_numbers_stay_below_their_count():
    model = CategoricalNB().fit(RANDOM.randint(0, 3, size=(50, 2)), RANDOM.randint(0, 2, size=50))

    assert set(np.unique(made(model)[0].value())) <= {0, 1, 2}


def test_a_sparse_answer_is_kept_without_being_made_dense():
    model = TfidfVectorizer().fit(["good film", "bad film"])
    found = probe_model.ask(model, "transform", ["good bad", "film"])

    assert sorted(found) == ["transform.data", "transform.indices", "transform.indptr"]
    assert found["transform.indptr"].tolist() == [0, 2, 3]


def test_members_of_a_dict_are_asked_by_name():
    forest = RandomForestClassifier(3, random_state=0).fit(X, Y)
    bundle = {"model": forest, "scaler": StandardScaler().fit(X), "threshold": 0.4}
    parts = dict(probe_model.parts_of(bundle))

    assert sorted(parts) == ["model", "scaler"]
    given = {name: made(part)[0] for name, part in parts.items()}
    answers = probe_model.ask_all(bundle, given, {"model": ["predict"], "scaler": ["transform"]})
    assert sorted(answers) == ["model.predict", "scaler.transform"]


@pytest.mark.parametrize("model", [{"threshold": 1}, "text", None, 3.5, object])
def test_what_cannot_be_asked_is_told(model):
    parts = probe_model.parts_of(model)
    with pytest.raises(probe_model.CannotAsk, match="has none of"):
        choose_rows.find_rows(parts[0][1] if parts else model, None)


def test_rows_are_read_as_they_were_kept(tmp_path):
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)
    found = made(model)[0]
    record = found.keep(str(tmp_path))
    again = input_rows.read(record, str(tmp_path / f"{record['kept']}.npz"))

    pd.testing.assert_frame_equal(found.value(), again.value())
    assert record["count"] == probe_rows.COUNT


def data(frame):
    return {
        "names": list(frame),
        "arrays": [frame[name].to_numpy() for name in frame],
        "told": "rows of the user",
    }


def test_the_users_rows_come_in_the_order_of_the_model():
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)
    shuffled = FRAME[["x", "city", "age"]].assign(more=1.0)
    found, _, _ = choose_rows.find_rows(model, data(shuffled))

    assert list(found.value().columns) == ["age", "city", "x"]
    assert found.told == "rows of the user"


def test_the_users_array_reaches_a_model_without_names():
    found, _, _ = choose_rows.find_rows(
        KMeans(2, n_init=1, random_state=0).fit(X), {"names": ["x"], "arrays": [X], "told": "t"}
    )

    assert np.array_equal(found.value(), X)


def test_rows_that_the_model_does_not_take_are_an_error_that_says_why():
    with pytest.raises(probe_model.CannotAsk, match="features"):
        choose_rows.find_rows(
            LogisticRegression().fit(X, Y), {"names": ["x"], "arrays": [X[:, :2]], "told": "t"}
        )


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (LogisticRegression().fit(X, Y), "classifier"),
        (KMeans(2, n_init=1).fit(X), "clusterer"),
        (object(), "other"),
    ],
)
def test_tasks(model, task):
    assert probe_model.task_of(model) == task


def test_a_model_is_made_anew_from_its_parameters_alone():
    model = GridSearchCV(make_pipeline(StandardScaler(), SVC(C=3.0)), {"svc__C": [1.0]}, cv=2).fit(
        X, Y
    )
    model.__dict__["gone_in_this_version"] = 1

    again = load_ways.renewed(model)

    assert not hasattr(again, "best_estimator_")
    assert again.estimator.steps[1][1].C == 3.0
    assert not hasattr(again, "gone_in_this_version")


def through_a_file(found, tmp_path):
    record = found.keep(str(tmp_path))
    return input_rows.read(record, str(tmp_path / f"{record['kept']}.npz")), record


def test_categories_keep_their_kind_through_a_file(tmp_path):
    flags = pd.DataFrame(
        {
            "flag": RANDOM.rand(60) > 0.5,
            "n": RANDOM.randint(0, 3, 60),
            "t": RANDOM.choice(["a", "b"], 60),
        }
    )
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(flags, Y[:60])
    found = made(model)[0]
    again, _ = through_a_file(found, tmp_path)

    assert again.value()["flag"].dtype == bool
    assert np.array_equal(model.predict(found.value()), model.predict(again.value()))
    mixed = input_rows.Rows(
        "objects", ["m"], [np.array([True, 1, "1", None, 2.5], dtype=object)], "t"
    )
    assert [repr(each) for each in through_a_file(mixed, tmp_path)[0].arrays[0]] == [
        "True",
        "1",
        "'1'",
        "None",
        "2.5",
    ]


def test_many_columns_are_one_array_and_stay_in_order(tmp_path):
    wide = input_rows.Rows(
        "array", [f"x{i}" for i in range(3000)], [np.full(4, float(i)) for i in range(3000)], "t"
    )
    again, record = through_a_file(wide, tmp_path)

    assert [array[0] for array in again.arrays] == list(range(3000))
    with np.load(tmp_path / f"{record['kept']}.npz") as held:
        assert held.files == ["block"]
    texts = input_rows.Rows(
        "frame", [f"x{i}" for i in range(12)], [np.array([str(i)]) for i in range(12)], "t"
    )
    assert [array[0] for array in through_a_file(texts, tmp_path)[0].arrays] == [
        str(i) for i in range(12)
    ]


def test_a_model_that_writes_into_its_input_gets_a_new_one_each_time():
    model = make_pipeline(StandardScaler(copy=False), LogisticRegression()).fit(X.copy(), Y)
    found, _, _ = choose_rows.find_rows(model, {"names": ["x"], "arrays": [X.copy()], "told": "t"})

    assert np.array_equal(found.value(), X)


def test_members_are_found_wherever_they_are_and_what_is_left_out_is_named():
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    bundle = {
        "a": forest,
        "nest": {"z": forest, "list": [forest, 3.0]},
        1: forest,
        "1": forest,
        "odd": object(),
        "cut": 0.4,
    }

    assert [name for name, _ in probe_model.parts_of(bundle)] == [
        "[1]",
        "1",
        "a",
        "nest.list[0]",
        "nest.z",
    ]
    assert probe_model.skipped_in(bundle) == [
        "odd, a object that has none of " + ", ".join(probe_model.METHODS)
    ]
    many = [forest] * 60
    assert len(probe_model.parts_of(many)) == 50
    assert probe_model.skipped_in(many) == ["10 models beyond the first 50"]


def test_labels_that_are_numbers_are_equal_or_others():
    class Fixed:
        _estimator_type = "classifier"

        def __init__(self, *labels):
            self.labels = labels

        def predict(self, rows):
            return np.resize(np.array(self.labels), len(rows))

    def kinds(*labels):
        (array,) = probe_model.ask(Fixed(*labels), "predict", X).values()
        return array.dtype.kind, set(array.tolist())

    assert kinds(1e6, 1e6 + 1) == ("i", {1000000, 1000001})
    assert kinds(0.0, 1.0) == ("i", {0, 1})
    assert kinds(0.5, 1.0) == ("U", {"0.5", "1.0"})
    assert kinds(float("nan"), 1.0) == ("U", {"nan", "1.0"})


def test_the_names_of_columns_that_a_model_gives_are_an_answer():
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    model = StandardScaler().set_output(transform="pandas").fit(frame)

    assert probe_model.ask(model, "transform", frame)["transform.columns"].tolist() == ["a", "b"]


class Dull:
    """Scores the same for all rows, or nothing at all."""

    n_features_in_ = 2

    def __init__(self, answer):
        self.answer = answer

    def predict(self, rows):
        return self.answer(len(rows))


def test_answers_that_say_nothing_are_no_answers():
    for answer in (lambda _: np.zeros(0), lambda n: np.full(n, np.nan)):
        with pytest.raises(probe_model.CannotAsk, match="empty, or not a number"):
            choose_rows.find_rows(Dull(answer), None)
    _, _, notes = choose_rows.find_rows(Dull(np.ones), None)
    assert "the same answer for all rows" in notes[0]


def test_of_a_model_that_takes_no_rows_the_fit_itself_is_compared():
    model = DBSCAN(eps=30).fit(X)
    found, methods, _ = made(model)

    assert methods == ["labels_"]
    assert np.array_equal(
        probe_model.ask(model, "labels_", found.value())["labels_"], model.labels_
    )
    assert "takes no new rows" in found.told
