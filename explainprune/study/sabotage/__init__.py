"""Pairs of models whose truth is known, to see whether the verdicts tell it.

- `planted`: tables whose rule is known, and networks that read no more than they may
- `changed`: what was done so that reasons changed
- `harmless`: what was done so that nothing about them did
- `scenarios`: all of them, with the verdict that each must get
- `trying`: a scenario run once, and what single metrics would have said
"""
