"""What the graphs of SavedModels reach."""

from __future__ import annotations

import pytest
from builders_inspection import inspect_file, message

from crossload.inspection.facts import Danger, Kind

INFO = message(1, message(5, b"2.15.0"))


def node(op, name=b"n", inputs=(), attributes=b"", *, field=1):
    return message(
        field,
        message(1, name)
        + message(2, op)
        + b"".join(message(3, each) for each in inputs)
        + (message(5, attributes) if attributes else b""),
    )


def body(op, **parts):
    return node(op, field=3, **parts)


def function(name, *ops):
    return message(1, message(1, message(1, name)) + b"".join(ops))


def saved_model(folder, graph=b"", functions=(), rest=b""):
    library = message(2, b"".join(functions)) if functions else b""
    (folder / "saved_model.pb").write_bytes(message(2, INFO + message(2, graph + library) + rest))
    return inspect_file(folder)


@pytest.mark.parametrize(
    "op",
    [
        b"ReadFile", b"WriteFile", b"MatchingFiles", b"PyFunc", b"EagerPyFunc", b"SaveV2",
        b"TFRecordDatasetV2", b"TextLineDataset", b"SnapshotDatasetV2", b"CacheDatasetV2",
        b"WriteGraphSummary", b"DebugIdentityV3", b"RpcClient", b"RemoteCall", b"LMDBReader",
    ],
)  # fmt: skip
def test_operations_that_reach_out_are_dangerous_in_graphs_and_functions(tmp_path, op):
    for found in (
        saved_model(tmp_path, node(op)),
        saved_model(tmp_path, functions=[function(b"f", body(op))]),
    ):
        assert [(each.name, each.kind) for each in found.dangerous] == [
            (op.decode(), Kind.OPERATION)
        ]


def test_operations_that_compute_are_not_listed_and_foreign_ones_are_unknown(tmp_path):
    found = saved_model(tmp_path, node(b"MatMul") + node(b"VarHandleOp") + node(b"MyOwnOp"))

    assert [(each.name, each.danger) for each in found.names] == [("MyOwnOp", Danger.UNKNOWN)]


def test_a_call_of_a_function_of_the_graph_is_no_operation(tmp_path):
    assert not saved_model(tmp_path, node(b"mine"), [function(b"mine", body(b"Add"))]).names


def test_printing_to_a_file_is_dangerous(tmp_path):
    assert not saved_model(tmp_path, node(b"PrintV2", attributes=b"\n\x06stderr")).names
    text = b"\n\x0dfile:///x.txt"
    assert saved_model(tmp_path, node(b"PrintV2", attributes=text)).dangerous


SAVE = b"__inference__traced_save_12"


def test_the_saver_of_the_model_itself_is_known(tmp_path):
    saver = function(SAVE, body(b"SaveV2"), body(b"MergeV2Checkpoints"))
    call = node(b"StatefulPartitionedCall", inputs=[b"saver_filename"], attributes=SAVE)

    assert not saved_model(tmp_path, call, [saver]).names


def test_a_saver_that_something_else_calls_is_dangerous(tmp_path):
    saver = function(SAVE, body(b"SaveV2"))
    calls = node(b"StatefulPartitionedCall", inputs=[b"my_path"], attributes=SAVE)
    other = function(b"serve", body(b"StatefulPartitionedCall", attributes=SAVE))

    assert saved_model(tmp_path, calls, [saver]).dangerous
    assert saved_model(tmp_path, functions=[saver, other]).dangerous
    # reading files has no place in a saver
    assert saved_model(tmp_path, functions=[function(SAVE, body(b"ReadFile"))]).dangerous


@pytest.mark.parametrize("name", [b"/etc/passwd", b"../../x", b"gs://bucket/x"])
def test_assets_outside_of_the_folder_are_shown(tmp_path, name):
    found = saved_model(tmp_path, rest=message(6, message(2, name)))

    assert [(each.name, each.kind) for each in found.unknown] == [(name.decode(), Kind.PATH)]
    assert not saved_model(tmp_path, rest=message(6, message(2, b"words.txt"))).names


def test_configurations_in_the_graph_are_read_too(tmp_path):
    user = message(4, message(1, b"_tf_keras_layer") + message(3, b'{"class_name": "Lambda"}'))
    found = saved_model(tmp_path, rest=message(7, message(1, user)))

    assert [each.kind for each in found.dangerous] == [Kind.CODE]
