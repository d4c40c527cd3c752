"""What the screen's script asks for: votes in lots, the next records complete, and only for the person signed in."""

import uuid

import pytest
from django.urls import reverse

from screening.models import Decision, Postponement, StageSettings, Verdict
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(review):
    return [make_record(review, f"Trial number {number}", doi=f"10.1/{number}") for number in range(1, 5)]


@pytest.fixture
def send(as_user):
    """``send(ben, [votes], ahead)``: the answer of the server."""

    def post(user, votes=(), ahead=None, *, stage=TA, whose=None, **more):
        body = {"as": (whose or user).pk, "votes": list(votes), "ahead": ahead or {}}
        url = reverse("screening:votes", args=["trd", stage])
        return as_user(user).post(url, body | more, content_type="application/json")

    return post


def ballot(record, vote="include", **more):
    return {"record": record.pk, "vote": vote, "key": str(uuid.uuid4()), "seconds": 4} | more


def test_votes_are_taken_in_their_order_and_bring_the_next_records(send, records, review, ben):
    reason = make_reason(review)
    sent = [ballot(records[0], note="fits"), ballot(records[1], "exclude", reason=reason.pk)]
    answer = send(ben, sent, {"count": 5}).json()
    assert answer["user"] == ben.pk
    assert [answer["votes"][each["key"]]["state"] for each in sent] == ["taken", "taken"]
    assert [pane["record"] for pane in answer["ahead"]] == [records[2].pk, records[3].pk]
    assert "Trial number 3" in answer["ahead"][0]["html"]
    votes = Decision.objects.values_list("vote", "reason", "note", "seconds")
    assert list(votes) == [("include", None, "fits", 4), ("exclude", reason.pk, "", 4)]


def test_the_same_votes_again_change_nothing(send, records, ben):
    sent = [ballot(records[0]), ballot(records[1], "maybe")]
    first, second = send(ben, sent).json(), send(ben, sent).json()
    assert first["votes"] == second["votes"]
    assert Decision.objects.count() == 2


def test_a_refused_vote_keeps_the_others_from_nothing(send, records, review, ben):
    Verdict.objects.create(review=review, record=records[0], stage=TA, state="included", votes=2)
    sent = [ballot(records[0]), ballot(records[1]), {**ballot(records[2]), "record": 10**6}]
    told = send(ben, sent).json()["votes"]
    assert [told[each["key"]]["state"] for each in sent] == ["refused", "taken", "refused"]
    assert "is complete at title and abstract" in told[sent[0]["key"]]["sentence"]
    assert Decision.objects.get().record == records[1]


def test_records_in_hand_do_not_come_again(send, records, ben):
    held = [record.pk for record in records[:2]]
    answer = send(ben, [], {"count": 1, "without": held, "after": held[-1]}).json()
    assert [pane["record"] for pane in answer["ahead"]] == [records[2].pk]
    answer = send(ben, [], {"count": 5, "without": [record.pk for record in records]}).json()
    assert answer["ahead"] == []
    assert "done" not in answer  # some are in hand


def test_a_record_put_off_comes_last_and_the_end_says_so(send, records, ben):
    answer = send(ben, [ballot(records[0], "postpone")], {"count": 5}).json()
    assert [pane["record"] for pane in answer["ahead"]] == [
        record.pk for record in [*records[1:], records[0]]
    ]
    assert Postponement.objects.get().record == records[0]
    answer = send(ben, [ballot(record) for record in records], {"count": 5}).json()
    assert "Nothing left for you here" in answer["done"]
    assert not Postponement.objects.exists()


def test_without_script_a_record_is_put_off_by_its_button(as_user, records, ben):
    response = as_user(ben).post(
        reverse("screening:screen_postpone", args=["trd", TA, records[0].pk]), follow=True
    )
    assert "Trial number 2" in response.content.decode()
    assert Postponement.objects.get().record == records[0]


def test_votes_of_another_person_are_not_taken(send, records, ben, cleo):
    response = send(cleo, [ballot(records[0])], whose=ben)
    assert response.status_code == 412
    assert "Somebody else is signed in" in response.json()["detail"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "more",
    [
        {"votes": "nonsense"},
        {"votes": [{"record": 1, "vote": "include"}]},
        {"votes": [{"key": "1"}]},
        {"votes": [{"key": str(uuid.uuid4())}] * 51},
        {"ahead": [1]},
        {"ahead": {"without": 3}},
    ],
)
def test_nonsense_is_refused_with_a_sentence(send, records, ben, more):
    response = send(ben, **{"votes": [], **more}) if "ahead" not in more else send(ben, [], more["ahead"])
    assert response.status_code == 422
    assert response.json()["detail"].endswith(".")


