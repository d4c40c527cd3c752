"""The blinding attack by what is sent (previews of votes on many records, saved searches), and a colleague who agreed
beside one who did not, where both still wait."""

from itertools import product

import pytest
from django.urls import reverse

from screening.models import StageSettings, Verdict
from screening.services.searches import save_search
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT, TA
from tests.screening.test_blinding import (
    MARKER,
    addresses,
    differing,
    every_filter,
    everything_seen,
    settled_text,
    showing,
)
from tests.security.tools import undone

pytestmark = pytest.mark.django_db
API = "/api/reviews/trd"
JSON = "application/json"


def told(answer) -> tuple[int, str]:
    return answer.status_code, settled_text(answer)


def posted(client, records) -> dict[str, tuple[int, str]]:
    """The answers to everything that asks without voting; each is taken back, so that it can be asked again."""
    seen = {}
    new, save = reverse("screening:lot_new", args=["trd"]), reverse("screening:search_save", args=["trd"])
    whole = [(stage, query) for stage in (TA, FT) for query in ("", *every_filter()[::3])]
    for stage, query in whole:
        body = {"stage": stage, "query": query}
        answer = client.post(f"{API}/vote-lots/preview/", body, content_type=JSON)
        seen[f"API preview {stage} {query}"] = told(answer)
    for stage, query in whole[::3]:  # the page counts by the same service
        seen[f"preview {stage} {query}"] = told(
            client.post(new, {"stage": stage, "query": query, "all": "1"}, follow=True)
        )
    for stage, record in product((TA, FT), records):
        form = {"stage": stage, "query": "", "pick": [record.pk]}
        seen[f"preview {stage} {record.pk}"] = told(client.post(new, form, follow=True))
        body = {"stage": stage, "records": [record.pk]}
        answer = client.post(f"{API}/vote-lots/preview/", body, content_type=JSON)
        seen[f"API preview {stage} {record.pk}"] = told(answer)
    for query in every_filter()[::6]:
        with undone():
            answer = client.post(save, {"name": "Mine", "query": query}, follow=True)
            seen[f"saved {query}"] = told(answer)
    return seen


def found(client, searches) -> dict[str, tuple[int, str]]:
    return {
        f"found {search.query}": told(client.get(f"{API}/saved-searches/{search.pk}/found/"))
        for search in searches
    }


def test_what_ben_sends_is_answered_alike_whether_cleo_voted_or_not(
    review, vote, to_full_text, as_user, ben, cleo
):
    """Previews of votes on many and saved searches: on records that wait, with a vote of his or without."""
    reason = make_reason(review, "Wrong population")
    places = [(make_record(review, f"Psilocybin {own}"), TA, own) for own in (None, "include", "exclude")]
    places += [(to_full_text(make_record(review, f"Full {own}")), FT, own) for own in (None, "include")]
    for record, stage, own in places:
        if own:
            vote(ben, record, own, stage=stage, reason=reason if own == "exclude" else None)
    records, client = [record for record, *_ in places], as_user(ben)
    searches = [
        save_search(review=review, by=ben, name=f"Search {number}", query=query)
        for number, query in enumerate(every_filter())
    ]
    before = posted(client, records) | found(client, searches)
    for record, stage, own in places:
        word = "include" if own == "exclude" else "exclude"
        vote(cleo, record, word, stage=stage, note=MARKER, reason=reason if word == "exclude" else None)
    after = posted(client, records) | found(client, searches)
    states = [Verdict.objects.get(record=record, stage=stage).state for record, stage, _ in places]
    assert states == ["pending", "conflict", "conflict", "pending", "conflict"]
    assert differing(before, after) == []
    assert showing({name: seen for name, seen in after.items() if name.startswith("API")}) == []
    assert {status for status, _ in after.values()} <= {200, 422}
    assert sum(status == 200 for status, _ in after.values()) > 60


def test_the_attack_would_see_a_record_that_is_complete(review, record, vote, as_user, ben, cleo):
    vote(ben, record, "include")
    client = as_user(ben)
    before = posted(client, [record])
    vote(cleo, record, "include")
    assert len(differing(before, posted(client, [record]))) > 4


def test_a_colleague_who_agrees_looks_like_one_who_does_not(
    review, record, vote, to_full_text, as_user, ben, cleo
):
    """While a record waits, for one more vote or for the time of holding back to pass, nothing tells them apart."""
    reason = make_reason(review, "Wrong population")
    held = to_full_text(make_record(review, "Held back"))
    StageSettings.objects.create(review=review, stage=FT, hold_minutes=30)
    review.quorum_title_abstract = 3
    review.save()
    places = [(record, TA), (held, FT)]
    for each, stage in places:
        vote(ben, each, "include", stage=stage)
    client = as_user(ben)
    paths = [
        path for path in addresses(record, held) if "/records/?" not in path
    ]  # previews take the filters
    client.get(f"/reviews/trd/screen/{TA}/")  # the places that looking keeps are kept before
    worlds = []
    for word in ("include", "exclude"):
        with undone():
            for each, stage in places:
                vote(cleo, each, word, stage=stage, note=MARKER, reason=reason if word == "exclude" else None)
                assert Verdict.objects.get(record=each, stage=stage).state == "pending"
            worlds.append(everything_seen(client, paths) | posted(client, [record, held]))
    agreed, disagreed = worlds
    assert showing({path: seen for path, seen in disagreed.items() if path.startswith("/")}) == []
    assert differing(agreed, disagreed) == []
