"""Rows that are images or sequences: their shapes, patches, and maps stretched over them."""
