"""Exports as answers to a browser or a program; no cache keeps what is one person's view."""

from typing import IO

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from reporting.exports.catalogue import CONTENT_TYPES
from reporting.exports.shape import Pieces


def streamed(pieces: Pieces, extension: str, name: str) -> StreamingHttpResponse:
    """``pieces`` as a download called ``name``."""
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[extension], headers=_headers(name))


def kept(file: IO[bytes], extension: str, name: str) -> FileResponse:
    """An open file as a download called ``name``; it is closed at the end."""
    # named and attached by its own arguments: from the file alone Django would call it what the storage calls it
    headers = {"Cache-Control": _headers(name)["Cache-Control"]}
    content_type = CONTENT_TYPES[extension]
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type, headers=headers)


def _headers(name: str) -> dict[str, str]:
    disposition = str(content_disposition_header(True, name))
    return {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
