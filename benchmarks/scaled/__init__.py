"""What runs on many workers takes: measured, modelled, simulated."""
