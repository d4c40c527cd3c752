"""The filter for randomised trials in a review: what goes, what never goes, and the way back."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from reviews import jobs
from reviews.models import AuditEvent
from screening.models import AutomaticRemoval, RemovedRecord
from screening.queue import queue
from screening.services import NotAllowed, begin_pilot, removals
from screening.services.design_filter import NoSuchRule, NothingGoes, apply_filter, look
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db
COHORT = (
    "We followed 2,300 nurses for ten years and asked them about their sleep. Insomnia was associated with a higher "
    "incidence of depression, also after adjustment for age and smoking in the regression model."
)


@pytest.fixture
def cohort(review):
    return make_record(review, "Sleep of nurses", abstract=COHORT)


@pytest.fixture
def trial(review):
    return make_record(review, "Sleep of teachers", abstract=f"{COHORT} Teachers were randomised to tea.")


def test_it_takes_out_what_has_no_word_of_a_trial(review, ana, ben, cohort, trial):
    bare = make_record(review, "Sleep of cooks")
    typed = make_record(review, "Tea", abstract=COHORT, extra={"PT": ["Randomized Controlled Trial"]})
    registered = make_record(review, "Tea", abstract=COHORT, type="register")
    found = look(review=review)
    assert (found.total, found.going, found.sample) == (5, (cohort.pk,), (cohort.pk,))
    assert found.stays == {
        "words of a trial": 1,
        "no abstract to judge by": 1,
        "publication type": 1,
        "from a trial register": 1,
    }
    removal = apply_filter(review=review, by=ana, why="The protocol wants trials")
    assert removal.kind == AutomaticRemoval.Kind.DESIGN
    assert removal.numbers == found.numbers()
    assert "1 record was marked as ineligible by an automation tool" in removal.sentence
    assert set(queue(review, TA, ben)) == {trial, bare, typed, registered}
    assert AuditEvent.objects.filter(verb="screening.records_removed").count() == 1
    with pytest.raises(NothingGoes):
        apply_filter(review=review, by=ana)


def test_what_somebody_voted_on_stays_and_what_is_shown_before_does_not_tell_it(
    review, ana, ben, vote, cohort
):
    other = make_record(review, "Sleep of pilots", abstract=COHORT)
    before = look(review=review)
    vote(ben, cohort, "exclude")
    assert look(review=review) == before
    removal = apply_filter(review=review, by=ana)
    assert [row.record for row in removal.removed.all()] == [other]


def test_what_people_read_together_stays(review, ana, ben, cleo, cohort):
    begin_pilot(review=review, stage=TA, size=1, people=[ben, cleo], by=ana)
    assert look(review=review).total == 0


def test_all_come_back_or_one(review, ana, ben, cohort):
    other = make_record(review, "Sleep of pilots", abstract=COHORT)
    removal = apply_filter(review=review, by=ana)
    assert not queue(review, TA, ben)
    removals.bring_back(record=cohort, by=ana)
    assert list(queue(review, TA, ben)) == [cohort]
    removals.undo(removal=removal, by=ana)
    assert set(queue(review, TA, ben)) == {cohort, other}
    assert not RemovedRecord.objects.live().exists()


def test_only_who_amends_the_protocol_and_only_known_rules(review, ana, ben, cohort):
    with pytest.raises(NotAllowed):
        apply_filter(review=review, by=ben)
    with pytest.raises(NoSuchRule, match="widest, sensitive, precise"):
        look(review=review, rule="best")


def test_the_page_shows_takes_out_and_brings_back(client, review, ana, cohort, trial):
    client.force_login(ana)
    page = reverse("screening:automation", args=[review.slug])
    client.post(reverse("screening:filter_look", args=[review.slug]), {"rule": "widest", "animals": "on"})
    jobs.perform(review.jobs.get(task="screening.look_design").pk)
    assert "Sleep of nurses" in client.get(page).content.decode()
    assert "Take 1 record out" in client.get(page).content.decode()
    apply = reverse("screening:filter_apply", args=[review.slug])
    assert client.post(apply, {"rule": "widest", "animals": "on"}).status_code == 422  # without a reason
    client.post(apply, {"rule": "widest", "animals": "on", "why": "Trials alone"})
    jobs.perform(review.jobs.get(task="screening.apply_design").pk)
    removal = AutomaticRemoval.objects.get()
    listed = reverse("screening:filtered", args=[review.slug, removal.pk])
    assert "none of the words of a trial" in client.get(listed, {"q": "nurses"}).content.decode()
    client.post(reverse("screening:filter_back", args=[review.slug, removal.removed.get(record=cohort).pk]))
    assert "All are back" in client.get(listed).content.decode()
    client.post(reverse("screening:filter_undo", args=[review.slug, removal.pk]))
    assert "taken back by Ana" in client.get(page).content.decode()


def test_programs_and_the_shell_do_the_same(as_user, review, ana, cohort, trial, capsys):
    base, client = f"/api/reviews/{review.slug}/design-filter", as_user(ana)
    call_command("filter_design", "--review", review.slug, "--json")
    assert json.loads(capsys.readouterr().out)["sample"] == [cohort.pk]
    job = client.post(f"{base}/apply/", {"why": "Trials alone"}, content_type="application/json")
    jobs.perform(job.json()["job"])
    (use,) = client.get(f"{base}/").json()["results"]
    assert (use["taken"], use["out"], use["why"]) == (1, 1, "Trials alone")
    (gone,) = client.get(f"{base}/{use['id']}/records/").json()
    assert gone["record"] == cohort.pk
    one = {"record": cohort.pk}
    back = client.post(f"{base}/{use['id']}/bring-back/", one, content_type="application/json")
    assert back.json()["out"] == 0
    call_command("filter_design", "--review", review.slug, "--undo", "--json")
    assert json.loads(capsys.readouterr().out)["out"] == 0
