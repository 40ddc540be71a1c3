"""Layers with a kernel in a traced graph: the product, and the shifts and scales behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.again import again
from explainprune.network.walks.relevance.traced import Between

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
PRODUCTS = ("Mul", "MatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum")
_MOVES = ("Reshape", "Squeeze", "ExpandDims", "Transpose", "Identity", "Cast")
_SHIFTS = ("BiasAdd", "Add", "AddV2", "Sub")
_SCALES = ("Mul", "RealDiv")


@dataclass(frozen=True)
class Kernel:
    """A product of data with a constant kernel, with what belongs to its weights.

    Attributes
    ----------
    op : operation
    data, kernel : int
        Which of its inputs they are.
    behind : tuple of operation
        Moves, shifts and scales by constants of each channel: biases, batch normalisation.
    first : bool
        Whether no other kernel lies between the input and it.
    """

    op: Any
    data: int
    kernel: int
    behind: tuple[Any, ...]
    first: bool

    @property
    def convolves(self) -> bool:
        """Whether it is a convolution."""
        return _KERNELS[self.op.type] is not None

    @property
    def end(self) -> Any:
        """The tensor behind its shifts and scales."""
        return (self.behind[-1] if self.behind else self.op).outputs[0]

    @property
    def scaled(self) -> bool:
        """Whether a sign may have changed behind the product."""
        return any(op.type in (*_SCALES, "Sub") for op in self.behind)

    def gradient(self, arrived: Any) -> Any:
        """Carry what arrived at the end back to the data, by the gradient."""
        data = self.op.inputs[self.data]
        return _alone(self.end, data, (self.op, *self.behind), arrived)

    def product(self, data: Any, kernel: Any) -> Any:
        """Compute the same product of other data with another kernel."""
        inputs = list(self.op.inputs)
        inputs[self.data], inputs[self.kernel] = data, kernel
        return again(self.op, inputs)

    def moved_back(self, arrived: Any) -> Any:
        """Move what arrived at the end to where the product left it, shifts and scales unpaid."""
        for op in reversed(self.behind):
            if op.type in _MOVES:
                given = op.inputs[0]
                arrived = tf.gradients(op.outputs[0], given, arrived, stop_gradients=[given])[0]
        return arrived

    def slopes(self) -> Any:
        """Return by what each number of the product is scaled on its way to the end."""
        return _alone(self.end, self.op.outputs[0], self.behind)


def kernels(between: Between) -> dict[Any, Kernel]:
    """Return the kernels on the way, by the operation that ends each of them."""
    behind_one: set[Any] = set()
    found: dict[Any, Kernel] = {}
    for op in between.operations:
        later = any(tensor.ref() in behind_one for tensor in op.inputs)
        places = _places(op, between)
        if places is not None:
            kernel = Kernel(op, *places, _chain(op, between), first=not later)
            found[kernel.end.op] = kernel
        if later or places is not None:
            behind_one.update(tensor.ref() for tensor in op.outputs)
    return found


def _places(op: Any, between: Between) -> tuple[int, int] | None:
    """Return which inputs of a product are its data and its constant kernel."""
    if op.type not in _KERNELS or len(op.inputs) < 2:
        return None
    places = _KERNELS[op.type]
    if places is None:
        places = (0, 1) if between.depends(op.inputs[0]) else (1, 0)
    return None if between.depends(op.inputs[places[1]]) else places


def _chain(op: Any, between: Between) -> tuple[Any, ...]:
    """Collect what only moves, shifts and scales what `op` made, as long as nothing else reads."""
    chain: list[Any] = []
    tensor = op.outputs[0]
    while True:
        reader = between.only_reader(tensor)
        if reader is None or not _belongs(reader, tensor, between):
            return tuple(chain)
        chain.append(reader)
        tensor = reader.outputs[0]


def _belongs(op: Any, tensor: Any, between: Between) -> bool:
    """Tell whether an operation only moves a tensor, or shifts or scales it by constants."""
    if op.type in _MOVES:
        return op.inputs[0] is tensor
    if op.type not in (*_SHIFTS, *_SCALES) or (op.type == "RealDiv" and op.inputs[0] is not tensor):
        return False
    others = [each for each in op.inputs if each is not tensor]
    if len(others) != 1 or between.depends(others[0]):
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
