"""Rows a part at a time, and parts kept in files."""
