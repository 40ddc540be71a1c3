"""A Keras network unrolled into scalar elements, in float64: what exact values are made from."""

from explainprune.network.unrolled.counting import Count, count_terms, sizes
from explainprune.network.unrolled.cutting import Alike, Cutter, alike
from explainprune.network.unrolled.elements import Unrolled
from explainprune.network.unrolled.parts import Part
from explainprune.network.unrolled.reading import unroll
from explainprune.network.unrolled.terms import Games, Pairs, Terms, coalitions, in_pairs, terms_of

__all__ = [
    "Alike", "Count", "Cutter", "Games", "Pairs", "Part", "Terms", "Unrolled", "alike",
    "coalitions", "count_terms", "in_pairs", "sizes", "terms_of", "unroll",
]  # fmt: skip
