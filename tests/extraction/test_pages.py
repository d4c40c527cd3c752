"""The usual story: it works, a colleague may, a stranger may not, nonsense is refused, more rows cost no more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from extraction import services
from extraction.models import Arm, Characteristic, Result
from tests.extraction.conftest import EFFECT, EVENTS, MEANS
from tests.factories import make_arms, make_result, make_study


@pytest.fixture
def url(review):
    return lambda name, *args: reverse(f"extraction:{name}", args=[review.slug, *args])


@pytest.fixture
def typed(study, outcome):
    """What a person types into the form of a result."""

    def form(kind="means", **changes):
        experimental, comparator = study.arms.order_by("pk")
        place = {"outcome": outcome.pk, "experimental": experimental.pk, "comparator": comparator.pk}
        numbers = {"means": MEANS, "events": EVENTS, "effect": EFFECT | {"basis": "abstract"}}[kind]
        return place | numbers | {"scale": "HDRS-17", "source": "Table 2, p. 5"} | changes

    return form


def page(answer):
    return answer.content.decode()


def test_from_arms_to_a_verified_result(review, outcome, ben, cleo, as_user, url):
    study = make_study(review, "Fonagy 2015")
    writer, checker = as_user(ben), as_user(cleo)
    assert "Missing" in page(writer.get(url("overview")))
    for label, role in (("Psychoanalysis", "experimental"), ("TAU", "comparator")):
        answer = writer.post(
            url("arm_add", study.pk), {"label": label, "role": role, "n_randomised": 67}, follow=True
        )
        assert label in page(answer)
    writer.post(
        url("characteristic_set", study.pk), {"name": "therapy", "value": "psychoanalytic", "seen": ""}
    )
    blank = page(writer.get(url("result_add", study.pk, "means")))
    assert 'name="sd1"' in blank
    arms = {arm.role: arm.pk for arm in Arm.objects.filter(study=study)}
    answer = writer.post(
        url("result_add", study.pk, "means"), arms | MEANS | {"outcome": outcome.pk}, follow=True
    )
    assert "The result was recorded" in page(answer)
    result = Result.objects.get()

    assert "The numbers match the source" not in page(writer.get(url("result_verify", result.pk)))
    assert "The numbers match the source" in page(checker.get(url("result_verify", result.pk)))
    answer = checker.post(url("result_verify", result.pk), {"seen_version": 1}, follow=True)
    assert "Verified." in page(answer)
    overview = page(checker.get(url("overview")))
    assert "Verified" in overview
    assert "psychoanalytic" in page(checker.get(url("study", study.pk)))


@pytest.mark.parametrize("kind", ["means", "events", "effect"])
def test_each_kind_has_its_form(study, ben, as_user, url, typed, kind):
    answer = as_user(ben).post(url("result_add", study.pk, kind), typed(kind), follow=True)
    assert answer.status_code == 200
    assert Result.objects.get().kind == kind
    assert "Table 2, p. 5" in page(answer)


def test_results_known_only_by_their_effect_are_marked_with_their_basis(study, ben, record, as_user, url):
    record(ben, "effect")
    for text in (page(as_user(ben).get(url("study", study.pk))), page(as_user(ben).get(url("overview")))):
        assert "Effect and SE only" in text
    assert "derived from the abstract" in page(as_user(ben).get(url("study", study.pk)))


@pytest.mark.parametrize(
    ("kind", "change", "sentence"),
    [
        ("means", {"sd1": "0"}, "SD, experimental is 0; it must be above 0."),
        ("means", {"n1": ""}, "n, experimental is missing."),
        ("means", {"mean2": "a lot"}, "which is not a number; write it with a point"),
        ("events", {"events1": "41"}, "more than its n of 40"),
        ("effect", {"basis": ""}, "The basis is missing"),
        ("effect", {"effect_measure": "XYZ"}, "Select a valid choice"),
    ],
)
def test_nonsense_is_refused_beside_its_field_and_what_was_typed_stays(
    study, ben, as_user, url, typed, kind, change, sentence
):
    answer = as_user(ben).post(url("result_add", study.pk, kind), typed(kind, **change))
    assert answer.status_code == 422
    assert sentence in page(answer)
    assert "Table 2, p. 5" in page(answer)
    assert "data-unsaved-now" in page(answer)
    assert not Result.objects.exists()


def test_an_arm_cannot_face_itself(study, ben, as_user, url, typed):
    arm = study.arms.first().pk
    answer = as_user(ben).post(url("result_add", study.pk, "means"), typed(experimental=arm, comparator=arm))
    assert "Choose two different arms." in page(answer)


def test_a_correction_shows_both_versions(ben, cleo, record, as_user, url, typed):
    result = record(ben)
    client = as_user(cleo)
    assert 'value="8.2"' in page(client.get(url("result_correct", result.pk)))
    form = typed(mean1="8.4", why="Misread the table.", seen_version=1)
    answer = client.post(url("result_correct", result.pk), form, follow=True)
    text = page(answer)
    assert "mean, experimental 8.2 → 8.4" in text
    assert "Misread the table." in text
    old = page(client.get(url("result", result.pk)))
    assert "This version was corrected." in old
    answer = client.get(url("result_correct", result.pk))
    assert answer.url == url("result", Result.objects.current().get().pk)


def test_a_correction_of_something_changed_meanwhile_answers_409_and_keeps_what_was_typed(
    ben, cleo, dora, record, as_user, url, typed
):
    result = record(ben, scale="HDRS-17", source="Table 2, p. 5")
    new = services.correct_result(
        result=result, by=cleo, changes={"sd1": 5.1}, why="Typed wrong.", seen_version=1
    )
    form = typed(mean1="8.4", why="Misread the table.", seen_version=1)
    answer = as_user(dora).post(url("result_correct", result.pk), form)
    text = page(answer)
    assert answer.status_code == 409
    assert "Cleo corrected this result in the meantime: SD, experimental 4.7 → 5.1" in text
    assert 'value="8.4"' in text
    assert "Misread the table." in text
    assert f'action="{url("result_correct", new.pk)}"' in text
    assert 'name="seen_version" value="2"' in text
    assert Result.objects.count() == 2


def test_a_result_withdrawn_meanwhile_is_said(ben, cleo, record, as_user, url, typed):
    result = record(ben)
    as_user(cleo).post(url("result_withdraw", result.pk), {"why": "Another trial.", "seen_version": 1})
    form = typed(mean1="8.4", why="Misread.", seen_version=1)
    answer = as_user(ben).post(url("result_correct", result.pk), form, follow=True)
    assert "Cleo withdrew this result in the meantime (Another trial.)" in page(answer)
    assert "Another trial." in page(as_user(ben).get(url("study", result.study_id)))


def test_withdrawing_asks_why(ben, record, as_user, url):
    result = record(ben)
    answer = as_user(ben).post(url("result_withdraw", result.pk), {"why": "", "seen_version": 1})
    assert answer.status_code == 422
    assert Result.objects.current().exists()


def test_another_result_can_be_chosen_for_analyses(ben, record, as_user, url):
    record(ben, scale="HDRS-17")
    second = record(ben, scale="BDI-II")
    answer = as_user(ben).post(url("result_prefer", second.pk), follow=True)
    assert "use this result of Nakagawa 2017 now" in page(answer)
    assert Result.objects.preferred().get() == second


def test_ones_own_result_and_an_old_version_are_not_verified(ben, cleo, record, as_user, url):
    result = record(ben)
    answer = as_user(ben).post(url("result_verify", result.pk), {"seen_version": 1}, follow=True)
    assert "somebody else has to verify it" in page(answer)
    services.correct_result(result=result, by=ben, changes={"n1": 41}, why="Typo", seen_version=1)
    answer = as_user(cleo).post(url("result_verify", result.pk), {"seen_version": "zzz"}, follow=True)
    assert "in the meantime" in page(answer)
    assert not Result.objects.exclude(verified_by=None).exists()


def test_warnings_say_what_to_check(ben, record, as_user, url):
    result = record(ben, values=MEANS | {"sd1": 0.74})
    text = page(as_user(ben).get(url("result", result.pk)))
    assert "0.74 times the root of n = 40 is 4.68" in text
    assert "Whether the source prints SD or SE" in text
    assert "1 warning" in page(as_user(ben).get(url("overview")))


def test_arms_are_mended_on_their_page(study, ben, as_user, url):
    arm = study.arms.first()
    client = as_user(ben)
    form = {"label": "CBT", "role": "experimental", "n_randomised": "", "seen_version": 1}
    assert client.post(url("arm_change", arm.pk), form).status_code == 302
    assert client.post(url("arm_change", arm.pk), form | {"label": "Other"}).status_code == 409
    assert client.post(url("arm_change", arm.pk), form | {"label": ""}).status_code == 422
    assert Arm.objects.get(pk=arm.pk).label == "CBT"
    assert "was removed" in page(client.post(url("arm_remove", arm.pk), follow=True))


def test_a_characteristic_changed_meanwhile_is_not_overwritten(study, ben, cleo, as_user, url):
    services.set_characteristic(study=study, name="therapy", value="CBT", by=cleo)
    form = {"name": "therapy", "value": "MBCT", "seen": ""}
    answer = as_user(ben).post(url("characteristic_set", study.pk), form)
    assert answer.status_code == 409
    assert "it is now ‘CBT’" in page(answer)
    assert "MBCT" in page(answer)
    assert Characteristic.objects.get().value == "CBT"


def test_the_same_arm_twice_is_refused_on_the_page(study, ben, as_user, url):
    answer = as_user(ben).post(url("arm_add", study.pk), {"label": "Therapy", "role": "experimental"})
    assert answer.status_code == 422
    assert "has an arm called &#x27;Therapy&#x27; already" in page(answer)


GET = ["overview", "study", "result", "arm_change", "result_add", "result_correct", "result_verify"]
POST = ["arm_add", "characteristic_set", "arm_remove", "result_withdraw", "result_prefer"]


@pytest.mark.parametrize("name", GET + POST)
def test_a_stranger_finds_nothing_and_a_reader_cannot_write(
    study, record, ben, eve, review, as_user, url, name
):
    from tests.factories import join, make_user

    olga = join(review, make_user("olga"), "observer").user
    result = record(ben)
    args = {"overview": [], "study": [study.pk], "arm_add": [study.pk], "characteristic_set": [study.pk]}
    args |= {"result_add": [study.pk, "means"], "arm_change": [study.arms.first().pk]}
    args |= {"arm_remove": [study.arms.first().pk]}
    address = url(name, *args.get(name, [result.pk]))
    method = "get" if name in GET else "post"
    assert getattr(as_user(eve), method)(address).status_code == 404
    reads = name in {"overview", "study", "result"}
    assert getattr(as_user(olga), method)(address).status_code == (200 if reads else 403)
    assert as_user(ben).get(address).status_code == (200 if name in GET else 405)


def test_another_reviews_rows_are_not_found_here(eve, ben, as_user, url, outcome):
    foreign = make_study(eve.memberships.get().review, "Elsewhere 2020")
    arm, _ = make_arms(foreign)
    client = as_user(ben)
    assert client.get(url("study", foreign.pk)).status_code == 404
    assert client.get(url("arm_change", arm.pk)).status_code == 404
    assert client.get(url("result_add", foreign.pk, "means")).status_code == 404


def test_an_unknown_kind_of_result_is_not_found(study, ben, as_user, url):
    assert as_user(ben).get(url("result_add", study.pk, "survival")).status_code == 404


@pytest.mark.parametrize("name", ["overview", "study", "api"])
def test_ten_more_studies_cost_no_more_queries(review, study, outcome, ben, record, as_user, url, name):
    record(ben)
    address = {
        "overview": url("overview"),
        "study": url("study", study.pk),
        "api": reverse("extraction-results-list", args=[review.slug]),
    }[name]
    client = as_user(ben)
    client.get(address)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    before = count()
    for number in range(10):
        make_result(make_study(review, f"More {number}"), outcome, ben)
        record(ben, scale=f"Scale {number}")
    assert count() <= before


def test_an_empty_form_is_refused_not_ignored(study, ben, record, as_user, url):
    result = record(ben)
    client = as_user(ben)
    for address in (
        url("result_add", study.pk, "means"),
        url("result_correct", result.pk),
        url("arm_change", study.arms.first().pk),
    ):
        answer = client.post(address, {})
        assert answer.status_code == 422
        assert "This field is required." in page(answer)
