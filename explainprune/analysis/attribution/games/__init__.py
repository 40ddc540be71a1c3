"""Shapley values through the small games that a sparse network falls apart into."""
