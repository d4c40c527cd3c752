"""The pages of the room: who may open them, what they show, what their gestures do with and without script."""

import re
import uuid

import pytest
from django.urls import reverse

from records.models import Record
from reviews.models import Criterion
from screening.models import Decision, Stage, Study, Verdict
from tests.factories import join, make_reason, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(name, *args):
    return reverse(f"screening:{name}", args=["trd", *args])


@pytest.fixture
def everything(review, record, reason, include, conflict, dora):
    """A record in each situation; returns the included one."""
    Criterion.objects.create(review=review, kind="include", element="population", text="Adults in treatment")
    include(record)
    conflict(make_record(review, "Disputed"))
    make_record(review, "Nobody looked yet")
    return record


def pages(record):
    study = Study.objects.get()
    disputed = Verdict.objects.get(state="conflict").record
    return {
        url("screen", TA): "screen",
        url("screen", FT): "screen",
        url("screen_record", TA, record.pk): "screen",
        url("screen_record", FT, record.pk): "screen",
        url("records"): "view",
        url("record", record.pk): "view",
        url("conflicts"): "adjudicate",
        url("conflict", TA, disputed.pk): "adjudicate",
        url("full_texts"): "view",
        url("full_text", record.pk): "view",
        url("studies"): "view",
        url("study", study.pk): "view",
        url("agreement"): "adjudicate",
    }


def test_every_page_opens_for_those_who_may_and_only_them(
    everything, as_user, ana, ben, dora, stan, eve, review
):
    for address, needed in pages(everything).items():
        for person, may in (
            (ana, {"view", "screen", "adjudicate"}),
            (ben, {"view", "screen"}),
            (dora, {"view", "adjudicate"}),
            (stan, {"view"}),
        ):
            status = as_user(person).get(address, follow=True).status_code
            assert status == (200 if needed in may else 403), f"{address} for {person}"
        assert as_user(eve).get(address).status_code == 404
        assert as_user(make_anonymous()).get(address).status_code == 404


def make_anonymous():
    return make_user(f"nobody{uuid.uuid4().hex[:8]}")


def test_a_visitor_is_sent_to_sign_in(everything, client):
    for address in pages(everything):
        assert client.get(address).status_code == 302


def test_posts_are_guarded_like_pages(everything, as_user, eve, stan):
    study, full_text = Study.objects.get(), everything.pk
    report = study.reports.get()
    for name, args in {
        "vote": [TA, everything.pk],
        "undo": [TA],
        "reopen": [everything.pk],
        "full_text_state": [full_text],
        "full_text_file": [full_text],
        "study_rename": [study.pk],
        "study_group": [study.pk],
        "report_separate": [report.pk],
    }.items():
        assert as_user(eve).post(url(name, *args)).status_code == 404, name
        assert as_user(stan).post(url(name, *args)).status_code == 403, name
        assert as_user(stan).get(url(name, *args)).status_code in {403, 405}, name


def test_start_goes_to_the_next_record_and_to_full_text_when_that_is_left(
    review, record, as_user, to_full_text, ben, cleo
):
    response = as_user(ben).get(url("screen_start"), follow=True)
    assert response.redirect_chain[-1][0] == url("screen_record", TA, record.pk)
    to_full_text(record)
    response = as_user(ben).get(url("screen_start"), follow=True)
    assert response.redirect_chain[-1][0] == url("screen_record", FT, record.pk)


def test_a_vote_without_script_goes_to_the_next_record(review, record, as_user, ben):
    following = make_record(review, "The next one")
    response = as_user(ben).post(
        url("vote", TA, record.pk), {"vote": "include", "key": uuid.uuid4(), "note": "fits"}, follow=True
    )
    assert response.redirect_chain[-1][0] == url("screen_record", TA, following.pk)
    assert "Included. 1 left." in response.content.decode()
    assert Decision.objects.get().note == "fits"


def test_a_vote_with_script_answers_with_the_next_record(review, record, as_user, ben):
    following = make_record(review, "The next one")
    response = as_user(ben).post(
        url("vote", TA, record.pk), {"vote": "maybe", "key": uuid.uuid4(), "shown": "1"}, headers=HTMX
    )
    page = response.content.decode()
    assert response["HX-Push-Url"] == url("screen_record", TA, following.pk)
    assert "The next one" in page
    assert "<html" not in page
    assert 'id="screen-status" role="status" hx-swap-oob="innerHTML">Maybe noted. 1 left.' in page
    assert Decision.objects.get().seconds == 24 * 3600


