"""What a study has to say to a moderator: a number, a category, or nothing. No Django here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from extraction.values import plain_number

YEAR, WEEKS, INTERVENTION = "publication year", "weeks since randomisation", "intervention tested"
#: {name: type} of what every result has, besides the characteristics of the studies.
SPECIAL = {YEAR: "number", WEEKS: "number", INTERVENTION: "category"}


def value_of(moderator: Mapping[str, str], given: Any) -> tuple[float | str | None, str]:
    """(value, fault): None where nothing is given or it is not of the moderator's type, with a sentence then.

    ``given``: a text as typed, or a number. A number may have a percent sign.
    """
    if given is None or not str(given).strip():
        return None, ""
    if moderator["type"] != "number":
        return f"{given:g}" if isinstance(given, float) else str(given).strip(), ""
    try:
        number = float(plain_number(str(given).strip().removesuffix("%")))
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number, ""
    return (
        None,
        f"{moderator['name']} is “{given}”, which is not a number, so it is missing in the regression",
    )
