"""The verb `export_query`: whether two models may differ, as files for others' provers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data import load_data
from explainprune.lookup import nearest, unknown
from explainprune.network import Model, check_weights
from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.types import OUTPUTS, Array, Query

POINTS = 1_000
"""Inputs drawn from the box, for a difference that needs no prover."""
RUN = 20
"""Inputs that the file itself is run on, a row at a time."""
ROUNDING = 1e-4
"""By what share of the largest output the file may differ from the models: they run in float32."""


@in_words
def export_query(
    dense: Model,
    other: Model,
    path: str | Path,
    *,
    eps: float,
    data: Any = None,
    box: tuple[Any, Any] | None = None,
    output: str = "logit",
    force: bool = False,
    seed: int = 0,
) -> Query:
    r"""Write "may two models' outputs differ by `eps`?" as VNN-LIB and ONNX, for others' provers.

    The ONNX file beside `path` holds both models as one network: it reads an input x of the box B
    and puts out :math:`f_k(x) - g_k(x)` for each output k. The question is the counter-example:

    .. math:: \exists\, x \in B: \; \bigvee_k f_k(x) - g_k(x) \ge \varepsilon
              \;\vee\; f_k(x) - g_k(x) \le -\varepsilon

    A prover's *unsat* means that no input of the box moves an output by `eps`; its *sat* comes with
    an input that does. The file is run and held against the models before it is kept.

    Parameters
    ----------
    dense, other : keras.Model or path
        Of one input each, and as many outputs. `other` may be what `shrink` returned.
    path : str or Path
        Ends in ``.vnnlib``; the network gets the same name with ``.onnx``.
    eps : float
        Above 0.
    data : Data, array, or pair (x, y), optional
        The box is the range of each input over the scored rows.
    box : pair of float or ndarray, optional
        The least and the greatest value of each input, or of all of them.
    output : {"logit", "centred", "probability"}
        What may differ. ``"logit"`` looks through a final softmax, which few provers know.
    force : bool
        Replace files that are there.
    seed : int
        Of the inputs that are tried.

    Returns
    -------
    Query
        With the largest difference found at 1,000 inputs of the box, its ends and the rows in it,
        and our own bound: where these answer the question, no prover is needed.

    Raises
    ------
    FileExistsError
        If there is such a file, and `force` is False.
    ImportError
        If what converts or runs the file isn't installed.
    TypeError
        If one of the models is not a Keras model.
    ValueError
        If the file's ending, `eps` or the box is none, the models read anything but one input of
        numbers or differ in their inputs or outputs, or they can't be converted.

    Notes
    -----
    VNN-LIB 1.0: vnnlib.org (Demarchi, Guidotti, Pulina & Tacchella, FoMLAS 2023). ``X_i`` and
    ``Y_k`` count inputs and outputs in the order of the file's arrays, the last axis fastest.
    """
    from explainprune.network.scalars.bounded import bound_if_cheap, box_of

    path = Path(path)
    network = path.with_suffix(".onnx")
    _check(path, network, eps, output, force)
    kept = None
    if hasattr(other, "certificate"):  # what `shrink` returned
        kept, other = other.kept, other.model
    dense, other = from_file(dense), from_file(other)
    x = None if data is None else load_data(data, model=dense).x
    pair = _pair(dense, other, output, x)
    rows = None if x is None else pair.pack(x)
    low, high = box_of(box, rows, pair.n_inputs)
    points = _points(low, high, rows, seed)
    apart = np.abs(pair.outputs(points))
    bound, no_bound = bound_if_cheap(dense, other, x=x, box=box, output=output, kept=kept)
    span = "the box given"
    if box is None and rows is not None:
        span = f"the range of {len(rows):,} rows"
    query = Query(
        path, network, float(eps), span, output, float(apart.max()), len(points), bound, no_bound
    )
    _write(query, pair, points, _text(query, low, high, pair.n_outputs))
    return query


def _check(path: Path, network: Path, eps: float, output: str, force: bool) -> None:
    """Refuse what can't be written, before any work."""
    if path.suffix != ".vnnlib":
        raise ValueError(
            f"A query is written as a .vnnlib file. Received: {str(path)!r}."
            f"{nearest(path.suffix, ['.vnnlib'])}"
        )
    if isinstance(eps, bool) or not isinstance(eps, (int, float, np.number)):
        raise ValueError(f"eps is a number above 0. Received: {eps!r}.")
    if not 0 < eps < np.inf:
        raise ValueError(f"eps is a finite number above 0. Received: {eps}.")
    if output not in OUTPUTS:
        raise unknown("output", output, OUTPUTS)
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to write {path.name!r} in.")
    for each in (path, network):
        if each.exists() and not force:
            raise FileExistsError(f"{str(each)!r} exists already. Pass force=True to replace it.")


