"""Figures on matplotlib axes, one file for each kind of results; `reporting.plot` names them."""
