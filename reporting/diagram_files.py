"""The flow diagram of a review as a file: page, API and command give the same bytes, whatever the format."""

from __future__ import annotations

from reporting.diagram import diagram, settings_of, sheet, style_of
from reporting.flow import FlowCounts
from reporting.prisma2020 import prisma_csv
from reviews.documents.packages import DOCX
from reviews.figures.files import FORMATS as PICTURES
from reviews.figures.files import figure_bytes
from reviews.models import Review

#: extension -> content type; docx and pptx have shapes that can be edited.
FORMATS: dict[str, str] = {
    **{extension: content_type for extension, (content_type, _) in PICTURES.items()},
    "docx": DOCX,
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv; charset=utf-8",
}


def diagram_file(review: Review, counts: FlowCounts, extension: str) -> bytes:
    """The diagram as the review's settings ask for. Raises KeyError for an extension that is not in FORMATS.

    The CSV is read by the R package PRISMA2020, so it has no byte order mark and no quote before a formula.
    """
    if extension == "csv":
        settings = settings_of(review)
        style = style_of(settings)
        return prisma_csv(counts, style.labels, style).encode()
    # python-docx and python-pptx take a quarter of a second to import: only for their files
    from reporting.office import flow_docx, flow_pptx

    if extension == "docx":
        return flow_docx(sheet(review, counts))
    if extension == "pptx":
        return flow_pptx(sheet(review, counts))
    return figure_bytes(diagram(review, counts, linked=False), extension)
