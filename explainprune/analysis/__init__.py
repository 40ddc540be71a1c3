"""What a network relies on, and how two networks differ."""
