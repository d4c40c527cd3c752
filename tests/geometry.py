"""Reading a figure as geometry."""

from reviews.figures.layout import Figure, Group, Text
from reviews.figures.metrics import Bounds, bounds


def texts(figure: Figure) -> list[str]:
    return [shape.text for shape in figure.walk() if isinstance(shape, Text)]


def untidiness(figure: Figure) -> list[str]:
    """Sentences about shapes that leave the page and texts that overlap; empty for a tidy figure."""
    placed = [(bounds(shape), shape) for shape in figure.walk()]
    told = [
        f"{shape} leaves the page" for box, shape in placed if not box.inside(figure.width, figure.height)
    ]
    words = [(box, shape.text) for box, shape in placed if isinstance(shape, Text)]
    return told + [f"'{one}' overlaps '{two}'" for one, two in overlapping(words)]


def overlapping(words: list[tuple[Bounds, str]]) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share more than half a pixel both ways; only neighbours in height are compared."""
    found: list[tuple[str, str]] = []
    above: list[tuple[Bounds, str]] = []
    for box, text in sorted(words, key=lambda word: word[0].top):
        above = [(other, name) for other, name in above if other.bottom > box.top]
        found += [(name, text) for other, name in above if box.overlaps(other, 0.5)]
        above.append((box, text))
    return found


def group(figure: Figure, name: str) -> Group:
    return next(found for found in figure.groups() if found.id == name)
