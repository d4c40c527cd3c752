"""Figures: a layout of plain numbers, drawn by one SVG template, converted to PNG, TIFF and PDF.

`layout` and `metrics` import without Django; `render` and `convert` are the edge.
"""
