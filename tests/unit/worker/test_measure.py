"""One case saved, one artifact loaded: outcomes, artifacts, and what stops measuring."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
from builders_measure import ARRAYS, ITEM, PICKLE, asked, fitted, job, recipe, saved
from builders_tensorflow import Calls, fake_tensorflow

from crossload.worker import errors, measure


def loaded(folder, artifact, fmt=PICKLE, **more):
    return measure.load(
        recipe(**more), fmt, ARRAYS, {"key": "l", "artifact": artifact}, job(folder, "load")
    )


class Broken:
    """A format that fails."""

    filename, keeps = "model.bin", "model"

    def __init__(self, error):
        self.error = error

    def save(self, model, path, recipe):
        raise self.error

    def load(self, path, recipe, data):
        raise self.error


def test_what_is_saved_is_loaded_with_the_same_answers_and_state(tmp_path):
    first = saved(tmp_path)
    second = loaded(tmp_path, first["artifact"])

    assert (first["kind"], first["status"], first["stage"]) == ("save", "ok", "done")
    assert (second["kind"], second["status"], second["stage"]) == ("load", "ok", "done")
    for field in ("outputs", "kept", "state"):
        assert first[field] == second[field]
    assert set(first["seconds"]) == {"data", "build", "fit", "predict-before", "save"}
    assert set(second["seconds"]) == {"verify", "data", "load", "predict", "state"}
    assert (tmp_path / "outputs" / f"{first['kept']}.npz").exists()
    assert (tmp_path / "states" / f"{first['state']}.json").exists()


def test_keras_forgets_its_names_before_each_load(tmp_path, monkeypatch):
    calls, artifact = Calls(), saved(tmp_path)["artifact"]
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(calls))

    loaded(tmp_path, artifact)
    loaded(tmp_path, artifact)

    # the seeds come after it, which forgets those of Keras
    assert calls.names == ["clear_session", "set_seed"] * 2


def test_an_artifact_lies_by_its_digest_and_nothing_is_left_in_scratch(tmp_path):
    artifact = saved(tmp_path)["artifact"]
    path = tmp_path / "artifacts" / artifact["sha256"] / "model.pkl"

    assert artifact == {
        "sha256": artifact["sha256"],
        "bytes": path.stat().st_size,
        "name": "model.pkl",
    }
    assert list((tmp_path / "scratch").iterdir()) == []


def test_equal_bytes_are_one_artifact(tmp_path):
    both = [saved(tmp_path)["artifact"] for _ in range(2)]

    assert both[0] == both[1]
    assert len(list((tmp_path / "artifacts").iterdir())) == 1


def test_the_same_bytes_by_another_name_join_the_artifact(tmp_path):
    sha = saved(tmp_path)["artifact"]["sha256"]
    folder = tmp_path / "artifacts" / sha
    (folder / "model.pkl").rename(folder / "model.joblib")

    assert saved(tmp_path)["status"] == "ok"
    assert sorted(each.name for each in folder.iterdir()) == ["model.joblib", "model.pkl"]


def test_another_process_may_be_first_with_the_same_bytes(tmp_path, monkeypatch):
    case = fitted(tmp_path)

    def rename(source, target):
        Path(target).mkdir()
        (Path(target) / "model.pkl").write_bytes(b"of the other")
        raise OSError(errno.ENOTEMPTY, "not empty")

    monkeypatch.setattr(os, "rename", rename)
    found = measure.save(case, PICKLE, ITEM, job(tmp_path))

    assert found["status"] == "ok"
    (path,) = (tmp_path / "artifacts").glob("*/model.pkl")
    assert path.read_bytes() == b"of the other"


def test_a_control_is_tampered_with_damaged_and_claims_another_digest(tmp_path):
    def damage(path, model):
        with open(path, "ab") as stream:
            stream.write(model.theta_.tobytes())

    def tamper(model, data):
        return {"rows": len(data.x_test)}

    found = saved(tmp_path, tamper=tamper, damage=damage, claim="c" * 64)

    assert found["artifact"]["claimed"] == "c" * 64
    assert PICKLE.load(
        str(tmp_path / "artifacts" / found["artifact"]["sha256"] / "model.pkl"), None, None
    ) == {"rows": 40}


@pytest.mark.parametrize(
    ("claimed", "kind"), [({}, "ArtifactCorrupted"), ({"claimed": "c" * 64}, "ArtifactForeign")]
)
def test_what_is_not_what_was_saved_is_not_loaded(tmp_path, claimed, kind):
    artifact = saved(tmp_path)["artifact"]
    path = tmp_path / "artifacts" / artifact["sha256"] / "model.pkl"
    if not claimed:
        path.write_bytes(b"damaged")

    found = loaded(tmp_path, artifact | claimed)

    assert (found["status"], found["stage"]) == ("error", "verify")
    assert found["error"]["type"] == kind
    assert "the artifact is not what was saved" in found["error"]["message"]


def test_training_goes_on_after_saving_and_after_loading(tmp_path):
    def resume(model, data):
        model.theta_ += 1  # as training does, it changes the model
        return model.theta_

    first = saved(tmp_path, resume=resume)
    second = loaded(tmp_path, first["artifact"], resume=resume)

    assert first["resumed"] == second["resumed"]
    assert first["outputs"] == second["outputs"]


def test_weights_and_functions_do_not_go_on_training(tmp_path):
    class Function:
        filename, keeps = "model.pkl", "function"

        def load(self, path, recipe, data):
            return PICKLE.load(path, recipe, data).predict

    artifact = saved(tmp_path)["artifact"]

    found = loaded(
        tmp_path, artifact, Function(), resume=True, outputs={"call": None, "predict": None}
    )

    assert found["status"] == "ok"
    assert list(found["outputs"]) == ["call"]
    assert not {"resumed", "resume_error"} & set(found)


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError("no"), "error"), (MemoryError(), "error"), (OSError(errno.ENOENT, "x"), "error")],
)
def test_whatever_a_library_raises_is_an_outcome(tmp_path, error, status):
    first = measure.save(fitted(tmp_path), Broken(error), ITEM, job(tmp_path))
    second = loaded(tmp_path, saved(tmp_path)["artifact"], Broken(error))

    assert (first["status"], first["stage"]) == (status, "save")
    assert (second["status"], second["stage"]) == (status, "load")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_full_disk_stops_saving_and_loading(tmp_path):
    full = Broken(OSError(errno.ENOSPC, "full"))
    artifact = saved(tmp_path)["artifact"]

    with pytest.raises(errors.Stopped):
        measure.save(fitted(tmp_path), full, ITEM, job(tmp_path))
    with pytest.raises(errors.Stopped):
        loaded(tmp_path, artifact, full)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_disk_that_fills_up_in_the_middle_is_no_error_of_the_model(tmp_path, monkeypatch):
    def resume(model, data):
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(errors.Stopped):
        saved(tmp_path, resume=resume)

    def rename(source, target):
        raise OSError(errno.EDQUOT, "quota")

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(errors.Stopped):
        saved(tmp_path)


def test_the_outputs_that_are_recorded_are_those_before_saving(tmp_path):
    case, answers = asked(tmp_path)
    case.model.class_count_[:] = 0  # as if saving had changed it

    found = answers.complete(measure.save(case, PICKLE, ITEM, job(tmp_path)))

    assert found["outputs"] == saved(tmp_path)["outputs"]
    assert found["kept"] == answers.kept


def test_a_save_that_fails_has_no_answers_but_its_times(tmp_path):
    case, answers = asked(tmp_path)

    found = answers.complete(measure.save(case, Broken(ValueError("x")), ITEM, job(tmp_path)))

    assert found["status"] == "error"
    assert not {"outputs", "kept", "state"} & set(found)
    assert set(found["seconds"]) == {"data", "build", "fit", "predict-before", "save"}
