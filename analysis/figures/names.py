"""Names that have to be short: cut in the middle, because what tells two of them apart often stands at the end."""

from reviews.figures.metrics import ELLIPSIS, text_width


def shortened(name: str, size: float, width: float) -> str:
    """The name, or its beginning and its end with '…' between, no wider than `width`."""
    if text_width(name, size) <= width:
        return name
    keep = len(name)
    while keep > 1:
        keep -= 1
        head = (keep * 3 + 4) // 5
        tail = keep - head
        text = name[:head].rstrip() + ELLIPSIS + (name[-tail:].lstrip() if tail else "")
        if text_width(text, size) <= width:
            return text
    return ELLIPSIS
