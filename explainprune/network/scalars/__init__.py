"""A Keras network unrolled into scalar elements, in float64: what exact values are made from."""

from explainprune.network.scalars.counting import Count, count_terms, sizes
from explainprune.network.scalars.cutting import Alike, Cutter, alike
from explainprune.network.scalars.elements import Unrolled
from explainprune.network.scalars.parts import Part
from explainprune.network.scalars.reading import unroll
from explainprune.network.scalars.terms import Games, Pairs, Terms, coalitions, in_pairs, terms_of

__all__ = [
    "Alike", "Count", "Cutter", "Games", "Pairs", "Part", "Terms", "Unrolled", "alike",
    "coalitions", "count_terms", "in_pairs", "sizes", "terms_of", "unroll",
]  # fmt: skip
