"""A version is closed, an update follows, and what changed is told; by page, program and command."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from reporting.models import Version
from reporting.services.versions import VersionRefused, close_version, restore_version, withdraw_version
from reviews.models import AuditEvent
from screening.models import Report, Stage, Study, Verdict
from tests.factories import make_batch, make_record, make_search
from tests.reporting.conftest import include_title, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def update(review, ana, flowing):
    """A closed version, then one more study from a new search."""
    version = close_version(review=review, by=ana, label="Searches to May 2024", note="Published in May")
    batch = make_batch(review, make_search(review, "PsycINFO"))
    record = make_record(review, "A new trial", batch=batch)
    make_record(review, "Waits for screening", batch=batch)
    include_title(record)
    settle(record, Stage.FULL_TEXT, Verdict.State.INCLUDED)
    study = Study.objects.create(review=review, label="Newcomer 2025")
    Report.objects.create(study=study, record=record, is_main=True)
    return version


def test_a_version_keeps_what_the_review_said(review, ana, flowing):
    version = close_version(review=review, by=ana, label="  First   version ")
    assert (version.number, version.label) == (1, "First version")
    assert [one["label"] for one in version.state["studies"]] == ["Site 2018", "Trial 2017"]
    assert version.state["flow"]["total_reports"] == 3
    assert AuditEvent.objects.get(verb="reporting.version_closed").detail["studies"] == 2


@pytest.mark.parametrize("label", ["", "   ", "x" * 121])
def test_a_version_needs_a_name_of_a_length(review, ana, flowing, label):
    with pytest.raises(VersionRefused):
        close_version(review=review, by=ana, label=label)


def test_an_empty_review_has_no_version_to_close(review, ana):
    with pytest.raises(VersionRefused, match="No study is included yet"):
        close_version(review=review, by=ana, label="First")


def test_only_the_newest_is_taken_back_and_brought_back(review, ana, flowing):
    first, second = (close_version(review=review, by=ana, label=name) for name in ("One", "Two"))
    with pytest.raises(VersionRefused, match="Version 2 came after"):
        withdraw_version(version=first, by=ana)
    withdraw_version(version=second, by=ana)
    with pytest.raises(VersionRefused, match="already"):
        withdraw_version(version=second, by=ana)
    withdraw_version(version=first, by=ana)
    restore_version(version=second, by=ana)
    with pytest.raises(VersionRefused, match="Another version"):
        restore_version(version=first, by=ana)
    third = close_version(review=review, by=ana, label="Three")
    assert third.number == 3, "a number is never given again"


def test_the_page_says_what_changed(review, ana, ben, update, as_user):
    listed = as_user(ben).get(reverse("reporting:versions", args=[review.slug])).content.decode()
    assert "Searches to May 2024" in listed
    assert "1 new study." in listed
    assert "Close the version" not in listed, "a reviewer may look only"
    page = as_user(ben).get(reverse("reporting:changes", args=[review.slug, 1])).content.decode()
    assert "Newcomer 2025" in page
    assert "Records identified from databases and registers" in page
    assert as_user(ben).post(reverse("reporting:version_close", args=[review.slug])).status_code == 403


def test_a_version_is_closed_by_page_program_and_command(review, ana, flowing, as_user, capsys):
    client = as_user(ana)
    url = reverse("reporting:version_close", args=[review.slug])
    assert client.post(url, {"label": ""}).status_code == 422
    assert client.post(url, {"label": "By page"}, follow=True).status_code == 200
    made = client.post(reverse("reporting-versions-list", args=[review.slug]), {"label": "By program"})
    assert (made.status_code, made.json()["number"]) == (201, 2)
    call_command("close_version", "--review", review.slug, "--label", "By command", "--json")
    assert json.loads(capsys.readouterr().out)["version"] == 3
    assert list(Version.objects.values_list("label", flat=True)) == ["By page", "By program", "By command"]


def test_changes_for_programs_and_by_command(review, ana, update, as_user, capsys):
    url = reverse("reporting-versions-changes", args=[review.slug, 1])
    found = as_user(ana).get(url).json()
    assert [one["label"] for one in found["studies_new"]] == ["Newcomer 2025"]
    close_version(review=review, by=ana, label="Two")
    assert as_user(ana).get(url, {"until": 2}).json()["in_short"] == "1 new study."
    assert as_user(ana).get(url, {"until": 9}).status_code == 404
    assert as_user(ana).get(url, {"until": "x"}).status_code == 404
    call_command("what_changed", "--review", review.slug, "--since", "1", "--until", "2")
    assert "New study: Newcomer 2025" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Versions: 1, 2"):
        call_command("what_changed", "--review", review.slug, "--since", "7")


def test_taken_back_by_page_program_and_command(review, ana, flowing, as_user, capsys):
    close_version(review=review, by=ana, label="One")
    client = as_user(ana)
    client.post(reverse("reporting:version_withdraw", args=[review.slug, 1]))
    assert Version.objects.get().withdrawn_at
    client.post(reverse("reporting:version_restore", args=[review.slug, 1]))
    assert Version.objects.get().withdrawn_at is None
    answer = client.post(reverse("reporting-versions-withdraw", args=[review.slug, 1]))
    assert answer.json()["withdrawn_at"]
    call_command("withdraw_version", "--review", review.slug, "--number", "1", "--restore")
    assert "stands again" in capsys.readouterr().out
    again = client.post(reverse("reporting-versions-restore", args=[review.slug, 1]))
    assert again.status_code == 422
