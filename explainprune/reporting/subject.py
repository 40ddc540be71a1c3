"""Who is compared with whom on this page: the names behind a Comparison or a Study."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explainprune.reporting import wording
from explainprune.reporting.formatting import name
from explainprune.types import Comparison, Measure, ModelRow, Study


@dataclass(frozen=True)
class Subject:
    """Results, with the parts that every section needs.

    Attributes
    ----------
    results : Comparison or Study
    pair : Comparison
        The comparison whose network, units, features and samples are drawn: the results
        themselves, or a study's first seed.
    dense, other : str
        Names of the two models, as keys of `results.models`.
    main : str
        Key of their pair in `results.comparisons`.
    """

    results: Comparison | Study
    pair: Comparison
    dense: str
    other: str
    main: str

    @property
    def study(self) -> Study | None:
        """The results, if they are a study."""
        return self.results if isinstance(self.results, Study) else None

    @property
    def regression(self) -> bool:
        """Whether predictions are numbers, so that none can be said to flip."""
        known = self.pair.provenance.get("task")
        return known == "regression" or any(m.r2 is not None for m in self.pair.models.values())

    @property
    def models(self) -> dict[str, ModelRow]:
        """The two models by name, without the reference arms."""
        return {key: self.results.models[key] for key in (self.dense, self.other)}

    @property
    def primary(self) -> dict[str, Measure]:
        """The primary endpoint of every pair that has the dense model in it, by partner."""
        prefix = f"{self.dense}|"
        return {
            pair.removeprefix(prefix): measures[self.results.primary]
            for pair, measures in self.results.comparisons.items()
            if pair.startswith(prefix) and self.results.primary in measures
        }

    def term(self, key: str) -> wording.Term:
        """Say what to call the metric, size or evidence `key`."""
        return self._named(wording.term(key, self.results.metrics))

    def called(self, key: str) -> str:
        """Say what to call a model within a sentence.

        Its own name, where its owner gave it one.
        """
        return f"the {name(key)} model" if key in (*wording.ARMS, "other") else name(key)

    def in_names(self, text: str) -> str:
        """Call both models by their names, in a sentence that says dense and other."""
        for role, key in (("dense", self.dense), ("other", self.other)):
            called = self.called(key)
            text = text.replace(f"the {role} model", called)
            text = text.replace(f"The {role} model", called[:1].upper() + called[1:])
        return text

    def _named(self, term: wording.Term) -> wording.Term:
        label, meaning = self.in_names(term.label), self.in_names(term.meaning)
        return replace(term, label=label, meaning=meaning)

    def arm_term(self, key: str) -> wording.Term:
        """Say what to call a model or arm: its own name, and the part it plays.

        The two models keep the names their owner gave them; reference arms are named by part.
        """
        row = self.results.models.get(key)
        part = row.arm if row is not None else key
        if key in (self.dense, self.other):
            return wording.Term(name(key), meaning="" if key == part else wording.arm(part).label)
        known = self._named(wording.arm(part))
        return known if key == part or part not in wording.ARMS else _numbered(known, key)

    def role(self, key: str) -> str:
        """Return ``"dense"``, ``"other"`` or ``"mark"``: which of the page's colours it gets."""
        return {self.dense: "dense", self.other: "other"}.get(key, "mark")


def _numbered(known: wording.Term, key: str) -> wording.Term:
    return wording.Term(f"{known.label} ({name(key)})", known.kind, known.meaning)


def subject_of(results: Comparison | Study) -> Subject:
    """Find the two models and their pair in `results`.

    Raises
    ------
    ValueError
        If there are fewer than two models or the pair of the first two isn't compared.
    """
    names = list(results.models)
    if len(names) < 2:
        raise ValueError(f"A report needs two models. Received: {names}.")
    dense, other = names[:2]
    main = f"{dense}|{other}"
    if main not in results.comparisons:
        raise ValueError(
            f"Expected the pair {main!r} among the comparisons. Received: "
            f"{list(results.comparisons)}."
        )
    pair = results.pair if isinstance(results, Study) else results
    return Subject(results, pair, dense, other, main)
