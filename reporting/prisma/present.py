"""What is known of the records of a review now."""

from collections.abc import Iterable

from records.models import Search
from reporting.prisma.tools import removed, voted_by_tool
from reporting.tally import Entry, Facts, Placed, Word
from reviews.models import Review
from screening.models import FullText, Placement, Report, Stage, Verdict

#: Of all states of a full text only these change where a report is counted.
GIVEN_UP = (FullText.State.NOT_RETRIEVED, FullText.State.NOT_SOUGHT)


def facts_now(review: Review) -> Facts:
    """A fixed number of queries, whatever the size of the review."""
    names, kinds = searches_of(review)
    live = review.records.live().order_by().values_list("pk", "search_id", "batch_id", "duplicate_of_id")
    settled = Verdict.objects.settled().filter(review=review).order_by()
    title = settled.filter(stage=Stage.TITLE_ABSTRACT).values_list("record_id", "state")
    full = settled.filter(stage=Stage.FULL_TEXT).values_list("record_id", "state", "reason__label")
    came = Placement.objects.live().filter(intake__review=review).order_by()
    placed_title, placed_full = placed(came.values_list("record_id", "stage", "included", "intake__batch_id"))
    left_unread, removals = removed(review)
    given_up = FullText.objects.filter(review=review, state__in=GIVEN_UP).order_by()
    return Facts(
        entries={
            pk: Entry(search, batch, kinds[search], leader or pk)
            for pk, search, batch, leader in live.iterator()
        },
        title=dict(title.iterator()),
        full={pk: Word(state, reason or "") for pk, state, reason in full.iterator()},
        placed_title=placed_title,
        placed_full=placed_full,
        retrieval=dict(given_up.values_list("record_id", "state")),
        studies=studies_now(review),
        names=names,
        removed=left_unread,
        removals=removals,
        by_tool=voted_by_tool(review),
    )


def searches_of(review: Review) -> tuple[dict[int, str], dict[int, str]]:
    """The names and the types of all searches, also of removed ones."""
    found = Search._base_manager.filter(review=review)
    return {each.pk: str(each) for each in found}, {each.pk: each.source_type for each in found}


def placed(rows: Iterable[tuple[int, str, bool, int]]) -> tuple[dict[int, Placed], dict[int, bool]]:
    """Outcomes that came with files ``(record, stage, included, file)``: at title and abstract, and at full text."""
    title: dict[int, Placed] = {}
    full: dict[int, bool] = {}
    for record, stage, included, batch in rows:
        if stage == Stage.TITLE_ABSTRACT:
            title[record] = Placed(included, batch)
        else:
            full[record] = included
    return title, full


def studies_now(review: Review) -> dict[int, int]:
    """The study of each report, by record."""
    return dict(Report.objects.filter(study__review=review).order_by().values_list("record_id", "study_id"))
