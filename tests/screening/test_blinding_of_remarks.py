"""The blinding rule as an attack on labels and notes: ben opens everything before and after cleo writes and labels.

Nothing he is answered may change while the record is not complete: pages, counts, filters, history, API, exports.
"""

import re

import pytest

from screening.models import Labelling, Note
from screening.services.labellings import label_many, put_label, take_label
from screening.services.labels import make_label
from screening.services.notes import change_note, remove_note, write_note
from tests.factories import make_record
from tests.screening.conftest import TA
from tests.screening.test_blinding import addresses, differing, everything_seen, showing

pytestmark = pytest.mark.django_db


def remark_paths(record, label) -> list[str]:
    """What ``addresses`` has no numbers for: the rows cleo is about to make, and filters by label."""
    last = {
        "notes": max([0, *Note.objects.values_list("pk", flat=True)]),
        "labellings": max([0, *Labelling.objects.values_list("pk", flat=True)]),
    }
    paths = [f"/api/reviews/trd/{name}/{pk + number}/" for name, pk in last.items() for number in range(1, 5)]
    paths += [f"/reviews/trd/notes/{last['notes'] + number}/" for number in range(1, 5)]
    paths += [f"/reviews/trd/notes/{last['notes'] + number}/answer/" for number in range(1, 5)]
    paths += [f"/api/reviews/trd/{name}/?record={record.pk}" for name in last]
    paths += [f"/api/reviews/trd/labellings/?label={label.pk}", f"/reviews/trd/records/?label={label.pk}"]
    paths += [f"/reviews/trd/records/?has={what}" for what in ("note", "label")]
    paths += ["/reviews/trd/labels/", "/reviews/trd/screening/asked/?show=mentions", "/reviews/trd/history/"]
    paths += [f"/reviews/trd/exports/{what}.csv" for what in ("records", "notes", "decisions")]
    return paths


def steady(seen):
    """Without what changes with every request in JSON; a workbook holds the time it was made."""
    fields = r'name=\\"(?:csrfmiddlewaretoken|key|shown)\\" value=\\"[^"]+"|"csrf": "[^"]+"'
    return {
        path: (status, re.sub(fields, "", text))
        for path, (status, text) in seen.items()
        if ".xlsx" not in path
    }


def test_labels_and_notes_of_a_colleague_change_nothing_that_is_answered(
    review, record, ben, cleo, as_user, vote
):
    make_record(review)
    label = make_label(review=review, by=cleo, name="quagga")
    put_label(review=review, label=label, record=record, by=ben)
    write_note(review=review, record=record, by=ben, text="my own")
    vote(ben, record, "include")
    client = as_user(ben)
    ours = (
        "/records",
        "/screen",
        "/labels",
        "/notes",
        "/terms",
        "/history",
        "/asked",
        "/progress",
        "/overview",
    )
    everywhere = [path for path in addresses(record) if any(word in path for word in ours)]
    paths = [
        *remark_paths(record, label),
        *(path for path in everywhere if "full_text" not in path and "q=" not in path),
    ]
    before = everything_seen(client, paths)

    put_label(review=review, label=label, record=record, by=cleo)
    mine = make_label(review=review, by=cleo, name="zebra-crossing", private=True)
    label_many(review=review, label=mine, records=review.records.all(), by=cleo)
    note = write_note(review=review, record=record, by=cleo, text="zebra-crossing @Ben")
    change_note(note=note, by=cleo, text="zebra-crossing again @Ben")
    write_note(review=review, record=record, by=cleo, text="zebra-crossing", audience="private")
    remove_note(note=write_note(review=review, record=record, by=cleo, text="zebra-crossing"), by=cleo)
    take_label(review=review, label=mine, record=record, by=cleo)
    vote(cleo, record, "exclude")

    after = everything_seen(client, paths)
    assert showing(after) == []
    assert differing(steady(before), steady(after)) == []
    assert len([path for path, (status, _) in before.items() if status == 200]) > 30


def test_a_question_to_a_third_person_changes_nothing_either(review, record, ana, ben, cleo, as_user):
    client = as_user(ben)
    label = make_label(review=review, by=ana, name="quagga")
    paths = [
        *remark_paths(record, label),
        f"/reviews/trd/screen/{TA}/{record.pk}/",
        f"/reviews/trd/records/{record.pk}/",
    ]
    before = everything_seen(client, paths)
    write_note(review=review, record=record, by=cleo, text="zebra-crossing", audience="asked", asked=ana)
    after = everything_seen(client, paths)
    assert differing(before, after) == []
