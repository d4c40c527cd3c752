"""What must hold about groups of duplicates, whatever was done."""

from records.ledger import rows
from records.models import DuplicateCandidate
from records.queue import pairs_to_decide

State = DuplicateCandidate.State


def check_the_groups(review) -> None:
    """What must hold whatever was done: no chains, only members lend, unique and duplicates are all that is live."""
    live = {record.pk: record for record in review.records.live()}
    for record in review.records.select_related("duplicate_of"):
        if record.duplicate_of:
            assert record.duplicate_of.duplicate_of_id is None, "a duplicate points at a duplicate"
            assert {record.pk, record.duplicate_of_id} <= live.keys(), "a record that left is in a group"
            assert record.filled == {}, "a duplicate keeps what it borrowed"
        for name, lender in record.filled.items():
            assert live[lender].duplicate_of_id == record.pk, "lent by a record that is not of the group"
            assert getattr(record, name) == getattr(live[lender], name)
    unique = {*review.records.unique().values_list("pk", flat=True)}
    duplicates = {*review.records.duplicates().values_list("pk", flat=True)}
    assert (unique | duplicates, unique & duplicates) == (live.keys(), set())
    group = {pk: record.duplicate_of_id or pk for pk, record in live.items()}
    for candidate in review.duplicate_candidates.all():
        if {candidate.left_id, candidate.right_id} <= live.keys():
            together = group[candidate.left_id] == group[candidate.right_id]
            assert together or candidate.state != State.MERGED, "a merged pair is not in one group"
            assert not (together and candidate.state in DuplicateCandidate.APART), (
                "a pair told apart is in one group"
            )
    for pk in pairs_to_decide(review):
        candidate = review.duplicate_candidates.get(pk=pk)
        assert candidate.state == State.WAITING
        assert group[candidate.left_id] != group[candidate.right_id]
    assert [row[1] for row in rows(review) if row[2] == ""] == [], (
        "a removed record has no reason in the ledger"
    )


def groups(review) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for record in review.records.live():
        found.setdefault(record.duplicate_of_id or record.pk, set()).add(record.pk)
    return {frozenset(group) for group in found.values()}


def fresh(*records):
    for record in records:
        record.refresh_from_db()
    return records[0] if len(records) == 1 else records
