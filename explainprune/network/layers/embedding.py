"""Embedding: a table of one row per token, one column per unit."""

from __future__ import annotations

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import single
from explainprune.network.layers.kernels import check_plain
from explainprune.network.layers.kind import Kind, Sides
from explainprune.network.layers.links import Link, Picked, broadcast
from explainprune.network.layers.passing import (
    Arrays,
    Change,
    Cut,
    Needs,
    Passing,
    Placed,
    nothing,
    of_itself,
)
from explainprune.network.layers.units import Ledger, Units


def _trace(call: Call, inputs: tuple[Units, ...], ledger: Ledger) -> tuple[tuple[Units, ...], None]:
    tokens = single(call, inputs)
    check_plain(call.operation)
    ledger.fix(tokens.atoms, f"its units are tokens for {call.path!r}")
    ledger.stop(call.path, call.inputs[0], np.arange(len(tokens.atoms)))
    atoms = ledger.fresh(call.operation.output_dim)
    return (Units(len(call.shapes_out[0]) - 1, atoms),), None


def _constants(placed: Placed, inputs: Arrays) -> Arrays:
    table = placed.weights["embeddings"]
    same = (table == table[0]).all(axis=0)
    return (np.where(same, table[0], np.nan),)


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    return Needs((np.ones(len(inputs[0]), dtype=bool),), nothing(inputs), nothing(inputs))


def _change(placed: Placed, cut: Cut) -> Change:
    table = placed.weights["embeddings"][:, cut.outputs[0]]
    return Change({"output_dim": table.shape[1]}, {"embeddings": table})


PASSING = Passing(_trace, _constants, _needs, _change, makes=of_itself)


def _links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    tokens = broadcast((*shapes[0], 1), out)
    return [Picked(tokens.index, shapes[0])]


EMBEDDING = Kind(passing=PASSING, links=_links)