def test_a_reasons_button_excludes_for_that_reason(record, reason, as_user, ben):
    as_user(ben).post(url("vote", TA, record.pk), {"reason": reason.pk, "key": uuid.uuid4()})
    assert Decision.objects.values_list("vote", "reason").get() == ("exclude", reason.pk)


def test_the_last_vote_shows_that_nothing_is_left_and_can_be_undone(record, as_user, ben):
    client = as_user(ben)
    response = client.post(url("vote", TA, record.pk), {"vote": "exclude", "key": uuid.uuid4()}, headers=HTMX)
    page = response.content.decode()
    assert "Nothing left for you here" in page
    assert 'form="undo-form"' in page
    page = client.post(url("undo", TA), follow=True).content.decode()
    assert record.title in page
    assert "Vote taken back." in page
    assert not Decision.objects.live().exists()
    client.post(url("vote", TA, record.pk), {"vote": "exclude", "key": uuid.uuid4()})
    assert client.post(url("undo", TA)).headers["Location"] == url("screen_record", TA, record.pk)
    assert client.post(url("undo", TA), headers=HTMX).status_code == 422


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "Choose include, exclude or maybe"),
        ({"vote": "perhaps"}, "not one of the available choices"),
        ({"vote": "include", "key": "abc"}, "valid UUID"),
        ({"vote": "include", "note": "x" * 2001}, "at most 2000"),
        ({"reason": "999999"}, "not one of the available choices"),
    ],
)
def test_a_wrong_vote_is_answered_with_a_sentence(record, as_user, ben, data, says):
    data = {"key": str(uuid.uuid4())} | data
    for headers in (HTMX, {}):
        response = as_user(ben).post(url("vote", TA, record.pk), data, headers=headers)
        assert response.status_code == 422
        assert says in response.content.decode()
    assert not Decision.objects.exists()


def test_an_old_form_shows_the_record_again_with_a_new_key(record, as_user, ben):
    key = str(uuid.uuid4())
    as_user(ben).post(url("vote", TA, record.pk), {"vote": "include", "key": key})
    response = as_user(ben).post(url("vote", TA, record.pk), {"vote": "exclude", "key": key}, headers=HTMX)
    assert response.status_code == 409
    assert "An earlier press on this record was saved" in response.content.decode()
    assert f'value="{key}"' not in response.content.decode()
    assert Decision.objects.live().get().vote == "include"


def test_full_text_exclusion_without_a_reason_is_sent_back(record, reason, to_full_text, as_user, ben):
    to_full_text(record)
    data = {"vote": "exclude", "key": uuid.uuid4(), "note": "my note"}
    response = as_user(ben).post(url("vote", FT, record.pk), data, headers=HTMX)
    assert response.status_code == 422
    assert "needs a reason" in response.content.decode()
    assert "my note" in response.content.decode()
    as_user(ben).post(url("vote", FT, record.pk), data | {"reason": reason.pk})
    assert Decision.objects.get(stage=FT).reason == reason


def test_when_others_were_quicker_the_next_record_comes_with_a_sentence(review, record, conflict, as_user):
    conflict(record)
    following = make_record(review, "The next one")
    fran = join(review, make_user("fran"), "reviewer").user
    data = {"vote": "include", "key": uuid.uuid4()}
    response = as_user(fran).post(url("vote", TA, record.pk), data, headers=HTMX)
    assert response.status_code == 409
    assert "already has the 2 votes it needs" in response.content.decode()
    assert "The next one" in response.content.decode()
    response = as_user(fran).post(url("vote", TA, record.pk), data, follow=True)
    assert response.redirect_chain[-1][0] == url("screen_record", TA, following.pk)
    assert "already has the 2 votes it needs" in response.content.decode()


def test_skip_and_the_stable_address_of_a_record(review, record, as_user, ben):
    following = make_record(review, "The next one")
    client = as_user(ben)
    address = url("screen", TA) + f"?after={record.pk}"
    assert client.get(address)["Location"] == url("screen_record", TA, following.pk)
    assert client.get(address, headers=HTMX)["HX-Push-Url"] == url("screen_record", TA, following.pk)
    assert client.get(url("screen", TA) + "?after=x")["Location"] == url("screen_record", TA, record.pk)
    assert client.get(url("screen_record", TA, following.pk)).status_code == 200
    assert client.get(url("screen_record", TA, 10**9)).status_code == 404
    assert client.get("/reviews/trd/screen/third_stage/").status_code == 404


def test_a_record_not_at_the_stage_leads_to_its_page(record, as_user, ben):
    response = as_user(ben).get(url("screen_record", FT, record.pk), follow=True)
    assert response.redirect_chain[-1][0] == url("record", record.pk)
    assert "has not been included at title and abstract" in response.content.decode()


