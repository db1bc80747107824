"""A policy as the physical car takes it: a frozen TensorFlow graph, written without TensorFlow.

The car asks for one placeholder, a grey picture of 160×120 floats from 0 to 255, and for one output
by their names: probabilities of the actions, or steering and speed in [−1, 1]. So whatever a policy
does before its first layer is in the graph: scaling to [0, 1], and the reduction to its own size.
``car_graph_run`` computes such a graph.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_INT32

from racer.algorithms.acting import acting
from racer.algorithms.networks import Perception
from racer.errors import ConfigError
from racer.kernels.layout import Floats

WIDTH, HEIGHT = 160, 120
"""Of the pictures that the car hands over (pixels)."""

_AGENT = "main_level/agent/{}/online/"
INPUT = _AGENT + "network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA"
OUTPUT = _AGENT + "network_1/ppo_head_0/policy"
"""Names of the placeholder and of the output, with a word for the algorithm, of ``HEADS``."""

HEADS = {"clipped_ppo": "main", "sac": "policy"}
"""The word in the names, by the algorithm of model_metadata.json."""

_PRODUCER = 27  # version of the graph's format, of TensorFlow 1.12 to 1.15
_ACTIVATIONS = {torch.nn.ReLU: "Relu", torch.nn.Tanh: "Tanh"}


@dataclass(frozen=True)
class Reduction:
    """Means over areas, from the car's pictures to those that a policy was trained with.

    A policy's picture is as wide as the car's and may be lower: then it sees the middle rows. Whole
    numbers are exact in float16 too, in which the car may keep them.
    """

    rows: Floats  # (height, HEIGHT) whole numbers
    columns: Floats  # (WIDTH, width) whole numbers
    area: float  # what the weights of a pixel add up to

    @classmethod
    def to(cls, width: int, height: int) -> "Reduction":
        """Return the reduction to a size (pixels).

        Raises:
            ConfigError: if the pictures show more than the car's.
        """
        if height * WIDTH > HEIGHT * width:
            raise ConfigError(
                f"export: pictures of {width}x{height} are higher than the car's camera sees: for "
                f"a width of {width} expected at most {HEIGHT * width // WIDTH} rows"
            )
        top = (HEIGHT * width - WIDTH * height) // 2  # in parts of a pixel, ``width`` of them
        rows = _overlaps(HEIGHT, height, width, top)
        columns = _overlaps(WIDTH, width, width, 0)
        return cls(rows, columns.T, float(rows[0].sum() * columns[0].sum()))

    @property
    def is_none(self) -> bool:
        """Whether pictures stay as they are."""
        return self.rows.shape[0] == HEIGHT and self.columns.shape[1] == WIDTH

    def __call__(self, pictures: NDArray[Any]) -> Floats:
        """Return pictures (..., HEIGHT, WIDTH) in the policy's size, in the same unit."""
        small: Floats = self.rows @ pictures.astype(np.float64) @ self.columns / self.area
        return small


def _overlaps(n_from: int, n_to: int, side: int, begin: int) -> Floats:
    """Return how much of each old pixel lies in each new one: (n_to, n_from) whole numbers.

    Args:
        n_from: old pixels, ``side`` long.
        n_to: new pixels, ``WIDTH`` long.
        side: of an old pixel.
        begin: where the first new one begins.
    """
    old = np.arange(n_from) * side
    new = begin + np.arange(n_to)[:, np.newaxis] * WIDTH
    both = np.minimum(old + side, new + WIDTH) - np.maximum(old, new)
    both = np.maximum(both, 0)
    whole: Floats = both / math.gcd(*(int(one) for one in np.unique(both)))
    return whole


def car_graph(policy: BasePolicy, algorithm: str) -> bytes:
    """Return the acting half of a policy as a serialised GraphDef.

    Args:
        policy: that sees one grey picture, and nothing else.
        algorithm: as model_metadata.json calls it: a key of ``HEADS``.

    Raises:
        ConfigError: if the network has a layer that is not known here.
    """
    layers = list(_layers(policy))
    space = acting_space(policy)
    _, height, width = space.shape
    writer = _Writer(HEADS[algorithm])
    end = writer.picture(Reduction.to(width, height), width, height)
    output = OUTPUT.format(HEADS[algorithm])
    is_list = isinstance(policy.action_space, spaces.Discrete)
    sides = (1, height, width)  # channels, height and width of what comes out of the last layer
    for number, layer in enumerate(layers):
        # the last one has the output's name itself: converters leave out a node that does nothing
        is_output = not is_list and number == len(layers) - 1
        name = output if is_output else f"{writer.prefix}layer_{number}"
        if isinstance(layer, torch.nn.Conv2d):
            end = writer.convolution(name, end, layer)
            sides = _sides_after(layer, sides)
        elif isinstance(layer, torch.nn.Flatten):
            end = writer.reshape(name, end, (1, math.prod(sides)))
        elif isinstance(layer, torch.nn.Linear):
            is_first = isinstance(layers[number - 1], torch.nn.Flatten)
            end = writer.dense(name, end, _dense_weights(layer, sides if is_first else None), layer)
        elif type(layer) in _ACTIVATIONS:
            end = writer.add(name, _ACTIVATIONS[type(layer)], end)
        else:
            raise ConfigError(f"export: the car's graph has no layer {type(layer).__name__}")
    if is_list:
        writer.add(output, "Softmax", end)
    return writer.graph.SerializeToString(deterministic=True)


def acting_space(policy: BasePolicy) -> spaces.Box:
    """Return the space of the pictures that the acting half of a policy looks at."""
    space: Any = policy.observation_space
    if isinstance(space, spaces.Dict):
        space = space["camera"]
    return space


