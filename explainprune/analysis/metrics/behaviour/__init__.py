"""What one network does, or two do differently: ``metric(outputs_a, outputs_b, y)``.

Outputs are logits ``(n, K)``, or ``(n, 1)`` for a network with one, whose probability is the
sigmoid; for regression they are the predictions. A metric returns one number for each row, NaN
where it is undefined, or one for all rows. One that reads a single network ignores `outputs_b`.
"""
