"""What docs/understanding.md measures."""
