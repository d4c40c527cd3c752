"""Draw a `Figure` as SVG, the master of every download."""

import re

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from reviews.figures.layout import PAPER, Figure
from reviews.figures.metrics import FONT_FAMILY
from reviews.figures.shapes import draw

# Characters XML 1.0 cannot hold, however escaped; imported titles do contain them.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_svg(figure: Figure, *, mm: float | None = None) -> SafeString:
    """The figure as one `<svg>` element, for a page or a file; texts are escaped. `mm`: its width in print.

    Valid without inline style or script. A figure with links is a `group` to assistive technology, because
    `img` would hide the links; one without is an `img`.
    """
    context = {
        "figure": figure,
        "shapes": mark_safe("\n".join([draw([item]) for item in figure.items])),  # noqa: S308 - escaped there
        "width": _length(figure.width, figure, mm),
        "height": _length(figure.height, figure, mm),
        "font_family": FONT_FAMILY,
        "paper": PAPER,
        "role": "group" if figure.has_links else "img",
    }
    svg = render_to_string("figures/figure.svg", context).strip()
    return mark_safe(_NOT_XML.sub("", svg))  # noqa: S308 - the template has escaped every text


def _length(pixels: float, figure: Figure, mm: float | None) -> str:
    """In CSS pixels, or in millimetres for a figure that is `mm` wide."""
    value, unit = (pixels, "") if mm is None else (pixels / figure.width * mm, "mm")
    return f"{value:.2f}".removesuffix(".00") + unit
