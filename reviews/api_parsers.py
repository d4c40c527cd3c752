"""How bodies of API requests are read."""

import json
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.status import HTTP_413_REQUEST_ENTITY_TOO_LARGE


class TooLarge(APIException):
    status_code = HTTP_413_REQUEST_ENTITY_TOO_LARGE


class SaneJSONParser(JSONParser):
    """JSON as always, at most DATA_UPLOAD_MAX_MEMORY_SIZE of it, which Django itself checks for forms only.

    Brackets nested by the thousand and half characters (a lone surrogate such as ``\\ud800`` is JSON, but no database
    and no answer can hold it) are a parse error, not a broken server.
    """

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body has more than {limit:,} bytes. Send it in parts.")
        try:
            data = super().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        if b"\\u" in raw:
            _refuse_half_characters(data)
        return data


def _refuse_half_characters(data: Any) -> None:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ord(error.object[error.start])
        raise ParseError(
            f"The body holds half a character (\\u{half:04x}), which cannot be stored."
        ) from error
