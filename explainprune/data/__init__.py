"""Data sets, arrays, tables and files as `Data`."""
