"""The list of records: filters, what they may tell, saved searches, votes on many records at once."""

import uuid

import pytest
from django.urls import reverse

from records.models import Record
from reviews.models import AuditEvent
from screening.filters import BadFilter, found_by
from screening.models import Decision, FullText, Label, Labelling, Note, SavedSearch, Verdict, VoteLot
from screening.services import bulk_votes, postpone, undo_vote
from screening.services.searches import (
    change_search,
    remove_search,
    restore_search,
    save_search,
    tidy,
)
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
MARKER = "zebra-crossing"


def url(name, *args):
    return reverse(f"screening:{name}", args=["trd", *args])


def member(review, user):
    return review.memberships.select_related("review", "user").get(user=user)


@pytest.fixture
def found(review, ben):
    """``found("year_from=2010")`` gives the titles ben finds."""

    def titles(query, by=None):
        return [record.title for record in found_by(member(review, by or ben), query)]

    return titles


@pytest.fixture
def abc(review):
    return [
        make_record(review, title, year=year, abstract=abstract, authors=[author], type=kind)
        for title, year, abstract, author, kind in (
            ("Beta", 2010, "An abstract", "Zorn, A.", "article"),
            ("alpha", 2020, "", "Meyer, B.", "book"),
            ("Gamma", None, "Sham", "adams, C.", "article"),
        )
    ]


# --- filters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("abstract=yes", ["Beta", "Gamma"]),
        ("abstract=no", ["alpha"]),
        ("type=book", ["alpha"]),
        ("q=sham OR year:2020", ["alpha", "Gamma"]),
        ("sort=title", ["alpha", "Beta", "Gamma"]),
        ("sort=author", ["Gamma", "alpha", "Beta"]),
        ("sort=-year&abstract=no", ["alpha"]),
        ("sort=-id", ["Gamma", "alpha", "Beta"]),
        ("postponed=yes", ["Beta"]),
        ("postponed=no", ["alpha", "Gamma"]),
        ("version=1", ["alpha"]),
        ("version=2", []),
        ("retracted=any", []),
        ("pdf=yes", []),
        ("mine_full_text=none", []),
        ("note=remark", ["alpha", "Gamma"]),
    ],
)
def test_filters(review, abc, vote, ben, found, query, titles):
    postpone(review=review, stage=TA, reviewer=ben, record=abc[0])
    vote(ben, abc[1], "include", note="My remark")
    Note.objects.create(review=review, record=abc[2], stage=TA, author=ben, text="Another REMARK")
    assert found(query) == titles


def test_files_and_votes_at_full_text_are_filters(review, to_full_text, record, vote, ben, found):
    to_full_text(record)
    assert found("mine_full_text=none") == [record.title]
    vote(ben, record, "include", stage=FT)
    assert found("mine_full_text=include") == [record.title]
    assert found("pdf=yes") == []
    FullText.objects.update(file="x.pdf")
    assert found("pdf=yes") == [record.title]


def test_a_mistake_in_the_words_finds_nothing_and_says_where(abc, as_user, ben, found):
    page = as_user(ben).get(url("records"), {"q": "(alpha"})
    assert "The parenthesis at character 1 is not closed" in page.content.decode()
    assert list(page.context["page_obj"]) == []
    with pytest.raises(BadFilter, match="Words: The parenthesis"):
        found("q=(alpha")
    with pytest.raises(BadFilter, match="From year"):
        found("year_from=soon")


def test_the_list_keeps_its_order_and_its_pages(review, as_user, ben):
    for number in range(60):
        make_record(review, f"Trial {number:02}")
    client = as_user(ben)
    first = [
        row.title for row in client.get(url("records"), {"q": "trial", "sort": "title"}).context["page_obj"]
    ]
    second = client.get(url("records"), {"q": "trial", "sort": "title", "page": 2}).context["page_obj"]
    assert first == [f"Trial {number:02}" for number in range(50)]
    assert [row.title for row in second] == [f"Trial {number:02}" for number in range(50, 60)]
    assert second.paginator.count == 60


# --- blinding -------------------------------------------------------------------------------------------------

ATTACKS = [
    "title_abstract=open", "title_abstract=included", "title_abstract=excluded", "title_abstract=conflict",
    "full_text=open", "full_text=included", "mine=include", "mine=none", "mine_full_text=none", f"note={MARKER}",
    f"q={MARKER}", "sort=title", "sort=-id", "sort=-year", "sort=author", "version=1", "postponed=yes",
    "retrieval=retrieved", "abstract=no", "title_abstract=open&mine=include", "reason=REASON", "label=LABEL",
]  # fmt: skip


