"""The benchmark with known truth: its lines and its page."""
