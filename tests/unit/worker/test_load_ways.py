"""Models made anew from their parameters; with the scikit-learn of the driver."""

from __future__ import annotations

from builders_worker import X, Y
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from crossload.worker import load_ways


def test_a_model_is_made_anew_from_its_parameters_alone():
    model = GridSearchCV(make_pipeline(StandardScaler(), SVC(C=3.0)), {"svc__C": [1.0]}, cv=2).fit(
        X, Y
    )
    model.__dict__["gone_in_this_version"] = 1

    again = load_ways.new_from_parameters(model)

    assert not hasattr(again, "best_estimator_")
    assert again.estimator.steps[1][1].C == 3.0
    assert not hasattr(again, "gone_in_this_version")
