"""One value of one field: from what was typed to what is kept, and back to words. No Django here.

What is kept (JSON): text and long_text a str; number a str as typed, so that "12.30" keeps its zero (``number_of``
gives the float); date an ISO date that may stop at the month or year ("2019-03"); choice an option's key; choices a
list of keys in the order of the form; yes_no True or False. Any of them may be NOT_REPORTED; None is not filled in.
Calculated fields keep nothing: ``calculate`` gives a float or a str.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from extraction.form_schema.parts import NOT_REPORTED, NOT_REPORTED_LABEL, Field, FieldError

LONGEST = {"text": 1000, "long_text": 50_000}
UNREPORTED_WORDS = frozenset({"nr", "n.r.", "not reported", NOT_REPORTED})
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
#: Bytes that no text has and databases refuse.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read_value(field: Field, raw: Any) -> Any:
    """What to keep of what was typed or sent; None if that is nothing. Raises FieldError with what to do."""
    if field.is_calculated:
        raise FieldError(f"{field.label} is calculated; change the fields it is made of.")
    if raw is None or raw == [] or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, list) and field.type != "choices":
        raise FieldError(f"{field.label} takes one value, not a list.")
    if raw == NOT_REPORTED or raw == [NOT_REPORTED] or _says_unreported(field, raw):
        if not field.not_reported:
            raise FieldError(f"{field.label} needs an answer; 'not reported' is not one of this field's.")
        return NOT_REPORTED
    return READERS[field.type](field, raw)


def show_value(field: Field, value: Any) -> str:
    """The value in words for pages and exports, without its unit; "" if nothing was filled in."""
    if value is None:
        return ""
    if value == NOT_REPORTED:
        return NOT_REPORTED_LABEL
    if field.type == "choice":
        return _label(field, value)
    if field.type == "choices":
        return "; ".join(_label(field, key) for key in (value if isinstance(value, list) else [value]))
    if field.type == "yes_no":
        return "Yes" if value is True else "No" if value is False else str(value)
    if isinstance(value, float):
        return _plain(value, field.decimals)
    return str(value)


def show_with_unit(field: Field, value: Any) -> str:
    """As ``show_value``, with the unit after a number: "12.30 weeks"."""
    words = show_value(field, value)
    return f"{words} {field.unit}" if field.unit and words and value != NOT_REPORTED else words


def number_of(value: Any) -> float | None:
    """The number that is kept as text, or None for nothing and for NOT_REPORTED."""
    if value is None or value == NOT_REPORTED or isinstance(value, bool | list | dict):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def convert_value(old: Field, new: Field, value: Any) -> Any:
    """A value of ``old`` as one of ``new``, when a form's field changed. Raises FieldError if it cannot be kept."""
    if value is None or (value == NOT_REPORTED and new.not_reported):
        return value
    if old.is_calculated or new.is_calculated:
        raise FieldError(f"{new.label} is {'now' if new.is_calculated else 'no longer'} calculated.")
    if new.type in {"choice", "choices"} and old.type in {"choice", "choices"}:
        keys = value if isinstance(value, list) else [value]
        return read_value(new, keys if new.type == "choices" else keys[0] if len(keys) == 1 else keys)
    return read_value(new, value if old.type == new.type else show_value(old, value))


def _says_unreported(field: Field, raw: Any) -> bool:
    """Whether somebody wrote NR where an answer is not free text of its own."""
    if not isinstance(raw, str) or raw.strip().lower() not in UNREPORTED_WORDS:
        return False
    return not any(raw.strip().lower() in {option.key, option.label.lower()} for option in field.options)


def _text(field: Field, raw: Any) -> str:
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n").strip()
    if CONTROL.search(text):
        raise FieldError(f"{field.label} has a control character in it; delete it or type the text again.")
    if field.type == "text" and "\n" in text:
        raise FieldError(f"{field.label} takes one line.")
    if len(text) > LONGEST[field.type]:
        raise FieldError(f"{field.label} has {len(text)} characters; at most {LONGEST[field.type]} are kept.")
    return text