def test_a_complete_record_takes_no_vote_and_shows_its_outcome(record, vote, ben, cleo, as_user):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    page = as_user(ben).get(url("screen_record", TA, record.pk)).content.decode()
    assert "This record is complete: included" in page
    assert 'value="include"' not in page


@pytest.mark.parametrize("stage", Stage)
def test_the_done_page_speaks_for_each_stage(stage, review, as_user, ben):
    page = as_user(ben).get(url("screen", stage)).content.decode()
    assert ("No records yet" if stage == TA else "No full text to read yet") in page


def test_reasons_have_number_keys_and_criteria_stand_beside(review, record, as_user, ben):
    Criterion.objects.create(review=review, kind="exclude", element="design", text="No case reports")
    for number in range(1, 12):
        make_reason(review, f"Reason {number}", order=number)
    page = as_user(ben).get(url("screen_record", TA, record.pk)).content.decode()
    assert 'data-key="9" data-key-label="Exclude: Reason 9"' in page
    assert 'data-key="10"' not in page
    assert "Reason 11" in page
    assert "No case reports" in page


def test_text_from_files_is_never_markup(review, as_user, ben):
    record = make_record(
        review, "<script>alert(1)</script>", abstract="<b onclick=x>METHODS: y</b>", doi="10.1/<x>"
    )
    for address in (url("screen_record", TA, record.pk), url("record", record.pk), url("records")):
        page = as_user(ben).get(address).content.decode()
        assert "<script>alert" not in page
        assert "<b onclick" not in page
        assert "10.1/<x>" not in page


# --- records ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Alpha", "Beta", "Gamma"}),
        ("q=alpha", {"Alpha"}),
        ("q=zürich", {"Beta"}),
        ("q=nakagawa+alpha", {"Alpha"}),
        ("q=10.1000/abc", {"Gamma"}),
        ("year_from=2018", {"Gamma"}),
        ("year_to=2017", {"Alpha", "Beta"}),
        ("mine=include", {"Alpha"}),
        ("mine=none", {"Gamma"}),
        ("title_abstract=included", {"Alpha"}),
        ("title_abstract=open", {"Beta", "Gamma"}),
        ("retrieval=sought", {"Alpha"}),
        ("full_text=open", {"Alpha"}),
        ("year_from=abc&q=alpha", {"Alpha"}),
    ],
)
def test_records_are_found(review, vote, as_user, ben, cleo, query, found):
    alpha = make_record(review, "Alpha", authors=["Nakagawa, A."])
    beta = make_record(review, "Beta", authors=["Zürich, Z."])
    make_record(review, "Gamma", year=2019, doi="10.1000/abc", authors=["Müller, M."])
    make_record(review, "Merged away", duplicate_of=alpha)
    vote(ben, alpha, "include")
    vote(cleo, alpha, "include")
    vote(ben, beta, "exclude")
    page = as_user(ben).get(url("records") + "?" + query).context["page_obj"]
    assert {record.title for record in page} == found


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "word+" * 500,
        "q=%00",
        "year_from=1e400",
        "year_from=-9999999999999999999",
        "source=x",
        "reason=9" + "9" * 30,
        "page=-1",
        "mine=x",
    ],
)
def test_nonsense_in_the_filters_is_no_error(record, as_user, ben, query):
    assert as_user(ben).get(url("records") + "?" + query).status_code == 200


def test_a_record_shows_its_sources_votes_and_history(review, record, vote, as_user, ben, cleo):
    make_record(review, "The same", duplicate_of=record, line=77)
    vote(ben, record, "include", note="Ben's remark")
    vote(cleo, record, "include")
    page = as_user(cleo).get(url("record", record.pk)).content.decode()
    assert "line 77" in page
    assert "Ben&#x27;s remark" in page
    assert "included by 2 votes" in page


def test_reopening_from_the_page(record, vote, as_user, ben, cleo, dora):
    vote(ben, record, "exclude")
    vote(cleo, record, "exclude")
    page = as_user(dora).get(url("record", record.pk)).content.decode()
    assert "Open again" in page
    assert "Open again" not in as_user(ben).get(url("record", record.pk)).content.decode()
    response = as_user(dora).post(url("reopen", record.pk), {"stage": TA, "why": ""}, follow=True)
    assert "Not opened: say why" in response.content.decode()
    as_user(dora).post(url("reopen", record.pk), {"stage": TA, "why": "Misread"})
    assert Verdict.objects.get(record=record).state == "pending"


# --- conflicts ----------------------------------------------------------------------------------------------


