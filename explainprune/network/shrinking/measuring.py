"""What a smaller model gains where it runs: time for a batch, bytes of a TFLite file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.artefacts.converting import tflite_converter
from explainprune.network.functions.forward import run_model
from explainprune.network.functions.inputs import pack
from explainprune.network.functions.signature import Signature, signature_of
from explainprune.network.protocol import Model
from explainprune.network.tracing.traced import traced

BATCH = 64
REPEATS = 15


def latencies(models: list[Model], x: Any = None) -> list[float]:
    """Return the median time of each model for one batch, in milliseconds.

    Parameters
    ----------
    models : list of keras.Model
        All with the same inputs.
    x : ndarray or dict, optional
        Rows; the first 64 serve (repeated where there are fewer). None: zeros.
    """
    signature = signature_of(models[0], x)
    rows = np.zeros((1, signature.n_inputs), signature.dtype)
    if x is not None:
        rows = pack(x, signature.parts, signature.dtype)
    batch = tf.constant(np.resize(rows[:BATCH], (BATCH, rows.shape[1])))
    runs = [_compiled(model, signature, batch.shape) for model in models]
    return in_turns([partial(run, batch) for run in runs])


def in_turns(runs: Sequence[Callable[[], Any]]) -> list[float]:
    """Return the median time of each run in milliseconds; a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(REPEATS):
        for run, times in zip(runs, taken, strict=True):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
    return [float(np.median(times)) for times in taken]


def _compiled(model: Model, signature: Signature, shape: Any) -> Any:
    def forward(rows: Any) -> Any:
        return run_model(model, signature, signature.split(rows))[0]

    run = traced(forward, tf.TensorSpec(shape, signature.dtype))
    run(tf.zeros(shape, signature.dtype))
    return run


def tflite_bytes(model: Model) -> int:
    """Return the size of the model as a TFLite file for one row, without quantisation.

    Raises
    ------
    ValueError
        If TensorFlow Lite cannot express the model.
    """
    try:
        converter = tflite_converter(model, 1)
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,
            tf.lite.OpsSet.SELECT_TF_OPS,
        ]
        return len(converter.convert())
    except Exception as error:
        raise ValueError(
            f"Model {model.name!r} cannot be converted to TFLite: "
            f"{str(error).strip().splitlines()[0]}"
        ) from error
