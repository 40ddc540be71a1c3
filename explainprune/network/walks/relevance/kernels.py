"""Layers with a kernel in a traced graph: the product, and the shifts and scales behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.again import again
from explainprune.network.tracing.called import CALLS, called
from explainprune.network.walks.walk import Walk

# Operation → where its data and its kernel come in; None: whichever of both depends on the input.
_KERNELS: dict[str, tuple[int, int] | None] = {
    "MatMul": None,
    "BatchMatMulV2": None,
    "BatchMatMulV3": None,
    "Einsum": None,
    "Conv2D": (0, 1),
    "Conv3D": (0, 1),
    "DepthwiseConv2dNative": (0, 1),
    "Conv2DBackpropInput": (2, 1),
    "Conv3DBackpropInputV2": (2, 1),
}
_AROUND = ("Placeholder", "ReadVariableOp", "Identity", "NoOp")
_MOVES = ("Reshape", "Squeeze", "ExpandDims", "Transpose", "Identity", "Cast")
_SHIFTS = ("BiasAdd", "Add", "AddV2", "Sub")
_SCALES = ("Mul", "RealDiv")


@dataclass(frozen=True)
class Kernel:
    """A product of data with a constant kernel, with what belongs to its weights.

    Attributes
    ----------
    op : operation
        Of the graph: the product, or the call of a function that is one.
    inner : operation
        The product itself.
    data, weights : tensor
    behind : tuple of operation
        Moves, shifts and scales by constants of each channel: biases, batch normalisation.
    first : bool
        Whether no other kernel lies between the input and it.
    """

    op: Any
    inner: Any
    data: Any
    weights: Any
    behind: tuple[Any, ...]
    first: bool

    @property
    def kind(self) -> str:
        """What kind of layer it belongs to."""
        if _KERNELS[self.inner.type] is None:
            return "dense"
        return "first convolution" if self.first else "convolution"

    @property
    def end(self) -> Any:
        """The tensor behind its shifts and scales."""
        return (self.behind[-1] if self.behind else self.op).outputs[0]

    @property
    def scaled(self) -> bool:
        """Whether a sign may have changed behind the product."""
        return any(op.type in (*_SCALES, "Sub") for op in self.behind)

    def signed_weights(self) -> Any:
        """Return the weights, turned where scales behind turn a channel; None if that's unknown.

        Where it is known, one product does for the channels of both signs.
        """
        if not self.scaled:
            return self.weights
        channels = self.op.outputs[0].shape[-1]
        if not all(_by_channel(op, channels) for op in self.behind):
            return None
        sign = tf.sign(tf.reshape(self.slopes(), (-1, channels))[0])
        kind = self.inner.type
        if kind == "MatMul":
            plain = self.op.inputs[0] is self.data and not self.op.get_attr("transpose_b")
            return self.weights * sign if plain else None
        if _KERNELS[kind] is None or not self.inner.get_attr("data_format").endswith(b"C"):
            return None
        if kind == "DepthwiseConv2dNative":
            sign = tf.reshape(sign, self.weights.shape[-2:])
        return self.weights * (sign[:, None] if _KERNELS[kind] == (2, 1) else sign)

    def gradient(self, arrived: Any) -> Any:
        """Carry what arrived at the end back to the data, by the gradient."""
        return _alone(self.end, self.data, (self.op, *self.behind), arrived)

    def product(self, data: Any, weights: Any) -> Any:
        """Compute the same product of other data with another kernel.

        Groups of channels go one by one: TensorFlow has no gradient for them on a CPU.
        """
        places = _KERNELS[self.inner.type]
        if places != (0, 1):
            return self._again(data, weights)
        groups = data.shape[-1] // weights.shape[-2]
        if groups == 1:
            return self._again(data, weights)
        parts = zip(tf.split(data, groups, -1), tf.split(weights, groups, -1), strict=True)
        return tf.concat([self._again(*part) for part in parts], -1)

    def _again(self, data: Any, weights: Any) -> Any:
        places = _KERNELS[self.inner.type]
        if places is None:
            places = (0, 1) if self.op.inputs[0] is self.data else (1, 0)
        inputs = list(self.inner.inputs)
        inputs[places[0]], inputs[places[1]] = data, weights
        return again(self.inner, inputs)

    def holds(self, tensor: Any) -> bool:
        """Tell whether a tensor lies between the product and the end."""
        return any(tensor is op.outputs[0] for op in (self.op, *self.behind))

    def moved_back(self, arrived: Any, to: Any = None) -> Any:
        """Move what arrived at the end to where the product left it, shifts and scales unpaid.

        Or to another tensor on the way there.
        """
        for op in reversed(self.behind):
            if op.outputs[0] is to:
                break
            if op.type in _MOVES:
                given = op.inputs[0]
                arrived = tf.gradients(op.outputs[0], given, arrived, stop_gradients=[given])[0]
        return arrived

    def slopes(self) -> Any:
        """Return by what each number of the product is scaled on its way to the end."""
        return _alone(self.end, self.op.outputs[0], self.behind)


def kernels(walk: Walk) -> dict[Any, Kernel]:
    """Return the kernels on the way, by the operation that ends each of them."""
    readers = _readers(walk)
    behind_one: set[Any] = set()
    found: dict[Any, Kernel] = {}
    for op in walk.operations:
        later = any(tensor.ref() in behind_one for tensor in op.inputs)
        factors = _factors(op, walk)
        if factors is not None:
            kernel = Kernel(op, *factors, _chain(op, walk, readers), first=not later)
            found[kernel.end.op] = kernel
        if later or factors is not None:
            behind_one.update(tensor.ref() for tensor in op.outputs)
    return found


def _factors(op: Any, walk: Walk) -> tuple[Any, Any, Any] | None:
    """Return a product with a constant kernel, its data and its kernel; None for anything else."""
    inner, outside = _opened(op)
    if inner.type not in _KERNELS or len(inner.inputs) < 2:
        return None
    places = _KERNELS[inner.type]
    if places is None:
        places = (0, 1) if walk.depends(op.inputs[0]) else (1, 0)
    data, weights = (outside(inner.inputs[place]) for place in places)
    return None if walk.depends(weights) else (inner, data, weights)


def _opened(op: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return an operation, or that which makes up a function it calls, and its inputs from outside.

    Keras compiles convolutions in groups apart.
    """
    for body in called(op) if op.type in CALLS else ():
        made = [each for each in body.graph.get_operations() if each.type not in _AROUND]

        def outside(tensor: Any, links: dict[Any, list[Any]] = body.links) -> Any:
            if tensor.op.type == "Identity":
                return outside(tensor.op.inputs[0])
            if tensor.op.type == "ReadVariableOp":
                held = outside(tensor.op.inputs[0])
                return tf.raw_ops.ReadVariableOp(resource=held, dtype=tensor.dtype)
            return links[tensor.ref()][0]

        if len(made) == 1:
            return made[0], outside
    return op, lambda tensor: tensor