@pytest.mark.parametrize("own", [None, "include"])
def test_no_filter_order_or_count_tells_a_colleagues_vote(review, abc, vote, as_user, ben, cleo, found, own):
    """Ben's lists before and after cleo votes, notes and labels; with a vote of his own hers makes a conflict."""
    reason = make_reason(review)
    label = Label.objects.create(review=review, name="Odd")
    queries = [each.replace("REASON", str(reason.pk)).replace("LABEL", str(label.pk)) for each in ATTACKS]
    if own:
        vote(ben, abc[0], own)
    own_searches = save_search(review=review, by=ben, name="Mine", query="title_abstract=open")

    def seen():
        client = as_user(ben)
        pages = [client.get(f"{url('records')}?{each}").context["page_obj"] for each in queries]
        lists = [([row.pk for row in page], page.paginator.count) for page in pages]
        rows = [
            str([(row.stages, row.own_decisions, row.labels_shown, row.vote_at) for row in page])
            for page in pages
        ]
        previews = [
            bulk_votes.preview(review=review, by=ben, stage=stage, records=Record.objects.unique())
            for stage in (TA, FT)
        ]
        return lists, rows, previews, found(own_searches.query)

    before = seen()
    vote(cleo, abc[0], "exclude", reason=reason, note=MARKER)
    Note.objects.create(review=review, record=abc[0], stage=TA, author=cleo, text=MARKER)
    Labelling.objects.create(label=label, record=abc[0], by=cleo)
    postpone(review=review, stage=TA, reviewer=cleo, record=abc[1])
    assert Verdict.objects.get(record=abc[0]).state == ("conflict" if own else "pending")
    assert seen() == before


def test_a_conflict_of_others_looks_open_in_the_preview(review, abc, conflict, dora, ana):
    conflict(abc[0])
    preview = bulk_votes.preview(review=review, by=ana, stage=TA, records=Record.objects.unique())
    assert preview == bulk_votes.Preview(taken=3, complete=0, mine=0, elsewhere=0)


def test_lots_and_unshared_searches_are_nobody_elses(review, abc, as_user, ben, cleo, stan):
    lot = cast(review, ben, "exclude")
    search = save_search(review=review, by=ben, name=MARKER, query="q=alpha")
    for other in (cleo, stan):
        client = as_user(other)
        assert client.get(url("lot", lot.pk)).status_code in (403, 404)
        assert client.post(url("lot_undo", lot.pk)).status_code in (403, 404)
        assert client.post(url("search_remove", search.pk)).status_code == 404
        for page in ("searches", "records"):
            assert MARKER not in client.get(url(page)).content.decode()
    assert not AuditEvent.objects.visible_to(cleo).filter(actor=ben).exists()
    assert list(as_user(cleo).get(url("lots")).context["page_obj"]) == []


# --- saved searches -------------------------------------------------------------------------------------------


def test_a_search_is_saved_shared_renamed_removed_and_restored(review, abc, as_user, ben, cleo):
    client = as_user(ben)
    client.post(url("search_save"), {"name": " My  batch ", "query": "?q=alpha&page=3&source="})
    search = SavedSearch.objects.get()
    assert (search.name, search.query, search.shared) == ("My batch", "q=alpha", False)
    client.post(url("search_change", search.pk), {"name": "Ours", "shared": "on"})
    page = as_user(cleo).get(url("records")).content.decode()
    assert "Ours" in page
    assert 'href="?q=alpha"' in page
    refusal = as_user(cleo).post(url("search_remove", search.pk), headers={"HX-Request": "true"})
    assert refusal.status_code == 403
    assert "only they can change it" in refusal.content.decode()
    page = client.post(url("search_remove", search.pk)).content.decode()
    assert "is removed" in page
    assert "Ours" not in as_user(cleo).get(url("records")).content.decode()
    client.post(url("search_restore", search.pk))
    assert "Ours" in as_user(cleo).get(url("records")).content.decode()
    verbs = AuditEvent.objects.filter(verb__startswith="screening.search_").order_by("pk")
    assert [event.blinded for event in verbs] == [True, False, False, False]


def test_what_cannot_be_saved_is_said(review, as_user, ben):
    def says(data):
        return as_user(ben).post(url("search_save"), data, follow=True).content.decode()

    assert "There is no filter to save" in says({"name": "x", "query": "page=2"})
    assert "give the search a name" in says({"name": "", "query": "q=a"})
    one = save_search(review=review, by=ben, name="One", query="q=a")
    assert save_search(review=review, by=ben, name="One", query="q=a") == one
    assert "another search called “One”" in says({"name": "One", "query": "q=b"})
    two = save_search(review=review, by=ben, name="Two", query="q=b")
    with pytest.raises(Exception, match="another search called"):
        change_search(search=two, by=ben, name="One")
    remove_search(search=one, by=ben)
    change_search(search=SavedSearch.objects.get(pk=two.pk), by=ben, name="One")
    with pytest.raises(Exception, match="another search called"):
        restore_search(search=SavedSearch.objects.get(pk=one.pk), by=ben)


