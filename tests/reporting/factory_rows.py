"""Pieces of synthetic results: rows that look like digits, and how far outputs moved on them."""

from __future__ import annotations

import numpy as np

from explainprune.types import Certificate, OutputBound, Sample, Size


def certificate(n=360):
    """A pair of classifiers whose outputs moved by 3.1, and could by 118."""
    return Certificate(
        "approximate",
        "rows compared",
        3.0625,
        0.125,
        12,
        n,
        Size(4474, 4474, 8784, 17896, 16501),
        Size(4474, 512, 8784, 17896, 2811),
        negative_flips=8,
        positive_flips=3,
        output="centred",
        rows_sha256="5c" * 32,
        before_sha256="0a" * 32,
        after_sha256="b1" * 32,
        bound=OutputBound(
            (118.5, 97.25),
            (240.0, 211.0),
            (0.0,) * 64,
            (1.0,) * 64,
            f"the range of {n} rows",
            "centred",
            measured=3.0625,
            spread=31.5,
            rows=n,
        ),
    )


def digits_images():
    """Real images, and the attributions of a linear model of them."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = x / 16.0
    mean = x.mean(0)
    means = np.stack([x[y == k].mean(0) for k in range(10)])
    return x, y, mean, means - means.mean(0)


def digits_samples(count=12, seed=1):
    x, y, mean, weights = digits_images()
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(x), count, replace=False)
    why = ("typical", "most changed", "prediction flipped")
    samples = []
    for place, row in enumerate(rows):
        dense = (x[row] - mean) * weights[y[row]]
        other = np.where(np.abs(dense) > np.quantile(np.abs(dense), 0.6), dense * 1.1, 0)
        other = other + (place % 3 > 0) * rng.normal(0, 0.03, 64) * (rng.random(64) > 0.7)
        flipped = place % 3 == 2
        samples.append(
            Sample(
                int(row),
                tuple(float(v) for v in x[row]),
                tuple(float(v) for v in dense),
                tuple(float(v) for v in other),
                str(y[row]),
                f"{y[row]} (98%)",
                f"{(y[row] + 3) % 10} (51%)" if flipped else f"{y[row]} (87%)",
                None if place == 5 else float(np.round(0.25 * (place % 3), 3)),
                why[place % 3],
            )
        )
    return tuple(samples)
