"""How good one attribution is, by itself or against its network: one number for each sample.

A quality metric names what it needs among its parameters: `network`, `x` (n, d), `values` (n, p),
`base` and `output` (n,), `background_row` (d,), `targets` int (n,), `players` int (d,),
`image_shape`, `truth` bool (n, p), and `explain`, a function ``(rows, targets, weights=None)`` that
explains other rows, or with other weights, always with the same draws.
"""
