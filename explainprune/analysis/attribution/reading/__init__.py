"""What a caller gives, as methods read it: rows, background, targets, players, options."""
