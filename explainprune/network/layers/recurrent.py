"""LSTM, GRU and SimpleRNN, alone and in both directions.

A recurrent unit is read by what follows and by the other units of its layer. It is constant only
where it stays at zero: nothing feeds its candidate, and the state begins at zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import activate, check_elementwise
from explainprune.network.layers.axes import expect_axis, single
from explainprune.network.layers.kind import Kind, Sized, product
from explainprune.network.layers.passing import Arrays, Change, Cut, Needs, Passing, Placed
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.network.layers.wrapped import resized
from explainprune.types import Array

_GATES = {keras.layers.LSTM: (4, 2), keras.layers.GRU: (3, 2), keras.layers.SimpleRNN: (1, 0)}
"""Number of gates, and which one is the candidate for the new state."""

BOTH_WAYS = ("forward_layer/cell", "backward_layer/cell")
"""Where a `Bidirectional` holds its two cells."""


@dataclass(frozen=True, eq=False)
class Cell:
    """Weights of one recurrent layer, gates on an axis of their own.

    `kernel` (in, gates, units), `recurrent` (units, gates, units), `bias` (…, gates, units).
    """

    layer: Any
    names: dict[str, str]
    kernel: Array
    recurrent: Array
    bias: Array | None

    @property
    def candidate(self) -> int:
        """Gate that proposes the new state."""
        return _GATES[type(self.layer)][1]

    def silent(self, inputs: Array) -> Array:
        """Return the units that are zero at every step, given the constants of the inputs."""
        fed = (self.kernel[inputs != 0][:, self.candidate] != 0).any(axis=0)
        if self.bias is not None:
            fed |= (self.bias.reshape(-1, *self.bias.shape[-2:])[:, self.candidate] != 0).any(0)
        fed |= activate(self.layer.activation, np.zeros(1))[0] != 0
        while True:  # units that only silent ones feed are silent
            reached = fed | (self.recurrent[fed][:, self.candidate] != 0).any(axis=0)
            if (reached == fed).all():
                return np.asarray(~fed)
            fed = reached

    def alive(self, needed: Array, silent: Array) -> Array:
        """Return the units that are needed or feed one that is."""
        alive = needed & ~silent
        while True:
            more = alive | (self.fed_to(alive) & ~silent)
            if (more == alive).all():
                return alive
            alive = more

    def fed_to(self, units: Array) -> Array:
        """Return which units some unit in `units` reads."""
        return np.asarray((self.recurrent[:, :, units] != 0).any(axis=(1, 2)))

    def reads(self, alive: Array) -> Array:
        """Return which inputs the units `alive` read."""
        return np.asarray((self.kernel[:, :, alive] != 0).any(axis=(1, 2)))

    def cut(self, inputs: Array, units: Array, folded: Array) -> tuple[dict[str, Array], bool]:
        """Return the smaller weights, and whether a constant moved into the bias."""
        moved = np.einsum("i,igu->gu", folded, self.kernel.astype(np.float64))
        size = len(units)
        kernel = self.kernel[inputs][:, :, units].reshape(len(inputs), -1)
        recurrent = self.recurrent[units][:, :, units].reshape(size, -1)
        new = {self.names["kernel"]: kernel, self.names["recurrent_kernel"]: recurrent}
        folds = bool(moved[:, units].any())
        if self.bias is not None or folds:
            bias = np.zeros(self._bias_shape()) + (0.0 if self.bias is None else self.bias)
            (bias[0] if bias.ndim == 3 else bias)[...] += moved
            flat = bias[..., units].reshape(*bias.shape[:-2], -1)
            new[self.names["bias"]] = flat.astype(self.kernel.dtype)
        return new, folds

    def _bias_shape(self) -> tuple[int, ...]:
        shape = self.kernel.shape[1:]
        return (2, *shape) if getattr(self.layer, "reset_after", False) else shape


def cell_of(layer: Any, weights: dict[str, Array], prefix: str = "") -> Cell:
    """Read a recurrent layer's weights; raise `LeaveWhole` for one that cannot be followed."""
    if type(layer) not in _GATES:
        raise LeaveWhole(f"what a {type(layer).__name__} does to each unit is not known")
    check_elementwise(layer.activation)
    check_elementwise(getattr(layer, "recurrent_activation", None))
    names = {name: prefix + name for name in ("kernel", "recurrent_kernel", "bias")}
    gates = _GATES[type(layer)][0]
    split = {
        name: weights[full].reshape(*weights[full].shape[:-1], gates, -1)
        for name, full in names.items()
        if full in weights
    }
    return Cell(layer, names, split["kernel"], split["recurrent_kernel"], split.get("bias"))


def _cells(call: Call) -> list[Cell]:
    if type(call.operation) is not keras.layers.Bidirectional:
        return [cell_of(call.operation, call.weights)]
    return [
        cell_of(getattr(call.operation, part), call.weights, f"{part}/cell/")
        for part in ("forward_layer", "backward_layer")
    ]


