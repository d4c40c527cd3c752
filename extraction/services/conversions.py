"""What was converted, kept beside the result: which numbers a conversion gave, and from what."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from extraction.conversions import ConversionError, convert
from extraction.models import Result
from extraction.services.errors import InvalidResult
from extraction.values import FIELDS, RATIOS, check_values

#: A number taken over from a conversion may be rounded to this share of itself.
ROUNDING = 1e-5


def entry(key: str, inputs: Mapping[str, Any], gave: Mapping[str, str]) -> dict[str, Any]:
    """One conversion as a result keeps it. ``gave``: {field of the result: output of the conversion}.

    Raises ConversionError with a sentence.
    """
    return convert(key, **inputs).to_dict() | {"gave": list(gave), "outputs": dict(gave)}


def check_conversions(
    kind: str, values: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Conversions done again from their inputs, so that what is stored is what the formula gives.

    Each entry needs ``key``, ``inputs`` and ``gave`` (fields, with ``outputs`` {field: output} where names differ).
    Raises InvalidResult when a field has another number than its conversion gives.
    """
    return [_checked(kind, values, one) for one in entries]


def _checked(kind: str, values: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(one, Mapping) or not {"key", "inputs", "gave"} <= set(one):
        raise InvalidResult(
            {"conversions": "A conversion needs its key, its inputs and the fields that it gave."}
        )
    gave = dict(one.get("outputs") or {name: name.rstrip("12").rstrip("_") for name in one["gave"]})
    try:
        done = entry(str(one["key"]), dict(one["inputs"]), gave)
    except (ConversionError, TypeError) as error:
        raise InvalidResult({"conversions": str(error)}) from error
    own = {field.name for field in FIELDS.get(kind, ())}
    clean, _ = check_values(kind, values) if own else ({}, {})
    for field, output in gave.items():
        value = done["values"].get(output)
        if field not in own or not isinstance(value, int | float):
            raise InvalidResult(
                {"conversions": f"{one['key']} does not give {field} of this kind of result."}
            )
        if not _same(clean.get(field), value):
            raise InvalidResult(
                {
                    field: f"The conversion “{done['name']}” gives {value:.6g}, but {clean.get(field)} stands "
                    "here. Take its value over again, or remove the conversion."
                }
            )
    return done


def _same(stored: Any, value: float) -> bool:
    if not isinstance(stored, int | float):
        return False
    if isinstance(stored, int) and not isinstance(value, int):
        return abs(stored - value) <= 1
    return math.isclose(stored, value, rel_tol=ROUNDING, abs_tol=1e-12)


def still_true(result: Result, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversions of ``result`` whose numbers a correction leaves alone."""
    clean, _ = check_values(result.kind, result.values | dict(changes))
    return [
        one
        for one in result.conversions
        if all(clean.get(field) == getattr(result, field, None) for field in one["gave"])
    ]


def effect_from_estimate(
    kind: str, values: Mapping[str, Any], of: Result | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An effect given as printed (estimate with interval or p) on the analysis scale: (values, conversions).

    Nothing happens to other kinds, or where effect and standard error were typed. ``of``: the result being corrected;
    its computed effect is computed again when the printed numbers changed.
    """
    given = dict(values)
    if kind != Result.Kind.EFFECT:
        return given, []
    if of is not None and _was_computed(of) and _untouched(of, given):
        given["effect"] = given["effect_se"] = None
    if not (_empty(given.get("effect")) and _empty(given.get("effect_se"))):
        return given, []
    clean, _ = check_values(kind, given)
    if clean["estimate"] is None or clean["effect_measure"] not in (*RATIOS, "MD", "SMD", "RD", "IRD"):
        return given, []
    way = _way(clean)
    if way is None:
        raise InvalidResult(
            {
                "estimate": "The estimate alone has no standard error: give both limits of its confidence interval, "
                "or an exact p."
            }
        )
    key, inputs, gave = way
    try:
        done = entry(key, inputs, gave)
    except ConversionError as error:
        raise InvalidResult({"estimate": str(error)}) from error
    given |= {field: done["values"][output] for field, output in gave.items()}
    given.setdefault("effect", clean["estimate"])
    if "effect" not in gave:
        given["effect"] = clean["estimate"]
    return given, [done]


def _way(clean: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, str]] | None:
    """(conversion, its inputs, {field: output}) for a printed estimate."""
    ratio = clean["effect_measure"] in RATIOS
    level = (clean["ci_level"] or 95) / 100
    if clean["ci_low"] is not None and clean["ci_high"] is not None:
        inputs = {
            "estimate": clean["estimate"],
            "ci_low": clean["ci_low"],
            "ci_high": clean["ci_high"],
            "level": level,
        }
        if ratio:
            return "ratio.se_from_ci", inputs, {"effect": "log_estimate", "effect_se": "se"}
        return "ratio.se_from_ci_diff", inputs, {"effect_se": "se"}
    if clean["p_value"] is None or clean["p_below"]:
        return None
    inputs = {"estimate": clean["estimate"], "p": clean["p_value"]}
    if ratio:
        return "ratio.se_from_p", inputs, {"effect": "log_estimate", "effect_se": "se"}
    return "ratio.se_from_p_diff", inputs, {"effect_se": "se"}


def _was_computed(result: Result) -> bool:
    return any("effect_se" in one["gave"] for one in result.conversions)


def _untouched(result: Result, given: Mapping[str, Any]) -> bool:
    """Whether effect and standard error are still those that were computed."""
    clean, _ = check_values("effect", given)
    return all(clean[name] in (None, getattr(result, name)) for name in ("effect", "effect_se"))


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
