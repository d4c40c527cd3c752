"""Reading a figure as geometry."""

from itertools import combinations

from reviews.figures.layout import Figure, Group, Text
from reviews.figures.metrics import bounds


def texts(figure: Figure) -> list[str]:
    return [shape.text for shape in figure.walk() if isinstance(shape, Text)]


def untidiness(figure: Figure) -> list[str]:
    """Sentences about shapes that leave the page and texts that overlap; empty for a tidy figure."""
    placed = [(bounds(shape), shape) for shape in figure.walk()]
    told = [
        f"{shape} leaves the page" for box, shape in placed if not box.inside(figure.width, figure.height)
    ]
    words = [(box, shape.text) for box, shape in placed if isinstance(shape, Text)]
    told += [
        f"'{one}' overlaps '{two}'" for (a, one), (b, two) in combinations(words, 2) if a.overlaps(b, 0.5)
    ]
    return told


def group(figure: Figure, name: str) -> Group:
    return next(found for found in figure.groups() if found.id == name)
