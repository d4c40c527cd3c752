"""The PRISMA counts, derived by query and stored nowhere: every number can hand out the rows behind it.

A group of duplicates counts once, by its primary record. It belongs to the column "databases and registers" when
any of its records came from one, else to "other methods"; the official template has no duplicates box for the
second column, so its records that were duplicates simply do not go on to the next box.

Records whose outcome came with their file (screening's Placement) were neither found nor screened for this review:

- included before: the column of previous studies, with the totals of the template for an updated review;
- included at title and abstract only: sought here without a record screened, in a sum of its own ("carried");
- excluded before: in no box; a note says how many.

A record that was included at title and abstract counts as a report sought from that moment on, whatever has been done
to get it: the team means to have it, and a note says how many are still under way. Only one that somebody says is not
to be sought (``FullText.State.NOT_SOUGHT``, with a reason) leaves that number, for a note of its own. "Not retrieved"
counts those given up, never those that are merely not here yet.

Of the reports assessed, those awaiting classification and those of ongoing studies are neither excluded nor included;
they have a box of their own, as Cochrane reviews list them.

What a new search finds of them again counts as identified and as removed as a duplicate.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from records.models import Record, RecordQuerySet, Search
from reporting.counts import Correction, FlowCounts
from reporting.models import Version
from reporting.snapshot import one_moment
from reviews.models import Review
from screening.models import FullText, Placement, Report, Stage, Study, Verdict

Source = Search.SourceType
SETTLED = Verdict.SETTLED
NO_REASON = "No reason given"


@dataclass(frozen=True)
class Box:
    """One number of the diagram: what it is called and the records it counts."""

    key: str
    label: str
    rows: Callable[[Review], RecordQuerySet]


def _live(review: Review) -> RecordQuerySet:
    return review.records.live()


def _placed(review: Review, stage: str = Stage.TITLE_ABSTRACT, **which) -> QuerySet:
    """The records (ids) with an outcome at ``stage`` that came with a file."""
    return Placement.objects.live().filter(intake__review=review, stage=stage, **which).values("record")


def _found(review: Review) -> RecordQuerySet:
    """Live records as searches found them: without those that stand for what came from before."""
    came = Placement.objects.live().filter(
        stage=Stage.TITLE_ABSTRACT, intake__batch=OuterRef("batch"), record=OuterRef("leader")
    )
    return _live(review).annotate(leader=Coalesce("duplicate_of", "pk")).filter(~Exists(came))


def _unique(review: Review, *, other: bool = False) -> RecordQuerySet:
    unique = review.records.unique().exclude(pk__in=_placed(review))
    return unique.identified_via_other_methods() if other else unique.identified_via_databases()


def _with_verdict(rows: RecordQuerySet, stage: str, states: Iterable[str]) -> RecordQuerySet:
    return rows.filter(pk__in=Verdict.objects.filter(stage=stage, state__in=states).values("record"))


def found_in(review: Review, source_types: Iterable[str]) -> RecordQuerySet:
    """Records as found, before any duplicate is removed."""
    return _found(review).filter(search__source_type__in=source_types)


def duplicates(review: Review) -> RecordQuerySet:
    """Records from databases and registers removed as duplicates.

    Where a group is led by a record found by other methods, its first listed record stands for the group in this
    column, so it is not counted as removed. What is known from before is removed whole.
    """
    found = found_in(review, Search.DATABASES_AND_REGISTERS)
    listed = found.exclude(duplicate_of=None)
    standing = (
        listed.exclude(leader__in=_placed(review))  # type: ignore[misc]  # annotated by _found
        .exclude(duplicate_of__search__source_type__in=Search.DATABASES_AND_REGISTERS)
        .order_by()
        .values("duplicate_of")
        .annotate(first=Min("pk"))
        .values("first")
    )
    return found.filter(Q(duplicate_of__isnull=False) | Q(leader__in=_placed(review))).exclude(
        pk__in=standing
    )


def screened(review: Review) -> RecordQuerySet:
    return _with_verdict(_unique(review), Stage.TITLE_ABSTRACT, SETTLED)


def awaiting_screening(review: Review, *, other: bool = False) -> RecordQuerySet:
    settled = Verdict.objects.filter(review=review, stage=Stage.TITLE_ABSTRACT, state__in=SETTLED)
    return _unique(review, other=other).exclude(pk__in=settled.values("record"))


def excluded(review: Review, *, other: bool = False) -> RecordQuerySet:
    return _with_verdict(_unique(review, other=other), Stage.TITLE_ABSTRACT, [Verdict.State.EXCLUDED])


def other_duplicates(review: Review) -> RecordQuerySet:
    """Records found by other methods that are in a group counted elsewhere: their own column, or the first."""
    found = _found(review).exclude(search__source_type__in=Search.DATABASES_AND_REGISTERS)
    return found.exclude(pk__in=_unique(review, other=True).values("pk"))


def carried(review: Review, *, other: bool = False) -> RecordQuerySet:
    """Reports that came in at full text: included at title and abstract before, and not settled further."""
    came = review.records.unique().filter(pk__in=_placed(review, included=True))
    came = came.exclude(pk__in=_placed(review, Stage.FULL_TEXT))
    return came.identified_via_other_methods() if other else came.identified_via_databases()


def previous_reports(review: Review) -> RecordQuerySet:
    return review.records.unique().filter(pk__in=_placed(review, Stage.FULL_TEXT, included=True))


def excluded_before(review: Review) -> RecordQuerySet:
    """Excluded at either stage before this review: in no box of the diagram."""
    out = Q(pk__in=_placed(review, included=False)) | Q(
        pk__in=_placed(review, Stage.FULL_TEXT, included=False)
    )
    return review.records.unique().filter(out)


def _to_seek(review: Review, *, other: bool = False) -> RecordQuerySet:
    new = _with_verdict(_unique(review, other=other), Stage.TITLE_ABSTRACT, [Verdict.State.INCLUDED])
    return _live(review).filter(
        Q(pk__in=new.values("pk")) | Q(pk__in=carried(review, other=other).values("pk"))
    )


def sought(review: Review, *, other: bool = False) -> RecordQuerySet:
    return _to_seek(review, other=other).exclude(full_text__state=FullText.State.NOT_SOUGHT)


def not_sought(review: Review, *, other: bool = False) -> RecordQuerySet:
    return _to_seek(review, other=other).filter(full_text__state=FullText.State.NOT_SOUGHT)


def not_retrieved(review: Review, *, other: bool = False) -> RecordQuerySet:
    return sought(review, other=other).filter(full_text__state=FullText.State.NOT_RETRIEVED)


def assessed(review: Review, *, other: bool = False) -> RecordQuerySet:
    rest = sought(review, other=other).exclude(full_text__state=FullText.State.NOT_RETRIEVED)
    return _with_verdict(rest, Stage.FULL_TEXT, SETTLED)


def awaiting_full_text(review: Review, *, other: bool = False) -> RecordQuerySet:
    rest = sought(review, other=other).exclude(full_text__state=FullText.State.NOT_RETRIEVED)
    return rest.exclude(pk__in=assessed(review, other=other).values("pk"))


def excluded_at_full_text(review: Review, *, other: bool = False) -> RecordQuerySet:
    return _with_verdict(assessed(review, other=other), Stage.FULL_TEXT, [Verdict.State.EXCLUDED])


def awaiting_classification(review: Review, *, other: bool = False) -> RecordQuerySet:
    return _with_verdict(assessed(review, other=other), Stage.FULL_TEXT, [Verdict.State.AWAITING])


def ongoing(review: Review, *, other: bool = False) -> RecordQuerySet:
    return _with_verdict(assessed(review, other=other), Stage.FULL_TEXT, [Verdict.State.ONGOING])


def included_reports(review: Review) -> RecordQuerySet:
    both = Q(pk__in=assessed(review).values("pk")) | Q(pk__in=assessed(review, other=True).values("pk"))
    return _with_verdict(_live(review).filter(both), Stage.FULL_TEXT, [Verdict.State.INCLUDED])


def included_studies(review: Review) -> QuerySet[Study]:
    """New studies: those that were not included before."""
    reports = Report.objects.filter(record__in=included_reports(review).values("pk"))
    return review.studies.filter(pk__in=reports.values("study")).exclude(
        pk__in=previous_studies(review).values("pk")
    )


def previous_studies(review: Review) -> QuerySet[Study]:
    reports = Report.objects.filter(record__in=previous_reports(review).values("pk"))
    return review.studies.filter(pk__in=reports.values("study"))


#: Every box that opens a list of records; the keys are the ids of the boxes in the diagram and its links.
BOXES: dict[str, Box] = {
    box.key: box
    for box in (
        Box("databases", "Records identified from databases", lambda r: found_in(r, [Source.DATABASE])),
        Box("registers", "Records identified from registers", lambda r: found_in(r, [Source.REGISTER])),
        Box("duplicates", "Duplicate records removed before screening", duplicates),
        Box("screened", "Records screened", screened),
        Box("awaiting_screening", "Records awaiting screening", awaiting_screening),
        Box("excluded", "Records excluded", excluded),
        Box("sought", "Reports sought for retrieval", sought),
        Box("not_retrieved", "Reports not retrieved", not_retrieved),
        Box("assessed", "Reports assessed for eligibility", assessed),
        Box("awaiting_full_text", "Reports awaiting full-text assessment", awaiting_full_text),
        Box("excluded_reports", "Reports excluded", excluded_at_full_text),
        Box("awaiting_classification", "Reports awaiting classification", awaiting_classification),
        Box("ongoing", "Reports of ongoing studies", ongoing),
        Box("not_sought", "Reports not sought", not_sought),
        Box("websites", "Records identified from websites", lambda r: found_in(r, [Source.WEBSITE])),
        Box(
            "organisations",
            "Records identified from organisations",
            lambda r: found_in(r, [Source.ORGANISATION]),
        ),
        Box(
            "citations", "Records identified by citation searching", lambda r: found_in(r, [Source.CITATION])
        ),
        Box("other_sources", "Records identified from other sources", lambda r: found_in(r, [Source.OTHER])),
        Box("other_duplicates", "Duplicate records (other methods)", other_duplicates),
        Box("other_excluded", "Records excluded (other methods)", lambda r: excluded(r, other=True)),
        Box(
            "other_awaiting_screening",
            "Records awaiting screening (other methods)",
            lambda r: awaiting_screening(r, other=True),
        ),
        Box("other_sought", "Reports sought (other methods)", lambda r: sought(r, other=True)),
        Box(
            "other_not_retrieved",
            "Reports not retrieved (other methods)",
            lambda r: not_retrieved(r, other=True),
        ),
        Box("other_assessed", "Reports assessed (other methods)", lambda r: assessed(r, other=True)),
        Box(
            "other_awaiting_full_text",
            "Awaiting full text (other)",
            lambda r: awaiting_full_text(r, other=True),
        ),
        Box(
            "other_excluded_reports",
            "Reports excluded (other methods)",
            lambda r: excluded_at_full_text(r, other=True),
        ),
        Box(
            "other_awaiting_classification",
            "Reports awaiting classification (other methods)",
            lambda r: awaiting_classification(r, other=True),
        ),
        Box("other_ongoing", "Reports of ongoing studies (other methods)", lambda r: ongoing(r, other=True)),
        Box("other_not_sought", "Reports not sought (other methods)", lambda r: not_sought(r, other=True)),
        Box("included", "Reports of included studies", included_reports),
        Box("previous_reports", "Reports of studies included before", previous_reports),
        Box("carried", "Reports that came in at full text", carried),
        Box(
            "other_carried",
            "Reports that came in at full text (other methods)",
            lambda r: carried(r, other=True),
        ),
        Box("excluded_before", "Records excluded before", excluded_before),
    )
}


#: Lines of a box that name an exclusion reason, and the box they belong to.
REASONS = {"reasons": "excluded_reports", "other_reasons": "other_excluded_reports"}


def rows_behind(review: Review, key: str, name: str = "") -> RecordQuerySet:
    """The records that box ``key`` counts, or one line of it: a source of "databases", a reason of "reasons".

    Raises KeyError for a box that does not exist.
    """
    if key in REASONS:
        rows = BOXES[REASONS[key]].rows(review)
        verdicts = Verdict.objects.filter(review=review, stage=Stage.FULL_TEXT)
        known = {"reason": None} if name == NO_REASON else {"reason__label": name}
        rows = rows.filter(pk__in=verdicts.filter(**known).values("record"))
    else:
        rows = BOXES[key].rows(review)
        if name:
            rows = rows.filter(search__in=[s.pk for s in review.searches.all() if str(s) == name])
    return rows.select_related("search", "duplicate_of").order_by("pk")


def flow_counts(
    review: Review,
    *,
    as_of: datetime | None = None,
    since: Version | None = None,
    whole: bool = False,
    adjusted: bool = True,
) -> FlowCounts:
    """Every number of the flow diagram, all of one moment: now, or what it was at ``as_of``.

    ``since`` a version of the review they are those of its update; without it the newest one counts if records were
    imported after it was closed, unless ``whole`` asks for the review from its beginning. ``adjusted=False`` leaves
    out what people corrected by hand.
    """
    if as_of or since:
        raise ValueError("Past moments and updates are not counted yet.")
    with one_moment():
        counts = _counted(review)
        if not adjusted:
            return counts
        live = review.adjustments.live()
        return counts.adjusted(Correction(each.key, each.name, each.amount, each.reason) for each in live)


def _counted(review: Review) -> FlowCounts:
    def number(key: str) -> int:
        return BOXES[key].rows(review).count()

    return FlowCounts(
        databases=_per_source(review, Source.DATABASE),
        registers=_per_source(review, Source.REGISTER),
        duplicates=number("duplicates"),
        screened=number("screened"),
        excluded=number("excluded"),
        sought=number("sought"),
        not_retrieved=number("not_retrieved"),
        assessed=number("assessed"),
        reasons=_per_reason(review, excluded_at_full_text(review)),
        awaiting_classification=number("awaiting_classification"),
        ongoing=number("ongoing"),
        not_sought=number("not_sought"),
        websites=number("websites"),
        organisations=number("organisations"),
        citations=number("citations"),
        other_sources=number("other_sources"),
        other_duplicates=number("other_duplicates"),
        other_excluded=number("other_excluded"),
        other_awaiting_screening=number("other_awaiting_screening"),
        other_sought=number("other_sought"),
        other_not_retrieved=number("other_not_retrieved"),
        other_assessed=number("other_assessed"),
        other_reasons=_per_reason(review, excluded_at_full_text(review, other=True)),
        other_awaiting_classification=number("other_awaiting_classification"),
        other_ongoing=number("other_ongoing"),
        other_not_sought=number("other_not_sought"),
        studies=included_studies(review).count(),
        reports=number("included"),
        previous_studies=previous_studies(review).count(),
        previous_reports=number("previous_reports"),
        carried=number("carried"),
        other_carried=number("other_carried"),
        excluded_before=number("excluded_before"),
        awaiting_screening=number("awaiting_screening"),
        awaiting_full_text=number("awaiting_full_text"),
        other_awaiting_full_text=number("other_awaiting_full_text"),
    )


def _per_source(review: Review, source_type: str) -> list[tuple[str, int]]:
    """Sources with their numbers, the largest first."""
    found = dict(found_in(review, [source_type]).order_by().values_list("search").annotate(n=Count("pk")))
    pairs = [(str(search), found[search.pk]) for search in review.searches.all() if search.pk in found]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _per_reason(review: Review, rows: QuerySet[Record]) -> list[tuple[str, int]]:
    """Reasons with their numbers, most frequent first."""
    counted = (
        Verdict.objects.filter(review=review, stage=Stage.FULL_TEXT, record__in=rows.values("pk"))
        .order_by()
        .values(label=F("reason__label"))
        .annotate(n=Count("pk"))
        .order_by("-n", "label")
    )
    return [(row["label"] or NO_REASON, row["n"]) for row in counted]
