"""Groups of duplicates: what the merged pairs add up to, written into the records.

The merged pairs (DuplicateCandidate) are the truth. Two records are in one group when merged pairs lead from one to
the other, also through a record whose import was undone. ``regroup`` writes what follows: one live record of each
group leads and stays unique, the others point at it (never at a duplicate), and its blank fields are lent by them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from records.dedup import choose_primary
from records.models import DuplicateCandidate, ImportBatch, Record, Search
from records.services.downstream import steps_of
from records.values import alike
from reviews.models import Review

FILLABLE = (
    "abstract",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "registry_ids",
    "keywords",
    "language",
    "issn",
    "url",
)
#: Where a work was printed: lent by one record that agrees with what is there, or not at all.
PLACE = ("journal", "volume", "issue", "pages")
BLANK = {field.name: field.get_default() for field in Record._meta.fields if field.name in FILLABLE}
NOT_YET = datetime.max.replace(tzinfo=UTC)
CHUNK = 500

#: What rooms downstream know about records, added in their AppConfig.ready: given ids, a short phrase for each
#: record that people worked on ({12: "2 votes, included at title and abstract"}). It is shown before a merge is made
#: or undone, to everybody who may see the record, so it must not tell what is blinded.
WORDS_ABOUT: list[Callable[[Collection[int]], Mapping[int, str]]] = []
RULE_FOR_VOTES = (
    "Votes stay with the record they were cast on: while records are merged the votes on the one that leads count, "
    "after that each has its own again."
)


def words_about(ids: Collection[int]) -> dict[int, str]:
    """What people did with these records already, for those with whom they did anything."""
    found: dict[int, list[str]] = defaultdict(list)
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        for say in WORDS_ABOUT:
            for pk, phrase in say(wanted[start : start + CHUNK]).items():
                found[pk].append(phrase)
    return {pk: "; ".join(phrases) for pk, phrases in found.items()}


def take_turn(review: Review) -> None:
    """Wait until nobody else changes the groups of this review; holds until the transaction ends.

    Votes and imports, which only point at the review, need not wait.
    """
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)


def regroup(
    review: Review, seeds: Iterable[int], *, keep: int | None = None, before: Iterable[int] = ()
) -> None:
    """Write the groups of the records ``seeds`` (ids) as the merged pairs say; record ``keep`` leads its group.

    A group that parted from its leader is led by the first of ``before`` that is in it: who led it earlier.
    To be called after ``take_turn`` and after every change of merged pairs, with both ends of each changed pair.
    """
    led_before = list(before)
    for groups in _in_lots(components(review, seeds)):
        records = _fetch(pk for group in groups for pk in group)
        were = {pk: _values(record) for pk, record in records.items()}
        far = steps_of(pk for pk, record in records.items() if record.duplicate_of_id is None)
        for group in groups:
            _arrange([records[pk] for pk in sorted(group)], keep, led_before, far)
        _write(records, were)


def _in_lots(groups: Iterator[set[int]]) -> Iterator[list[set[int]]]:
    """So many groups at a time that their records fit well into memory."""
    lot: list[set[int]] = []
    for group in groups:
        lot.append(group)
        if sum(map(len, lot)) >= CHUNK:
            yield lot
            lot = []
    if lot:
        yield lot


def components(review: Review, seeds: Iterable[int]) -> Iterator[set[int]]:
    """The groups that ``seeds`` belong to, as sets of ids, also of records whose import was undone."""
    neighbours: dict[int, list[int]] = defaultdict(list)
    merged = review.duplicate_candidates.filter(state=DuplicateCandidate.State.MERGED)
    for left, right in merged.values_list("left_id", "right_id"):
        neighbours[left].append(right)
        neighbours[right].append(left)
    seen: set[int] = set()
    for seed in sorted(seeds):
        if seed in seen:
            continue
        group, frontier = {seed}, [seed]
        while frontier:
            new = set(neighbours.get(frontier.pop(), ())) - group
            group |= new
            frontier += new
        seen |= group
        yield group


def leader_of(members: list[Record], far: Mapping[int, int] | None = None) -> Record:
    """Who stands for a group of live records; ``far`` is what ``steps_of`` tells of them, if it was asked before.

    A record that stands for itself or for others already goes before one that does not: votes may hang on it. Of
    several such, the one that is furthest in the rooms downstream, so that no merge takes an outcome out of the
    review; then the one that was there in the earlier search for duplicates; of those that came together, one with
    duplicates, then one from a database or register, then the most complete.
    """
    standing = [record for record in members if record.duplicate_of_id is None] or members
    leads = {record.duplicate_of_id for record in members}
    steps = steps_of(record.pk for record in standing) if far is None else far

    def rank(record: Record) -> tuple:
        listed = record.search.source_type in Search.DATABASES_AND_REGISTERS
        return (
            -steps.get(record.pk, 0),
            record.batch.compared_at or NOT_YET,
            record.pk not in leads,
            not listed,
        )

    best = min(map(rank, standing))
    chosen = choose_primary([record for record in standing if rank(record) == best])
    return next(record for record in standing if record.pk == chosen)


def _arrange(group: list[Record], keep: int | None, before: list[int], far: Mapping[int, int]) -> None:
    live = [record for record in group if record.batch.state == ImportBatch.State.DONE]
    leader = next((record for record in live if record.pk == keep), None) or _led_before(live, before)
    leader = leader or leader_of(live or group, far)
    for record in group:
        for name in record.filled:
            setattr(record, name, BLANK[name])
        record.filled = {}
        record.duplicate_of_id = None
    for record in live:
        if record != leader:
            record.duplicate_of_id = leader.pk
            _lend(record, leader)


def _led_before(live: list[Record], before: list[int]) -> Record | None:
    if not before or any(record.duplicate_of_id is None for record in live):
        return None
    here = {record.pk: record for record in live}
    return next((here[pk] for pk in before if pk in here), None)


def _lend(lender: Record, leader: Record) -> None:
    lent = FILLABLE if _same_place(lender, leader) else [name for name in FILLABLE if name not in PLACE]
    for name in lent:
        # what a person corrected is nobody's loan, also when they emptied it
        if not getattr(leader, name) and getattr(lender, name) and name not in leader.original:
            setattr(leader, name, getattr(lender, name))
            leader.filled[name] = lender.pk


def _same_place(lender: Record, leader: Record) -> bool:
    """Whether the lender has all that the leader has of journal, volume, issue and pages, and says the same.

    Mixed from two that differ they would cite what was never printed.
    """
    if any(name in leader.original and not getattr(leader, name) for name in PLACE):
        return False
    return all(alike(getattr(lender, name), getattr(leader, name)) for name in PLACE if getattr(leader, name))


def _fetch(ids: Iterable[int]) -> dict[int, Record]:
    found: dict[int, Record] = {}
    wanted = list(ids)
    rows = Record.objects.select_related("search", "batch").defer("raw", "extra", "batch__rejected")
    for start in range(0, len(wanted), CHUNK):
        found |= rows.in_bulk(wanted[start : start + CHUNK])
    return found


def _values(record: Record) -> dict:
    return {name: getattr(record, name) for name in ("duplicate_of_id", "filled", *FILLABLE)}


def _write(records: dict[int, Record], before: dict[int, dict]) -> None:
    """Store what changed; most records of a group change their pointer and nothing else."""
    moved = []
    for pk, record in records.items():
        changed = {name for name, value in _values(record).items() if value != before[pk][name]}
        if changed == {"duplicate_of_id"}:
            moved.append(record)
        elif changed:
            record.save(update_fields=[name.removesuffix("_id") for name in changed])
    Record.objects.bulk_update(moved, ["duplicate_of"], batch_size=CHUNK)
