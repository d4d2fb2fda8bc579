"""What is decided about users' models before and after anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from crossload.cli.main import main
from crossload.errors import CannotMeasure, ConfigError, DangerousFile, NotTrusted
from crossload.inspection.facts import Certainty, Danger, ImportedName, Inspection, WriterVersion
from crossload.models import commands, publish
from crossload.models.advice import advice_for, folder_of, known_failures, load_advice
from crossload.models.bisect import bisect, releases_between
from crossload.models.bisect import to_text as boundary_in_words
from crossload.models.blame import minimal_set
from crossload.models.check import CannotTell, Checker, Question
from crossload.models.consent import ask_consent, executes
from crossload.models.model import Model, environment_of
from crossload.models.needs import Needs, imported_by, provided_by, python_files
from crossload.models.render import headline, summary, to_dict, to_text
from crossload.models.result import Answer, Result, Side, answer_of, changes_of, exit_code_of
from crossload.models.rows import data_of, read_data
from crossload.models.targets import Target, parse
from crossload.models.workspace import cache_folder
from crossload.safe import no_commands
from crossload.verdict import Judgement, Verdict

ROOT = Path(__file__).resolve().parents[2]


def written(package="scikit-learn", version="1.2.2", sure=Certainty.RECORDED):
    return WriterVersion(package=package, version=version, sure=sure, how="because")


def name_of(text, danger=Danger.KNOWN):
    module, _, name = text.rpartition(".")
    return ImportedName(module=module, name=name, danger=danger, called=True)


def inspection(fmt="joblib", names=("sklearn.ensemble._forest.RandomForestClassifier",), **more):
    listed = [name_of(each) for each in names]
    found = Inspection(
        path=Path(more.pop("path", "model.joblib")), format=fmt, size=1, names=listed
    )
    found.written = more.pop("written", [written()])
    for name, value in more.items():
        setattr(found, name, value)
    return found


def result(answer=Answer.SAFE, **more):
    return Result(
        path=Path(more.pop("path", "model.joblib")),
        answer=answer,
        reason=more.pop("reason", "why"),
        **more,
    )


# --- what a model needs -----------------------------------------------------------------------------------------------


def test_packages_come_from_the_names_that_loading_imports():
    needs = Needs(
        inspection(
            names=("sklearn.a.B", "xgboost.sklearn.C", "numpy.core.multiarray.d", "builtins.object")
        )
    )

    assert needs.packages == ("joblib", "numpy", "scikit-learn", "xgboost")
    assert needs.own_modules == ()


def test_a_package_is_never_installed_because_an_unknown_module_is_named():
    needs = Needs(inspection(names=("sklearn.a.B", "company_models.churn.Thing")))

    assert needs.own_modules == ("company_models",)
    assert "company-models" not in needs.packages


@pytest.mark.parametrize(
    ("fmt", "facts", "packages"),
    [
        ("joblib", [written()], {"scikit-learn": "==1.2.2"}),
        ("joblib", [written(), written(version="1.3.0")], {"scikit-learn": "==1.3.0"}),
        (
            "pickle",
            [written(), written("numpy", ">=2", Certainty.BOUND)],
            {"scikit-learn": "==1.2.2", "numpy": ">=2"},
        ),
        ("h5", [written("keras", "2.10.0")], {"tensorflow": "==2.10.0"}),
        ("h5", [written("keras", "2.4.3-tf")], {"tensorflow": "==2.4.3"}),
        ("keras", [written("keras", "3.5.0")], {"keras": "==3.5.0", "tensorflow": ""}),
        ("savedmodel", [written("tensorflow", "2.8.4")], {"tensorflow": "==2.8.4"}),
    ],
)
def test_the_versions_that_wrote_a_file(fmt, facts, packages):
    assert Needs(inspection(fmt, written=facts)).writer().packages == packages


@pytest.mark.parametrize("facts", [[], [written("numpy", ">=2", Certainty.BOUND)]])
def test_a_file_that_records_no_version_has_no_writer(facts):
    assert Needs(inspection(written=facts)).writer() is None


def test_imports_of_code_are_read_without_executing_it(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import lightgbm.sklearn\nfrom sklearn import base\nfrom . import x\nraise SystemExit\n"
    )
    (tmp_path / "broken.py").write_text("def (:")

    assert imported_by([tmp_path]) == {"lightgbm", "sklearn"}
    assert provided_by([tmp_path / "mine.py"]) == {"mine"}
    assert "lightgbm" in Needs(inspection(), code=(tmp_path,)).packages


def test_virtual_environments_and_hidden_folders_are_nobodys_code(tmp_path):
    for name in ("mine.py", ".hidden/a.py", "venv/lib/b.py", "node_modules/c.py", "pack/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("import lightgbm\n")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")

    assert [each.name for each in python_files(tmp_path)] == ["mine.py", "d.py"]


def test_too_much_code_is_said_instead_of_read(tmp_path, monkeypatch):
    monkeypatch.setattr("crossload.models.needs.MOST_FILES", 3)
    for index in range(5):
        (tmp_path / f"m{index}.py").write_text("")
    with pytest.raises(ConfigError, match="more than 3 modules"):
        python_files(tmp_path)


def test_a_folder_provides_its_modules_and_a_package_itself(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "one.py").write_text("")

    assert provided_by([tmp_path]) == {"one", "pack"}
    assert provided_by([tmp_path / "pack"]) == {"pack"}


# --- environments -----------------------------------------------------------------------------------------------------


def test_what_scikit_learn_brings_is_not_asked_for_so_that_models_share_environments():
    needs = Needs(inspection(names=("sklearn.a.B", "scipy.sparse.c")))
    environment = environment_of(parse("scikit-learn==1.9.1", option="--to"), needs)

    assert environment.requires == ("scikit-learn==1.9.1",)
    assert environment.id.startswith("scikit-learn-1.9.1-")


def test_what_the_user_names_is_asked_for():
    environment = environment_of(
        parse("scikit-learn==1.9.1 numpy==2.4 shap", option="--to"), Needs(inspection())
    )

    assert environment.requires == ("numpy==2.4", "scikit-learn==1.9.1", "shap")


def test_of_a_lock_only_what_the_model_needs_is_installed_and_the_rest_constrains():
    lock = Target(
        packages={"scikit-learn": "==1.2.2", "numpy": "==1.24.3", "flask": "==3.0"}, complete=True
    )
    environment = environment_of(lock, Needs(inspection()))

    assert environment.requires == ("scikit-learn==1.2.2",)
    assert environment.constraints == ("flask==3.0", "numpy==1.24.3")


def test_pandas_comes_along_where_columns_have_names():
    needs = Needs(inspection(feature_names=("age", "city")))

    assert environment_of(parse("scikit-learn==1.2.2", option="--to"), needs).extras == ("pandas",)


def test_other_versions_make_another_environment():
    ids = {
        environment_of(
            parse(f"scikit-learn==1.2.2 numpy{each}", option="--to"), Needs(inspection())
        ).id
        for each in ("==1.24", "<2")
    }
    assert len(ids) == 2


def test_the_cache_is_where_the_user_wants_it(tmp_path, monkeypatch):
    assert cache_folder({"CROSSLOAD_CACHE": str(tmp_path)}) == tmp_path.resolve()
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_folder({"XDG_CACHE_HOME": "/elsewhere"}) == Path("/elsewhere/crossload")


# --- what cannot be told, before anything is loaded -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "question", "told", "hint"),
    [
        (inspection(names=("sklearn.a.B", "mine.C")), Question(), "module mine", "--with-code"),
        (
            inspection(names=("__main__.Thing",)),
            Question(),
            "saved by a script that defines Thing",
            "--with-code SCRIPT",
        ),
        (
            inspection("weights-h5", written=[written("keras", "2.10.0")]),
            Question(),
            "weights alone",
            "--build",
        ),
    ],
)
def test_what_the_user_must_bring_along(found, question, told, hint):
    with pytest.raises(CannotTell, match=told) as caught:
        Checker(None, found, question, None).model()
    assert hint in caught.value.hint


def test_a_file_without_versions_needs_them_named():
    checker = Checker(None, inspection(written=[]), Question(), None)

    found = checker.check(parse("scikit-learn==1.9.1", option="--to"))

    assert (found.answer, found.exit_code) == (Answer.UNKNOWN, 3)
    assert "--from" in found.hint


def test_a_way_of_loading_that_the_format_does_not_have_is_bad_input():
    with pytest.raises(ConfigError, match="is loaded as joblib"):
        Checker(None, inspection(), Question(way="savedmodel-tfsm"), None).model()


def test_who_names_numpy_alone_keeps_the_library():
    checker = Checker(None, inspection(), Question(), None)

    assert checker.target(parse("numpy==2.4", option="--to")).packages == {
        "numpy": "==2.4",
        "scikit-learn": "==1.2.2",
    }
    assert checker.target(parse("scikit-learn==1.9.1", option="--to")).packages == {
        "scikit-learn": "==1.9.1"
    }


def test_keras_and_tensorflow_move_together():
    checker = Checker(
        None, inspection("keras", names=(), written=[written("keras", "3.5.0")]), Question(), None
    )

    assert checker.target(parse("tensorflow==2.21.0", option="--to")).packages == {
        "tensorflow": "==2.21.0"
    }


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "warned", "answer"),
    [
        (Verdict.IDENTICAL, (), Answer.SAFE),
        (Verdict.EQUIVALENT, (), Answer.SAFE),
        (Verdict.IDENTICAL, ("InconsistentVersionWarning",), Answer.WARNING),
        (Verdict.DRIFT, (), Answer.DRIFT),
        (Verdict.LOAD_ERROR, (), Answer.BREAKS),
        (Verdict.PREDICT_ERROR, ("UserWarning",), Answer.BREAKS),
        (Verdict.CRASH, (), Answer.BREAKS),
        (Verdict.TIMEOUT, (), Answer.BREAKS),
        (Verdict.MEMORY, (), Answer.BREAKS),
        (Verdict.UNSTABLE, (), Answer.UNKNOWN),
        (Verdict.NOT_AVAILABLE, (), Answer.UNKNOWN),
        (Verdict.NOT_RUN, (), Answer.UNKNOWN),
    ],
)
def test_every_verdict_has_an_answer(verdict, warned, answer):
    assert answer_of(Judgement(verdict=verdict, warned=warned)) is answer


def test_nothing_but_a_pass_is_safe():
    safe = {verdict for verdict in Verdict if answer_of(Judgement(verdict=verdict)).safe}
    assert safe == {verdict for verdict in Verdict if verdict.passes}


def test_exit_codes_are_those_of_the_worst_answer():
    by_answer = {answer: exit_code_of([result(Answer.SAFE), result(answer)]) for answer in Answer}
    assert by_answer == {
        Answer.SAFE: 0,
        Answer.WARNING: 0,
        Answer.UNKNOWN: 3,
        Answer.DRIFT: 1,
        Answer.BREAKS: 1,
    }
    assert exit_code_of([result(Answer.UNKNOWN), result(Answer.DRIFT)]) == 1
    assert exit_code_of([]) == 0


def side(python="3.11.7", **packages):
    return Side(python=python, packages=packages, as_of="2023-05-08", shown="Python " + python)


def test_python_counts_among_what_differs():
    assert changes_of(side(numpy="1", a="1"), side("3.12.1", numpy="2", a="1", b="3")) == {
        "b": ("", "3"),
        "numpy": ("1", "2"),
        "python": ("3.11.7", "3.12.1"),
    }


def full(answer=Answer.BREAKS, verdict=Verdict.LOAD_ERROR, **more):
    return result(
        answer,
        reason=more.pop("reason", "ValueError: broken"),
        upgrade="scikit-learn 1.2.2 -> 1.9.1",
        judgement=Judgement(
            verdict=verdict, before=more.pop("before", {}), after=more.pop("after", {})
        ),
        writer=side(numpy="1.24.3"),
        reader=side(numpy="2.4.0"),
        asked="predict of 200 rows",
        **more,
    )


def test_the_answer_is_the_first_line():
    text = to_text(full(), width=80)

    assert text.splitlines()[0] == "BREAKS  model.joblib: scikit-learn 1.2.2 -> 1.9.1"
    assert "loading raises ValueError: broken" in text
    assert "numpy 1.24.3 -> 2.4.0" in text


def test_metrics_are_told_where_there_were_labels_and_their_lack_where_there_were_none():
    with_labels = full(
        Answer.DRIFT,
        Verdict.DRIFT,
        before={"recall": 0.98, "tp": 9.0},
        after={"recall": 0.12, "tp": 1.0},
        labels=True,
    )
    without = full(Answer.SAFE, Verdict.IDENTICAL)

    assert "recall 0.98 -> 0.12" in to_text(with_labels, width=100)
    assert "no labels, so no metrics" in " ".join(to_text(without, width=100).split())


def test_nothing_of_a_file_reaches_the_terminal_as_a_control_code():
    hostile = full(
        reason="x\x1b[31m\nSAFE  model",
        path="a\x1b]0;t\x07.joblib",
        warnings=[{"category": "W\x1b", "text": "a\nb\x1b[0m", "count": 2}],
    )

    text = to_text(hostile, width=80)

    assert "\x1b" not in text
    assert not any(line.startswith("SAFE") for line in text.splitlines())
    assert all(len(line) <= 80 for line in text.splitlines())


def test_json_has_no_infinities():
    judged = Judgement(
        verdict=Verdict.DRIFT, before={"r2": 0.9}, after={"r2": float("nan")}, max_abs=float("inf")
    )
    found = to_dict(result(Answer.DRIFT, judgement=judged))

    assert json.loads(json.dumps(found, allow_nan=False))["metrics"]["r2"] == {
        "before": 0.9,
        "after": None,
    }


def test_a_summary_counts_the_worst_first():
    assert summary([full(), result(), result()]) == "3 models: 1 BREAKS, 2 SAFE"


# --- for pull requests ------------------------------------------------------------------------------------------------

HOSTILE = "a|b `c` <img src=x> ```\n::error::forged\x1b[0m ]]> &amp;"


def test_markdown_keeps_hostile_texts_in_their_cells():
    text = publish.to_markdown([full(reason=HOSTILE, path=HOSTILE), result()], "old -> new")

    (row,) = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert row.replace("\\|", "").count("|") == 6
    assert "<img" not in text.split("<details>")[0]
    assert text.count("```") % 2 == 0
    assert "SAFE" in text


def test_markdown_fits_into_a_comment():
    assert (
        len(
            publish.to_markdown(
                [full(reason="x" * 5000, path=f"m{i}.joblib") for i in range(400)], "a -> b"
            )
        )
        <= 65_536
    )


def test_the_headline_of_markdown_is_the_truth():
    assert "Every saved model survives" in publish.to_markdown([result()], "a -> b")
    assert "Not every saved model" in publish.to_markdown([result(), full()], "a -> b")
    assert "nothing can be told" in publish.to_markdown(
        [result(), result(Answer.UNKNOWN)], "a -> b"
    )


def test_junit_has_a_test_a_model():
    top = ET.fromstring(
        publish.to_junit(
            [full(reason=HOSTILE), result(), result(Answer.UNKNOWN), result(Answer.WARNING)],
            "a -> b",
        )
    )

    (suite,) = top
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")
    assert [case[0].tag if len(case) else "" for case in suite] == [
        "failure",
        "",
        "error",
        "system-out",
    ]


def test_annotations_are_one_line_each_and_cannot_be_forged():
    lines = publish.to_annotations([full(reason=HOSTILE, path="a,b:c.joblib"), result()])

    assert len(lines) == 1
    assert lines[0].startswith("::error file=a%2Cb%3Ac.joblib,title=BREAKS::")
    assert "\n" not in lines[0]


# --- consent ----------------------------------------------------------------------------------------------------------


def test_pickles_ask_and_plain_arrays_do_not():
    assert executes(inspection())
    assert executes(inspection("savedmodel", names=()))
    assert not executes(inspection("h5", names=()))
    assert executes(
        inspection(
            "keras", names=(), notes=["it has Lambda layers: loading executes the code in them"]
        )
    )


def test_without_a_terminal_and_without_trust_nothing_is_loaded(monkeypatch):
    monkeypatch.setattr("sys.stdin", type("NoTerminal", (), {"isatty": lambda self: False})())
    with pytest.raises(NotTrusted, match=r"model\.joblib") as caught:
        ask_consent([inspection()], trust=False, dangerous=False, out=print)
    assert "--trust" in caught.value.hint


@pytest.mark.parametrize(
    ("said", "agreed"), [("y", True), ("YES ", True), ("", False), ("n", False), ("what?", False)]
)
def test_the_terminal_is_asked_after_it_was_shown_what_is_inside(said, agreed):
    shown = []
    try:
        ask_consent(
            [inspection()], trust=False, dangerous=False, out=shown.append, answer=lambda _: said
        )
    except NotTrusted:
        assert not agreed
    else:
        assert agreed
    assert "written by scikit-learn 1.2.2" in shown[0]


def test_trust_does_not_cover_what_is_known_to_be_dangerous():
    bad = inspection()
    bad.names.append(name_of("os.system", Danger.DANGEROUS))

    with pytest.raises(DangerousFile, match=r"os\.system"):
        ask_consent([bad], trust=True, dangerous=False, out=print)
    ask_consent([bad], trust=True, dangerous=True, out=print)


# --- the user's rows --------------------------------------------------------------------------------------------------


def test_rows_and_labels_of_a_table(tmp_path):
    (tmp_path / "rows.csv").write_text("age,city,y\n3.5,Oslo,1\n,Rome,0\n4,,1\n")

    found = read_data(tmp_path / "rows.csv", "y")

    assert found.names == ["age", "city"]
    assert np.isnan(found.arrays[0][1])
    assert found.arrays[1].tolist() == ["Oslo", "Rome", None]
    assert found.truth.tolist() == [1, 0, 1]


def test_rows_of_an_array_with_labels_in_a_file(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((4, 2)))
    np.save(tmp_path / "y.npy", np.array([0, 1, 0, 1]))

    found = read_data(tmp_path / "x.npy", str(tmp_path / "y.npy"))

    assert (found.arrays[0].shape, found.truth.tolist()) == ((4, 2), [0, 1, 0, 1])


def test_rows_that_python_has_at_hand():
    found = data_of([[1.0, 2.0], [3.0, 4.0]], [0, 1])

    assert (found.arrays[0].shape, found.truth.tolist()) == ((2, 2), [0, 1])
    with pytest.raises(ConfigError, match="one label a row|shape"):
        data_of([[1.0]], [0, 1])


@pytest.mark.parametrize(
    ("name", "text", "target", "told"),
    [
        ("none.csv", None, "", "there is no such file"),
        ("rows.xlsx", "x", "", r"cannot read \.xlsx"),
        ("rows.csv", "", "", "cannot be read"),
        ("rows.csv", "a,b\n", "", "has no rows"),
        ("rows.csv", "a,b\n1,2\n", "c", "no column of rows.csv"),
        ("rows.csv", "a,b\n1,\n2,3\n", "b", "missing"),
        ("rows.npy", "nonsense", "", "cannot be read"),
    ],
)
def test_bad_rows_are_named(tmp_path, name, text, target, told):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_data(tmp_path / name, target)


def test_rows_of_objects_are_refused_and_never_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ConfigError, match="allow_pickle"):
        read_data(tmp_path / "x.npy", "")


# --- searching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("culprits", [{"a"}, {"h"}, {"a", "h"}, {"b", "c", "g"}, set("abcdefgh")])
def test_the_smallest_set_of_changes_is_found(culprits):
    asked = []

    def fails(chosen):
        asked.append(chosen)
        return culprits <= chosen

    assert set(minimal_set("abcdefgh", fails)) == culprits
    assert len(asked) == len(set(asked))


def test_sets_that_cannot_be_installed_are_not_taken_for_the_culprit():
    def fails(chosen):
        if ("python" in chosen) != ("numpy" in chosen):
            return None
        return "numpy" in chosen

    assert set(minimal_set(["joblib", "numpy", "python", "scipy"], fails)) == {"numpy", "python"}


def pattern(text, lost=()):
    """A measure over releases 0.0, 0.1, ... that is safe where the text has a dot."""
    asked = []

    def measure(version):
        index = int(version.split(".")[1])
        asked.append(index)
        if index in lost:
            return None
        return result(Answer.SAFE) if text[index] == "." else full(reason=f"broken in {version}")

    return [f"0.{index}" for index in range(len(text))], measure, asked


def test_a_boundary_is_found_in_about_log2_environments():
    releases, measure, asked = pattern("." * 41 + "x" * 23)

    found = bisect("p", releases, measure, lambda _: None, extra=2)

    assert (found.good, found.bad, found.single) == ("0.40", "0.41", True)
    assert len(asked) <= 2 + 6 + 4
    assert "since p 0.41; 0.40 is the last release that is safe" in boundary_in_words(found, "m")


def test_neighbours_of_the_boundary_were_both_measured():
    for edge in range(1, 12):
        releases, measure, asked = pattern("." * edge + "x" * (12 - edge))
        found = bisect("p", releases, measure, lambda _: None, extra=0)
        assert (found.good, found.bad) == (f"0.{edge - 1}", f"0.{edge}")
        assert {edge - 1, edge} <= set(asked)


def test_releases_without_an_environment_are_passed_over():
    releases, measure, _ = pattern("....xxxx", lost={3, 4})

    found = bisect("p", releases, measure, lambda _: None, extra=0)

    assert (found.good, found.bad) == ("0.2", "0.5")
    assert "nothing could be measured with 0.3, 0.4" in boundary_in_words(found, "m").replace(
        "0.4, 0.3", "0.3, 0.4"
    )


def test_what_is_no_single_boundary_is_said_with_the_pattern():
    releases, measure, asked = pattern("....x..xxxxx")

    found = bisect("p", releases, measure, lambda _: None, extra=4)

    assert not found.single
    assert set(asked) == set(range(12))
    assert "no single boundary" in boundary_in_words(found, "m")


@pytest.mark.parametrize("text", ["....", "xxxx", "x..."])
def test_ends_that_do_not_differ_leave_nothing_to_search(text):
    releases, measure, _ = pattern(text)
    with pytest.raises(CannotMeasure, match="nothing to search"):
        bisect("p", releases, measure, lambda _: None)


class FakeIndex:
    def releases(self, _package):
        return [
            type("R", (), {"version": v, "yanked": v == "1.2.1"})()
            for v in ("1.1", "1.2.0", "1.2.1", "1.2.2", "1.10", "2.0")
        ]

    def release(self, package, version):
        return next(each for each in self.releases(package) if each.version == version)


def test_releases_are_ordered_as_versions_in_the_direction_of_the_question():
    assert releases_between(FakeIndex(), "p", "1.1", "1.10") == ["1.1", "1.2.0", "1.2.2", "1.10"]
    assert releases_between(FakeIndex(), "p", "2.0", "1.2.1") == ["2.0", "1.10", "1.2.2", "1.2.1"]
    with pytest.raises(ConfigError, match="the same release"):
        releases_between(FakeIndex(), "p", "1.1", "1.1")


# --- advice -----------------------------------------------------------------------------------------------------------


def test_a_known_failure_has_cause_remedy_and_link():
    reason = "ValueError: node array from the pickle has an incompatible dtype: - expected: {'names': ..."
    found = advice_for("load-error", reason, {"scikit-learn": "1.2.2"}, {"scikit-learn": "1.9.1"})

    assert found is not None
    assert "missing_go_to_left" in found.cause
    assert "fit it again" in found.remedy
    assert found.link.startswith("https://github.com/")


def test_a_text_that_says_little_needs_the_versions_too():
    assert (
        advice_for("load-error", "KeyError: 0", {"joblib": "1.2.0"}, {"joblib": "1.0.1"})
        is not None
    )
    assert advice_for("load-error", "KeyError: 0", {"joblib": "1.2.0"}, {"joblib": "1.2.0"}) is None
    assert advice_for("load-error", "KeyError: 0", {}, {}) is None


def test_advice_may_be_about_a_class_that_the_model_holds():
    reason = "1 labels changed; state equal: the library computes otherwise"
    sides = {"scikit-learn": "1.2.2"}, {"scikit-learn": "1.9.1"}

    about_idf = advice_for("drift", reason, *sides, ["sklearn.Pipeline", "sklearn.TfidfVectorizer"])
    general = advice_for(
        "drift", reason, *sides, ["sklearn.Pipeline", "sklearn.AdaBoostClassifier"]
    )

    assert "t.idf_ = t.__dict__['_idf_diag'].diagonal()" in about_idf.remedy
    assert "idf" not in general.cause + general.remedy


def test_what_is_not_known_has_no_advice():
    assert advice_for("load-error", "ValueError: something new", {}, {}) is None
    assert (
        advice_for("predict-error", "ModuleNotFoundError: No module named 'numpy._core'", {}, {})
        is None
    )


SEEN_ELSEWHERE = (
    "numpy.dtype size changed",
    "AttributeError: Can't get attribute '_passthrough_scorer' on <module 'sklearn.metrics._scorer'",
    "AttributeError: Can't get attribute 'Log' on <module 'sklearn.linear_model._sgd_fast'",
)
"""Texts that no matrix meets; integration tests meet them."""


def test_every_advice_is_about_a_failure_that_was_measured():
    import pandas as pd

    reasons = {}
    for path in (ROOT / "reports").glob("*/outcomes.parquet"):
        table = pd.read_parquet(path, columns=["verdict", "reason"])
        for verdict, part in table.groupby(table["verdict"].astype(str)):
            reasons[verdict] = (
                reasons.get(verdict, "") + "\n".join(part["reason"].astype(str).unique()) + "\n"
            )

    for each in known_failures():
        assert each.says in reasons[each.verdict] or each.says in SEEN_ELSEWHERE, each.says


def test_every_expected_failure_has_advice():
    from crossload.config import load_expectations

    told = [(each.verdict, each.says) for each in known_failures()]
    for path in folder_of().glob("*.toml"):
        if path.name != "advice.toml":
            for each in load_expectations(path, shown=path.name):
                assert any(
                    v in each.verdicts and (s in each.says or each.says.strip() in s)
                    for v, s in told
                ), (
                    path.name,
                    each.says,
                )


def test_advice_without_a_cause_is_an_error(tmp_path):
    (tmp_path / "advice.toml").write_text(
        '[[advice]]\nverdict = "load-error"\nsays = "new"\nremedy = "do"\n'
    )
    with pytest.raises(ConfigError, match="no cause"):
        load_advice(tmp_path)


def test_advice_with_mistakes_names_them(tmp_path):
    (tmp_path / "advice.toml").write_text('[[advice]]\nverdict = "identical"\nsays = 3\n')
    with pytest.raises(ConfigError, match="advice") as caught:
        load_advice(tmp_path)
    assert len(caught.value.problems) == 3
    assert headline(result())


# --- found by attacks -------------------------------------------------------------------------------------------------


def test_code_counts_with_all_that_it_may_import(tmp_path):
    (tmp_path / "mine.py").write_text("import helper\n")
    (tmp_path / "helper.py").write_text("K = 2\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    digests = set()
    for name, text in (
        ("helper.py", "K = 2\n"),
        ("helper.py", "K = 3\n"),
        ("pack/inner.py", "A = 1\n"),
        ("pack/inner.py", "A = 2\n"),
    ):
        (tmp_path / name).write_text(text)
        digests.add(Model(Needs(inspection()), "joblib", (tmp_path / "mine.py",)).code_digest)
    assert len(digests) == 4


def test_a_lock_that_does_not_name_the_library_tells_nothing():
    docs = Target(packages={"sphinx": "==7.3.7"}, complete=True, source="requirements-docs.txt")
    checker = Checker(None, inspection(), Question(), None)

    found = checker.check(docs)

    assert (found.answer, found.reason) == (
        Answer.UNKNOWN,
        "requirements-docs.txt does not name scikit-learn",
    )
    assert not checker.concerns(docs)
    assert checker.concerns(Target(packages={"scikit-learn": "==1.5"}, complete=True))


def test_nobody_is_mentioned_and_nothing_linked_in_a_comment():
    text = publish.to_markdown(
        [full(reason="ask @everyone at https://evil.example or www.evil.example")], "a -> b"
    ).split("<details>")[0]

    assert "@everyone" not in text
    assert "https://" not in text
    assert "www." not in text


def test_no_line_is_a_command_of_the_ci():
    text = no_commands("a ::b::\n  ::stop-commands::x\n::error::y\n##[group]z")

    assert text == "a ::b::\n  : :stop-commands::x\n: :error::y\n## [group]z"


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_a_tolerance_is_a_number_of_at_least_0(value, tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.ones(2))
    import pickle

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1]))
    assert (
        main(
            ["check", str(tmp_path / "m.pkl"), "--to", "numpy==2.3.1", "--trust", f"--atol={value}"]
        )
        == 2
    )
    assert "at least 0" in capsys.readouterr().err


def test_a_fault_of_ours_does_not_look_like_a_model_that_breaks(monkeypatch, capsys):
    def fail(*_arguments, **_options):
        msg = "what"
        raise KeyError(msg)

    monkeypatch.setitem(commands.COMMANDS, "check", fail)
    assert main(["check", "m", "--to", "x==1"]) == 7
    assert "crossload itself failed: KeyError" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x @ file:///tmp/x", "x; y", "-r", ""])
def test_a_package_is_named_by_its_name_alone(name, tmp_path, capsys):
    import pickle

    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1]))
    assert (
        main(
            ["check", str(tmp_path / "m.pkl"), "--to", "numpy==2.3.1", "--trust", f"--with={name}"]
        )
        == 2
    )
    assert "not the name of a package" in capsys.readouterr().err
