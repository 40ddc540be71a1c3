"""Functions of tensors traced once, what depends on what in them, and what they take."""
