"""Functions that a traced graph calls, written out in the graph itself."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def inlined(graph: Any) -> tuple[list[Any], dict[Any, list[Any]]]:
    """Write out the functions that `graph` calls: grouped convolutions are compiled apart.

    Returns
    -------
    operations : list
        All of the graph; those of a function stand before its call.
    bodies : dict of operation to list of tensor
        For each call, what its function outputs, computed by operations of the graph.
    """
    operations: list[Any] = []
    bodies: dict[Any, list[Any]] = {}
    for op in graph.get_operations():
        body = _body(graph, op) if op.type in _CALLS else None
        if body is not None:
            known = set(graph.get_operations())
            given = {inner.name: outer for inner, outer in zip(body.inputs, op.inputs, strict=True)}
            bodies[op] = tf.graph_util.import_graph_def(
                body.as_graph_def(),
                input_map=given,
                return_elements=[tensor.name for tensor in body.outputs],
                name=op.name,
            )
            operations += [each for each in graph.get_operations() if each not in known]
        operations.append(op)
    return operations, bodies


def _body(graph: Any, op: Any) -> Any:
    find = getattr(graph, "_get_function", None)
    function = find and find(op.get_attr("f").name)
    return getattr(function, "graph", None)
