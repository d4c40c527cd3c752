"""Two reports of one study: linked under Duplicates, offered when studies are grouped, undone with one click."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from records.models import DuplicateCandidate
from reporting.prisma import flow_counts
from screening.linked import linked, other_reports
from screening.models import Report, Study
from screening.services import NotEligible, group_linked, group_reports, separate_report, undo_grouping
from tests.factories import make_arms, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(review, record, ana):
    other = make_record(review, "Conference abstract of it", authors=["Nakagawa, A."], year=2016)
    return DuplicateCandidate.objects.create(
        review=review, left=record, right=other, score=0.6, rule="x", state="linked", decided_by=ana
    )


@pytest.fixture
def studies(pair, include):
    return [include(record) for record in pair.records]


def test_it_is_offered_when_both_are_studies(review, pair, include, ana):
    assert linked(review) == []
    include(pair.left)
    assert linked(review) == []
    include(pair.right)
    (link,) = linked(review)
    assert link.pair == pair
    assert other_reports(pair.left) == [pair.right]
    assert other_reports(pair.right) == [pair.left]


def test_grouped_and_undone_everything_is_as_before(review, pair, studies, ben):
    before = sorted(Study.objects.values_list("label", flat=True))
    counts = flow_counts(review)
    study, event = group_linked(review=review, pair=pair, by=ben)
    assert study == studies[0]
    assert (study.reports.count(), Study.objects.count()) == (2, 1)
    assert linked(review) == []
    grouped = flow_counts(review)
    assert (grouped.studies, grouped.reports, grouped.problems()) == (1, 2, [])
    undo_grouping(review=review, event=event, by=ben)
    assert sorted(Study.objects.values_list("label", flat=True)) == before
    assert list(Report.objects.values_list("is_main", flat=True)) == [True, True]
    assert flow_counts(review) == counts
    assert len(linked(review)) == 1
    with pytest.raises(NotEligible, match="nothing to undo"):
        undo_grouping(review=review, event=event, by=ben)


def test_the_study_with_data_stays(review, pair, studies, ben):
    make_arms(studies[1])
    study, event = group_linked(review=review, pair=pair, by=ben)
    assert study == studies[1]
    undo_grouping(review=review, event=event, by=ben)
    assert Study.objects.count() == 2
    make_arms(Report.objects.get(record=pair.left).study)
    with pytest.raises(NotEligible, match="data hang on it"):
        group_linked(review=review, pair=pair, by=ben)
    assert Study.objects.count() == 2


def test_whole_studies_come_together(review, pair, studies, include, ben):
    third = include(make_record(review, "A third report"))
    group_reports(review=review, study=studies[1], reports=third.reports.all(), by=ben)
    study, event = group_linked(review=review, pair=pair, by=ben)
    assert (study, study.reports.count()) == (studies[1], 3)
    undo_grouping(review=review, event=event, by=ben)
    assert sorted(each.reports.count() for each in Study.objects.all()) == [1, 2]


def test_what_was_moved_on_is_not_undone(review, pair, studies, ben):
    _, event = group_linked(review=review, pair=pair, by=ben)
    separate_report(review=review, report=Report.objects.get(record=pair.right), by=ben)
    with pytest.raises(NotEligible, match="moved on since"):
        undo_grouping(review=review, event=event, by=ben)


def test_a_duplicate_stands_for_its_group(review, pair, studies, ben):
    twin = make_record(review, "Again", duplicate_of=pair.right)
    DuplicateCandidate.objects.filter(pk=pair.pk).update(right=twin)
    assert [link.pair for link in linked(review)] == [pair]
    assert other_reports(pair.left) == [pair.right]


def test_pages_offer_it_and_undo_it(review, pair, studies, as_user, ben, stan, eve):
    client, page = as_user(ben), reverse("screening:studies", args=["trd"])
    assert "Linked reports found" in client.get(page).text
    assert "Group them" not in as_user(stan).get(page).text
    url = reverse("screening:linked_group", args=["trd", pair.pk])
    assert as_user(stan).post(url).status_code == 403
    assert as_user(eve).post(url).status_code == 404
    done = client.post(url, follow=True)
    assert "They are reports of" in done.text
    event = review.events.get(verb="screening.reports_grouped")
    undo = reverse("screening:grouping_undo", args=["trd", event.pk])
    assert undo in done.text
    assert "Linked reports found" in client.post(undo, follow=True).text
    assert (
        "Another report of this study"
        in client.get(reverse("screening:record", args=["trd", pair.left.pk])).text
    )
    refused = client.post(undo, follow=True)
    assert "nothing to undo" in refused.text


def test_the_api_and_the_command_do_the_same(review, pair, studies, as_user, ana, ben):
    api, base = as_user(ben), "/api/reviews/trd/studies/"
    assert api.get(f"{base}linked/").json()[0]["pair"] == pair.pk
    done = api.post(f"{base}group-linked/", {"pair": pair.pk}, content_type="application/json").json()
    assert done["study"] == studies[0].pk
    back = api.post(f"{base}undo-grouping/", {"grouping": done["grouping"]}, content_type="application/json")
    assert len(back.json()) == 1
    out = StringIO()
    call_command("group_linked", "--review", "trd", "--json", stdout=out)
    (grouped,) = json.loads(out.getvalue())["grouped"]
    assert Study.objects.count() == 1
    call_command("group_linked", "--review", "trd", "--undo", grouped["grouping"], stdout=out)
    assert Study.objects.count() == 2
    with pytest.raises(CommandError, match="has no grouping"):
        call_command("group_linked", "--review", "trd", "--undo", "99999999")
