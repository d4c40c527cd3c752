"""Suggestions of a report as the page shows them: where each may go, what stands there now, what was accepted."""

from collections.abc import Iterable
from dataclasses import dataclass

from extraction.form_choice import form_of
from extraction.form_schema import Schema, read_schema
from extraction.models import Extraction, ExtractionSettings, Source
from extraction.services.settings import mode_of
from extraction.suggesting import Suggestion
from reviews.models import Membership, User
from screening.models import FullText, Study

#: {kind of suggestion: (key of the standard form's field, name of a characteristic)}
PLACES = {
    "randomised": ("n_randomised_total", "Number randomised"),
    "age": ("age_mean", "Mean age"),
    "age_sd": ("age_sd", "SD of age"),
    "women": ("", "Women, %"),
    "country": ("country", "Country"),
    "registration": ("registration_number", "Registration number"),
    "primary": ("", "Primary outcome"),
    "funding": ("funding_quote", "Statement on funding"),
    "conflicts": ("conflicts_quote", "Statement on conflicts"),
}


@dataclass(frozen=True)
class Place:
    """Where a suggestion may go. ``value`` is form:KEY:VERSION, arm:ID:VERSION or characteristic."""

    value: str
    label: str
    now: str = ""


@dataclass(frozen=True)
class Offer:
    """One suggestion with its places; ``characteristic`` is the name it would have, ``seen`` what stands there."""

    number: int
    suggestion: Suggestion
    places: list[Place]
    characteristic: str
    seen: str
    accepted: bool

    @property
    def is_long(self) -> bool:
        return len(self.suggestion.value) > 60


def offers(
    membership: Membership, full_text: FullText, study: Study, found: Iterable[Suggestion]
) -> list[Offer]:
    """Each suggestion ready for the page; the number of queries does not grow with them."""
    schema, kept = _form(study, membership.user)
    facts = {one.name.casefold(): one.value for one in study.characteristics.all()}
    arms = list(study.arms.all())
    mine = Source.objects.visible_to(membership).filter(full_text=full_text).exclude(quote="")
    quotes = set(mine.values_list("quote", flat=True))
    made = []
    for number, one in enumerate(found, 1):
        key, name = PLACES[one.key]
        places = []
        if schema and key and any(field.key == key and not field.group for field in schema.fields):
            version, now = kept.get(key, (0, ""))
            places.append(Place(f"form:{key}:{version}", f"Form: {schema.field(key).label}", now))
        seen = facts.get(name.casefold(), "")
        places.append(Place("characteristic", f"Characteristic: {name}", seen))
        if one.key == "randomised":
            places += [
                Place(f"arm:{arm.pk}:{arm.version}", f"Randomised to {arm}", str(arm.n_randomised or ""))
                for arm in arms
            ]
        made.append(Offer(number, one, places, name, seen, one.sentence in quotes))
    return made


def _form(study: Study, by: User) -> tuple[Schema | None, dict[str, tuple[int, str]]]:
    """The form of the study, and {field: (version, value as text)} of what this person would change."""
    form = form_of(study)
    if form is None:
        return None, {}
    dual = mode_of(study) == ExtractionSettings.Mode.DUAL
    mine = study.extractions.select_related("form_version")
    extraction: Extraction | None = (
        mine.independent().filter(extractor=by).first() if dual else mine.consensus().first()
    )
    if extraction is None:
        return read_schema(form.schema), {}
    version = extraction.form_version or form
    values = extraction.values.filter(row="")
    return read_schema(version.schema), {one.field: (one.version, str(one.value or "")) for one in values}
