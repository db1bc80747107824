"""Computes the graph of an exported car in torch: to check the file, and to drive it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.types_pb2 import DT_INT32

from racer.algorithms.onnx_export import Actor
from racer.errors import RunError


class CarGraph:
    """A frozen graph as the car reads it: one placeholder, one output.

    Args:
        data: a serialised GraphDef of ``car_graph``.

    Raises:
        RunError: if it is no such graph.
    """

    def __init__(self, data: bytes) -> None:
        graph = GraphDef()
        try:
            graph.ParseFromString(data)
        except Exception as error:  # protobuf's own, which it does not export in all versions
            raise RunError(f"not a graph of TensorFlow: {error}") from error
        self.nodes = list(graph.node)
        """In the order in which they are computed."""
        unknown = {node.op for node in self.nodes} - {"Placeholder", "Const", *_OPERATIONS}
        if unknown or not self.nodes:
            raise RunError(f"not a graph of a car of racer's: {', '.join(sorted(unknown))}")
        self._constants = {node.name: _numbers(node) for node in self.nodes if node.op == "Const"}

    def outputs(self, pictures: NDArray[Any]) -> NDArray[np.float32]:
        """Return probabilities (n, n_actions), or steering and speed (n, 2), not clipped.

        Args:
            pictures: (n, 120, 160) grey, 0 to 255.
        """
        tensors = torch.from_numpy(
            np.asarray(pictures, np.float32)[:, np.newaxis, :, :, np.newaxis]
        )
        with torch.inference_mode():
            found: Any = torch.func.vmap(self._one)(tensors)
            out: NDArray[np.float32] = found[:, 0].numpy()
            return out

    def _one(self, picture: torch.Tensor) -> torch.Tensor:
        """Return the output (1, n) for one picture (1, 120, 160, 1)."""
        values: dict[str, Any] = dict(self._constants)
        for node in self.nodes:
            if node.op == "Placeholder":
                values[node.name] = picture
            elif node.op != "Const":
                values[node.name] = _OPERATIONS[node.op](node, *(values[i] for i in node.input))
        out: torch.Tensor = values[self.nodes[-1].name]
        return out


def policy_outputs(policy: BasePolicy, pictures: NDArray[Any]) -> NDArray[np.float32]:
    """Return what a policy's own network makes of pictures, as ``CarGraph.outputs`` does.

    Args:
        policy: that sees one grey picture.
        pictures: (n, 1, height, width) in its size, 0 to 255, whole numbers or not.
    """
    policy.set_training_mode(False)
    with torch.inference_mode():
        found = Actor(policy)(torch.from_numpy(np.asarray(pictures, np.float32)))
        if isinstance(policy.action_space, spaces.Discrete):
            found = torch.softmax(found, dim=-1)
        out: NDArray[np.float32] = found.numpy()
        return out


def _numbers(node: NodeDef) -> torch.Tensor:
    """Return the content of a constant."""
    tensor = node.attr["value"].tensor
    kind = "<i4" if tensor.dtype == DT_INT32 else "<f4"
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    return torch.from_numpy(np.frombuffer(tensor.tensor_content, kind).reshape(shape).copy())


def _convolution(node: NodeDef, picture: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Return products of a picture (1, h, w, in) with kernels (h, w, in, out)."""
    stride = tuple(node.attr["strides"].list.i)[1:3]
    channels_first = picture.permute(0, 3, 1, 2)
    out = torch.nn.functional.conv2d(channels_first, kernel.permute(3, 2, 0, 1), stride=stride)
    return out.permute(0, 2, 3, 1)


_OPERATIONS: dict[str, Callable[..., torch.Tensor]] = {
    "RealDiv": lambda _, left, right: left / right,
    "MatMul": lambda _, left, right: left @ right,
    "BiasAdd": lambda _, left, right: left + right,
    "Conv2D": _convolution,
    "Reshape": lambda _, what, shape: what.reshape(tuple(shape.tolist())),
    "Relu": lambda _, what: torch.relu(what),
    "Tanh": lambda _, what: torch.tanh(what),
    "Softmax": lambda _, what: torch.softmax(what, dim=-1),
}
"""TensorFlow's words, called with the node and its inputs."""
