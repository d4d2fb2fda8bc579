"""What the graphs of SavedModels reach."""

from __future__ import annotations

import pytest
from builders_inspection import inspect_file, message

from crossload.inspection.facts import Danger, Kind, NotAModel

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
    return node(op, field=3, **{"name": op.lower(), **parts})


def function(name, *ops, given=b""):
    return message(1, message(1, message(1, name) + given) + b"".join(ops))


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
        b"DatasetFromGraph", b"ImmutableConst", b"DecodeProtoV2", b"Skipgram", b"RecordInput",
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
    found = saved_model(
        tmp_path, node(b"MatMul", b"a") + node(b"VarHandleOp", b"b") + node(b"MyOwnOp")
    )

    assert [(each.name, each.danger) for each in found.names] == [("MyOwnOp", Danger.UNKNOWN)]


def test_a_call_of_a_function_of_the_graph_is_no_operation(tmp_path):
    assert not saved_model(tmp_path, node(b"mine"), [function(b"mine", body(b"Add"))]).names


def test_printing_to_a_file_is_dangerous(tmp_path):
    assert not saved_model(tmp_path, node(b"PrintV2", attributes=b"\n\x06stderr")).names
    text = b"\n\x0dfile:///x.txt"
    assert saved_model(tmp_path, node(b"PrintV2", attributes=text)).dangerous


SAVE = b"__inference__traced_save_12"


def arguments(*names):
    return b"".join(message(2, message(1, each)) for each in names)


def saver_function(*ops, name=SAVE, path=b"file_prefix"):
    """A function that saves as TensorFlow writes it, or to another path."""
    part = message(1, b"value") + message(2, message(8, message(8, b"_temp/part")))
    return function(
        name,
        body(b"Const", name=b"part", attributes=part),
        body(b"StringJoin", name=b"join", inputs=[path, b"part:output:0"]),
        body(b"ShardedFilename", name=b"shard", inputs=[b"join:output:0"]),
        body(b"SaveV2", name=b"save", inputs=[b"shard:filename:0"]),
        body(b"Pack", name=b"pack", inputs=[b"shard:filename:0", b"^save"]),
        body(b"MergeV2Checkpoints", name=b"merge", inputs=[b"pack:output:0", path]),
        *ops,
        given=arguments(b"file_prefix", b"value"),
    )


PATH_NODE = node(b"Placeholder", b"saver_filename")
SAVER = message(3, message(1, b"saver_filename:0"))


def call(name=SAVE, inputs=(b"saver_filename",)):
    return node(b"StatefulPartitionedCall", b"call", inputs, attributes=name)


def test_the_saver_of_the_model_itself_is_known(tmp_path):
    assert not saved_model(tmp_path, PATH_NODE + call(), [saver_function()], SAVER).names


def constant(text, name=b"my_path", field=1):
    value = message(1, b"value") + message(2, message(8, message(8, text)))
    return node(b"Const", name, attributes=value, field=field)


REACHING = {
    "another path": (constant(b"/x") + call(inputs=[b"my_path"]), [saver_function()], SAVER),
    "a path behind the first": (
        PATH_NODE + constant(b"/x") + call(inputs=[b"my_path", b"saver_filename"]),
        [saver_function()],
        SAVER,
    ),
    "a constant for the path of the loader": (
        constant(b"/x", b"saver_filename") + call(),
        [saver_function()],
        SAVER,
    ),
    "another function calls it": (
        PATH_NODE + call(),
        [saver_function(), function(b"f", body(b"StatefulPartitionedCall", attributes=SAVE))],
        SAVER,
    ),
    "an object has it": (
        PATH_NODE + call(),
        [saver_function()],
        SAVER + message(7, message(2, message(1, SAVE))),
    ),
    "a path of its own": (PATH_NODE + call(), [saver_function(path=b"value")], SAVER),
    "a constant of its own": (
        PATH_NODE + call(),
        [saver_function(constant(b"/x", b"own", 3), path=b"own:output:0")],
        SAVER,
    ),
    "in the graph itself": (constant(b"/x") + node(b"SaveV2", inputs=[b"my_path"]), [], b""),
    "without a path": (node(b"RestoreV2"), [], SAVER),
    "reads a file beside": (PATH_NODE + call(), [saver_function(body(b"ReadFile"))], SAVER),
    "a default that is elsewhere": (
        constant(b"/x")
        + node(b"PlaceholderWithDefault", b"saver_filename", [b"my_path"])
        + node(b"SaveV2", inputs=[b"saver_filename"]),
        [],
        SAVER,
    ),
}


