"""Numbers corrected by hand: added to the counted ones, marked, with a reason, and taken back."""

import pytest

from reporting.counts import Adjusted, Correction, FlowCounts
from reporting.models import Adjustment
from reporting.prisma import flow_counts
from reporting.services import adjustments
from reporting.services.adjustments import MayNotAdjust, NotAdjusted, WithdrawnAlready, adjust, withdraw
from reviews.models import AuditEvent

WHY = "Removed in EndNote before the import"


def test_a_correction_is_added_and_marked_and_nothing_else_follows(review, flowing, ana):
    before = flow_counts(review)
    made = adjust(review=review, by=ana, key="duplicates", amount=5, reason=WHY)
    counts = flow_counts(review)
    assert counts.duplicates == before.duplicates + 5
    assert counts.screened == before.screened
    assert counts.adjustments == {"duplicates": Adjusted(before.duplicates, 5, WHY)}
    assert "Records screened (5) should be 0" in counts.problems()[0]
    assert flow_counts(review, adjusted=False) == before
    adjust(review=review, by=ana, key="databases", name="MEDLINE", amount=5, reason=WHY)
    assert flow_counts(review).problems() == []
    withdraw(review=review, by=ana, adjustment=made)
    assert flow_counts(review).duplicates == before.duplicates
    assert [event.actor_name for event in AuditEvent.objects.filter(verb__startswith="reporting.adj")] == [
        "Ana"
    ] * 3


def test_lines_of_a_list_grow_shrink_appear_and_go():
    counts = FlowCounts(databases=[("MEDLINE", 4), ("Embase", 3)], previous_studies=2, studies=1)
    told = counts.adjusted(
        [
            Correction("databases", "MEDLINE", 1, "a"),
            Correction("databases", "MEDLINE", 2, "b"),
            Correction("databases", "Embase", -3, "c"),
            Correction("databases", "PsycINFO", 6, "d"),
            Correction("total_studies", "", -1, "e"),
            Correction("studies_in_analysis", "", 2, "f"),
        ]
    )
    assert told.databases == [("MEDLINE", 7), ("PsycINFO", 6)]
    assert told.adjustments["databases:MEDLINE"] == Adjusted(4, 3, "a; b")
    assert told.adjustments["databases:PsycINFO"] == Adjusted(0, 6, "d")
    assert (told.total_studies, told.total_studies_correction, told.studies_in_analysis) == (2, -1, 2)
    assert told.adjustments["total_studies"] == Adjusted(3, -1, "e")
    assert FlowCounts.from_json(told.to_json()).to_json() == told.to_json()


@pytest.mark.parametrize(
    ("what", "field", "says"),
    [
        ({"key": "nonsense"}, "key", "Choose one of: databases"),
        ({"key": "awaiting_screening"}, "key", "not a number that can be corrected"),
        ({"key": "reasons"}, "name", "Say which line of reports excluded"),
        ({"name": "MEDLINE"}, "name", "one number, without lines"),
        ({"amount": 0}, "amount", "not 0"),
        ({"amount": adjustments.MOST + 1}, "amount", "at most"),
        ({"reason": " "}, "reason", "Give the reason"),
    ],
)
def test_nonsense_is_refused_with_the_field_at_fault(review, ana, what, field, says):
    asked = {"key": "screened", "amount": 1, "reason": WHY} | what
    with pytest.raises(NotAdjusted, match=says) as refused:
        adjust(review=review, by=ana, **asked)
    assert refused.value.field == field
    assert not Adjustment.objects.exists()


def test_only_who_publishes_corrects_and_nobody_twice(review, ana, ben, eve):
    for somebody in (ben, eve):
        with pytest.raises(MayNotAdjust):
            adjust(review=review, by=somebody, key="screened", amount=1, reason=WHY)
    made = adjust(review=review, by=ana, key="screened", amount=1, reason=WHY)
    with pytest.raises(MayNotAdjust):
        withdraw(review=review, by=ben, adjustment=made)
    withdraw(review=review, by=ana, adjustment=made)
    with pytest.raises(WithdrawnAlready):
        withdraw(review=review, by=ana, adjustment=made)
