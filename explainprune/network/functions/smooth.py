"""A model between whole numbers: its integer inputs read as numbers, where that is the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.signature import Signature
from explainprune.network.tracing.same import FIRST_ROWS, check_same
from explainprune.types import Array


class Smooth:
    """The compiled function whose gradients are taken, and which integers it reads as numbers.

    Paths lead between whole numbers. A model that casts an attention mask to floats can be asked
    there, if the mask isn't cast to an integer first; one that looks a number up can't.

    Parameters
    ----------
    signature : Signature
    exact : CompiledFunction
        Of the model as it is.
    compiled_with : callable
        From the names of the inputs that are numbers to a compiled function.
    precision : float
        Relative rounding of what the model computes.
    """

    def __init__(
        self,
        signature: Signature,
        exact: CompiledFunction,
        compiled_with: Callable[[frozenset[str]], CompiledFunction],
        precision: float,
    ) -> None:
        self._signature, self._exact, self._precision = signature, exact, precision
        self._compiled_with, self._compiled = compiled_with, exact
        self._numbers: frozenset[str] | None = None
        self._seen: list[Array] = []
        sizes = [part.size for part in signature.parts]
        self._whole = np.repeat(["int" in part.dtype for part in signature.parts], sizes)

    def see(self, rows: Array) -> None:
        """Keep some flat rows to hold rewritten networks against the model."""
        if len(rows) and len(self._seen) < 2 and self._numbers is None:
            self._seen.append(rows[:FIRST_ROWS].copy())

    def check(self, outputs: Callable[[Array], Array], what: str) -> None:
        """Raise if a rewritten network outputs something else on the rows that were seen."""
        if self._seen:
            rows = np.concatenate(self._seen)
            check_same(outputs(rows), self._exact.outputs(rows), what, self._precision)

    @property
    def numbers(self) -> frozenset[str]:
        """Integer inputs that may be read as numbers; none before rows were seen."""
        if self._numbers is None and self._seen:
            self._numbers = self._settled()
        return self._numbers or frozenset()

    @property
    def compiled(self) -> CompiledFunction:
        """The function of rows whose gradients are taken."""
        return self._compiled if self.numbers else self._exact

    def at(self, x: Array) -> CompiledFunction:
        """Return the function that outputs what rows are worth: between whole numbers, this."""
        if not self._whole.any() or np.ndim(x) != 2 or np.shape(x)[1] != len(self._whole):
            return self._exact
        numbers = np.asarray(x)[:, self._whole]
        return self.compiled if (numbers != np.round(numbers)).any() else self._exact

    def _settled(self) -> frozenset[str]:
        whole = [part.name for part in self._signature.parts if "int" in part.dtype]
        for names in [whole, *([name] for name in whole if len(whole) > 1)]:
            if names and self._same_with(frozenset(names)):
                return frozenset(names)
        return frozenset()

    def _same_with(self, numbers: frozenset[str]) -> bool:
        """Tell whether the model takes these inputs as numbers, and outputs the same."""
        try:
            compiled = self._compiled_with(numbers)
            self.check(compiled.outputs, "The model of numbers")
        except Exception:  # whatever a layer says to numbers it wasn't made for
            return False
        self._compiled = compiled
        return True
