"""The place where users' models are measured, with processes and locks that are made up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from builders_measuring import built_of, environment, pickled
from builders_models import inspection
from builders_workspace import FakeLocker, FakeServer

from crossload.config import Limits
from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    HarnessFault,
    IndexUnavailable,
)
from crossload.models import workspace as module
from crossload.models.model import Model
from crossload.models.needs import Needs
from crossload.models.workspace import Workspace

OLD = environment("scikit-learn==1.2.2")
NEW = environment("scikit-learn==1.9.1")


@pytest.fixture
def there(monkeypatch):
    """Environments that an earlier run has built, and those that this one builds."""
    found = SimpleNamespace(earlier={}, built=[])

    def build(wanted, lock, interpreter, _project):
        found.built.append((wanted.id, interpreter))
        return built_of(wanted, lock.versions(), lock.python)

    monkeypatch.setattr(module, "is_built", lambda wanted, _project: found.earlier.get(wanted.id))
    monkeypatch.setattr(module, "build", build)
    return found


@pytest.fixture
def make(tmp_path, monkeypatch, there):
    monkeypatch.setattr(module, "Server", FakeServer)
    monkeypatch.setattr(FakeServer, "started", [])

    def make(**options):
        workspace = Workspace(cache=tmp_path / "cache", **options)
        workspace.locker = FakeLocker()
        return workspace

    return make


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickled())
    return Model(Needs(inspection("pickle", path=path)), "pickle")


# --- environments ---


def test_an_environment_is_built_once_and_said(make, there):
    said = []
    workspace = make(say=said.append)
    wanted = environment("scikit-learn==1.2.2", "numpy==1.24.3", python="3.10")

    first = workspace.build(wanted)

    assert workspace.build(wanted) is first
    assert there.built == [(wanted.id, "python3.10")]
    assert said == ["building scikit-learn==1.2.2, numpy==1.24.3, Python 3.10"]


def test_an_environment_of_an_earlier_run_is_taken_as_it_is(make, there):
    said = []
    there.earlier[OLD.id] = built_of(OLD, {"scikit-learn": "1.2.2"})

    assert make(say=said.append).build(OLD) is there.earlier[OLD.id]
    assert (there.built, said) == ([], [])


def test_an_interpreter_that_cannot_be_had_is_named_with_how_to_get_it(make):
    workspace = make()
    workspace.locker.interpreters = SimpleNamespace(get=lambda _minor: None)

    with pytest.raises(EnvironmentUnavailable, match=r"Python 3\.11 is not installed") as caught:
        workspace.build(OLD)
    assert caught.value.hint == "uv python install 3.11"


def test_an_upgrade_keeps_the_python_that_has_wheels(make):
    assert make().build_with(NEW, "3.10").lock.python == "3.10"


def test_an_upgrade_takes_another_python_where_there_is_no_other_way(make):
    workspace = make()

    assert workspace.build_with(NEW, "3.7").lock.python == "3.11"


def test_a_python_that_is_named_is_not_replaced(make):
    named = environment("scikit-learn==1.9.1", python="3.11")

    assert make().build_with(named, "3.10").lock.python == "3.11"


def test_an_environment_that_has_the_python_already_is_reused(make, there):
    workspace = make()
    first = workspace.build(NEW)
    preferred = workspace.build_with(NEW, "3.10")

    assert workspace.build_with(NEW, "3.11") is first
    assert workspace.build_with(NEW, "3.10") is preferred
    assert len(there.built) == 2


@pytest.mark.parametrize(
    "error", [EnvironmentPinsError("x"), EnvironmentUnavailable("x"), IndexUnavailable("x")]
)
def test_the_preference_for_a_python_raises_nothing_of_its_own(make, error):
    workspace = make()
    workspace.locker.error = error

    assert workspace.build_with(NEW, "3.10").lock.python == "3.11"


# --- processes ---


def test_a_process_is_started_once_for_an_environment_and_knows_the_model(make, model, tmp_path):
    code = (tmp_path / "mine.py",)
    code[0].write_text("")
    with make() as workspace:
        built = workspace.build(OLD)
        own = Model(model.needs, "pickle", code, "network")
        server = workspace.start(built, own)

        assert workspace.start(built, own) is server
        assert workspace.start(built, model) is not server
        assert server.entry == "serve_models.py"
        assert server.control["code"] == [str(code[0])]
        assert server.control["build"] == "network"
        assert server.words == {str(code[0]): "<code>"}


def test_texts_about_each_model_of_a_process_name_no_path(make, model, tmp_path):
    (tmp_path / "b.pkl").write_bytes(pickled("1.1.0"))
    other = Model(Needs(inspection("pickle", path=tmp_path / "b.pkl")), "pickle")
    with make(fresh=True) as workspace:
        built = workspace.build(OLD)
        for each in (model, other):
            workspace.ask_writer(each, built, None)
            (server,) = FakeServer.started
            assert server.scrubbed == {str(each.path): "<model>"}


def test_what_is_loaded_is_the_copy_that_was_inspected(make, tmp_path):
    place = tmp_path / "copy.pkl"
    place.write_bytes(pickled())
    found = inspection("pickle", path="model.pkl", place=place, sha256="of the copy")
    with make() as workspace:
        workspace.ask_writer(Model(Needs(found), "pickle"), workspace.build(OLD), None)

    ((_, item, _, _),) = FakeServer.started[0].jobs
    assert (item["path"], item["sha256"]) == (str(place), "of the copy")


def test_code_that_changes_while_a_model_is_measured_leaves_no_answer(make, model, tmp_path):
    code = (tmp_path / "mine.py",)
    code[0].write_text("a = 1\n")
    own = Model(model.needs, "pickle", code)
    with make() as workspace:
        built = workspace.build(OLD)
        workspace.start(built, own)
        code[0].write_text("a = 2\n")

        with pytest.raises(ConfigError, match="changed while a model was measured"):
            workspace.ask_writer(own, built, None)
        assert not FakeServer.started[0].journal.exists()
        # the next question is one about the new code, in a process that has imported that
        changed = Model(model.needs, "pickle", code)
        assert workspace.ask_writer(changed, built, None)["status"] == "ok"
        assert len(FakeServer.started) == 2


def test_few_processes_live_at_once_and_the_one_used_last_ends_last(make, model):
    with make() as workspace:
        made = [workspace.build(environment(f"numpy==1.{index}")) for index in range(7)]
        for built in (*made[:6], made[0], made[6]):
            workspace.start(built, model)

        assert [each.closed for each in FakeServer.started] == [
            *[None, "ended", None, None, None, None, None]
        ]
    assert {each.closed for each in FakeServer.started} == {"ended"}


def test_processes_are_killed_where_an_error_ends_the_work(make, model):
    with pytest.raises(KeyboardInterrupt), make() as workspace:  # noqa: PT012 - the block is it
        workspace.start(workspace.build(OLD), model)
        raise KeyboardInterrupt

    assert [each.closed for each in FakeServer.started] == ["killed"]


# --- asking ---


def test_a_writer_is_asked_once_and_known_to_later_runs(make, model):
    limits = Limits(seconds=5, memory_mb=100)
    with make(limits=limits, no_fork=True) as workspace:
        built = workspace.build(OLD)

        assert not workspace.knows_writer(model, built, None)
        first = workspace.ask_writer(model, built, None)

        assert workspace.knows_writer(model, built, None)
        assert workspace.ask_writer(model, built, None)["kept"] == first["kept"]
        assert (workspace.measured, workspace.reused) == (1, 1)
        assert not workspace.knows_writer(model, built, {"kept": "rows of the user"})
    (server,) = FakeServer.started
    ((op, item, given, no_fork),) = server.jobs
    assert (op, given, no_fork, server.ready) == ("save", limits, True, 1)
    assert (item["path"], item["format"]) == (str(model.path.resolve()), "pickle")
    assert item["sha256"] == model.sha256


def test_a_reader_gets_the_rows_of_the_writer(make, model):
    with make() as workspace:
        saved = workspace.ask_writer(model, workspace.build(OLD), None)

        workspace.ask_reader(model, workspace.build(NEW), saved)

    op, item, *_ = FakeServer.started[1].jobs[0]
    assert (op, item["rows"], item["methods"]) == ("load", saved["rows"], saved["methods"])


def test_what_an_outcome_depends_on_makes_another_question(make, model, tmp_path):
    (tmp_path / "mine.py").write_text("")
    with make() as workspace:
        built = workspace.build(OLD)
        workspace.ask_writer(model, built, None)
        workspace.ask_writer(model.with_way("joblib"), built, None)
        workspace.ask_writer(Model(model.needs, "pickle", (tmp_path / "mine.py",)), built, None)
        workspace.ask_writer(model, built, {"kept": "x"})
        workspace.limits = Limits(seconds=1)
        workspace.ask_writer(model, built, None)

    assert (workspace.measured, workspace.reused) == (5, 0)


def test_fresh_believes_what_this_run_has_measured(make, model):
    for _ in range(2):
        with make(fresh=True) as workspace:
            built = workspace.build(OLD)
            for _ in range(2):
                workspace.ask_writer(model, built, None)

            assert (workspace.measured, workspace.reused) == (1, 1)
            assert not workspace.knows_writer(model, built, None)


def test_an_outcome_whose_arrays_were_deleted_is_measured_anew(make, model):
    with make() as workspace:
        built = workspace.build(OLD)
        for _ in range(2):
            saved = workspace.ask_writer(model, built, None)
            (workspace.store.blobs.outputs / f"{saved['kept']}.npz").unlink()
            assert not workspace.knows_writer(model, built, None)

        assert (workspace.measured, workspace.reused) == (2, 0)


@pytest.mark.parametrize("count", [0, 2])
def test_another_number_of_outcomes_is_a_fault_of_ours(make, model, monkeypatch, count):
    monkeypatch.setattr(FakeServer, "outcomes", count)
    with make() as workspace, pytest.raises(HarnessFault, match=f"{count} outcomes of one model"):
        workspace.ask_writer(model, workspace.build(OLD), None)


WAYS = {"pickle": "model.pkl", "skops": "model.skops"}


def test_a_model_is_saved_again_once_in_the_formats_that_take_it(make, model):
    with make() as workspace:
        built = workspace.build(OLD)
        saved = workspace.ask_writer(model, built, None)

        _, paths = workspace.resave(model, built, saved, WAYS)

        assert list(paths) == ["pickle"]
        assert paths["pickle"].read_bytes() == pickled()
        assert workspace.resave(model, built, saved, WAYS)[1] == paths
        assert (workspace.measured, workspace.reused) == (2, 1)


def test_saved_files_that_were_deleted_are_made_again(make, model):
    with make() as workspace:
        built = workspace.build(OLD)
        saved = workspace.ask_writer(model, built, None)
        _, paths = workspace.resave(model, built, saved, WAYS)
        paths["pickle"].unlink()

        _, again = workspace.resave(model, built, saved, WAYS)

        assert again["pickle"].exists()


def test_fitting_anew_takes_the_predictions_of_the_writer_for_labels(make, model):
    with make() as workspace:
        built = workspace.build(OLD)
        saved = workspace.ask_writer(model, built, None)

        workspace.refit(model, built, saved)

    op, item, *_ = FakeServer.started[0].jobs[1]
    assert (op, item["labels"], item["methods"]) == ("load", saved["kept"], ["predict"])
    assert item["rows"] == saved["rows"][""]
