"""Draws, and what they say about their own error: coalitions, orders, points of paths."""
