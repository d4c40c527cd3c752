"""SVG to PNG, TIFF and PDF with the shipped font only, so that every machine draws the same picture.

The choice of converters is explained in docs/decisions/0001-figure-converters.md.
"""

import json
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from defusedxml import ElementTree

from reviews.figures.layout import LayoutError
from reviews.figures.metrics import FONT_DIR, FONT_FILES, Bounds

CSS_DPI = 96
POINTS_PER_PIXEL = 72 / CSS_DPI
MAX_PIXELS = 80_000_000

# A page is a figure. Texts reach Typst as inputs, never as source.
_PDF_PAGES = b"""
#let given = json(bytes(sys.inputs.figures))
#set document(title: given.at(0).title, date: none)
#for (number, one) in given.enumerate() {
  page(width: one.width * 1pt, height: one.height * 1pt, margin: 0pt)[
    #image("figure" + str(number) + ".svg", width: 100%, height: 100%, alt: one.alt)
    #for area in one.links {
      place(top + left, dx: area.x * 1pt, dy: area.y * 1pt,
        link(area.url, box(width: area.width * 1pt, height: area.height * 1pt)))
    }
  ]
}
"""

#: The rectangles of a figure that lead to an address.
Links = Iterable[tuple[Bounds, str]]


class _Head(NamedTuple):
    """Width and height in CSS pixels; `scale` turns coordinates of the drawing into them."""

    width: float
    height: float
    scale: float
    title: str
    desc: str


def to_png(svg: str, *, dpi: int = 300, scale: float | None = None) -> bytes:
    """PNG with its resolution recorded. `scale` overrides `dpi`: 1 is the size on screen (96 dpi).

    Raises `LayoutError` when the picture would have more than 80 million pixels.
    """
    return _save(svg, dpi=round(scale * CSS_DPI) if scale else dpi, format="PNG")


def to_tiff(svg: str, *, dpi: int = 300) -> bytes:
    """TIFF as journals ask for it: RGB, LZW, resolution recorded."""
    return _save(svg, dpi=dpi, format="TIFF", compression="tiff_lzw")


def _save(svg: str, *, dpi: int, **options: str) -> bytes:
    # the converters take time to import, and every process imports what draws
    import resvg_py
    from PIL import Image

    head = _head(svg)
    width, height = head.width, head.height
    zoom = dpi / CSS_DPI
    if width * zoom * height * zoom > MAX_PIXELS:
        raise LayoutError(
            f"At {dpi} dpi this figure would be {width * zoom:.0f} × {height * zoom:.0f} pixels, too large "
            "for a picture; choose a lower resolution, SVG or PDF."
        )
    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=zoom,
        dpi=CSS_DPI,
        background="#ffffff",
        skip_system_fonts=True,
        font_files=[str(path) for path in FONT_FILES.values()],
    )
    out = BytesIO()
    with Image.open(BytesIO(png)) as image:
        image.convert("RGB").save(out, dpi=(dpi, dpi), **options)
    return out.getvalue()


def to_pdf(svg: str, *, links: Links = ()) -> bytes:
    """One page the size of the figure; text stays text, the font is embedded, no timestamps.

    An SVG's own links are lost on the way: pass `metrics.link_areas(figure)` with absolute addresses.
    """
    return to_pdf_pages([(svg, links)])


def to_pdf_pages(figures: Sequence[tuple[str, Links]]) -> bytes:
    """A page for each of (SVG, its links), as `to_pdf`; the first one's title is the document's."""
    import typst  # as above

    files = {f"figure{number}.svg": svg.encode() for number, (svg, _) in enumerate(figures)}
    return typst.compile(  # type: ignore[call-overload]  # its stub forgets that files may come as a dict
        {"main.typ": _PDF_PAGES, **files},
        format="pdf",
        font_paths=[str(FONT_DIR)],
        ignore_system_fonts=True,
        sys_inputs={"figures": json.dumps([_page(svg, links) for svg, links in figures])},
    )


def _page(svg: str, links: Links) -> dict[str, Any]:
    head = _head(svg)
    unit = head.scale * POINTS_PER_PIXEL
    areas = [
        {
            "x": box.left * unit,
            "y": box.top * unit,
            "width": (box.right - box.left) * unit,
            "height": (box.bottom - box.top) * unit,
            "url": url,
        }
        for box, url in links
    ]
    return {
        "title": head.title,
        "alt": head.desc,
        "width": head.width * POINTS_PER_PIXEL,
        "height": head.height * POINTS_PER_PIXEL,
        "links": areas,
    }


def _head(svg: str) -> _Head:
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    width, height = (_pixels(root.get(side)) for side in ("width", "height"))
    drawn = float(root.get("viewBox", f"0 0 {width} {height}").split()[2])
    return _Head(
        width,
        height,
        width / drawn,
        root.findtext(f"{name}title", default=""),
        root.findtext(f"{name}desc", default=""),
    )


def _pixels(length: str) -> float:
    """A length in CSS pixels or millimetres, in CSS pixels."""
    return float(length.removesuffix("mm")) * (CSS_DPI / 25.4 if length.endswith("mm") else 1)
