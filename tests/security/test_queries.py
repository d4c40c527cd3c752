"""Nonsense in query strings: every list by every filter, every page by everything it may read."""

from itertools import cycle, islice
from urllib.parse import quote

import pytest

from tests.security.addresses import addresses
from tests.security.tools import body_of

pytestmark = pytest.mark.django_db
READ = ["page", "after", "decided", "removed", "stage", "instrument", "name", "from", "search", "outcome"]
READ += ["limit", "offset", "ordering", "download", "change", "format", "state", "q"]
FILTERS = {
    "/api/reviews/{}/history/": ["actor", "since", "until", "verb"],
    "/api/reviews/{}/jobs/": ["state", "task"],
    "/api/reviews/{}/records/": ["text", "year_from", "year_to", "search", "duplicate", "doi"],
    "/api/reviews/{}/duplicates/": ["state", "automatic", "to_decide", "q", "source", "score_from"],
    "/api/reviews/{}/duplicates/ledger/": ["q", "source", "score_to"],
    "/api/reviews/{}/duplicates/above/": ["score"],
    "/api/reviews/{}/duplicates/thresholds/change/": ["merge_at", "ask_at"],
    "/api/reviews/{}/duplicate-groups/": ["q", "source", "least", "decided"],
    "/api/reviews/{}/decisions/": ["record", "stage", "vote", "limit", "offset"],
    "/api/reviews/{}/verdicts/": ["record", "stage", "state", "reason"],
    "/api/reviews/{}/queue/": ["stage", "after"],
    "/api/reviews/{}/assessments/": ["study", "assessor", "instrument"],
    "/api/reviews/{}/arms/": ["study", "role"],
    "/api/reviews/{}/results/": ["study", "outcome", "verified", "current"],
    "/api/reviews/{}/runs/": ["plan", "state"],
    "/api/reviews/{}/prisma/": ["as_of", "since"],
    "/api/reviews/{}/prisma/records/reasons/": ["name", "as_of"],
    "/reviews/{}/history/": ["q", "actor", "verb", "since", "until", "page"],
    "/reviews/{}/history.csv": ["q", "actor", "since"],
    "/reviews/{}/records/": ["q", "source", "year_from", "mine", "title_abstract", "reason", "retrieval"],
    "/reviews/{}/full-texts/": ["q", "state"],
    "/reviews/{}/screen/title_abstract/": ["after"],
    "/reviews/{}/duplicates/": ["after", "before", "at"],
    "/reviews/{}/duplicates/merged/": ["q", "source", "decided", "score_from", "score_to", "page"],
    "/reviews/{}/duplicates/duplicates.csv": ["q", "source", "score_from"],
    "/reviews/{}/duplicates/duplicates.ris": ["q", "source", "score_from"],
    "/reviews/{}/duplicates/groups/": ["q", "source", "decided", "least", "parted", "page"],
    "/reviews/{}/duplicates/thresholds/": ["merge_at", "ask_at", "trial"],
    "/reviews/{}/duplicates/accept/": ["score"],
    "/reviews/{}/analyses/new/": ["from"],
    "/reviews/{}/prisma/": ["as_of", "since"],
    "/reviews/{}/prisma/live/": ["seen", "mark", "since"],
    "/reviews/{}/prisma/corrections/": ["key", "name"],
    "/reviews/{}/prisma/records/reasons/": ["name", "since"],
    "/reviews/{}/risk-of-bias/": ["instrument", "page"],
}
NONSENSE = {
    "zero": "a\x00b",
    "huge": "9" * 30,
    "exponent": "1e49",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "many words": "a " * 1500,
}


def asked(path: str, **query: str) -> str:
    pairs = [f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items()]
    return f"{path}?{'&'.join(pairs)}"


@pytest.mark.core
def test_a_filter_never_fails(here, as_user):
    client, wrong = as_user(here.owner), []
    client.raise_request_exception = False
    kinds = cycle(NONSENSE.values())  # two of them for each name; all of them for each list
    for path, names in FILTERS.items():
        for name, value in zip([*names, *names], kinds, strict=False):
            address = asked(path.format(here.review.slug), **{name: value})
            answer = client.get(address)
            body_of(answer)
            if answer.status_code not in {200, 302, 400, 404, 422}:
                wrong.append((address[:120], answer.status_code))
    assert wrong == []


def test_no_page_fails_for_its_query(here, as_user):
    client, wrong = as_user(here.owner), []
    client.raise_request_exception = False
    for number, address in enumerate(addresses(here)):
        if address.needs("get"):  # each name is "zero" at one address and "huge" at the next
            kinds = islice(cycle(["zero", "huge"]), number % 2, None)
            nonsense = {name: NONSENSE[kind] for name, kind in zip(READ, kinds, strict=False)}
            answer = client.get(asked(address.path, **nonsense))
            if answer.status_code >= 500:
                wrong.append((address.path, answer.status_code))
    assert wrong == []


BY_ID = {
    "assessments": {"study": "study", "assessor": "owner"},
    "decisions": {"record": "included"},
    "verdicts": {"record": "included", "reason": "reason"},
    "conflicts": {"record": "conflict"},
    "arms": {"study": "study"},
    "results": {"study": "study", "outcome": "outcome"},
    "runs": {"plan": "plan"},
    "records": {"search": "search"},
}


def test_a_filter_does_not_tell_which_ids_other_reviews_have(here, there, as_user):
    client = as_user(here.owner)
    for name, field, row in [(name, *pair) for name, pairs in BY_ID.items() for pair in pairs.items()]:
        path = f"/api/reviews/{here.review.slug}/{name}/"
        foreign, nothing = (
            client.get(asked(path, **{field: str(key)})) for key in (getattr(there, row).pk, 987_654)
        )
        assert foreign.status_code == nothing.status_code == 200
        assert foreign.json()["results"] == nothing.json()["results"] == []