@pytest.mark.parametrize("name", ["votes", "before", "progress"])
def test_strangers_and_other_roles_stay_out(name, records, as_user, eve, stan, client, send):
    url = reverse(f"screening:{name}", args=["trd", TA])
    method = "post" if name == "votes" else "get"
    for user, status in ((eve, 404), (stan, 403)):
        assert getattr(as_user(user), method)(url).status_code == status
    assert getattr(client, method)(url, headers={"Accept": "application/json"}).status_code == 401


def test_more_records_ask_no_more_queries(review, ben, as_user, django_assert_max_num_queries):
    for number in range(13):
        make_record(review, f"Trial {number}")
    make_reason(review)
    client, url = as_user(ben), reverse("screening:votes", args=["trd", TA])

    def ask(count):
        body = {"as": ben.pk, "ahead": {"count": count}}
        return client.post(url, body, content_type="application/json").json()["ahead"]

    with django_assert_max_num_queries(30) as few:
        assert len(ask(3)) == 3
    with django_assert_max_num_queries(len(few)):
        assert len(ask(10)) == 10


def test_undo_takes_back_the_vote_named_and_answers_with_its_record(as_user, records, vote, ben):
    vote(ben, records[0], "include")
    vote(ben, records[1], "include")
    url, accept = reverse("screening:undo", args=["trd", TA]), {"Accept": "application/json"}
    answer = as_user(ben).post(url, {"record": records[0].pk, "as": ben.pk}, headers=accept).json()
    assert answer["record"] == records[0].pk
    assert 'data-own=""' in answer["html"]
    assert Decision.objects.live().get().record == records[1]
    refused = as_user(ben).post(url, {"record": records[0].pk, "as": ben.pk}, headers=accept)
    assert refused.status_code == 422
    assert "You have no vote on" in refused.json()["detail"]
    assert as_user(ben).post(url, {"as": ben.pk + 1}, headers=accept).status_code == 412


def test_the_vote_before_is_ones_own(as_user, records, vote, ben, cleo):
    vote(ben, records[0], "include")
    vote(ben, records[2], "exclude")
    vote(cleo, records[1], "exclude")
    url = reverse("screening:before", args=["trd", TA])
    last = as_user(ben).get(url).json()
    assert last["record"] == records[2].pk
    assert as_user(ben).get(f"{url}?record={records[2].pk}").json()["record"] == records[0].pk
    assert as_user(ben).get(f"{url}?record={records[0].pk}").json()["record"] is None


def test_authors_and_journal_are_nowhere_when_hidden(as_user, send, review, ben):
    hidden = make_record(
        review,
        "A trial",
        authors=["Nakagawa, A."],
        journal="The Lancet",
        doi="10.1016/s0140",
        pmid="99887766",
    )
    StageSettings.objects.create(review=review, stage=TA, authors_hidden=True, journal_hidden=True)
    page = as_user(ben).get(reverse("screening:screen_record", args=["trd", TA, hidden.pk])).content.decode()
    [ahead] = send(ben, [], {"count": 1}).json()["ahead"]
    for text in (page, ahead["html"]):
        assert "Authors hidden" in text
        assert not any(word in text for word in ("Nakagawa", "Lancet", "s0140", "99887766"))


def test_what_comes_ahead_is_the_same_whatever_colleagues_voted(send, review, vote, ben, cleo):
    """A conflict, an agreement that is not counted yet and a record nobody saw look alike."""
    review.quorum_title_abstract = 3
    review.save()
    alike = [make_record(review, "The same title", authors=["A."], pk=900_001 + each) for each in range(3)]
    vote(cleo, alike[1], "include")
    vote(cleo, alike[2], "exclude")
    panes = send(ben, [], {"count": 3}).json()["ahead"]
    texts = {pane["html"].replace(str(pane["record"]), "") for pane in panes}
    assert len({_without_tokens(text) for text in texts}) == 1


def _without_tokens(text: str) -> str:
    lines = (line for line in text.split("<") if "csrfmiddlewaretoken" not in line)
    return "<".join(line for line in lines if 'name="key"' not in line and 'name="shown"' not in line)


def test_an_exclusion_at_full_text_without_a_reason_is_refused(send, review, records, to_full_text, ben):
    to_full_text(records[0])
    sent = ballot(records[0], "exclude")
    told = send(ben, [sent], stage=FT).json()["votes"][sent["key"]]
    assert told["state"] == "refused"
    assert "needs a reason" in told["sentence"]
