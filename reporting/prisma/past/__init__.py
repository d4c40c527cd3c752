"""What was known of the records of a review at a moment, told by what each act left behind.

Votes and words keep when they were said and withdrawn; everything else that changed since is undone by the lines of
the history. What they cannot tell is said in ``Facts.doubts``.
"""

from datetime import datetime

from reporting.prisma.past.groups import leaders_at
from reporting.prisma.past.imports import imported_at
from reporting.prisma.past.outcomes import outcomes_at, placed_at
from reporting.prisma.past.reports import retrieval_at, studies_at
from reporting.prisma.present import placed, searches_of
from reporting.prisma.tools import removed, voted_by_tool
from reporting.tally import Entry, Facts, Word
from reviews.models import Review
from screening.models import Stage

__all__ = ["facts_at"]


def facts_at(review: Review, at: datetime) -> Facts:
    """The facts as they were at ``at``; a fixed number of queries, whatever the size of the review."""
    names, _ = searches_of(review)
    doubts: list[str] = []
    records, kinds = imported_at(review, at)
    leaders = leaders_at(review, at, records, kinds, doubts)
    came = placed_at(review, at)
    placed_title, placed_full = placed((each.record, each.stage, each.included, each.batch) for each in came)
    title = outcomes_at(review, at, Stage.TITLE_ABSTRACT, came, doubts)
    full = outcomes_at(review, at, Stage.FULL_TEXT, came, doubts)
    left_unread, removals = removed(review, at)
    return Facts(
        entries={
            pk: Entry(search, batch, kinds[search], leaders[pk]) for pk, (search, batch) in records.items()
        },
        title={pk: state for pk, (state, _) in title.items()},
        full={pk: Word(state, reason) for pk, (state, reason) in full.items()},
        placed_title=placed_title,
        placed_full=placed_full,
        retrieval=retrieval_at(review, at),
        studies=studies_at(
            review, at, [pk for pk, (state, _) in full.items() if state == "included"], doubts
        ),
        names=names,
        removed=left_unread,
        removals=removals,
        by_tool=voted_by_tool(review, at),
        doubts=doubts,
    )
