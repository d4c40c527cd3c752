"""The page of the flow: of now, refreshed when a number changed; of a past day; of an update; corrected by hand."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from reporting.models import Adjustment, Version
from reporting.services.adjustments import adjust
from reviews.services import amend_protocol
from screening.services import cast_vote
from tests.factories import make_batch, make_record
from tests.reporting.test_adjustments import WHY


def page(client, where, review, *args, **query):
    return client.get(reverse(f"reporting:{where}", args=[review.slug, *args]), query)


def test_of_a_day_everything_is_of_that_day(review, ana, flowing, as_user):
    client, day = as_user(ana), (timezone.localdate() - timedelta(days=3)).isoformat()
    told = page(client, "prisma", review, as_of=day).content.decode()
    assert "told by the history" in told
    assert f"/prisma/records/databases/?as_of={day}" in told
    assert f"flow.svg?as_of={day}" in told
    assert "hx-get" not in told.split("flow-figure")[1]  # the past is not refreshed
    assert "No records" in page(client, "box", review, "databases", as_of=day).content.decode()
    assert (
        f'href="{reverse("reporting:prisma", args=[review.slug])}?as_of={day}"'
        in page(client, "box", review, "databases", as_of=day).content.decode()
    )
    svg = page(client, "prisma_file", review, "svg", as_of=day).content.decode()
    assert "Records screened" in svg
    assert "(n = 5)" not in svg
    assert (
        page(client, "prisma", review, as_of=timezone.localdate().isoformat()).context["asked"].as_of is None
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"as_of": "yesterday"}, "is not a day or time"),
        ({"as_of": "2026-02-31"}, "day is out of range"),
        ({"as_of": "2999-01-01"}, "choose today or a day since 1970"),
        ({"as_of": "0001-01-01T00:00+14:00"}, "choose today or a day since 1970"),
        ({"as_of": f"{timezone.now() + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"}, "still to come"),
        ({"since": "7"}, "There is no version 7"),
        ({"since": "abc"}, "There is no version abc"),
    ],
)
def test_a_day_that_cannot_be_is_said_and_the_present_shown(review, ana, flowing, as_user, query, says):
    for name, args in (("prisma", ()), ("box", ("databases",))):
        answer = page(as_user(ana), name, review, *args, **query)
        assert answer.status_code == 422
        assert says in answer.content.decode()
    assert page(as_user(ana), "prisma_file", review, "svg", **query).status_code == 404
    assert as_user(ana).get(f"/api/reviews/{review.slug}/prisma/", query).status_code == 422


def live(client, review, context, **query):
    return page(client, "prisma_live", review, seen=context["event"], mark=context["mark"], **query)


def test_the_page_changes_only_when_a_number_did(review, ana, ben, cleo, flowing, as_user):
    client = as_user(ana)
    context = page(client, "prisma", review).context
    assert live(client, review, context).status_code == 204
    voting = {"review": review, "record": flowing.waiting, "stage": "title_abstract", "vote": "exclude"}
    cast_vote(reviewer=ben, **voting)
    assert live(client, review, context).status_code == 204  # nobody is told of a vote
    assert page(client, "prisma", review).context["event"] == context["event"]
    amend_protocol(review=review, by=ana, changes={"registry": "PROSPERO"})
    answer = live(client, review, context)
    assert answer.status_code == 200
    assert b"hx-swap-oob" not in answer.content  # something happened, but no number changed
    cast_vote(reviewer=cleo, **voting)
    answer = live(client, review, answer.context)
    assert answer.content.count(b'hx-swap-oob="true"') == 4
    assert b"The numbers changed." in answer.content
    assert answer.context["counts"].excluded == 2
    assert live(client, review, answer.context).status_code == 204


def test_an_update_is_shown_and_the_whole_review_offered(review, ana, flowing, as_user):
    Version.objects.create(review=review, number=1, label="Searches to May")
    make_record(review, "New", batch=make_batch(review, flowing.medline.search))
    client = as_user(ana)
    told = page(client, "prisma", review)
    assert "The update of Version 1: Searches to May" in told.content.decode()
    assert told.context["counts"].identified == 1
    assert "?since=whole" in told.content.decode()
    whole = page(client, "prisma", review, since="whole")
    assert whole.context["counts"].identified == 8
    assert "since=whole&amp;seen=" in whole.content.decode()
    assert page(client, "prisma", review, since="1").context["counts"].previous_studies == 2
    day = (timezone.localdate() - timedelta(days=3)).isoformat()
    assert "was closed after" in page(client, "prisma", review, since="1", as_of=day).content.decode()


def test_a_number_is_corrected_from_its_row_and_marked(review, ana, ben, flowing, as_user):
    client = as_user(ana)
    told = page(client, "prisma", review).content.decode()
    form = reverse("reporting:adjustments", args=[review.slug])
    assert f'href="{form}?key=databases&amp;name=MEDLINE"' in told
    assert "key=awaiting_screening" not in told
    assert (
        'value="MEDLINE"'
        in page(client, "adjustments", review, key="databases", name="MEDLINE").content.decode()
    )
    add = reverse("reporting:adjustment_add", args=[review.slug])
    given = {"key": "databases", "name": "MEDLINE", "amount": "3", "reason": WHY}
    assert client.post(add, given | {"reason": ""}).status_code == 422
    assert client.post(add, given | {"name": ""}).status_code == 422
    assert client.post(add, given, follow=True).redirect_chain
    told = page(client, "prisma", review).content.decode()
    assert f"† 4 counted: {WHY}" in told
    assert "The numbers do not add up." in told
    made = Adjustment.objects.get()
    undo = reverse("reporting:adjustment_withdraw", args=[review.slug, made.pk])
    assert as_user(ben).post(undo).status_code == 403
    assert WHY in page(as_user(ben), "adjustments", review).content.decode()
    assert "taken back" in client.post(undo, follow=True).content.decode()
    assert "already" in client.post(undo, follow=True).content.decode()
    assert flowing.medline.search.review.adjustments.live().count() == 0


def test_reasons_cannot_break_the_page(review, ana, flowing, as_user):
    adjust(
        review=review,
        by=ana,
        key="databases",
        name="<b>X&Y</b>",
        amount=3,
        reason="<script>alert(1)</script>",
    )
    told = page(as_user(ana), "prisma", review).content.decode()
    assert "<script>alert" not in told
    assert "&lt;script&gt;" in told
    link = f"{reverse('reporting:box', args=[review.slug, 'databases'])}?name=%3Cb%3EX%26Y%3C%2Fb%3E"
    assert link in told
    assert as_user(ana).get(link).status_code == 200
