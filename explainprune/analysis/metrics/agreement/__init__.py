"""How far two attributions of the same samples agree: ``metric(a, b, *, k) → (n,)``.

`a` and `b` are ``(n, d)``, the same rows and features; NaN marks rows where a metric is undefined.
"""
