"""Keras models as TFLite and ONNX files."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.network.backend import silent_stderr, tf
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.forward import run_model
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.functions.signature import signature_of
from explainprune.network.protocol import Model
from explainprune.network.reasons import reason_of
from explainprune.network.tracing.traced import traced
from explainprune.types import Array, Inputs


def as_written(model: Model, like: Inputs) -> tuple[Any, Any]:
    """Return what a model itself outputs as a function of flat rows, and its signature.

    No softmax is looked through: it is held against what a file outputs.
    """
    signature = signature_of(model, like)

    def forward(x: Any) -> Any:
        outputs = run_model(model, signature, signature.split(x))[0]
        flat = [tf.reshape(each, (-1, int(np.prod(each.shape[1:])))) for each in outputs]
        return tf.concat([tf.cast(each, tf.float32) for each in flat], axis=1)

    return CompiledFunction(forward, signature.n_inputs, dtype=signature.dtype), signature


def forward_of(model: Model, rows: int | None = None) -> tuple[Callable[..., Any], list[Any]]:
    """Return a model's forward pass as a function of tensors, and what these are.

    Parameters
    ----------
    model : keras.Model
    rows : int, optional
        Rows that it is given. None: any number.
    """
    signature = signature_of(model)

    def forward(*tensors: Any) -> Any:
        return run_model(model, signature, list(tensors))[0]

    specs = [tf.TensorSpec((rows, *p.shape), p.dtype, name=p.name) for p in signature.parts]
    return forward, specs


def tflite_converter(model: Model, rows: int | None = None) -> Any:
    """Return TensorFlow's converter of a model's forward pass, its inputs called as the model's.

    Parameters
    ----------
    model : keras.Model
    rows : int, optional
        Rows that the file is made for. None: any number.
    """
    forward, specs = forward_of(model, rows)
    function = traced(forward, *specs)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.experimental_lower_to_saved_model = False  # else the weights stay outside
    return converter


def to_tflite(model: Model, quantise: str, rows: list[Array] | None) -> bytes:
    """Convert a model.

    Parameters
    ----------
    model : keras.Model
    quantise : {"none", "int8", "float16"}
        ``"int8"``: weights, activations, inputs and outputs; ``"float16"``: weights.
    rows : list of ndarray, optional
        For each input the rows that ranges of activations are taken from.

    Raises
    ------
    ValueError
        If TensorFlow Lite can't express the model.
    """
    try:
        with warnings.catch_warnings(), silent_stderr():
            warnings.simplefilter("ignore")  # its hints on itself
            converter = tflite_converter(model)
            if quantise != "none":
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            if quantise == "float16":
                converter.target_spec.supported_types = [tf.float16]
            if quantise == "int8":
                assert rows is not None
                converter.representative_dataset = lambda: _one_by_one(rows)
                converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
                converter.inference_input_type = converter.inference_output_type = tf.int8
            return bytes(converter.convert())
    except Exception as error:  # the converter raises kinds of its own
        raise ValueError(
            f"Model {model.name!r} cannot be converted to TFLite: {reason_of(error)}"
        ) from error


def _one_by_one(rows: list[Array]) -> Iterator[list[Array]]:
    for index in range(len(rows[0])):
        yield [part[index : index + 1] for part in rows]


def to_onnx(model: Model, quantise: str, rows: dict[str, Array] | None) -> bytes:
    """Convert a model, as `to_tflite` does; ``"float16"`` isn't known.

    Raises
    ------
    ImportError
        If tf2onnx or ONNX Runtime isn't installed.
    ValueError
        If tf2onnx can't express the model.
    """
    return _onnx(*forward_of(model), f"Model {model.name!r}", quantise, rows)


def difference_to_onnx(first: KerasNetwork, second: KerasNetwork) -> bytes:
    """Convert f(x) − g(x), of one row at a time: of two networks that read one input each.

    Raises
    ------
    ImportError, ValueError
        As `to_onnx` does.
    """
    (part,), (behind,) = first.signature.parts, second.signature.parts

    def forward(x: Any) -> Any:
        again = x if part.sizes == behind.sizes else tf.reshape(x, (1, *behind.sizes))
        both = tf.concat([first.trace([x]), second.trace([again])], axis=1)
        # A product with a constant: few provers know the difference of two tensors.
        one = tf.eye(first.n_outputs, dtype=both.dtype)
        return both @ tf.concat([one, -one], axis=0)

    specs = [tf.TensorSpec((1, *part.sizes), part.dtype, name="X")]
    return _onnx(forward, specs, f"The difference of {first.model.name!r} and another model")


def _onnx(
    forward: Callable[..., Any],
    specs: list[Any],
    what: str,
    quantise: str = "none",
    rows: dict[str, Array] | None = None,
) -> bytes:
    """Convert a function of tensors."""
    try:
        with silent_stderr():
            import tf2onnx
            from onnxruntime import quantization
    except ImportError as error:
        raise ImportError(
            f"ONNX files are written by tf2onnx, and {error.name} isn't installed: "
            "pip install 'explainprune[onnx]'."
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        plain, final = Path(folder) / "plain.onnx", Path(folder) / "final.onnx"
        try:
            with warnings.catch_warnings(), silent_stderr():
                warnings.simplefilter("ignore")
                run = tf.function(forward, input_signature=specs, autograph=False)
                tf2onnx.convert.from_function(run, specs, output_path=str(plain))
                if quantise == "none":
                    return plain.read_bytes()
                assert rows is not None
                byte = quantization.QuantType.QUInt8
                # Unsigned weights: signed ones saturate on processors without VNNI.
                unsigned = {"activation_type": byte, "weight_type": byte}
                quantization.quantize_static(plain, final, _Rows(rows), **unsigned)
                return final.read_bytes()
        except Exception as error:
            raise ValueError(f"{what} cannot be converted to ONNX: {reason_of(error)}") from error


class _Rows:
    """Hands rows to ONNX Runtime's calibration, one at a time."""

    def __init__(self, rows: dict[str, Array]) -> None:
        count = len(next(iter(rows.values())))
        self._left = iter(
            [{name: part[i : i + 1] for name, part in rows.items()} for i in range(count)]
        )

    def get_next(self) -> dict[str, Array] | None:
        """Return the next row, None after the last."""
        return next(self._left, None)