def _number(field: Field, raw: Any) -> str:
    if isinstance(raw, bool):
        raise FieldError(f"{field.label} takes a number.")
    text = re.sub(r"[\s\u00a0\u202f]", "", str(raw)).replace("−", "-").replace("·", ".")
    unit = re.sub(r"\s", "", field.unit)
    if unit and text.lower().endswith(unit.lower()):
        text = text[: -len(unit)]
    if re.fullmatch(r"-?\d+,\d+", text):
        raise FieldError(
            f"{field.label}: write '{raw}' with a point, or without the comma if it separates thousands."
        )
    if re.fullmatch(r"-?\d{1,3}(,\d{3}){2,}(\.\d+)?|-?\d{1,3},\d{3}\.\d+", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?", text, re.I) or len(text) > 40:
        asked = f"a number in {field.unit}" if field.unit else "a number"
        raise FieldError(f"{field.label} takes {asked}; '{str(raw)[:40]}' is none.")
    try:
        number = Decimal(text)
    except InvalidOperation:  # what the pattern lets through and Decimal does not
        raise FieldError(f"{field.label}: '{str(raw)[:40]}' is no number.") from None
    plain = format(number, "f")
    decimals = len(plain.partition(".")[2])
    if field.decimals is not None and decimals > field.decimals:
        allowed = "a whole number" if field.decimals == 0 else f"at most {field.decimals} decimals"
        raise FieldError(f"{field.label} takes {allowed}; '{plain}' has {decimals}.")
    if (field.min is not None and number < Decimal(repr(field.min))) or (
        field.max is not None and number > Decimal(repr(field.max))
    ):
        raise FieldError(f"{field.label} is {limits(field)}, not {plain}.")
    return plain.lstrip("+")


def limits(field: Field) -> str:
    """ "between 0 and 100 %", "at least 1", or "" where there are none."""
    low = None if field.min is None else _plain(field.min)
    high = None if field.max is None else _plain(field.max)
    unit = f" {field.unit}" if field.unit else ""
    if low is not None and high is not None:
        return f"between {low} and {high}{unit}"
    return f"at least {low}{unit}" if low is not None else f"at most {high}{unit}" if high is not None else ""


def _date(field: Field, raw: Any) -> str:
    text = str(raw).strip()
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text)
    try:
        if not found:
            raise ValueError
        year, month, day = (int(part) if part else None for part in found.groups())
        date(year or 0, month or 1, day or 1)
    except ValueError:
        raise FieldError(
            f"{field.label} takes a date such as 2019-03-12; 2019-03 or 2019 if that is all that is known."
        ) from None
    return "-".join(part.zfill(2) for part in found.groups() if part)


def _choice(field: Field, raw: Any) -> str:
    said = str(raw).strip().lower()
    for option in field.options:
        if said in {option.key.lower(), option.label.lower()}:
            return option.key
    offered = ", ".join(option.label for option in field.options[:12])
    raise FieldError(f"{field.label} has no answer '{str(raw)[:60]}'; the answers are {offered}.")


def _choices(field: Field, raw: Any) -> list[str]:
    parts = raw if isinstance(raw, list) else [part for part in str(raw).split(";") if part.strip()]
    if NOT_REPORTED in parts:
        raise FieldError(f"{field.label}: choose 'not reported' alone, or leave it out.")
    chosen = {_choice(field, part) for part in parts}
    return [option.key for option in field.options if option.key in chosen]


def _yes_no(field: Field, raw: Any) -> bool:
    said = str(raw).strip().lower()
    if said in YES or said in NO:
        return said in YES
    raise FieldError(f"{field.label} takes yes or no, not '{str(raw)[:40]}'.")


def _label(field: Field, key: Any) -> str:
    option = field.option(key) if isinstance(key, str) else None
    return option.label if option else str(key)


def _plain(value: float, decimals: int | None = None) -> str:
    """A number without a tail of rounding errors: 0.3, 12, 1.50 (with ``decimals`` 2)."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return format(Decimal(f"{value:.10g}"), "f")


READERS = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "yes_no": _yes_no,
}
