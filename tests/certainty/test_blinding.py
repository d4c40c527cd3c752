"""A colleague's rating is nowhere before its time: pages, files, API, commands and history."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from certainty import services
from certainty.models import Grade

MARK = "zebra-crossing"


@pytest.fixture
def secret(finding, ben, draft):
    """Ben's complete rating, whose footnote nobody else may read."""
    grade = draft(ben)
    grade = services.rate(
        grade=grade, domain="indirectness", change=-2, by=ben, seen_version=grade.version, reason=MARK
    )
    return services.complete_grade(grade=grade, by=ben, seen_version=grade.version)


def places(review, finding, grade):
    slug = review.slug
    pages = [
        *(reverse(f"certainty:{name}", args=[slug]) for name in ("findings",)),
        *(reverse(f"certainty:{name}", args=[slug, finding.pk]) for name in ("finding", "compare")),
        reverse("certainty:grade", args=[slug, grade.pk]),
        *(reverse("certainty:table", args=[slug, kind]) for kind in ("summary", "profile")),
        *(reverse("certainty:table_file", args=[slug, kind, "csv"]) for kind in ("summary", "profile")),
        reverse("reviews:history", args=[slug]),
    ]
    here = f"/api/reviews/{slug}"
    lists = [
        "findings/",
        "grades/",
        "findings/summary/",
        "findings/profile/",
        "findings/agreement/",
        "history/",
    ]
    of_finding = [f"findings/{finding.pk}/{name}" for name in ("", "evidence/", "comparison/")]
    return pages + [f"{here}/{each}" for each in (*lists, *of_finding, f"grades/{grade.pk}/")]


def told(command, *arguments):
    out = StringIO()
    call_command(command, *map(str, arguments), "--json", stdout=out)
    return out.getvalue()


def shown_to(client, paths):
    return [path for path in paths if MARK in client.get(path).content.decode(errors="replace")]


def test_one_complete_rating_shows_nowhere(review, finding, secret, ana, ben, cleo, dora, stan, as_user):
    paths = places(review, finding, secret)
    for colleague in (ana, cleo, dora, stan):
        assert shown_to(as_user(colleague), paths) == []
    assert len(shown_to(as_user(ben), paths)) >= 3
    by = ("--review", review.slug, "--by", cleo.email)
    assert MARK not in told("findings", *by)
    assert MARK not in told("findings", *by, "--id", finding.pk)
    assert MARK not in told("summary_of_findings", *by)


def test_a_rater_with_a_draft_reads_it_only_when_done(
    review, finding, secret, cleo, dora, as_user, complete, draft
):
    mine = draft(dora)
    complete(cleo)
    paths = places(review, finding, secret)
    assert shown_to(as_user(dora), paths) == []
    services.complete_grade(grade=mine, by=dora, seen_version=mine.version)
    assert reverse("certainty:compare", args=[review.slug, finding.pk]) in shown_to(as_user(dora), paths)
    assert Grade.objects.individual().complete().count() == 3
