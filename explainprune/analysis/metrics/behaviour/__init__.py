"""What one network does, or two do differently: ``metric(outputs_a, outputs_b, y)``."""
