"""Figures as inline SVG: one file for each kind, coloured by the page's CSS variables alone."""
