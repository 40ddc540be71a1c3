"""Which layers may lose something: those with kernels, less the outputs and the protected."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from explainprune.lookup import some, unknown
from explainprune.network.listing import LayerInfo, layers, prefixes
from explainprune.network.protocol import Model
from explainprune.network.soundness import check_weights

Protect = str | Iterable[str] | Callable[[LayerInfo], bool]


def candidates(
    model: Model, *, protect: Protect = (), outputs: bool = False
) -> tuple[LayerInfo, ...]:
    """List the layers that may be pruned, in the order they run.

    Parameters
    ----------
    model : keras.Model
    protect : str, iterable of str, or callable
        Paths of layers that stay whole (a path protects what that layer holds, too), or a function
        that says it of a `LayerInfo`.
    outputs : bool
        Whether layers whose units are the model's outputs may be pruned, too.

    Raises
    ------
    ValueError
        If a path is unknown, or nothing is left.
    """
    check_weights(model)
    infos = layers(model)
    shielded = protected(infos, protect)
    found = tuple(
        info
        for info in infos
        if info.prunable and info.path not in shielded and (outputs or not info.is_output)
    )
    if not found:
        whole = [repr(info.path) for info in infos if info.prunable]
        reason = f"all its layers with kernels, [{some(whole)}], are outputs or protected"
        raise ValueError(
            f"Model {model.name!r} has nothing prunable: "
            f"{reason if whole else 'no layer of it has a kernel'}."
        )
    return found


def protected(infos: Iterable[LayerInfo], protect: Protect) -> set[str]:
    """Return the paths of the layers that `protect` names, or says yes to."""
    infos = list(infos)
    if callable(protect):
        return {info.path for info in infos if protect(info)}
    names = [protect] if isinstance(protect, str) else list(protect)
    holders = {info.path: prefixes(info.path) for info in infos}
    known = dict.fromkeys(prefix for each in holders.values() for prefix in each)
    for name in names:
        if name not in known:
            raise unknown("layer in protect", name, known)
    return {path for path, own in holders.items() if not own.isdisjoint(names)}


def kind_of(info: LayerInfo, shape: tuple[int, ...]) -> str:
    """Name what makes layers alike: their class and the extent of their kernels in space.

    >>> kind_of(LayerInfo("c", "Conv2D"), (3, 3, 16, 32)), kind_of(LayerInfo("d", "Dense"), (9, 4))
    ('Conv2D 3×3', 'Dense')
    """
    return f"{info.kind} {'×'.join(str(size) for size in shape[:-2])}".strip()