@pytest.mark.parametrize("name", REACHING)
def test_savers_that_reach_other_files_are_dangerous(tmp_path, name):
    assert saved_model(tmp_path, *REACHING[name]).dangerous


def test_the_saver_of_graphs_of_tensorflow_1_is_known(tmp_path):
    graph = (
        constant(b"model")
        + node(b"PlaceholderWithDefault", b"save/Const", [b"my_path"])
        + node(b"RestoreV2", b"save/RestoreV2", [b"save/Const"])
    )

    assert not saved_model(tmp_path, graph, rest=message(3, message(1, b"save/Const:0"))).names


TABLE = b"InitializeTableFromTextFileV2"


def test_tables_are_filled_from_assets_or_show_their_path(tmp_path):
    reading = node(TABLE, b"table", [b"handle", b"my_path"])
    asset = message(6, message(1, message(1, b"my_path:0")) + message(2, b"words.txt"))
    assert not saved_model(tmp_path, constant(b"words.txt") + reading, rest=asset).names

    found = saved_model(tmp_path, constant(b"/etc/passwd") + reading)
    assert [(each.name, each.kind) for each in found.unknown] == [("/etc/passwd", Kind.PATH)]
    computed = node(b"StringJoin", b"my_path", [b"a"]) + reading
    assert [each.name for each in saved_model(tmp_path, computed).dangerous] == [TABLE.decode()]


def test_constants_that_functions_are_given_may_be_paths_of_tables(tmp_path):
    filling = function(
        b"f",
        body(TABLE, name=b"table", inputs=[b"handle", b"given"]),
        given=arguments(b"handle", b"given"),
    )
    objects = message(7, message(1, message(9, message(1, b"my_path"))))

    found = saved_model(tmp_path, constant(b"/etc/passwd"), [filling], objects)
    assert [each.name for each in found.unknown] == ["/etc/passwd"]
    assert not saved_model(tmp_path, constant(b"word"), [filling], objects).names


@pytest.mark.parametrize(
    "graph",
    [
        message(1, message(1, b"n") + message(2, b"Add") + message(2, b"WriteFile")),
        node(b"Add") + node(b"WriteFile"),
        # a key of more than 32 bits, which TensorFlow takes for that of a node
        b"\x8a\x80\x80\x80\x10" + message(1, b"n"),
    ],
)
def test_graphs_that_can_be_read_in_two_ways_are_refused(tmp_path, graph):
    with pytest.raises(NotAModel):
        saved_model(tmp_path, graph)


def test_a_function_does_not_hide_the_operation_of_its_name(tmp_path):
    hiding = function(b"WriteFile", body(b"Add"))

    assert saved_model(tmp_path, node(b"WriteFile"), [hiding]).dangerous


@pytest.mark.parametrize("name", ["saved_model.cpb", "saved_model.pbtxt"])
def test_other_forms_of_a_saved_model_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    if name.endswith("cpb"):
        (tmp_path / "saved_model.pb").write_bytes(message(2, INFO))

    with pytest.raises(NotAModel, match="SavedModel as text|in two ways"):
        inspect_file(tmp_path)


@pytest.mark.parametrize("name", [b"/etc/passwd", b"../../x", b"gs://bucket/x"])
def test_assets_outside_of_the_folder_are_shown(tmp_path, name):
    found = saved_model(tmp_path, rest=message(6, message(2, name)))

    assert [(each.name, each.kind) for each in found.unknown] == [(name.decode(), Kind.PATH)]
    assert not saved_model(tmp_path, rest=message(6, message(2, b"words.txt"))).names


def test_configurations_in_the_graph_are_read_too(tmp_path):
    user = message(4, message(1, b"_tf_keras_layer") + message(3, b'{"class_name": "Lambda"}'))
    found = saved_model(tmp_path, rest=message(7, message(1, user)))

    assert [each.kind for each in found.dangerous] == [Kind.CODE]
