"""What is refused before a result is recorded or corrected."""

from collections.abc import Mapping
from typing import Any

from extraction.models import Arm, Extraction, Result
from extraction.services.errors import AlreadyRecorded, InvalidResult, NotOfThisStudy, NotPossible
from extraction.values import EVERY_NAME, FIELDS, SINGLE_GROUP, check_values
from reviews.models import Outcome, User
from screening.models import Study

#: What a text may hold, as the columns do.
LONGEST = {"scale": 120, "time_point": 120, "subgroup": 120}
#: A trial's follow-up in weeks: beyond this the unit is wrong.
MOST_WEEKS = 5000


def check_numbers(
    kind: str, values: Mapping[str, Any], basis: str, explained: bool = False
) -> dict[str, Any]:
    """The numbers of ``kind`` as they are stored. ``explained``: a conversion says how an effect was obtained."""
    if kind not in FIELDS:
        raise InvalidResult({"kind": f"'{kind}' is not a kind of result; use one of {', '.join(FIELDS)}."})
    clean, faults = check_values(kind, values)
    unknown = sorted(set(values) - set(EVERY_NAME))
    if unknown:
        faults[unknown[0]] = f"A result has no number called {', '.join(unknown)}."
    if kind == Result.Kind.EFFECT and not basis.strip() and not explained:
        faults["basis"] = (
            "The basis is missing: say how the effect and its standard error were obtained, or give the estimate as "
            "printed with its interval."
        )
    if faults:
        raise InvalidResult(faults)
    return clean


def check_places(
    study: Study, outcome: Outcome, experimental: Arm, comparator: Arm | None, kind: str
) -> None:
    """Outcome and arms belong to the study; there is a comparator where the kind has one."""
    if outcome.review_id != study.review_id:
        raise NotOfThisStudy(f"The outcome '{outcome}' is not of this review.", field="outcome")
    if kind in SINGLE_GROUP and comparator is not None:
        raise NotOfThisStudy(
            "This kind of result is about one group; leave the comparator empty.", field="comparator"
        )
    if kind not in SINGLE_GROUP and comparator is None:
        raise NotOfThisStudy(
            "The comparator is missing: choose the arm it is compared with.", field="comparator"
        )
    for field, arm in (("experimental", experimental), ("comparator", comparator)):
        if arm is not None and arm.study_id != study.pk:
            raise NotOfThisStudy(f"The arm '{arm}' is not an arm of {study}.", field=field)
    if comparator is not None and experimental.pk == comparator.pk:
        raise NotOfThisStudy(
            f"'{experimental}' cannot be compared with itself; choose two different arms.", field="comparator"
        )


def check_circumstances(given: Mapping[str, Any]) -> dict[str, Any]:
    """Scale, rater, time, population, change and adjustment as they are stored; InvalidResult names what is wrong."""
    clean = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
    faults = {
        name: f"{name.replace('_', ' ').capitalize()} has at most {most} characters."
        for name, most in LONGEST.items()
        if len(clean[name]) > most
    }
    for name, choices in (("rater", Result.Rater), ("population", Result.Population)):
        if clean[name] and clean[name] not in choices.values:
            known = ", ".join(choices.values)
            faults[name] = f"'{clean[name]}' is not a {name}; use one of {known}, or leave it empty."
    clean["weeks"], fault = _weeks(clean["weeks"])
    if fault:
        faults["weeks"] = fault
    if clean["population"] == Result.Population.SUBGROUP and not clean["subgroup"]:
        faults["subgroup"] = "Subgroup is missing: say which people these are."
    if faults:
        raise InvalidResult(faults)
    return clean | {"is_change": bool(clean["is_change"]), "adjusted": bool(clean["adjusted"])}


def _weeks(raw: Any) -> tuple[float | None, str]:
    if raw is None or raw == "":
        return None, ""
    try:
        weeks = float(raw)
    except (TypeError, ValueError):
        return None, f"Weeks is '{raw}', which is not a number."
    if not 0 <= weeks <= MOST_WEEKS:
        return None, f"Weeks is {weeks:g}; it must be from 0 to {MOST_WEEKS}."
    return weeks, ""


def storable(text: str) -> bool:
    """Whether every database can keep it: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def check_extraction(extraction: Extraction | None, study: Study, by: User) -> Extraction | None:
    """The independent extraction that results of ``by`` belong to; None where they are shared."""
    if extraction is None or extraction.kind == Extraction.Kind.CONSENSUS:
        return None
    if extraction.study_id != study.pk:
        raise NotOfThisStudy(f"This extraction is of {extraction.study}, not of {study}.")
    if extraction.extractor_id != by.pk:
        raise NotPossible("This is a colleague's own extraction; only they can write in it.")
    if extraction.is_complete:
        raise NotPossible("Your extraction of this study is complete. Open it again to change its results.")
    return extraction


def check_new(fields: Mapping[str, Any]) -> None:
    """Refuse what is recorded already by the same person, or among the shared results."""
    twin = Result.objects.filter(superseded_at=None, **fields).first()
    if twin:
        raise AlreadyRecorded(
            f"This result is recorded already ({twin}, number {twin.pk}). Correct it if it is wrong, or tell the new "
            "one apart by its scale, time point or population."
        )
