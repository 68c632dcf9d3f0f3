"""Makes `products.onnx`: products of 8-bit codes with queries, for ONNX Runtime.

Run it as `python assets/models/products/make.py FOLDER`. It needs `tests/requirements.txt`.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHIFT = 128
"""What is added to signed codes, so that they are unsigned."""


def graph_of() -> onnx.ModelProto:
    """`codes` [N, D] times `digits` [D, K], whose products `scales` [Q, K] adds: [Q, N]."""
    nodes = [
        helper.make_node("MatMulInteger", ["codes", "digits", "shift"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["by_digit"], perm=[1, 0]),
        helper.make_node("MatMul", ["scales", "by_digit"], ["products"]),
    ]
    graph = helper.make_graph(
        nodes,
        "products",
        [
            helper.make_tensor_value_info("codes", TensorProto.UINT8, ["N", "D"]),
            helper.make_tensor_value_info("digits", TensorProto.INT8, ["D", "K"]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, ["Q", "K"]),
        ],
        [helper.make_tensor_value_info("products", TensorProto.FLOAT, ["Q", "N"])],
        [numpy_helper.from_array(np.array(SHIFT, dtype=np.uint8), "shift")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def make(folder: Path) -> None:
    """Writes the graph into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "products.onnx").write_bytes(graph_of().SerializeToString(deterministic=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write the file")
    make(parser.parse_args().folder)
