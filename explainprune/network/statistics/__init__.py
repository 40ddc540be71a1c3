"""What criteria score by: statistics of weights, and of calibration rows in one pass."""
