"""ONNX files, run by ONNX Runtime."""

from __future__ import annotations

import hashlib
import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.network.backend import silent_stderr
from explainprune.network.functions.artefacts.artefact import Artefact, OutputSpec
from explainprune.network.functions.inputs import InputSpec
from explainprune.types import Array, Inputs

MOST_ROWS = 1024
_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(bool)": "bool",
    **{
        f"tensor({kind}int{bits})": f"{kind}int{bits}"
        for kind in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}
_MOVES = {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast",
          "DequantizeLinear", "QuantizeLinear"}  # fmt: skip
_ENDS = {"Softmax": "softmax", "Sigmoid": "sigmoid"}


def read_onnx(path: Path) -> Artefact:
    """Return the artefact of an ONNX file.

    Raises
    ------
    ImportError
        If ONNX Runtime isn't installed.
    ValueError
        If the file is damaged, or reads or outputs anything but numbers.
    """
    try:
        with silent_stderr():  # it tells there which devices it didn't find
            import onnx
            import onnxruntime as runtime
    except ImportError as error:
        raise ImportError(
            "ONNX files are run by ONNX Runtime, which isn't installed: "
            "pip install 'explainprune[onnx]'."
        ) from error
    content = path.read_bytes()
    if not content:
        raise ValueError(f"{str(path)!r} is empty.")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        with redirect_stdout(io.StringIO()), silent_stderr():  # it complains there, too
            # By its path: its weights may lie in files beside it.
            session = runtime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        graph = onnx.load(str(path), load_external_data=False).graph
    except Exception as error:  # both raise kinds of their own
        raise ValueError(
            f"{str(path)!r} is corrupt, or no ONNX file that ONNX Runtime can run: "
            f"{str(error).strip().splitlines()[0][:200]}"
        ) from error
    inputs, sizes = session.get_inputs(), []
    for each in inputs:
        if each.type not in _DTYPES:
            raise ValueError(
                f"{str(path)!r} must read numbers. Received: input {each.name!r} of {each.type}."
            )
        sizes.append(each.shape[0] if each.shape else 1)
    floats = ("tensor(float)", "tensor(double)", "tensor(float16)")
    outputs = [each for each in session.get_outputs() if each.type in floats]
    if not outputs:
        found = ", ".join(f"{each.name!r} of {each.type}" for each in session.get_outputs())
        raise ValueError(
            f"{str(path)!r} outputs neither scores nor probabilities as an array: {found}. "
            "Convert the model so that it does (of scikit-learn's: zipmap=False)."
        )
    fixed = [size for size in sizes if isinstance(size, int)]
    scales = _scales(graph)
    return Artefact(
        name=path.name,
        run=_Runner(session, [each.name for each in outputs], fixed[0] if fixed else 0),
        parts=tuple(_spec(each) for each in inputs),
        outputs=tuple(_output(graph, each.name, scales) for each in outputs),
        rows_per_call=fixed[0] if fixed else MOST_ROWS,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        notes=_notes(path.name, fixed),
    )


def _notes(name: str, fixed: list[int]) -> tuple[str, ...]:
    if not fixed or fixed[0] > 8:
        return ()
    size = "one row" if fixed[0] == 1 else f"{fixed[0]} rows"
    return (f"{name} was made for {size} at a time, which is slow.",)


def _spec(each: Any) -> InputSpec:
    sizes = [size if isinstance(size, int) else None for size in each.shape[1:]]
    return InputSpec(str(each.name).partition(":")[0], tuple(sizes), _DTYPES[each.type])


def _output(graph: Any, name: str, scales: dict[str, float]) -> OutputSpec:
    """Say what an output ends in: the operation that made it, moves and quantising aside."""
    makers = {out: node for node in graph.node for out in node.output}
    maker, step = makers.get(name), 0.0
    while maker is not None and maker.op_type in _MOVES:
        if maker.op_type == "DequantizeLinear":
            step = max(step, scales.get(maker.input[1], 0.0))
        maker = makers.get(maker.input[0])
    end = "" if maker is None else _ENDS.get(maker.op_type, "")
    return OutputSpec(name.partition(":")[0], end, step)


def _scales(graph: Any) -> dict[str, float]:
    """Return the constants of one number, among which are the scales of quantised tensors."""
    from onnx import numpy_helper

    found = {}
    for each in graph.initializer:
        if int(np.prod(each.dims)) == 1 and not each.external_data:
            found[each.name] = float(numpy_helper.to_array(each).reshape(-1)[0])
    return found


class _Runner:
    """Runs a session on rows; a file made for a fixed number of them is given that many."""

    def __init__(self, session: Any, outputs: list[str], fixed: int) -> None:
        self._session, self._outputs, self._fixed = session, outputs, fixed
        self._names = [each.name for each in session.get_inputs()]

    def __call__(self, given: Inputs) -> list[Array]:
        """Run the file on rows: an array, or one for each input by its name."""
        arrays = given if isinstance(given, dict) else {self._names[0].partition(":")[0]: given}
        n = len(next(iter(arrays.values())))
        feed = {name: self._filled(arrays[name.partition(":")[0]]) for name in self._names}
        return [np.asarray(found)[:n] for found in self._session.run(self._outputs, feed)]

    def _filled(self, array: Array) -> Array:
        """Fill up with the last row."""
        missing = max(0, self._fixed - len(array))
        return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array
