"""A figure as a file, whatever the format asked for."""

from collections.abc import Callable, Sequence

from django.http import HttpResponse

from reviews.figures.convert import to_pdf, to_pdf_pages, to_png, to_tiff
from reviews.figures.layout import Figure
from reviews.figures.metrics import link_areas
from reviews.figures.render import render_svg

#: extension -> (content type, converter from SVG text)
FORMATS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "svg": ("image/svg+xml", lambda svg: svg.encode()),
    "png": ("image/png", to_png),
    "pdf": ("application/pdf", to_pdf),
    "tiff": ("image/tiff", to_tiff),
}


def figure_bytes(figure: Figure, extension: str) -> bytes:
    """The figure as a file of this kind; a PDF keeps the links that have a full address.

    Raises KeyError for a kind not in FORMATS.
    """
    if extension == "pdf":
        return pdf_of([figure])
    return FORMATS[extension][1](str(render_svg(figure)))


def pdf_of(figures: Sequence[Figure]) -> bytes:
    """A PDF with a page for each figure; it keeps the links that have a full address."""
    return to_pdf_pages(
        [
            (
                str(render_svg(one)),
                [(area, href) for area, href in link_areas(one) if href.startswith("http")],
            )
            for one in figures
        ]
    )


def figure_download(figure: Figure, extension: str, name: str) -> HttpResponse:
    """An answer that downloads the figure as ``name.extension``."""
    return _download(figure_bytes(figure, extension), extension, name)


def pdf_download(figures: Sequence[Figure], name: str) -> HttpResponse:
    """An answer that downloads ``name.pdf`` with a page for each figure."""
    return _download(pdf_of(figures), "pdf", name)


def _download(content: bytes, extension: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=FORMATS[extension][0],
        headers={"Content-Disposition": f'attachment; filename="{name}.{extension}"'},
    )
