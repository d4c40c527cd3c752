"""Sources beside what they are of, as pages and lists show them. One query for each kind of thing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from extraction.filled import schema_of
from extraction.form_schema import Field, show_with_unit
from extraction.models import Arm, Characteristic, Result, Source, Value
from extraction.services.sources import Target, kind_of
from extraction.values import FIELDS
from reviews.models import Membership
from screening.models import FullText, Study


def show_sources(membership: Membership, targets: Iterable[Target]) -> None:
    """Give each target ``sources_shown``: its sources that this member may see, by page."""
    kinds: dict[str, dict[int, Target]] = {}
    for target in targets:
        target.sources_shown = []  # type: ignore[union-attr] # for templates
        kinds.setdefault(kind_of(target), {})[target.pk] = target
    for kind, found in kinds.items():
        for source in visible(membership).filter(**{f"{kind}__in": list(found)}):
            found[getattr(source, f"{kind}_id")].sources_shown.append(source)  # type: ignore[union-attr]


def visible(membership: Membership) -> QuerySet[Source]:
    """The sources this member may see, with the report each is in."""
    return Source.objects.visible_to(membership).select_related("full_text__record", "added_by")


def sources_of(membership: Membership, target: Target) -> list[Source]:
    return list(visible(membership).filter(**{kind_of(target): target}))


def first_sources(membership: Membership, results: Iterable[int]) -> dict[int, Source]:
    """{result id: its first source} of results that have one."""
    found: dict[int, Source] = {}
    for source in visible(membership).filter(result__in=list(results)):
        found.setdefault(source.result_id, source)  # type: ignore[arg-type]
    return found


@dataclass(frozen=True)
class Around:
    """The places before and after one source among those of the same thing; ``number`` counts from 1."""

    before: Source | None
    after: Source | None
    number: int
    count: int


def around(source: Source, every: Sequence[Source]) -> Around:
    at = [one.pk for one in every].index(source.pk)
    return Around(
        before=every[at - 1] if at else None,
        after=every[at + 1] if at + 1 < len(every) else None,
        number=at + 1,
        count=len(every),
    )


def field_label(source: Source) -> str:
    """Which number of the result, in words; "" when it is of everything."""
    if not source.field or source.result is None:
        return ""
    labels = {field.name: field.label for field in FIELDS[source.result.kind]}
    return labels.get(source.field, source.field)


def title_of(target: Target) -> str:
    """What a source is of, in words."""
    if isinstance(target, Result):
        return ", ".join(part for part in (str(target.outcome), target.scale, target.time_point) if part)
    if isinstance(target, Value):
        field = _field(target)
        return field.label if field else target.field.replace("_", " ")
    if isinstance(target, Characteristic):
        return target.name
    return f"Arm {target}"


def shown_value(target: Target) -> str:
    """What was extracted, in words, where that is one value."""
    if isinstance(target, Value) and target.value is not None:
        field = _field(target)
        return show_with_unit(field, target.value) if field else str(target.value)
    if isinstance(target, Characteristic):
        return target.value
    if isinstance(target, Arm) and target.n_randomised:
        return f"{target.n_randomised} randomised"
    return ""


def _field(value: Value) -> Field | None:
    """The field of the form a value is of, if the form still has it."""
    schema = schema_of(value.extraction)
    found = [field for field in schema.fields if field.key == value.field] if schema else []
    return found[0] if found else None


def reports_of(study: Study) -> list[FullText]:
    """The full texts of the study's reports that have a PDF, the main report's first."""
    found = FullText.objects.filter(record__report__study=study).exclude(file="").select_related("record")
    return list(found.order_by("-record__report__is_main", "record__report__pk"))
