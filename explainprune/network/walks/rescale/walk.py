"""The backward walk: from multipliers of the output to multipliers of the input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from explainprune.lookup import nearest
from explainprune.network.backend import tf
from explainprune.network.tracing.called import called
from explainprune.network.tracing.dependence import SIZES, dependents, layer_of, total
from explainprune.network.tracing.reaching import Reach, of_gradients, of_walk, reach_of
from explainprune.network.tracing.reaching.stops import has_slopes
from explainprune.network.walks.rescale import locally, nonlinear, pooling
from explainprune.network.walks.rescale.inlining import inlined
from explainprune.network.walks.rescale.pairs import Pairs, holds_boundless
from explainprune.network.walks.rescale.places import inner_places
from explainprune.network.walks.rescale.regions import single_source
from explainprune.network.walks.rescale.rules import ONE_SOURCE, RULES, Rule

UNMOVED = (*SIZES, "IsFinite", "IsInf", "IsNan")
"""What these read of a tensor is its sizes or its kind, not its values: dependence ends there."""


@dataclass(frozen=True)
class Step:
    """One rule on the way back: it hands multipliers of `op`'s outputs to `sources`."""

    op: Any
    sources: tuple[Any, ...]
    rule: Rule


class Walk:
    """A traced graph between an input and an output tensor.

    Parameters
    ----------
    start, end : tensor
        Of the graph that is being traced.
    rules : mapping of str to rule
        By type of operation.
    fallback : {"error", "gradient"}
        What becomes of operations without a rule.

    Attributes
    ----------
    steps : list of Step
        In the order of the graph.
    approximated : tuple of str
        Operations, each with its layer, that go by their gradient for lack of a rule. Those that
        have no gradient either hand nothing on: `reach` says what is lost there.
    boundless : bool
        Whether numbers that stand for infinity are among the constants.
    inner : dict
        See `inner_places`.

    Raises
    ------
    ValueError
        If an operation on the way has no rule, naming it (its name begins with the layer's).
    """

    def __init__(
        self,
        start: Any,
        end: Any,
        *,
        rules: Mapping[str, Rule] = RULES,
        fallback: str = "error",
    ) -> None:
        self.start, self.end, self.rules = start, end, rules
        made, self._bodies = inlined(end.graph)
        needed = _needed(end, self._bodies)
        self.dependent = dependents(start, made, UNMOVED)
        between = [
            op
            for op in made
            if op is not start.op
            and any(t.ref() in self.dependent and t.ref() in needed for t in op.outputs)
        ]
        self.inner = inner_places(between)
        self.boundless = holds_boundless(made)
        self._ends = of_gradients()
        self._order = {op: number for number, op in enumerate(made)}
        self.steps, missing = self._planned(between)
        if missing and fallback == "error":
            op = missing[0]
            raise ValueError(
                f"deep_shap has no rule for operation {op.type!r} of layer {layer_of(op)!r}."
                f"{nearest(op.type, rules)} Pass fallback='gradient' to go by its gradient there, "
                "or use method='expected_gradients' or method='permutation', which need no rules."
            )
        self._ended: set[tuple[Any, Any]] = set()
        named = sorted({f"{op.type} of {layer_of(op)}" for op in missing})
        self.approximated = tuple(named)

    def _planned(self, between: list[Any]) -> tuple[list[Step], list[Any]]:
        """Choose a step for each operation that multipliers reach, and list those without rule."""
        steps, missing, reached = [], [], {self.end.ref()}
        for op in reversed(between):
            if not any(tensor.ref() in reached for tensor in op.outputs):
                continue
            step = self._step(op)
            if step is None and self._is_blind(op):
                step = Step(op, tuple(op.inputs), _nothing)
            if step is None:
                missing.append(op)
                step = Step(op, tuple(op.inputs), locally.at_both_ends)
            steps.append(step)
            reached |= {t.ref() for t in step.sources if t.ref() in self.dependent}
        return steps[::-1], missing[::-1]

    def _is_blind(self, op: Any) -> bool:
        """Tell whether an operation without a rule has no gradient either: ways end there."""
        if op in self._bodies or called(op):
            return False
        read = [place for place, tensor in enumerate(op.inputs) if tensor.ref() in self.dependent]
        numbers = any(has_slopes(tensor) for tensor in op.outputs)
        return not numbers or all(self._ends.at(op, place) for place in read)

    def _step(self, op: Any) -> Step | None:
        source = single_source(op, self.dependent, self._order)
        if source is not None:
            return Step(op, (source,), partial(nonlinear.rescale_whole, source=source))
        if op in self._bodies:
            return Step(op, tuple(self._bodies[op]), lambda op, grads, depends, pairs: grads)
        chain = locally.chain_to(op, self.dependent)
        if chain:
            back = partial(locally.linear_chain, chain=chain)
            return Step(op, (chain[0].inputs[0],), back)
        rule = self.rules.get(op.type)
        if rule is pooling.max_pool and pooling.tiles(op) and op.inputs[0].op.type == "Relu":
            return Step(op, tuple(op.inputs[0].op.inputs), pooling.pool_of_relu)
        depending = sum(tensor.ref() in self.dependent for tensor in op.inputs)
        if rule is None or (op.type in ONE_SOURCE and depending > 1):
            return None
        return Step(op, tuple(op.inputs), rule)

    def back(self, seed: Any, pairs: Pairs) -> Any:
        """Carry `seed`, one row for each target and pair, from the end back to the start."""
        found: dict[Any, list[Any]] = defaultdict(list)
        found[self.end.ref()].append(seed)
        for step in reversed(self.steps):
            grads = [total(found.pop(tensor.ref(), [])) for tensor in step.op.outputs]
            if all(grad is None for grad in grads):
                continue
            depends = [tensor.ref() in self.dependent for tensor in step.sources]
            carried = step.rule(step.op, grads, depends, pairs)
            for tensor, grad in zip(step.sources, carried, strict=True):
                if grad is None and tensor.ref() in self.dependent:
                    self._ended.add((step.op, tensor.ref()))
                if grad is not None and tensor.ref() in self.dependent:
                    grad.set_shape(tensor.shape)  # some operations' gradients don't know theirs
                    found[tensor.ref()].append(grad)
        arrived = total(found[self.start.ref()])
        if arrived is None:
            return tf.zeros(pairs.sizes(self.start), self.start.dtype)
        return arrived

    def reach(self) -> Reach:
        """Tell which inputs got nothing, though the end hangs on them; known after the way back."""
        return reach_of(
            self.start, self.end, of_walk(self._ended), self._order, bodies=self._bodies
        )


def _nothing(op: Any, grads: list[Any], depends: list[bool], pairs: Pairs) -> list[Any]:
    """Hand nothing on."""
    return [None] * len(op.inputs)


def _needed(end: Any, bodies: dict[Any, list[Any]]) -> set[Any]:
    """Find the tensors that the end is computed from."""
    needed: set[Any] = set()
    stack = [end]
    while stack:
        tensor = stack.pop()
        if tensor.ref() not in needed:
            needed.add(tensor.ref())
            stack.extend(tensor.op.inputs)
            stack.extend(bodies.get(tensor.op, ()))
    return needed