def _by_channel(op: Any, channels: int | None) -> bool:
    """Tell whether an operation keeps channels last, and scales each by a number of its own."""
    if op.type == "Transpose" or channels is None or op.outputs[0].shape[-1] != channels:
        return False
    widths = [tensor.shape.as_list() for tensor in op.inputs if op.type in (*_SCALES, "Sub")]
    return not widths or any(set(each[:-1]) <= {1} for each in widths)


def _readers(walk: Walk) -> dict[Any, list[Any]]:
    """Return the operations on the way that read each tensor; ends are read from outside."""
    readers: dict[Any, list[Any]] = defaultdict(list)
    for op in walk.operations:
        for ref in dict.fromkeys(tensor.ref() for tensor in op.inputs):
            readers[ref].append(op)
    for end in walk.ends:
        readers[end.ref()] = []
    return readers


def _chain(op: Any, walk: Walk, readers: dict[Any, list[Any]]) -> tuple[Any, ...]:
    """Collect what only moves, shifts and scales what `op` made, as long as nothing else reads."""
    chain: list[Any] = []
    tensor = op.outputs[0]
    while True:
        read_by = readers[tensor.ref()]
        if len(read_by) != 1 or not _belongs(read_by[0], tensor, walk):
            return tuple(chain)
        chain.append(read_by[0])
        tensor = read_by[0].outputs[0]


def _belongs(op: Any, tensor: Any, walk: Walk) -> bool:
    """Tell whether an operation only moves a tensor, or shifts or scales it by constants."""
    if op.type in _MOVES:
        return op.inputs[0] is tensor
    if op.type not in (*_SHIFTS, *_SCALES) or (op.type == "RealDiv" and op.inputs[0] is not tensor):
        return False
    others = [each for each in op.inputs if each is not tensor]
    if len(others) != 1 or walk.depends(others[0]):
        return False
    # A single number belongs to an activation function.
    same = op.outputs[0].shape.as_list() == tensor.shape.as_list()
    return same and others[0].shape.rank not in (None, 0)


def _alone(end: Any, start: Any, chain: tuple[Any, ...], arrived: Any = None) -> Any:
    """Return the gradient of a chain of operations, all else that they read held constant."""
    made = {op.outputs[0].ref() for op in chain}
    # A scale may be made of the data as well: normalisation by its own spread.
    stops = [tensor for op in chain for tensor in op.inputs if tensor.ref() not in made]
    return tf.gradients(end, start, arrived, stop_gradients=stops)[0]
