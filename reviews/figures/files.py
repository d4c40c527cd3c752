"""A figure as a file, whatever the format asked for."""

from collections.abc import Callable

from django.http import HttpResponse

from reviews.figures.convert import to_pdf, to_png, to_tiff
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
    svg = str(render_svg(figure))
    if extension == "pdf":
        return to_pdf(
            svg, links=[(area, href) for area, href in link_areas(figure) if href.startswith("http")]
        )
    return FORMATS[extension][1](svg)


def figure_download(figure: Figure, extension: str, name: str) -> HttpResponse:
    """An answer that downloads the figure as ``name.extension``."""
    return HttpResponse(
        figure_bytes(figure, extension),
        content_type=FORMATS[extension][0],
        headers={"Content-Disposition": f'attachment; filename="{name}.{extension}"'},
    )
