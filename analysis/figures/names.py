"""Names that have to be short: cut in the middle, because what tells two of them apart often stands at the end."""

from reviews.figures.metrics import ELLIPSIS, text_width


def shortened(name: str, size: float, width: float) -> str:
    """The name, or its beginning and its end with '…' between, no wider than `width`."""
    if text_width(name, size) <= width:
        return name
    least, most = 1, len(name)  # letters that fit, and that do not
    while most - least > 1:
        keep = (least + most) // 2
        least, most = (keep, most) if text_width(_cut(name, keep), size) <= width else (least, keep)
    return _cut(name, least) if least > 1 else ELLIPSIS


def _cut(name: str, keep: int) -> str:
    """The name with so many of its letters."""
    head = (keep * 3 + 4) // 5
    tail = keep - head
    return name[:head].rstrip() + ELLIPSIS + (name[-tail:].lstrip() if tail else "")
