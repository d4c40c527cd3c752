"""One value of a row as JSON, and back: the same text on every database, or a refusal that says what is wrong."""

import json
import math
import uuid
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

from reporting.archive.tables import Column

#: From here on databases write a whole number without the point that says it is not an integer.
WHOLE_FROM = 1e16
BIGGEST = 2**63 - 1


class BadValue(ValueError):
    """The value cannot be in that column; the message says why, after the words "the value"."""


def canonical(data: Any) -> str:
    """JSON that is the same text for the same data."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def to_json(column: Column, value: Any) -> Any:
    """A value of a plain column (no link, no file, no JSON) as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, float):
        return plain_number(value)
    return value


def plain_number(value: float) -> float | int:
    """A number as both databases keep it inside of JSON: no negative zero, and large whole ones as integers."""
    if value == 0:
        return 0.0
    return int(value) if abs(value) >= WHOLE_FROM and value.is_integer() else value


def from_json(column: Column, data: Any, *, checked: bool = False) -> Any:
    """The value of a plain column; one that was ``checked`` before is only turned into its kind. Raises BadValue."""
    field = column.field
    if data is None:
        if not field.null:
            raise BadValue("is missing where there must be one")
        return None
    value = _typed(field, data)
    if checked:
        return value
    if field.choices and value not in ("", *(key for key, _ in field.flatchoices)):
        raise BadValue(f"is none of the known ones ({_shown(data)})")
    try:
        field.run_validators(value)
    except ValidationError as error:
        raise BadValue(f"is refused: {' '.join(error.messages)} ({_shown(data)})") from error
    return value


def _typed(field: models.Field, data: Any) -> Any:
    if isinstance(field, models.BooleanField):
        return _of(bool, data)
    if isinstance(field, models.IntegerField):
        value = _of(int, data)
        if abs(value) > BIGGEST:
            raise BadValue("is larger than a database keeps")
        return value
    if isinstance(field, models.FloatField):
        return number(data)
    if not isinstance(data, str):
        raise BadValue(f"is no text ({_shown(data)})")
    if isinstance(field, models.DateTimeField):
        return _moment(data)
    if isinstance(field, models.DateField):
        return _parsed(parse_date, data, "date")
    if isinstance(field, models.UUIDField):
        return _parsed(uuid.UUID, data, "UUID")
    return check_text(data)


def number(data: Any) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise BadValue(f"is no number ({_shown(data)})")
    try:
        value = float(data)
    except OverflowError:
        raise BadValue("is larger than a number can be") from None
    if not math.isfinite(value):
        raise BadValue("is no finite number")
    return value


def check_text(text: str) -> str:
    """The text, if every database can keep it."""
    if "\0" in text:
        raise BadValue("holds a null character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue("holds half a character") from None
    return text


def _of(kind: type, data: Any) -> Any:
    if type(data) is not kind:
        raise BadValue(f"is no {'whole number' if kind is int else 'yes or no'} ({_shown(data)})")
    return data


def _moment(data: str) -> datetime:
    value = _parsed(parse_datetime, data, "moment")
    if value.tzinfo is None:
        raise BadValue(f"is a moment without its time zone ({_shown(data)})")
    return value.astimezone(UTC)


def _parsed(parse: Any, data: str, kind: str) -> Any:
    try:
        value = parse(data)
    except (ValueError, OverflowError):
        value = None
    if value is None:
        raise BadValue(f"is no {kind} ({_shown(data)})")
    return value


def _shown(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}…"
