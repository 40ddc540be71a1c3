"""How good one attribution is, by itself or against its network: one number for each sample.

A quality metric names what it needs among its parameters: `network`, `x` (n, d), `values` (n, p),
`base` and `output` (n,), `background_row` (d,), `targets` int (n,), `players` int (d,).
"""