def test_equal_filters_are_equal_texts():
    assert tidy("?q=a b&page=2&source=&sort=title") == "q=a+b&sort=title"


# --- votes on many --------------------------------------------------------------------------------------------


def cast(review, by, vote, **more):
    records = more.pop("records", Record.objects.unique().filter(review=review))
    return bulk_votes.cast_lot(review=review, by=by, stage=TA, records=records, vote=vote, **more)


def test_a_lot_is_previewed_cast_logged_and_taken_back(review, abc, vote, as_user, ben, cleo):
    for person in (ben, cleo):
        vote(person, abc[0], "exclude")
    vote(ben, abc[1], "include")
    client = as_user(ben)
    preview = client.post(url("lot_new"), {"all": "1", "query": ""}).context["preview"]
    assert preview == bulk_votes.Preview(taken=1, complete=1, mine=1, elsewhere=0)
    data = {"all": "1", "query": "", "stage": TA, "vote": "maybe", "note": "n", "key": uuid.uuid4()}
    page = client.post(url("lot_cast"), data, follow=True)
    assert "votes taken" in page.content.decode()
    client.post(url("lot_cast"), data)  # sent twice
    lot = VoteLot.objects.get()
    decision = lot.decisions.get()
    assert (decision.record, decision.vote, decision.note) == (abc[2], "maybe", "n")
    assert AuditEvent.objects.filter(verb="screening.vote_cast", target_id=abc[2].pk).count() == 1
    assert url("lot_undo", lot.pk) in page.content.decode()
    client.post(url("lot_undo", lot.pk))
    client.post(url("lot_undo", lot.pk))
    lot.refresh_from_db()
    assert (lot.result["undone"], lot.result["kept"]) == (1, 0)
    assert not Decision.objects.live().filter(record=abc[2]).exists()


def test_a_lot_of_complete_records_offers_no_undo(review, abc, vote, as_user, ben, cleo):
    lot = cast(review, ben, "exclude", records=Record.objects.filter(pk=abc[0].pk))
    page = url("lot", lot.pk)
    assert url("lot_undo", lot.pk) in as_user(ben).get(page).content.decode()
    vote(cleo, abc[0], "exclude")
    complete = as_user(ben).get(page).content.decode()
    assert url("lot_undo", lot.pk) not in complete
    assert "can no longer be taken back" in complete
    as_user(ben).post(url("lot_undo", lot.pk))  # a page that was open before
    assert "No vote could be taken back. 1 stays" in as_user(ben).get(page).content.decode()


def test_a_lot_in_conflict_offers_undo_as_one_that_waits(review, abc, vote, as_user, ben, cleo):
    lot = cast(review, ben, "exclude", records=Record.objects.filter(pk=abc[0].pk))
    before = as_user(ben).get(url("lot", lot.pk)).content.decode()
    vote(cleo, abc[0], "include")
    after = as_user(ben).get(url("lot", lot.pk)).content.decode()
    assert url("lot_undo", lot.pk) in before
    assert url("lot_undo", lot.pk) in after


def test_what_is_complete_or_changed_stays(review, abc, vote, ben, cleo):
    lot = cast(review, ben, "exclude")
    vote(cleo, abc[0], "exclude")  # complete
    vote(ben, abc[1], "include")  # a changed mind
    assert bulk_votes.undo_lot(lot=lot, by=ben) == {"undone": 1, "kept": 1}
    live = Decision.objects.live().filter(reviewer=ben).values_list("record", "vote")
    assert dict(live) == {abc[0].pk: "exclude", abc[1].pk: "include"}


def test_a_record_without_a_free_place_is_told_like_any_other(review, abc, conflict, vote, ana, ben):
    """A conflict (hidden from a voter's eyes) and a record with a place taken are refused in the same words."""
    conflict(abc[0])
    lot = cast(review, ana, "include")
    assert (lot.result["taken"], lot.result["refused"]) == (2, 1)
    assert lot.result["left"] == [[abc[0].pk, bulk_votes.NO_PLACE]]


