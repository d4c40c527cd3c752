"""Layouts of statistical figures: results in, a `reviews.figures.layout.Figure` out. No Django."""
