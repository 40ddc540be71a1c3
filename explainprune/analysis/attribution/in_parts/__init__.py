"""Rows explained a part at a time, into a file: memory holds one part."""
