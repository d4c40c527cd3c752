"""Adding a record by hand: a report somebody found on a website, in a reference list or through a colleague.

Each record added so is an import of its own (``ImportBatch.format`` "manual", without a file): it takes part in the
search for duplicates as something new, and is removed by undoing that import, which says what would be lost.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from records.formats import ParsedRecord, UnreadableFile
from records.lookalikes import known_as
from records.models import ImportBatch, Record, Search
from records.pasted import read_pasted
from records.services.deduplication import request_deduplication
from records.services.groups import take_turn
from records.services.searches import add_search, hold, search_named
from records.values import LABELS, CannotBe, read_value, read_values
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Review, User

FORMAT = "manual"
FILE_NAME = "Added by hand"
_BLANK = ParsedRecord()


class KnownAlready(Conflict):
    """The review has such a record; ``records`` are those. Said once: added all the same it becomes a duplicate."""

    def __init__(self, sentence: str, records: list[Record]):
        super().__init__(sentence)
        self.records = records


class CannotRead(CannotBe):
    """The pasted text holds no reference, or several."""


def read_reference(text: str) -> dict[str, Any]:
    """The fields of the one reference in ``text`` (records.pasted), those that are not blank. Raises CannotRead."""
    fields = {name: value for name, value in _fields(_parsed(text)).items() if value}
    if (
        not fields.get("title") and fields.get("type") == "other"
    ):  # an identifier alone: nobody knows the kind
        del fields["type"]
    return fields


@transaction.atomic
def add_record(
    *,
    review: Review,
    values: Mapping[str, Any],
    by: User,
    search: Search | None = None,
    new_search: Mapping[str, Any] | None = None,
    pasted: str = "",
    anyway: bool = False,
) -> Record:
    """Add one record with ``values`` ({field of records.values.LABELS: value}) to a search, and look for duplicates.

    ``pasted`` is the text the values were read from: its own wording and unknown tags are kept with the record, and
    fields that ``values`` does not name come from it. Without ``search`` the source described by ``new_search``
    (fields of Search) is taken if the review has it, else added. Raises CannotBe for a value that a field cannot
    have, KnownAlready when the review
    has the same DOI, PMID, PMCID or title and ``anyway`` is not given, SearchRefused for the source.
    """
    take_turn(review)
    if review.archived_at:
        raise Conflict("This review is archived: it can be read, not changed.")
    source = _parsed(pasted) if pasted.strip() else ParsedRecord()
    fields = _fields(source) | read_values({"title": source.title, **values})
    if not anyway and (same := known_as(review, fields)):
        raise KnownAlready(_known(same), same)
    described = {"source": "", **(new_search or {})}
    search = search or search_named(review, described["source"], described.get("platform", ""))
    search = hold(search) if search else add_search(review=review, by=by, **described)
    batch = ImportBatch.objects.create(
        review=review,
        search=search,
        file_name=FILE_NAME,
        format=FORMAT,
        state=ImportBatch.State.DONE,
        records_read=1,
        imported_by=by,
    )
    record = Record.objects.create(
        review=review,
        search=search,
        batch=batch,
        position=1,
        raw=source.raw,
        extra=source.extra,
        earlier=source.earlier,
        **fields,
    )
    record_event(
        review=review,
        actor=by,
        verb="records.record_added",
        target=record,
        sentence=f"added record {record.pk} ({record.citation}) by hand, found through {search}.",
        detail={"search": search.pk, "values": {name: value for name, value in fields.items() if value}},
    )
    request_deduplication(review=review, by=by, only_new=True)
    return record


def _fields(source: ParsedRecord) -> dict[str, Any]:
    """What a source says, without what a field cannot be: that stays in the record's raw text."""
    fields = {name: getattr(source, name) for name in LABELS}
    for name, value in fields.items():
        try:
            fields[name] = read_value(name, value)
        except CannotBe:
            fields[name] = getattr(_BLANK, name)
    return fields


def _parsed(text: str) -> ParsedRecord:
    try:
        return read_pasted(text)
    except UnreadableFile as error:
        raise CannotRead(str(error), field="pasted") from error


def _known(same: list[Record]) -> str:
    first = same[0]
    others = f" and {len(same) - 1} more" if len(same) > 1 else ""
    return (
        f"The review has this already: record {first.pk}, {first.citation}, from {first.search}{others}. Nothing was "
        "added. Added all the same it becomes a duplicate, or a pair to decide, and its source is counted, too."
    )
