"""The parts of `compare`: who is compared, on what, by which metrics, beside which arms."""
