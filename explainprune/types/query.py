"""A question for others' provers: may the outputs of two models differ by so much."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explainprune.types.bound import OutputBound


@dataclass(frozen=True, repr=False)
class Query:
    """Whether any output of two models differs by `eps` or more, for any input of a box.

    Attributes
    ----------
    path : Path
        The question, in VNN-LIB.
    network : Path
        What it asks of: an ONNX file whose outputs are the differences of both models' outputs.
    eps : float
    box : str
        Where the box comes from: ``"the range of 899 rows"``.
    output : str
        Of what: ``"logit"``, ``"centred"`` or ``"probability"``.
    measured : float
        The largest difference found at the `points` of the box that were tried.
    points : int
    bound : OutputBound or None
        Our own bound over the same box.
    no_bound : str
        Why there is none.
    """

    path: Path
    network: Path
    eps: float
    box: str
    output: str
    measured: float
    points: int
    bound: OutputBound | None = None
    no_bound: str = ""

    @property
    def answer(self) -> str:
        """``"differ"`` if an input was found where they do, ``"same"`` if our bound says so.

        Else ``"open"``: that is what a prover is for.
        """
        if self.measured >= self.eps:
            return "differ"
        return "same" if self.bound is not None and self.bound.largest < self.eps else "open"

    def __str__(self) -> str:
        words = {
            "differ": "yes, they do at an input that was tried",
            "same": "no, our bound says so",
            "open": "open, for a prover",
        }
        ours = (
            f"our bound is {self.bound.largest:.3g}"
            if self.bound
            else f"no bound of ours: {self.no_bound}"
        )
        return (
            f"may any {self.output} differ by {self.eps:g} or more over {self.box}? "
            f"{words[self.answer]} (largest difference at {self.points:,} inputs "
            f"{self.measured:.3g}; {ours})"
        )

    def __repr__(self) -> str:
        return f"Query({self})"
