"""TFLite files, run by LiteRT."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.network.backend import silent_stderr
from explainprune.network.functions.artefacts.artefact import Artefact, OutputSpec
from explainprune.network.functions.inputs import InputSpec
from explainprune.types import Array, Inputs

MOST_ROWS = 1024
MEMORY = 2**27
"""Bytes that the activations of one call may take, about."""
_MOVES = {"DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "CAST"}
_ENDS = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid"}
_TRIED = 5
"""Rows that show whether a file can be given several at once."""


def read_tflite(path: Path) -> Artefact:
    """Return the artefact of a TFLite file.

    Raises
    ------
    ImportError
        If LiteRT isn't installed.
    ValueError
        If the file is damaged, has operations that LiteRT hasn't, or reads or outputs anything
        but numbers.
    """
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        what = "is empty" if not content else "is corrupt, or no TFLite file"
        raise ValueError(f"{str(path)!r} {what}.")
    try:
        file = _File(content)
        inputs, outputs = file.tensors()
    except (RuntimeError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ValueError(
            f"{str(path)!r} can't be run by LiteRT: {lines[0] if lines else type(error).__name__}"
        ) from error
    if not inputs or not outputs:
        raise ValueError(f"{str(path)!r} reads nothing, or outputs nothing.")
    for tensor in (*inputs, *outputs):
        if tensor.dtype.kind not in "fiub":
            raise ValueError(
                f"{str(path)!r} must read and output numbers. Received: {tensor.name!r} of "
                f"dtype={tensor.dtype}."
            )
    known = [tensor for tensor in outputs if tensor.scale or tensor.dtype.kind == "f"]
    if not known:
        raise ValueError(
            f"{str(path)!r} outputs whole numbers ({outputs[0].name!r}, {outputs[0].dtype}), "
            "neither scores nor probabilities: convert the model without its last step."
        )
    runner = _Runner(file, inputs, known)
    size = "one row" if runner.size == 1 else f"{runner.size} rows"
    slow = f"{path.name} can't be resized and is run on {size} at a time, which is slow."
    return Artefact(
        name=path.name,
        run=runner,
        parts=tuple(tensor.spec for tensor in inputs),
        outputs=tuple(OutputSpec(t.name, file.end_of(t.index), t.scale) for t in known),
        ranges={tensor.name: tensor.range for tensor in inputs if tensor.scale},
        rows_per_call=runner.most,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        notes=() if runner.resizes else (slow,),
    )


@dataclass(frozen=True)
class _Tensor:
    """An input or output of a file.

    Attributes
    ----------
    index : int
    name : str
    shape : tuple of int
        As it is in the file, rows first.
    open : tuple of bool
        Which sizes the file leaves open.
    dtype : dtype
    scale, zero_point : float, int
        A number is ``scale × (q − zero_point)``; scale 0: it is itself.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    open: tuple[bool, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    @property
    def spec(self) -> InputSpec:
        """What a caller gives: numbers, where the file has them quantised."""
        sizes = [
            None if unknown else size
            for size, unknown in zip(self.shape[1:], self.open[1:], strict=True)
        ]
        return InputSpec(self.name, tuple(sizes), "float32" if self.scale else self.dtype.name)

    @property
    def range(self) -> tuple[float, float]:
        """The numbers that a quantised input can hold, to half a step."""
        info = np.iinfo(self.dtype)
        low, high = (self.scale * (each - self.zero_point) for each in (info.min, info.max))
        return low - self.scale / 2, high + self.scale / 2

    def quantised(self, values: Array) -> Array:
        """Return numbers as the file takes them; half steps are rounded away from 0."""
        if not self.scale:
            return values.astype(self.dtype, copy=False)
        steps = values.astype(np.float32, copy=False) / np.float32(self.scale)
        whole = np.trunc(steps + np.copysign(np.float32(0.5), steps)) + self.zero_point
        info = np.iinfo(self.dtype)
        return np.asarray(np.clip(whole, info.min, info.max).astype(self.dtype))

    def numbers(self, values: Array) -> Array:
        """Return what the file output as numbers."""
        if not self.scale:
            return values
        return np.asarray((values.astype(np.float32) - self.zero_point) * np.float32(self.scale))


@dataclass(frozen=True)
class _File:
    """The content of a file, and what can be read of it without running it."""

    content: bytes = field(repr=False)

    def interpreter(self, *, delegates: bool = True) -> Any:
        """Return an interpreter; without delegates it tells its operations."""
        try:
            from ai_edge_litert import interpreter as litert
        except ImportError as error:
            raise ImportError(
                "TFLite files are run by LiteRT, which isn't installed: "
                "pip install 'explainprune[tflite]'."
            ) from error
        kinds = litert.OpResolverType
        kind = kinds.AUTO if delegates else kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        with silent_stderr():  # it tells there which delegate it made
            return litert.Interpreter(
                model_content=self.content, experimental_op_resolver_type=kind
            )

    def tensors(self) -> tuple[list[_Tensor], list[_Tensor]]:
        """Return inputs and outputs, by the names of the file's signature where it has one."""
        plain = self.interpreter(delegates=False)
        named: dict[int, str] = {}
        keys = list(plain.get_signature_list())
        if len(keys) == 1:
            runner = plain.get_signature_runner(keys[0])
            for details in (runner.get_input_details(), runner.get_output_details()):
                named |= {int(each["index"]): name for name, each in details.items()}
        found = [
            [_tensor(each, named) for each in details]
            for details in (plain.get_input_details(), plain.get_output_details())
        ]
        return found[0], found[1]

    def end_of(self, index: int) -> str:
        """Say whether a tensor is what a softmax or a sigmoid outputs."""
        operations = self.interpreter(delegates=False)._get_ops_details()
        makers = {int(out): each for each in operations for out in each["outputs"]}
        maker = makers.get(index)
        while maker is not None and maker["op_name"] in _MOVES:
            maker = makers.get(int(maker["inputs"][0]))
        return "" if maker is None else _ENDS.get(maker["op_name"], "")

    def largest(self) -> int:
        """Return the bytes of the largest tensor that has a row of its own."""
        details = self.interpreter(delegates=False).get_tensor_details()
        sizes = [
            int(np.prod(each["shape"])) * 4
            for each in details
            if len(each["shape"]) > 1 and each["shape"][0] == 1
        ]
        return max(sizes, default=4)


def _tensor(details: dict[str, Any], named: dict[int, str]) -> _Tensor:
    index = int(details["index"])
    plain = str(details["name"]).removeprefix("serving_default_").partition(":")[0]
    shape = tuple(int(size) for size in details["shape"])
    signature = details.get("shape_signature", details["shape"])
    scale, zero_point = details["quantization"]
    return _Tensor(
        index=index,
        name=named.get(index, plain),
        shape=shape,
        open=tuple(int(size) < 0 for size in signature) or (False,) * len(shape),
        dtype=np.dtype(details["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
    )


class _Runner:
    """Runs a file on as many rows as it takes at once.

    Interpreters are kept for each power of two of rows; fewer rows are filled up with the last.

    Attributes
    ----------
    size : int
        Rows that the file has been made for.
    most : int
        Rows that can be given at once.
    resizes : bool
        Whether the file can be resized; else it is run on `size` rows at once.
    """

    def __init__(self, file: _File, inputs: list[_Tensor], outputs: list[_Tensor]) -> None:
        self._file, self._inputs, self._outputs = file, inputs, outputs
        self._ready: dict[tuple[tuple[int, ...], ...], Any] = {}
        self.size = self.most = inputs[0].shape[0] if inputs and inputs[0].shape else 1
        self.resizes = self._resizes()
        if self.resizes:
            affordable = MEMORY // (2 * file.largest())
            self.most = 1 << (max(1, min(MOST_ROWS, affordable)).bit_length() - 1)

    def __call__(self, given: Inputs) -> list[Array]:
        """Run the file on rows: an array, or one for each input by its name."""
        parts = given if isinstance(given, dict) else {self._inputs[0].name: given}
        arrays = [tensor.quantised(parts[tensor.name]) for tensor in self._inputs]
        n = len(arrays[0])
        size = 1 << (n - 1).bit_length() if self.resizes else self.size
        return [array[:n] for array in self._run(arrays, size)]

    def _run(self, arrays: list[Array], size: int) -> list[Array]:
        filled = [np.concatenate([a, np.repeat(a[-1:], size - len(a), axis=0)]) for a in arrays]
        ready = self._of(tuple(each.shape for each in filled))
        for tensor, each in zip(self._inputs, filled, strict=True):
            ready.set_tensor(tensor.index, each)
        ready.invoke()
        return [tensor.numbers(ready.get_tensor(tensor.index)) for tensor in self._outputs]

    def _of(self, shapes: tuple[tuple[int, ...], ...]) -> Any:
        """Return the interpreter for inputs of these shapes."""
        if shapes not in self._ready:
            made = self._file.interpreter()
            with silent_stderr():
                for tensor, shape in zip(self._inputs, shapes, strict=True):
                    if shape != tensor.shape:
                        made.resize_tensor_input(tensor.index, list(shape))
                made.allocate_tensors()
            self._ready[shapes] = made
        return self._ready[shapes]

    def _resizes(self) -> bool:
        """Try whether several rows at once give what each gives by itself."""
        if any(any(tensor.open[1:]) or not tensor.shape for tensor in self._inputs):
            return False
        rows = [np.concatenate(list(self._trial(tensor))) for tensor in self._inputs]
        try:
            each = [self._run([a[i : i + 1] for a in rows], self.size) for i in range(_TRIED)]
            together = self._run(rows, 8)
        except (RuntimeError, ValueError):
            return False
        for place, tensor in enumerate(self._outputs):
            alone = np.concatenate([found[place][:1] for found in each])
            if len(together[place]) != 8 or alone.shape != together[place][:_TRIED].shape:
                return False
            near = max(1.01 * tensor.scale, 1e-4 * float(np.abs(alone).max(initial=0.0)))
            if not np.allclose(alone, together[place][:_TRIED], rtol=1e-3, atol=near):
                return False
        return True

    @staticmethod
    def _trial(tensor: _Tensor) -> Iterator[Array]:
        """Yield rows that differ, as the file takes them."""
        rng, shape = np.random.default_rng(0), (1, *tensor.shape[1:])
        for _ in range(_TRIED):
            if tensor.scale:
                info = np.iinfo(tensor.dtype)
                yield rng.integers(info.min, info.max, shape, endpoint=True, dtype=tensor.dtype)
            elif tensor.dtype.kind == "f":
                yield rng.normal(size=shape).astype(tensor.dtype)
            else:  # they may be places in a table, whose length isn't known
                yield rng.integers(0, 2, shape).astype(tensor.dtype)
