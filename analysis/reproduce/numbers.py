"""The numbers of a result under one name each, so that another program can be compared with them. No Django."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

#: Parts that are not computed from the data, or stand elsewhere, too.
ASIDE = frozenset({"study_id", "result_id", "row", "rows", "level"})


def flat(result: Mapping[str, Any]) -> dict[str, float]:
    """{"pooled.estimate": -0.49, "leave_one_out.1.estimate": ...}; members of lists are counted from 1.

    Texts, truth values, what is not defined (None) and identifiers are left out.
    """
    return dict(_walk("", result))


def _walk(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key not in ASIDE:
                yield from _walk(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value, 1):
            yield from _walk(f"{name}.{number}", part)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        yield name, float(value)