def _pair(dense: Model, other: Model, output: str, x: Any) -> Any:
    """Return the difference of two models that a query can be of."""
    from explainprune.network.functions.difference import DifferenceNetwork
    from explainprune.network.functions.keras_network import KerasNetwork

    networks = []
    for model in (dense, other):
        network = KerasNetwork(model, output=output, like=x)
        check_weights(model)
        parts = network.signature.parts
        if len(parts) != 1 or "float" not in parts[0].dtype:
            read = ", ".join(f"{part.name!r} of {part.dtype}" for part in parts)
            raise ValueError(
                f"A query is of models that read one input of numbers. Received: {model.name!r}, "
                f"which reads {read}."
            )
        if not network.signature.known:
            raise ValueError(
                f"Model {model.name!r} leaves the shape of its input open: {parts[0].shape}. "
                "Pass data=, rows of the shape that is meant."
            )
        networks.append(network)
    return DifferenceNetwork(networks[0], networks[1])


def _points(low: Array, high: Array, rows: Array | None, seed: int) -> Array:
    """Return the ends of the box, inputs drawn from it, and the rows in it."""
    drawn = np.random.default_rng(seed).uniform(size=(POINTS, len(low)))
    inside = low + drawn * (high - low)
    found = [low[None], high[None], inside]
    if rows is not None:
        found.append(rows[((rows >= low) & (rows <= high)).all(axis=1)])
    return np.concatenate(found).astype(np.float32)


def _write(query: Query, pair: Any, points: Array, text: str) -> None:
    """Write both files; what the network's puts out is held against the models first."""
    from explainprune.network import ForwardNetwork, load_model
    from explainprune.network.functions.artefacts.converting import difference_to_onnx

    finals = (query.network, query.path)
    network, question = (p.with_name(f".{p.stem}.partial{p.suffix}") for p in finals)
    some = points[:RUN]
    try:
        network.write_bytes(difference_to_onnx(pair.a, pair.b))
        file = ForwardNetwork(load_model(network))
        off = float(np.abs(file.raw(some) - pair.outputs(some)).max())
        size = float(max(np.abs(each.outputs(some)).max() for each in (pair.a, pair.b)))
        if not off <= ROUNDING * size:
            raise ValueError(
                f"{query.network.name!r} puts out other numbers than the models' difference: "
                f"{off:.3g} apart, of outputs up to {size:.3g}. It isn't kept."
            )
        question.write_text(text, encoding="ascii")
        network.replace(query.network)
        question.replace(query.path)
    finally:
        network.unlink(missing_ok=True)
        question.unlink(missing_ok=True)


def _text(query: Query, low: Array, high: Array, outputs: int) -> str:
    """Write the question in VNN-LIB 1.0."""
    eps = _decimal(query.eps)
    ends = [(_decimal(a), _decimal(b)) for a, b in zip(low, high, strict=True)]
    return "\n".join(
        [
            f"; May any {query.output} of two networks differ by {eps} or more, over a box of",
            f"; inputs? {query.network.name!a} puts out their differences.",
            "; unsat: none does, anywhere in the box. sat: at the input that is found one does.",
            "",
            *(f"(declare-const X_{i} Real)" for i in range(len(ends))),
            *(f"(declare-const Y_{k} Real)" for k in range(outputs)),
            "",
            *(
                line
                for i, (least, most) in enumerate(ends)
                for line in (f"(assert (>= X_{i} {least}))", f"(assert (<= X_{i} {most}))")
            ),
            "",
            "(assert (or",
            *(f"    (and (>= Y_{k} {eps}))\n    (and (<= Y_{k} -{eps}))" for k in range(outputs)),
            "))",
            "",
        ]
    )


def _decimal(value: float) -> str:
    """Write a number with all its digits and no exponent, which not every prover reads.

    >>> _decimal(1e-7), _decimal(np.float64(-2)), _decimal(-0.0)
    ('0.0000001', '-2.0', '0.0')
    """
    return np.format_float_positional(float(value) + 0.0, trim="0")
