"""The two independent extractions of a study beside each other, and what of them is settled.

A study has a comparison once two people's extractions are complete; before that there is nothing to see for anybody.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet

from extraction.comparing import (
    Agreement,
    Difference,
    Entry,
    Grade,
    Pair,
    Verdict,
    agreement_of,
    compare_results,
    compare_values,
)
from extraction.form_schema import Group, Schema, Section, read_schema, show_with_unit, shown
from extraction.models import Extraction, FormVersion, Result, Value
from reviews.models import Membership, Review
from screening.models import Study

Key = tuple[str, str]


@dataclass(frozen=True)
class FieldItem:
    """One field: what each has (``difference``, and their values as stored), and the shared value if there is one."""

    difference: Difference
    left: Value | None
    right: Value | None
    shared: Value | None

    @property
    def is_empty(self) -> bool:
        """Neither filled it in."""
        return self.left is None and self.right is None

    @property
    def settled(self) -> bool:
        return self.shared is not None

    @property
    def waits(self) -> bool:
        """Both agree, but the shared extraction does not have it yet."""
        return not self.settled and not self.is_empty and self.difference.agrees

    @property
    def open(self) -> bool:
        """A difference that nobody settled."""
        return not self.settled and not self.difference.agrees

    @property
    def shared_text(self) -> str:
        return show_with_unit(self.difference.field, self.shared.value) if self.shared else ""

    @property
    def seen_version(self) -> int:
        return self.shared.version if self.shared else 0

    @property
    def anchor(self) -> str:
        return "-".join(filter(None, ("field", *self.difference.key)))


@dataclass(frozen=True)
class ResultItem:
    """One result as both have it; ``shared`` is the agreed one, or the withdrawn one if it was left out."""

    pair: Pair
    left: Result | None
    right: Result | None
    shared: Result | None

    @property
    def one(self) -> Result:
        found = self.left or self.right
        assert found is not None
        return found

    @property
    def settled(self) -> bool:
        return self.shared is not None

    @property
    def left_out(self) -> bool:
        return self.shared is not None and self.shared.superseded_at is not None

    @property
    def waits(self) -> bool:
        return not self.settled and self.pair.agrees

    @property
    def open(self) -> bool:
        return not self.settled and not self.pair.agrees

    @property
    def stamp(self) -> str:
        """What a page remembers of the shared result it showed."""
        return f"{self.shared.pk}" if self.shared else ""

    @property
    def anchor(self) -> str:
        return f"result-{self.one.pk}"


@dataclass
class SideBySide:
    """The comparison of one study. ``left`` and ``right`` are the two complete extractions, the older one left."""

    study: Study
    left: Extraction
    right: Extraction
    shared: Extraction | None
    form_version: FormVersion | None
    schema: Schema | None
    items: list[FieldItem] = field(default_factory=list)
    results: list[ResultItem] = field(default_factory=list)

    @cached_property
    def all_items(self) -> list[FieldItem | ResultItem]:
        return [*self.items, *self.results]

    @property
    def fields_open(self) -> int:
        return sum(item.open for item in self.items)

    @property
    def results_open(self) -> int:
        return sum(item.open for item in self.results)

    @property
    def open(self) -> int:
        return self.fields_open + self.results_open

    @property
    def waiting(self) -> int:
        """What both agree on and nobody has taken over yet."""
        return sum(item.waits for item in self.all_items)

    @property
    def mattering(self) -> int:
        """Open results whose difference would change an effect."""
        return sum(item.open and item.pair.matters for item in self.results)

    @property
    def settled(self) -> bool:
        return not self.open and not self.waiting

    @property
    def differed(self) -> int:
        """How many fields and results the two did not agree on, settled or not."""
        fields = sum(not item.difference.agrees for item in self.items)
        return fields + sum(not item.pair.agrees for item in self.results)

    def section_items(self) -> list[tuple[Section, list[FieldItem]]]:
        """The fields under the headings of the form."""
        if self.schema is None:
            return []
        by_section = defaultdict(list)
        for item in self.items:
            by_section[item.difference.field.section].append(item)
        return [(section, by_section[section.key]) for section in self.schema if by_section[section.key]]

    def group_label(self, key: str) -> str:
        return self.schema.groups[key].label if self.schema and key in self.schema.groups else key

    def row_order(self, group: str) -> list[str]:
        """The row keys that shared values of this group may have, in order."""
        mine = [item.difference.row for item in self.items if item.difference.field.group == group]
        return list(dict.fromkeys(row for row in mine if row))


def side_by_side(study: Study, membership: Membership | None = None) -> SideBySide | None:
    """The comparison of ``study`` as this member may see it; None while there is nothing to compare.

    Without a membership (for services that ask on nobody's behalf) nothing is hidden.
    """
    extractions = _visible(study.review, membership).filter(study=study)
    return next(iter(_build(extractions, with_sources=membership is not None)), None)


def comparisons(review: Review, membership: Membership, *, with_sources: bool = False) -> list[SideBySide]:
    """Every comparison of the review that this member may see, by study; the same few queries however many."""
    return _build(_visible(review, membership), with_sources=with_sources)


def agreement_between(sides: Iterable[SideBySide]) -> Agreement:
    """How well two people agreed before the consensus, over these studies."""
    return agreement_of(
        ([item.difference for item in one.items if not item.is_empty], [item.pair for item in one.results])
        for one in sides
    )


def waiting_for_second(review: Review) -> int:
    """Studies with one complete extraction and no second one yet."""
    complete = Count(
        "extractions",
        filter=Q(extractions__kind=Extraction.Kind.INDEPENDENT, extractions__state=Extraction.State.COMPLETE),
    )
    return Study.objects.filter(review=review).annotate(complete=complete).filter(complete=1).count()


def entry_of(result: Result) -> Entry:
    """A stored result as the comparison takes it."""
    return Entry(
        key=result.pk,
        outcome=result.outcome_id,
        kind=result.kind,
        experimental=result.experimental_id,
        comparator=result.comparator_id,
        arms=(result.experimental.label, result.comparator.label if result.comparator else ""),
        scale=result.scale,
        time_point=result.time_point,
        weeks=result.weeks,
        rater=result.rater,
        population=result.population,
        subgroup=result.subgroup,
        is_change=result.is_change,
        adjusted=result.adjusted,
        numbers=result.values,
        typed=result.typed,
    )


def _visible(review: Review, membership: Membership | None) -> QuerySet[Extraction]:
    every = (
        Extraction.objects.visible_to(membership) if membership else Extraction.objects.filter(review=review)
    )
    return every.independent().complete()


def _build(extractions: QuerySet[Extraction], *, with_sources: bool) -> list[SideBySide]:
    pairs = _pairs(extractions.select_related("study__review", "extractor", "form_version__form"))
    studies = [left.study_id for left, _ in pairs]
    shared = {
        one.study_id: one
        for one in Extraction.objects.consensus()
        .filter(study__in=studies)
        .select_related("form_version", "extractor")
    }
    ids = [one.pk for pair in pairs for one in pair] + [one.pk for one in shared.values()]
    written = Value.objects.filter(extraction__in=ids)
    recorded = Result.objects.independent().filter(extraction__in=ids).with_names().order_by("pk")
    if with_sources:
        written = written.select_related("changed_by").prefetch_related("sources__full_text")
        recorded = recorded.prefetch_related("sources__full_text")
    values: dict[int, dict[Key, Value]] = defaultdict(dict)
    for value in written:
        values[value.extraction_id][value.field, value.row] = value
    results = defaultdict(list)
    for result in recorded:
        results[result.extraction_id].append(result)
    agreed = _agreed(studies)
    schemas: dict[int, Schema] = {}
    found = []
    for left, right in pairs:
        version = newer_version(left, right)
        if version and version.pk not in schemas:
            schemas[version.pk] = read_schema(version.schema)
        one = SideBySide(
            study=left.study,
            left=left,
            right=right,
            shared=shared.get(left.study_id),
            form_version=version,
            schema=schemas[version.pk] if version else None,
        )
        one.items = _field_items(one, values)
        one.results = _result_items(results[left.pk], results[right.pk], agreed[left.study_id])
        found.append(one)
    return sorted(found, key=lambda one: (one.study.label.lower(), one.study.pk))


def _pairs(extractions: QuerySet[Extraction]) -> list[tuple[Extraction, Extraction]]:
    """The first two complete extractions of each study, the older one left."""
    by_study = defaultdict(list)
    for one in extractions.order_by("completed_at", "pk"):
        by_study[one.study_id].append(one)
    chosen = [sorted(some[:2], key=lambda one: one.pk) for some in by_study.values() if len(some) > 1]
    return [(left, right) for left, right in chosen]


def newer_version(left: Extraction, right: Extraction) -> FormVersion | None:
    """The version of the form in which the two are compared: the newer one, if one of them was begun earlier."""
    versions = [one.form_version for one in (left, right) if one.form_version is not None]
    return max(versions, key=lambda version: version.pk, default=None)


def _agreed(studies: list[int]) -> dict[int, list[tuple[Result, set[int]]]]:
    """{study: [(shared result, ids of the results it was agreed from)]}, those in use first, the newest first."""
    shared = (
        Result.objects.filter(study__in=studies, extraction=None, agreed_from__isnull=False)
        .exclude(superseded_at__isnull=False, withdrawn_by=None)
        .with_names()
        .prefetch_related("agreed_from")
        .distinct()
    )
    found = defaultdict(list)
    for one in sorted(shared, key=lambda one: (one.superseded_at is not None, -one.pk)):
        found[one.study_id].append((one, {each.pk for each in one.agreed_from.all()}))
    return found


def _field_items(one: SideBySide, values: dict[int, dict[Key, Value]]) -> list[FieldItem]:
    if one.schema is None:
        return []
    left, right = values[one.left.pk], values[one.right.pk]
    shared = values[one.shared.pk] if one.shared else {}
    mine, theirs = _live(left, one.left), _live(right, one.right)
    differences = compare_values(one.schema, mine, theirs, one.left.rows, one.right.rows)
    agreed = {key: value.value for key, value in shared.items()}
    differences += _empty(one, [mine, theirs, agreed], differences)
    order = {key: place for place, key in enumerate(one.schema.by_key)}
    groups = {field.key: field.group for field in one.schema.fields}
    first = {
        group: min(order[key] for key in order if groups[key] == group) for group in set(groups.values())
    }
    differences.sort(
        key=lambda each: (
            first[each.field.group] if each.field.group else order[each.field.key],
            each.position,
            order[each.field.key],
        )
    )
    return [
        FieldItem(
            each,
            left.get((each.field.key, each.row_left))
            if each.row_left is not None and each.left is not None
            else None,
            right.get((each.field.key, each.row_right))
            if each.row_right is not None and each.right is not None
            else None,
            shared.get(each.key),
        )
        for each in differences
    ]


def _live(values: dict[Key, Value], extraction: Extraction) -> dict[Key, Any]:
    """What one person's values say, without removed rows."""
    live = {row for keys in extraction.rows.values() for row in keys} | {""}
    return {key: value.value for key, value in values.items() if key[1] in live}


def _empty(one: SideBySide, sides: list[dict], differences: list[Difference]) -> list[Difference]:
    """Fields outside groups that were asked and that nobody filled in, so that the consensus can."""
    assert one.schema is not None
    have = {each.field.key for each in differences}
    asked = set().union(*(shown(one.schema, side) for side in sides))
    return [
        Difference(item, None, None, Verdict(Grade.SAME))
        for section in one.schema
        for item in section.items
        if not isinstance(item, Group)
        and not item.is_calculated
        and item.key not in have
        and (item.key, "") in asked
    ]


def _result_items(
    left: list[Result], right: list[Result], agreed: list[tuple[Result, set[int]]]
) -> list[ResultItem]:
    mine, theirs = {one.pk: one for one in left}, {one.pk: one for one in right}
    items = []
    for pair in compare_results([entry_of(one) for one in left], [entry_of(one) for one in right]):
        ids = {side.key for side in (pair.left, pair.right) if side}
        items.append(
            ResultItem(
                pair,
                mine[pair.left.key] if pair.left else None,
                theirs[pair.right.key] if pair.right else None,
                next((one for one, origins in agreed if origins & ids), None),
            )
        )
    return items
