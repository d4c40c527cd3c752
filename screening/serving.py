"""Handing out a PDF: whole or in the pieces a viewer asks for, to be saved or read by our own viewer only."""

import re
from collections.abc import Iterator

from csp.decorators import csp
from django.core.files import File
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

#: A PDF opened by its address may load and run nothing, not even as a document of this site.
LOCKED_DOWN = {
    "default-src": ["'none'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": True,
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECE = 1 << 16


def pdf_response(request: HttpRequest, stream: File, name: str) -> HttpResponseBase:
    """The PDF, or the piece of it that the ``Range`` header asks for (RFC 9110, one range; others get the whole)."""
    size = stream.size
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    piece = _piece(found, size) if found and (found[1] or found[2]) else None
    response: HttpResponseBase
    if piece is None:
        response = FileResponse(stream, content_type="application/pdf")
    elif piece[0] >= piece[1]:
        stream.close()
        response = HttpResponse(status=416, content_type="application/pdf")
        response["Content-Range"] = f"bytes */{size}"
    else:
        start, end = piece
        response = StreamingHttpResponse(
            _bytes(stream, start, end - start), status=206, content_type="application/pdf"
        )
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        response["Content-Length"] = str(end - start)
    return csp(LOCKED_DOWN)(lambda request: _guarded(response, name))(request)  # type: ignore[arg-type]


def _piece(found: re.Match[str], size: int) -> tuple[int, int]:
    """First byte and the one after the last; empty when nothing of it is there."""
    if not found[1]:
        return max(0, size - int(found[2])), size if int(found[2]) else 0
    last = int(found[2]) if found[2] else size - 1
    return int(found[1]), min(last + 1, size)


def _bytes(stream: File, start: int, length: int) -> Iterator[bytes]:
    with stream:
        stream.seek(start)
        while length > 0 and (piece := stream.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece


def _guarded(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = str(content_disposition_header(True, name))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
