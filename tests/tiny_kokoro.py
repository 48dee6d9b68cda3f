"""A Kokoro of a few thousand weights: the inputs, the outputs and the tensors between them are those of the published export.

It hums: voiced phonemes are nine sines on an F0 of their own, others a hiss, so that pitch, rate and level can be measured.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from voiceact.engines.embedded.text import load_phoneme_ids

SOURCE = "/decoder/decoder/generator/m_source"
IDS, WIDTH, CONTENT, HOP = 178, 8, 6, 300
UNVOICED = 'ptkfsʃθhʧ;:,.!?—… "'


class Graph:
    """Nodes and weights in the order they are asked for."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, value: object, kind: type = np.float32) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def number(self, *values: int) -> str:
        return self.weight(values, np.int64)

    def do(self, operator: str, *inputs: str, name: str = "", **attributes: object) -> str:
        output = name or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output


def write_model(path: Path, *, tokens: str = "tokens", mixer: str = "MatMul", noise: bool = False, leave_out: str = "") -> Path:
    """An ONNX file that `voiceact.engines.kokoro` reads.

    mixer: the operator behind the sines; noise: whether one is drawn at random; leave_out: a tensor that gets another name
    """
    path.write_bytes(_renamed(_model(tokens, mixer, noise), leave_out).SerializeToString())
    return path


def write_voices(folder: Path, names: tuple[str, ...] = ("af_heart", "af_bella", "am_michael", "bf_emma", "bm_george")) -> Path:
    """A file .bin for each name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.bin").write_bytes(table(name).tobytes())
    return folder


def table(name: str) -> np.ndarray:
    """The styles of a voice (float32 [510, 256]): its timbre and its F0 are its own."""
    rng = np.random.default_rng(list(name.encode()))
    styles = rng.normal(0, 0.1, 256) + rng.normal(0, 0.01, (510, 256))
    styles[:, 128] = -1.0 if name[1] == "m" else 1.0
    return styles.astype(np.float32)


def torch_file(styles: np.ndarray, root: str = "af_heart", tensors: int = 1) -> bytes:
    """What torch.save writes of one tensor: a zip whose data/0 holds the plain numbers."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{root}/data.pkl", b"\x80\x02never read.")
        for number in range(tensors):
            archive.writestr(f"{root}/data/{number}", styles.tobytes())
    return file.getvalue()


