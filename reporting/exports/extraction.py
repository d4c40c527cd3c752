"""Results and characteristics as one wide table."""

from collections.abc import Iterable, Iterator

from extraction.models import Characteristic, Result
from extraction.values import EVERY_NAME
from reviews.downloads import csv_lines
from reviews.models import Membership


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per current result, with its study's characteristics in columns of their own."""
    review = membership.review
    found = Characteristic.objects.filter(study__review=review).values_list("study", "name", "value")
    facts: dict[int, dict[str, str]] = {}
    for study, name, value in found:
        facts.setdefault(study, {})[name] = value
    names = sorted({name for values in facts.values() for name in values})
    header = [
        "study",
        "outcome",
        "experimental",
        "comparator",
        "kind",
        "scale",
        "rater",
        "time_point",
        "preferred",
        *EVERY_NAME,
        "derived",
        "basis",
        "source",
        "extracted_by",
        "verified_by",
        "version",
        *names,
    ]
    return csv_lines(header, _rows(membership, facts, names))


def _rows(membership: Membership, facts: dict[int, dict[str, str]], names: list[str]) -> Iterator[list]:
    results = (
        Result.objects.current()
        .filter(review=membership.review)
        .select_related("study", "outcome", "experimental", "comparator", "extracted_by", "verified_by")
        .order_by("study__label", "pk")
    )
    for result in results:
        yield [
            result.study.label,
            result.outcome.name,
            result.experimental.label,
            result.comparator.label if result.comparator else "",
            result.kind,
            result.scale,
            result.rater,
            result.time_point,
            "yes" if result.is_preferred else "no",
            *(getattr(result, name) for name in EVERY_NAME),
            "yes" if result.derived else "no",
            result.basis,
            result.source,
            str(result.extracted_by),
            str(result.verified_by or ""),
            result.version,
            *(facts.get(result.study_id, {}).get(name, "") for name in names),
        ]
