"""A living review: a search is run again, its file is compared with all from before, only what is new is screened.

The whole way through the services people use: import, de-duplication, votes, full text, studies; then the diagram
of the update, what is left for a reviewer, and what changed.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from records.models import Record
from records.services import import_file
from reporting.changes import changes_since
from reporting.prisma import flow_counts, rows_behind
from reporting.services.versions import close_version, withdraw_version
from screening.models import Decision, FullText, Stage, Study
from screening.queue import progress
from screening.services import cast_vote
from tests.factories import make_search

pytestmark = pytest.mark.django_db
ENTRY = (
    "TY  - JOUR\nTI  - {title}\nAU  - {author}\nPY  - {year}\nJO  - Journal of Trials\nDO  - {doi}\nER  - \n"
)
KNOWN_INCLUDED = {"title": "Walking for sleep", "author": "Ito, Ken", "year": 2020, "doi": "10.1000/walk"}
KNOWN_EXCLUDED = {"title": "Mice that rest", "author": "Roy, Ana", "year": 2019, "doi": "10.1000/mice"}
NEW_INCLUDED = {"title": "Swimming for sleep", "author": "Lima, Eva", "year": 2025, "doi": "10.1000/swim"}
NEW_EXCLUDED = {"title": "Rats in the dark", "author": "Berg, Jon", "year": 2026, "doi": "10.1000/rats"}


@pytest.fixture
def bring(review, ana, work):
    def bring(search, name, *entries):
        text = "".join(ENTRY.format(**entry) for entry in entries)
        import_file(review=review, search=search, by=ana, file=SimpleUploadedFile(name, text.encode()))
        work()

    return bring


def decide(record: Record, people, vote: str, stage: str = Stage.TITLE_ABSTRACT) -> None:
    for person in people:
        cast_vote(review=record.review, record=record, stage=stage, reviewer=person, vote=vote)


def include(record: Record, people) -> None:
    decide(record, people, "include")
    FullText.objects.filter(record=record).update(state=FullText.State.RETRIEVED)
    decide(record, people, "include", Stage.FULL_TEXT)


def by_doi(review, doi: str) -> Record:
    return review.records.unique().get(doi=doi)


def test_an_update_from_the_second_search_to_what_changed(review, ana, ben, cleo, bring):
    medline, people = make_search(review, "MEDLINE"), (ben, cleo)
    bring(medline, "first.ris", KNOWN_INCLUDED, KNOWN_EXCLUDED)
    include(by_doi(review, "10.1000/walk"), people)
    decide(by_doi(review, "10.1000/mice"), people, "exclude")
    version = close_version(review=review, by=ana, label="Searches to 2024")
    assert flow_counts(review).has_previous is False, "nothing came since, so it is still the review itself"

    bring(medline, "again.ris", KNOWN_INCLUDED, KNOWN_EXCLUDED, NEW_INCLUDED, NEW_EXCLUDED)
    assert progress(review, Stage.TITLE_ABSTRACT, ben).left == 2, "only what is new is screened"
    assert Decision.objects.filter(record__doi="10.1000/mice").count() == 2, "decisions of before stay"
    include(by_doi(review, "10.1000/swim"), people)
    decide(by_doi(review, "10.1000/rats"), people, "exclude")

    counts = flow_counts(review)
    assert (counts.previous_studies, counts.previous_reports) == (1, 1)
    assert list(counts.databases) == [("MEDLINE", 4)]
    assert (counts.duplicates, counts.screened, counts.excluded) == (2, 2, 1)
    assert (counts.studies, counts.reports, counts.total_studies) == (1, 1, 2)
    assert counts.problems() == []
    assert [one.doi for one in rows_behind(review, "screened")] == ["10.1000/swim", "10.1000/rats"]
    whole = flow_counts(review, whole=True)
    assert (whole.previous_studies, whole.screened, whole.studies) == (0, 4, 2)
    assert whole.problems() == []

    changes = changes_since(version)
    newcomer = Study.objects.get(reports__record__doi="10.1000/swim")
    assert [one["label"] for one in changes.studies_new] == [newcomer.label]
    assert changes.studies_gone == []
    withdraw_version(version=version, by=ana)
    assert flow_counts(review).has_previous is False