def _model(tokens: str, mixer: str, noise: bool) -> onnx.ModelProto:
    graph = Graph()
    prosody, timbre = _style(graph)
    long_states, long_content = _encoder(graph, tokens, prosody)
    f0, energy = _contour(graph, long_states, prosody)
    _decoder(graph, long_content, f0, energy, _source(graph, f0, mixer, noise), timbre)
    inputs = [
        helper.make_tensor_value_info(tokens, TensorProto.INT64, [1, "L"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    outputs = [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["N"])]
    made = helper.make_graph(graph.nodes, "tiny", inputs, outputs, graph.weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _style(graph: Graph) -> tuple[str, str]:
    ends = [(graph.number(start), graph.number(stop), graph.number(1)) for start, stop in ((128, 256), (0, 128))]
    names = ("/encoder/Slice_output_0", "/decoder/Slice_output_0")
    prosody, timbre = (
        graph.do("Slice", "style", start, stop, axis, name=name) for (start, stop, axis), name in zip(ends, names, strict=True)
    )
    return prosody, timbre


def _embedding() -> np.ndarray:
    """One row a phoneme; the first column says whether it has a voice, the second how long it is."""
    rows = np.random.default_rng(1).normal(0, 0.3, (IDS, WIDTH))
    rows[:, 0] = 1.0
    rows[[0, *(number for phoneme, number in load_phoneme_ids().items() if phoneme in UNVOICED)], 0] = 0.0
    return rows.astype(np.float32)


def _encoder(graph: Graph, tokens: str, prosody: str) -> tuple[str, str]:
    """Durations, and states and content repeated as often as they say."""
    rng = np.random.default_rng(2)
    rows = graph.do("Gather", graph.weight(_embedding()), tokens)
    slow = graph.do("MatMul", prosody, graph.weight(rng.normal(0, 0.3, (128, 5))))
    each = graph.do("Sigmoid", graph.do("Add", graph.do("MatMul", rows, graph.weight(rng.normal(0, 1, (WIDTH, 5)))), slow))
    durations = graph.do(
        "ReduceSum",
        graph.do("Mul", each, graph.weight(1.5)),
        graph.number(-1),
        keepdims=0,
        name="/encoder/predictor/ReduceSum_output_0",
    )
    length = graph.do("Shape", durations)
    wide = graph.do(
        "Expand",
        graph.do("Unsqueeze", prosody, graph.number(1)),
        graph.do(
            "Concat", graph.number(1), graph.do("Slice", length, graph.number(1), graph.number(2)), graph.number(128), axis=0
        ),
    )
    states = graph.do("Concat", rows, wide, axis=2, name="/encoder/predictor/text_encoder/Concat_4_output_0")
    content = graph.do(
        "Transpose",
        graph.do("MatMul", rows, graph.weight(rng.normal(0, 1, (WIDTH, CONTENT)))),
        perm=[0, 2, 1],
        name="/encoder/text_encoder/Transpose_2_output_0",
    )
    path = _alignment(graph, durations)
    across = graph.do("Transpose", states, perm=[0, 2, 1])
    return (
        graph.do("MatMul", across, path, name="/encoder/MatMul_output_0"),
        graph.do("MatMul", content, path, name="/encoder/MatMul_1_output_0"),
    )


def _alignment(graph: Graph, durations: str) -> str:
    """Float [L, T], 1 where a phoneme sounds."""
    whole = graph.do("Clip", graph.do("Round", graph.do("Div", durations, "speed")), graph.weight(1.0))
    ends = graph.do("CumSum", whole, graph.weight(1, np.int64))
    column = graph.do("Reshape", ends, graph.number(-1, 1))
    starts = graph.do("Sub", column, graph.do("Reshape", whole, graph.number(-1, 1)))
    total = graph.do("ReduceSum", whole, keepdims=0)
    frames = graph.do("Range", graph.weight(0.0), total, graph.weight(1.0))
    inside = graph.do("And", graph.do("GreaterOrEqual", frames, starts), graph.do("Less", frames, column))
    return graph.do("Cast", inside, to=TensorProto.FLOAT)


def _contour(graph: Graph, states: str, prosody: str) -> tuple[str, str]:
    """F0 and energy, two frames a step; a man's voice (his style says) is an octave below a woman's."""
    rng = np.random.default_rng(3)
    weights = np.vstack([rng.normal(0, 8, (WIDTH, 2)), np.zeros((128, 2))])
    weights[WIDTH] = 55.0
    steps = graph.do("Transpose", states, perm=[0, 2, 1])
    hertz = graph.do("Add", graph.do("MatMul", steps, graph.weight(weights)), graph.weight(165.0))
    voiced = graph.do("Slice", steps, graph.number(0), graph.number(1), graph.number(2))
    f0 = graph.do("Reshape", graph.do("Mul", hertz, voiced), graph.number(1, -1), name="/encoder/Reshape_output_0")
    weights = np.vstack([rng.normal(0, 0.2, (WIDTH, 2)), np.zeros((128, 2))])
    loud = graph.do("Sigmoid", graph.do("MatMul", steps, graph.weight(weights)))
    return f0, graph.do("Reshape", loud, graph.number(1, -1), name="/encoder/Reshape_1_output_0")


def _long(graph: Graph, frames: str) -> str:
    """[1, F] to [1, 300 F, 1]."""
    column = graph.do("Reshape", frames, graph.number(1, -1, 1))
    return graph.do("Reshape", graph.do("Tile", column, graph.number(1, 1, HOP)), graph.number(1, -1, 1))


def _source(graph: Graph, f0: str, mixer: str, noise: bool) -> str:
    hertz = _long(graph, f0)
    turns = graph.do("CumSum", graph.do("Div", hertz, graph.weight(24000.0)), graph.weight(1, np.int64))
    many = graph.do("Mul", turns, graph.weight(2 * np.pi * np.arange(1, 10)))
    sines = graph.do("Mul", graph.do("Sin", many), graph.weight(0.1))
    voiced = graph.do("Cast", graph.do("Greater", hertz, graph.weight(10.0)), to=TensorProto.FLOAT)
    sines = graph.do("Mul", sines, voiced)
    if noise:
        sines = graph.do("Add", sines, graph.do("RandomNormal", dtype=1, scale=0.001, shape=[1]))
    weights, name = graph.weight(1 / np.arange(1, 10)[:, None]), f"{SOURCE}/l_linear/MatMul_output_0"
    mixed = (
        graph.do("MatMul", sines, weights, name=name)
        if mixer == "MatMul"
        else graph.do("Einsum", sines, weights, equation="bij,jk->bik", name=name)
    )
    return graph.do("Tanh", graph.do("Add", mixed, graph.weight(0.01)), name=f"{SOURCE}/l_tanh/Tanh_output_0")


def _decoder(graph: Graph, content: str, f0: str, energy: str, excitation: str, timbre: str) -> None:
    """Samples: the source times level and content, and a hiss where F0 is 0."""
    rng = np.random.default_rng(4)
    colour = graph.do("MatMul", graph.do("Transpose", content, perm=[0, 2, 1]), graph.weight(rng.normal(0, 0.1, (CONTENT, 2))))
    gain = graph.do("Sigmoid", graph.do("Add", colour, graph.do("MatMul", timbre, graph.weight(rng.normal(0, 1, (128, 1))))))
    level = graph.do("Mul", _long(graph, graph.do("Reshape", gain, graph.number(1, -1))), _long(graph, energy))
    voiced = graph.do("Cast", graph.do("Greater", _long(graph, f0), graph.weight(10.0)), to=TensorProto.FLOAT)
    each = graph.do(
        "CumSum", graph.do("Add", graph.do("Mul", voiced, graph.weight(0.0)), graph.weight(1.0)), graph.weight(1, np.int64)
    )
    hiss = graph.do("Mul", graph.do("Sin", graph.do("Mul", each, graph.weight(2.39996))), graph.weight(0.01))
    silent = graph.do("Sub", graph.weight(1.0), voiced)
    sound = graph.do("Add", graph.do("Mul", excitation, level), graph.do("Mul", hiss, silent))
    graph.do("Reshape", sound, graph.number(-1), name="audio")


def _renamed(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = ["other" if each == name else each for each in names]
    return model


def write_lexicon(folder: Path, package: str, words: dict[str, str], part: str = "", guess: str = "") -> Path:
    """Write a data package of gruut with a few words, and a model that spells each letter of `guess` as itself.

    words: word -> alignment, such as "ch|a}" in gruut's form: "h|o}ɔ m}m"
    """
    import sqlite3
    from base64 import b64encode

    import pycrfsuite

    from voiceact.engines.kokoro.lexicon import letter_features

    place = folder / package / part
    (place / "g2p").mkdir(parents=True)
    (folder / package / "__init__.py").write_text("raise AssertionError('imported')")
    connection = sqlite3.connect(place / "lexicon.db")
    connection.execute(
        "CREATE TABLE word_phonemes (id INTEGER PRIMARY KEY, word TEXT, pron_order INTEGER, phonemes TEXT, role TEXT)"
    )
    connection.execute("CREATE TABLE g2p_alignments (id INTEGER PRIMARY KEY, word TEXT, alignment TEXT)")
    for word, alignment in words.items():
        parts = [each.partition("}")[2] for each in alignment.split()]
        spoken = " ".join(phoneme for each in parts for phoneme in each.split("|") if phoneme != "_")
        connection.execute("INSERT INTO word_phonemes (word, pron_order, phonemes, role) VALUES (?, 0, ?, '')", (word, spoken))
        connection.execute("INSERT INTO word_phonemes (word, pron_order, phonemes, role) VALUES (?, 1, 'x', '')", (word,))
        connection.execute("INSERT INTO g2p_alignments (word, alignment) VALUES (?, ?)", (word, alignment))
    connection.commit()
    connection.close()
    trainer = pycrfsuite.Trainer(verbose=False)
    for word in (guess or "".join(words)).split() or ["a"]:
        trainer.append(letter_features(word), [b64encode(letter.encode()).decode() for letter in word])
    trainer.train(str(place / "g2p" / "model.crf"))
    return folder