def test_conflicts_show_votes_and_hide_names(review, record, reason, vote, as_user, ben, cleo, dora):
    vote(ben, record, "include", note="An RCT after all")
    vote(cleo, record, "exclude", reason=reason)
    for address in (url("conflicts"), url("conflict", TA, record.pk)):
        page = as_user(dora).get(address).content.decode()
        assert reason.label in page
        assert "Ben" not in page
        assert "Cleo" not in page
    assert "An RCT after all" in page
    assert "Reviewer A" in page
    for address in (url("record", record.pk), url("records"), "/api/reviews/trd/decisions/"):
        page = as_user(dora).get(address).content.decode()
        page = re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL)  # everybody is offered to be asked
        assert "Ben" not in page
        assert "Cleo" not in page


def test_resolving_goes_to_the_next_conflict(review, record, conflict, as_user, dora):
    conflict(record)
    second = conflict(make_record(review, "Second"))
    response = as_user(dora).post(
        url("conflict", TA, record.pk), {"included": "include", "comment": "c"}, follow=True
    )
    assert response.redirect_chain[-1][0] == url("conflict", TA, second.pk)
    assert "Resolved. 1 left." in response.content.decode()
    response = as_user(dora).post(url("conflict", TA, second.pk), {"included": "exclude"}, follow=True)
    assert response.redirect_chain[-1][0] == url("conflicts")
    assert "No conflict to resolve" in response.content.decode()


def test_a_resolution_that_lacks_something_is_sent_back(
    record, reason, to_full_text, conflict, as_user, dora
):
    conflict(to_full_text(record), stage=FT, reason=reason)
    for data, says in (({}, "Choose include or exclude"), ({"included": "exclude"}, "needs a reason")):
        response = as_user(dora).post(url("conflict", FT, record.pk), data)
        assert response.status_code == 422
        assert says in response.content.decode()


def test_a_resolver_who_voted_is_sent_away_unseeing(record, vote, as_user, ana, cleo):
    vote(ana, record, "include")
    vote(cleo, record, "exclude", note="Cleo's secret")
    client = as_user(ana)
    page = client.get(url("conflicts")).content.decode()
    assert "on records you voted on: another" not in page  # that would be the colleague’s vote
    assert record.title not in page
    response = client.get(url("conflict", TA, record.pk), follow=True)
    assert response.redirect_chain[-1][0] == url("conflicts")
    assert "Cleo&#x27;s secret" not in client.get(url("record", record.pk)).content.decode()


# --- more rows, no more queries -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["records", "full_texts", "conflicts", "studies", "agreement", "screen", "record"]
)
def test_ten_more_rows_cost_no_more_queries(
    name, review, record, include, conflict, as_user, ana, ben, cleo, dora, django_assert_max_num_queries
):
    def grow(times):
        for _ in range(times):
            include(make_record(review))
            conflict(make_record(review))
            make_record(review)

    client = as_user(dora if name == "conflicts" else ana)
    address = {"screen": url("screen_record", TA, record.pk), "record": url("record", record.pk)}.get(
        name
    ) or url(name)
    grow(2)
    assert client.get(address).status_code == 200  # fills what is cached once per process
    with django_assert_max_num_queries(60) as few:
        client.get(address)
    grow(10)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(address)


def test_agreement_of_three_reviewers_is_three_pairs(review, vote, as_user, ben, cleo, dora):
    review.quorum_title_abstract = 3
    review.save()
    fran = join(review, make_user("fran"), "reviewer").user
    for words in (("include", "include", "exclude"), ("exclude", "include", "exclude")):
        record = make_record(review)
        for person, word in zip((ben, cleo, fran), words, strict=True):
            vote(person, record, word)
    pairs = as_user(dora).get(url("agreement")).context["pairs"]
    assert {(str(pair.first), str(pair.second)): pair.agreement.table for pair in pairs} == {
        ("Ben", "Cleo"): ((1, 0), (1, 0)),
        ("Ben", "Fran"): ((0, 1), (0, 1)),
        ("Cleo", "Fran"): ((0, 2), (0, 0)),
    }


def test_a_record_without_a_title_can_still_be_opened(review, as_user, ben):
    record = make_record(review)
    Record.objects.update(title="")
    for page in (url("records"), url("record", record.pk), url("screen_record", TA, record.pk)):
        assert "No title" in as_user(ben).get(page).content.decode()


def test_an_empty_list_of_records_says_where_they_come_from(review, as_user, ben):
    page = as_user(ben).get(url("records")).content.decode()
    assert "No records yet" in page
    assert reverse("records:searches", args=[review.slug]) in page
    assert "Change or clear the filters" in as_user(ben).get(f"{url('records')}?title=x").content.decode()
