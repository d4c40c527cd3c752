"""What the tests of this room share: search result files, and short ways to bring them in."""

import itertools
import re
from collections.abc import Iterable

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from records.dedup import Pair
from records.models import DuplicateCandidate, ImportBatch, Record
from records.services import deduplication, import_file, undo_import, what_undo_loses
from reviews.models import AuditEvent, Review
from tests.factories import join, make_batch, make_record, make_search, make_user

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
CUT_XML = b"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>
<ArticleTitle>A trial of rest</ArticleTitle></Article></MedlineCitation></PubmedArticle><PubmedArticle><Medline"""
NO_RECORD = b"title,authors,year,doi\n"
NOTHING_IN_IT = b"TY  - JOUR\nER  - \n"
_words = itertools.cycle(
    ["lithium", "ketamine", "sleep", "yoga", "music", "diet", "zinc", "massage", "dance"]
)


def ris(*entries: dict | str) -> bytes:
    """A RIS file; an entry is a title or ``{tag: value or values}``."""
    out = []
    for entry in entries:
        tags = {"TI": entry} if isinstance(entry, str) else entry
        out.append("TY  - JOUR")
        for tag, values in tags.items():
            out += [f"{tag}  - {value}" for value in ([values] if isinstance(values, str) else values)]
        out += ["ER  - ", ""]
    return "\n".join(out).encode()


def many(count: int, start: int = 0) -> Iterable[bytes]:
    """``count`` RIS entries that do not resemble each other, one at a time."""
    for number in range(start, start + count):
        yield ris(
            {
                "TI": f"Trial {number * 7919 % 100003} of {next(_words)} against {next(_words)} {number}",
                "AU": [f"Author{number}, Ann", f"Second{number * 31 % 977}, Bo"],
                "PY": str(1980 + number % 40),
                "VL": str(number % 90),
                "SP": str(number * 13 % 9999),
                "AB": f"Background {number}. " + "We randomised adults to one of two groups. " * 30,
            }
        )


def uploaded(data: bytes, name: str = "medline.ris") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def events_of(review: Review, verb: str) -> list[AuditEvent]:
    return [*review.events.filter(verb=verb)]


def stored_files() -> list[str]:
    """The files below MEDIA_ROOT."""
    root = settings.MEDIA_ROOT
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def pair(left: Record, right: Record, **fields) -> DuplicateCandidate:
    """A pair of records, waiting for a person unless told otherwise."""
    left, right = sorted((left, right), key=lambda record: record.pk)
    values = {"score": 0.8, "rule": "title and year", "reasons": ["same title", "same year"]} | fields
    return DuplicateCandidate.objects.create(review=left.review, left=left, right=right, **values)


def undo(batch, by) -> ImportBatch:
    """Undo an import, saying yes to whatever is lost."""
    return undo_import(batch=batch, by=by, confirm=what_undo_loses(batch).confirm)


def text(response) -> str:
    """What a person reads on the page, in one line."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def said(client, response) -> str:
    return text(client.get(response.url))


@pytest.fixture
def to(review):
    """``to("upload")`` is the address of a page of this review."""

    def address(name: str, *args) -> str:
        return reverse(f"records:{name}", args=[review.slug, *args])

    return address


@pytest.fixture
def librarian(review):
    return join(review, make_user("lib"), "librarian").user


@pytest.fixture
def observer(review):
    return join(review, make_user("olaf"), "observer").user


@pytest.fixture
def search(review):
    return make_search(review)


@pytest.fixture
def bring_in(review, search, ana, work, django_capture_on_commit_callbacks):
    """``bring_in(data)`` imports the file and does all the work it leads to; returns the batch."""

    def bring(data: bytes, name: str = "medline.ris", **more):
        given = {"review": review, "search": search, "by": ana, "file": uploaded(data, name)} | more
        with django_capture_on_commit_callbacks(execute=True):
            batch = import_file(**given)
        work()
        batch.refresh_from_db()
        return batch

    return bring


@pytest.fixture
def two_pairs(review):
    """Two pairs that wait for a person: (most alike, less alike)."""
    batch = make_batch(review)
    records = [
        make_record(review, title, batch=batch) for title in ("A trial", "A Trial.", "Rest", "Rest cure")
    ]
    return pair(records[0], records[1], score=0.9), pair(records[2], records[3], score=0.6)


@pytest.fixture
def three(review):
    return [make_record(review, f"A trial {number}") for number in range(3)]


@pytest.fixture
def looks_alike(monkeypatch):
    """``looks_alike({(left, right): score})`` decides which pairs the comparison finds."""

    def set_scores(scores):
        def find_pairs(records, *, against=None, **how):
            new = {record.id for record in records}
            here = new | {record.id for record in against or ()}
            found = [
                Pair(*sorted((left.pk, right.pk)), score, "rule", ("reason",))
                for (left, right), score in scores.items()
                if {left.pk, right.pk} <= here and {left.pk, right.pk} & new
            ]
            return sorted(found, key=lambda found: -found.score)

        monkeypatch.setattr(deduplication, "find_pairs", find_pairs)

    return set_scores
