"""A figure as a file, whatever the format asked for."""

from collections.abc import Callable, Sequence

from django.http import HttpResponse

from reviews.figures.convert import to_pdf, to_pdf_pages, to_png, to_tiff
from reviews.figures.layout import Figure
from reviews.figures.metrics import link_areas
from reviews.figures.render import render_svg

#: extension -> (content type, converter from SVG text at dots per inch)
FORMATS: dict[str, tuple[str, Callable[[str, int], bytes]]] = {
    "svg": ("image/svg+xml", lambda svg, dpi: svg.encode()),
    "png": ("image/png", lambda svg, dpi: to_png(svg, dpi=dpi)),
    "pdf": ("application/pdf", lambda svg, dpi: to_pdf(svg)),
    "tiff": ("image/tiff", lambda svg, dpi: to_tiff(svg, dpi=dpi)),
}
#: Widths in millimetres: a column and a page of most journals, a slide of 16 : 9.
WIDTHS: dict[str, float] = {"single": 85, "double": 174, "slide": 254}
RESOLUTIONS = (300, 600, 1200)


def figure_bytes(figure: Figure, extension: str, *, mm: float | None = None, dpi: int = 300) -> bytes:
    """The figure as a file of this kind; a PDF keeps the links that have a full address, and has pages if need be.

    ``mm`` is its width in print, else it has the size of the screen; ``dpi`` is for PNG and TIFF. Raises KeyError for
    a kind not in FORMATS, LayoutError for a picture with too many pixels.
    """
    if extension == "pdf":
        return pdf_of(figure.paged() if figure.paged else [figure], mm=mm)
    return FORMATS[extension][1](str(render_svg(figure, mm=mm)), dpi)


def pdf_of(figures: Sequence[Figure], *, mm: float | None = None) -> bytes:
    """A PDF with a page for each figure; it keeps the links that have a full address."""
    return to_pdf_pages(
        [
            (
                str(render_svg(one, mm=mm)),
                [(area, href) for area, href in link_areas(one) if href.startswith("http")],
            )
            for one in figures
        ]
    )


def figure_download(
    figure: Figure, extension: str, name: str, *, mm: float | None = None, dpi: int = 300
) -> HttpResponse:
    """An answer that downloads the figure as ``name.extension``."""
    return _download(figure_bytes(figure, extension, mm=mm, dpi=dpi), extension, name)


def pdf_download(figures: Sequence[Figure], name: str) -> HttpResponse:
    """An answer that downloads ``name.pdf`` with a page for each figure."""
    return _download(pdf_of(figures), "pdf", name)


def _download(content: bytes, extension: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=FORMATS[extension][0],
        headers={"Content-Disposition": f'attachment; filename="{name}.{extension}"'},
    )