def test_ticked_rows_and_a_reasons_own_button(review, abc, as_user, ben):
    reason = make_reason(review)
    data = {"pick": [abc[0].pk, abc[2].pk, "9" * 30, "x"], "stage": TA, "reason": reason.pk, "query": ""}
    as_user(ben).post(url("lot_cast"), data)
    votes = Decision.objects.order_by("pk").values_list("record", "vote", "reason")
    assert list(votes) == [(abc[0].pk, "exclude", reason.pk), (abc[2].pk, "exclude", reason.pk)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"vote": "include"}, "No record is ticked"),
        ({"all": "1"}, "Choose a vote, or a reason"),
        ({"all": "1", "vote": "x"}, "Nothing was voted"),
        ({"all": "1", "vote": "include", "query": "q=(a"}, "is not closed"),
        ({"all": "1", "vote": "include", "query": "q=nowhere"}, "No record here takes a vote"),
        ({"all": "1", "vote": "include", "stage": FT}, "No record here takes a vote"),
    ],
)
def test_nonsense_votes_on_nothing(abc, as_user, ben, data, says):
    page = as_user(ben).post(url("lot_cast"), {"stage": TA, "query": ""} | data, follow=True)
    assert says in page.content.decode()
    assert not Decision.objects.exists()


def test_many_are_cast_and_taken_back_in_the_background(review, abc, as_user, ben, work, monkeypatch):
    monkeypatch.setattr(bulk_votes, "AT_ONCE", 2)
    lot = cast(review, ben, "exclude")
    assert not lot.decisions.exists()
    assert "are being cast" in as_user(ben).get(url("lot", lot.pk)).content.decode()
    (job,) = work()
    assert (job.state, job.result) == ("done", {})
    assert "exclude" not in job.label
    bulk_votes.carry_out_lot(lot=VoteLot.objects.get())  # the worker died after the votes and began again
    assert Decision.objects.count() == 3
    as_user(ben).post(url("lot_undo", lot.pk))
    work()
    assert not Decision.objects.live().exists()


def test_who_may_not_screen_may_not_vote_on_many(abc, as_user, stan, eve):
    for user, status in ((stan, 403), (eve, 404)):
        for page in ("lot_new", "lot_cast"):
            assert as_user(user).post(url(page), {"all": "1"}).status_code == status
    assert as_user(eve).get(url("records")).status_code == 404
    assert 'name="pick"' not in as_user(stan).get(url("records")).content.decode()


def test_a_row_takes_a_vote_by_key(review, record, as_user, ben, cleo, vote):
    client, htmx = as_user(ben), {"HX-Request": "true"}
    here = url("row_vote", TA, record.pk)
    row = client.post(here, {"vote": "include"}, headers=htmx).content.decode()
    assert f'id="record-{record.pk}"' in row
    assert "badge-include" in row
    client.post(here, {"vote": "include"}, headers=htmx)
    assert Decision.objects.count() == 1
    client.post(here, {"vote": "undo"}, headers=htmx)
    assert not Decision.objects.live().exists()
    assert client.post(here, {"vote": "x"}, headers=htmx).status_code == 422
    vote(ben, record, "exclude")
    vote(cleo, record, "exclude")
    assert client.post(here, {"vote": "include"}, headers=htmx).status_code == 409


def test_an_undone_vote_does_not_come_back_with_its_lot(review, abc, ben):
    lot = cast(review, ben, "include")
    undo_vote(review=review, stage=TA, reviewer=ben, record=abc[0])
    bulk_votes.carry_out_lot(lot=lot)
    assert Decision.objects.live().count() == 2


def test_a_batch_limits_the_screen_until_it_is_left(review, abc, as_user, ben, cleo):
    client = as_user(ben)
    search = save_search(review=review, by=ben, name="Late", query="year_from=2015")
    answer = client.post(url("batch", TA), {"search": search.pk}, follow=True)
    assert answer.redirect_chain[-1][0] == url("screen_record", TA, abc[1].pk)
    assert "Only records of the search “Late” come here" in answer.content.decode()
    sent = {"as": ben.pk, "votes": [], "ahead": {"count": 5, "without": [], "after": None}}
    ahead = client.post(url("votes", TA), sent, content_type="application/json").json()["ahead"]
    assert [each["record"] for each in ahead] == [abc[1].pk]
    client.post(url("vote", TA, abc[1].pk), {"vote": "include", "key": uuid.uuid4()})
    assert "outside the batch you screen" in client.get(url("screen", TA)).content.decode()
    answer = client.post(url("batch", TA), follow=True)
    assert answer.redirect_chain[-1][0] in {
        url("screen_record", TA, abc[0].pk),
        url("screen_record", TA, abc[2].pk),
    }
    assert as_user(cleo).post(url("batch", TA), {"search": search.pk}).status_code == 404