def _trace(call: Call, inputs: tuple[Units, ...], ledger: Ledger) -> tuple[tuple[Units, ...], Any]:
    units = single(call, inputs) if ledger.cuts else inputs[0]
    expect_axis(call, units, 2)
    cells = _cells(call)
    if ledger.cuts and any(cell.layer.stateful or cell.layer.return_state for cell in cells):
        raise LeaveWhole("its state is kept or handed out")
    for state, there in zip(call.inputs[1:], inputs[1:], strict=True):
        ledger.stop(call.path, state, np.arange(len(there.atoms)))
    atoms = [ledger.fresh(cell.kernel.shape[2]) for cell in cells]
    if len(cells) == 2:  # Keras takes both directions to be of one size
        ledger.couple(atoms[0], atoms[1])
    joined = np.concatenate(atoms) if _mode(call) == "concat" else atoms[0]
    outputs = Units(len(call.shapes_out[0]) - 1, joined)
    states = (Units(1, half) for half in atoms for _ in call.outputs[1 :: len(cells)])
    return (outputs, *states), cells


def _mode(call: Call) -> str:
    mode = getattr(call.operation, "merge_mode", "concat")
    if mode is None:
        raise LeaveWhole("it hands out both directions apart")
    return str(mode)


def _constants(placed: Placed, inputs: Arrays) -> Arrays:
    parts = [np.where(cell.silent(inputs[0]), 0.0, np.nan) for cell in placed.extra]
    return (_merge(placed.call, parts, lambda a, b: np.where((a == 0) & (b == 0), 0.0, np.nan)),)


def _merge(call: Call, parts: list[Array], meet: Callable[[Array, Array], Array]) -> Array:
    if _mode(call) == "concat":
        return np.concatenate(parts)
    return parts[0] if len(parts) == 1 else meet(*parts)


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    cells = placed.extra
    shares = np.split(needed[0], len(cells)) if _mode(placed.call) == "concat" else [needed[0]] * 2
    read, own = np.zeros(len(inputs[0]), dtype=bool), []
    for cell, wanted in zip(cells, shares, strict=False):
        silent = cell.silent(inputs[0])
        alive = cell.alive(wanted, silent)
        read |= cell.reads(alive)
        own.append(cell.fed_to(alive) & ~silent)
    blocked = read & ~np.isfinite(inputs[0])
    return Needs((read,), (blocked,), (np.zeros_like(read),), _merge(placed.call, own, np.maximum))


def _change(placed: Placed, cut: Cut) -> Change:
    cells: list[Cell] = placed.extra
    units = cut.outputs[0]
    units = units[units < cells[0].kernel.shape[2]]
    weights: dict[str, Array] = {}
    folds = False
    for cell in cells:
        new, moved = cell.cut(cut.inputs[0], units, cut.folded(0))
        weights |= new
        folds |= moved
    sizes = {"units": len(units), **({"use_bias": True} if folds else {})}
    if len(cells) == 1:
        return Change(sizes, weights, folds)
    for cell in cells if folds else ():  # both directions have a bias or none
        missing = np.zeros((*cell._bias_shape()[:-1], len(units)))
        weights.setdefault(cell.names["bias"], missing.reshape(*missing.shape[:-2], -1))
    return Change(_both_ways(placed.call, sizes), weights, folds)


def _both_ways(call: Call, sizes: dict[str, int]) -> dict[str, Any]:
    config = call.operation.get_config()
    return {
        name: resized(config[name], sizes)
        for name in ("layer", "backward_layer")
        if config.get(name)
    }


def _makes(placed: Placed) -> dict[str, Array]:
    atoms = placed.outputs[0].atoms
    if len(placed.extra) == 1:
        return {"cell": atoms}
    parts = np.split(atoms, 2) if _mode(placed.call) == "concat" else [atoms, atoms]
    return dict(zip(BOTH_WAYS, parts, strict=True))


def _reads(placed: Placed) -> dict[str, tuple[int, Array]]:
    return {cell.names["kernel"]: (0, placed.inputs[0].atoms) for cell in placed.extra}


PASSING = Passing(_trace, _constants, _needs, _change, makes=_makes, reads=_reads)


def _multiply_adds(call: Sized) -> int:
    """Each step multiplies by every kernel once (both directions of a Bidirectional)."""
    sizes = [product(s) for name, s in call.weights.items() if name.endswith("kernel")]
    return (call.shapes_in[0][0] or 1) * sum(sizes)


def _recurrent(*cells: str) -> Kind:
    """Return the kind of a layer that holds its cells under some names."""

    def holds(name: str, kind: Kind, shape: tuple[int, ...]) -> int:
        return int(shape[-1]) // kind.gates if name in cells and kind.gates else 0

    return Kind(passing=PASSING, multiply_adds=_multiply_adds, holds=holds)


RECURRENT, BIDIRECTIONAL = _recurrent("cell"), _recurrent(*BOTH_WAYS)


def cell(gates: int) -> Kind:
    """Return the kind of a cell: it runs inside a layer, whose units it holds."""
    return Kind(passing="it is a cell, which a recurrent layer runs", gates=gates)