def _layers(policy: BasePolicy) -> Iterator[torch.nn.Module]:
    """Yield the layers from the picture to the action, one after the other."""
    parts = acting(policy)
    features = parts.features
    if not isinstance(features, Perception) or len(features.parts) != 1:
        raise ConfigError("export: expected a policy of racer's that sees one picture only")
    (look,) = features.parts.values()
    for module in (look, features.last, parts.layers, parts.last):
        yield from module if isinstance(module, torch.nn.Sequential) else (module,)


def _sides_after(layer: torch.nn.Conv2d, sides: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return channels, height and width behind a layer of convolutions without padding."""
    after = [
        (side - kernel) // stride + 1
        for side, kernel, stride in zip(sides[1:], layer.kernel_size, layer.stride, strict=True)
    ]
    return layer.out_channels, after[0], after[1]


def _dense_weights(layer: torch.nn.Linear, sides: tuple[int, int, int] | None) -> NDArray[Any]:
    """Return the weights (inputs, outputs) of a layer; channels last where pictures come in.

    Args:
        layer: of torch, whose flattened pictures have their channels first.
        sides: channels, height and width of the pictures, if some come in.
    """
    weights: NDArray[Any] = layer.weight.numpy(force=True)
    if sides is not None:
        outputs = len(weights)
        weights = weights.reshape(outputs, *sides).transpose(0, 2, 3, 1).reshape(outputs, -1)
    return weights.T


class _Writer:
    """Adds nodes to a graph; each method returns the name of the node that it added last."""

    def __init__(self, head: str) -> None:
        self.graph = GraphDef()
        self.graph.versions.producer = _PRODUCER
        self.input = INPUT.format(head)
        self.prefix = _AGENT.format(head) + "network_0/racer/"

    def add(self, name: str, op: str, *inputs: str, **attributes: AttrValue) -> str:
        """Add a node that computes floats."""
        node = self.graph.node.add(name=name, op=op, input=inputs)
        node.attr["T"].type = DT_FLOAT
        for key, value in attributes.items():
            node.attr[key].CopyFrom(value)
        return name

    def constant(self, name: str, values: Any) -> str:
        """Add numbers: whole ones as int32, others as float32."""
        array = np.asarray(values)
        is_whole = array.dtype.kind == "i"
        array = np.ascontiguousarray(array, "<i4" if is_whole else "<f4")
        node = self.graph.node.add(name=name, op="Const")
        node.attr["dtype"].type = DT_INT32 if is_whole else DT_FLOAT
        tensor = node.attr["value"].tensor
        tensor.dtype = node.attr["dtype"].type
        for side in array.shape:
            tensor.tensor_shape.dim.add(size=side)
        tensor.tensor_content = array.tobytes()
        return name

    def picture(self, reduction: Reduction, width: int, height: int) -> str:
        """Add the placeholder, the scaling to [0, 1] and the reduction: (1, height, width, 1)."""
        node = self.graph.node.add(name=self.input, op="Placeholder")
        node.attr["dtype"].type = DT_FLOAT
        for side in (1, HEIGHT, WIDTH, 1):
            node.attr["shape"].shape.dim.add(size=side)
        end = self.divided("scaled", self.input, 255.0)
        if reduction.is_none:
            return end
        end = self.reshape(self.prefix + "flat", end, (HEIGHT, WIDTH))
        rows = self.constant(self.prefix + "row_weights", reduction.rows)
        columns = self.constant(self.prefix + "column_weights", reduction.columns)
        end = self.product("rows", rows, end)
        end = self.product("columns", end, columns)
        end = self.divided("reduced", end, reduction.area)
        return self.reshape(self.prefix + "small", end, (1, height, width, 1))

    def divided(self, word: str, what: str, by: float) -> str:
        """Add a division by a number."""
        number = self.constant(f"{self.prefix}{word}_by", by)
        return self.add(self.prefix + word, "RealDiv", what, number)

    def product(self, word: str, left: str, right: str) -> str:
        """Add a product of matrices."""
        return self.add(self.prefix + word, "MatMul", left, right)

    def reshape(self, name: str, what: str, shape: tuple[int, ...]) -> str:
        """Add a change of shape."""
        sides = self.constant(name + "_shape", np.array(shape))
        return self.add(name, "Reshape", what, sides, Tshape=AttrValue(type=DT_INT32))

    def convolution(self, name: str, what: str, layer: torch.nn.Conv2d) -> str:
        """Add a layer of convolutions; torch's weights (out, in, h, w) become (h, w, in, out)."""
        weights = layer.weight.numpy(force=True).transpose(2, 3, 1, 0)
        kernel = self.constant(name + "_weights", weights)
        vertical, horizontal = layer.stride
        end = self.add(
            name + "_products", "Conv2D", what, kernel,
            strides=AttrValue(list=AttrValue.ListValue(i=[1, vertical, horizontal, 1])),
            padding=AttrValue(s=b"VALID"), data_format=AttrValue(s=b"NHWC"),
        )  # fmt: skip
        return self.biased(name, end, layer.bias)

    def dense(self, name: str, what: str, weights: NDArray[Any], layer: torch.nn.Linear) -> str:
        """Add a layer of neurons."""
        matrix = self.constant(name + "_weights", weights)
        end = self.add(name + "_products", "MatMul", what, matrix)
        return self.biased(name, end, layer.bias)

    def biased(self, name: str, what: str, bias: torch.Tensor | None) -> str:
        """Add what each output is shifted by."""
        assert bias is not None  # all our layers have one
        numbers = self.constant(name + "_bias", bias.numpy(force=True))
        return self.add(name, "BiasAdd", what, numbers, data_format=AttrValue(s=b"NHWC"))
