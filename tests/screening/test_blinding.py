"""The blinding rule as an attack: ben tries everything to learn how cleo voted on a record that is not complete.

Every page and endpoint he may open is read before and after cleo votes. Nothing of her vote may appear, and apart
from what changes with every request (tokens, random keys, the time) his answers must stay the same byte by byte.
"""

import difflib
import re
import uuid
from itertools import product

import pytest
from django.urls import get_resolver, reverse

from reviews.models import AuditEvent, ExclusionReason
from screening.filters import RecordFilter
from screening.models import Decision, Verdict
from screening.services import begin_intake, carry_out, undo_intake, undo_vote
from tests.architecture.test_pages_guarded import every_pattern
from tests.factories import make_batch, make_reason, make_record
from tests.screening.conftest import FT, TA
from tests.security.tools import body_of as settled_text
from tests.security.tools import faces

pytestmark = pytest.mark.django_db
MARKER = "zebra-crossing"
ROOMS = ("screening:", "records:", "reviews:", "screening-", "records-", "reviews-")


def numbers_of(name: str, records) -> list[int]:
    """The ids a route is tried with: rows there are, and those that cleo's next votes will get."""
    for words, model in (("decision", Decision), ("verdict", Verdict), ("conflicts", Verdict)):
        if f"screening-{words}" in name:
            there = sorted(model.objects.values_list("pk", flat=True))
            last = max([0, *there])
            return [*there, *range(last + 1, last + 2 + len(records))]
    return sorted(record.pk for record in records)


def addresses(*records) -> list[str]:
    """Every GET address of the three rooms: routes with each kind of argument filled by what may exist."""
    found = []
    for route, name, _ in every_pattern():
        if not name.startswith(ROOMS):
            continue
        for number in numbers_of(name, records):
            for stage in (TA, FT):
                filled = re.sub(r"<slug:slug>|\(\?P<slug>[^)]*\)", "trd", route)
                filled = re.sub(r"<stage:\w+>", stage, filled)
                filled = re.sub(r"<int:\w+>|<pk>|\(\?P<(?:pk|record_id)>[^)]*\)", str(number), filled)
                filled = re.sub(r"<\w+:\w+>", "merged", filled)
                found.append("/" + filled.replace("^", "").replace("$", "").replace("\\.", "."))
    found += ["/reviews/trd/records/?" + query for query in every_filter()]
    for query in ("vote=exclude", "stage=full_text", "limit=1", "ordering=vote"):
        found += [f"/api/reviews/trd/decisions/?{query}", f"/api/reviews/trd/verdicts/?{query}"]
    for record in records:
        found += [
            f"/api/reviews/trd/{rows}/?record={record.pk}" for rows in ("decisions", "verdicts", "notes")
        ]
        found += [f"/reviews/trd/screen/{stage}/before/?record={record.pk}" for stage in (TA, FT)]
    found += [f"/api/reviews/trd/queue/?stage={stage}" for stage in (TA, FT)]
    return list(dict.fromkeys(found))


def every_filter() -> list[str]:
    """Each choice of each filter of the list, each order, and searches in its language."""
    queries = [f"q={MARKER}", "q=(trial+OR+psilo*)+NOT+zebra", f"note={MARKER}", "version=1", "version=2"]
    for name, each in RecordFilter.base_filters.items():
        queries += [f"{name}={value}" for value, _ in each.extra.get("choices", [])]
    queries += [f"{stage}=conflict" for stage in (TA, FT)]
    queries += [f"reason={pk}" for pk in ExclusionReason.objects.values_list("pk", flat=True)]
    return queries


def everything_seen(client, paths) -> dict[str, tuple[int, str]]:
    seen = {}
    for path in paths:
        for fragment, answer in faces(client, path):
            seen[path + " (htmx)" * fragment] = (answer.status_code, settled_text(answer))
    return seen


def differing(before, after) -> list[str]:
    """The addresses whose answers differ, each with what it says now and did not say before."""
    return [
        f"{path} {_change(before.get(path), after.get(path))}"
        for path in before | after
        if before.get(path) != after.get(path)
    ]


def _change(before, after) -> str:
    if before is None or after is None or before[0] != after[0]:
        return f"{before and before[0]} -> {after and after[0]}"
    pair = [re.split(r"(?<=[>,\n])", text) for _, text in (before, after)]
    lines = difflib.unified_diff(*pair, n=0, lineterm="")
    return " ".join(line.strip() for line in lines if not line.startswith(("---", "+++", "@@")))[:300]


def showing(seen, words=MARKER) -> list[str]:
    """Where the words are seen, except in what ben typed himself (his search and the page links that keep it)."""
    own = [f"q={words}", f"q%3D{words}", f"note={words}", f"note%3D{words}", f'value="{words}"']
    found = []
    for path, (_, text) in seen.items():
        for typed in own:
            text = text.replace(typed, "")
        if words in text:
            found.append(path)
    return found


@pytest.fixture
def more(review):
    """Other records, so that queues and lists have something beside the one attacked."""
    return [make_record(review, f"Another trial {number}") for number in range(3)]


def attack(as_user, ben, records, gesture):
    client = as_user(ben)
    records = records if isinstance(records, list) else [records]
    paths = addresses(*records)
    client.get(f"/reviews/trd/screen/{TA}/")  # the places that looking keeps are kept before
    before = everything_seen(client, paths)
    gesture()
    after = everything_seen(client, paths)
    assert sum(status == 200 for status, _ in after.values()) > 20
    return before, after


def test_a_colleagues_vote_changes_nothing_that_ben_can_see(
    review, more, vote, to_full_text, as_user, ben, cleo
):
    """On a record of each kind: without a vote of ben's it waits afterwards, with one it is a conflict."""
    reason, places = make_reason(review, "Wrong population"), []
    for stage, own in product((TA, FT), (None, "include", "exclude", "maybe")):
        if (stage, own) != (FT, "maybe"):
            record = make_record(review, f"Psilocybin {stage} {own}")
            places.append((to_full_text(record) if stage == FT else record, stage, own))
    for record, stage, own in places:
        if own:
            vote(ben, record, own, stage=stage, reason=reason if own == "exclude" else None)

    def cleo_votes():
        for record, stage, own in places:
            word = "include" if own == "exclude" else "exclude"
            if stage == TA:  # she wavers, too, and takes back
                vote(cleo, record, word, stage=stage, note=MARKER + "!")
                undo_vote(review=review, stage=stage, reviewer=cleo)
            vote(cleo, record, word, stage=stage, note=MARKER, reason=reason if word == "exclude" else None)

    before, after = attack(as_user, ben, [record for record, *_ in places], cleo_votes)
    for record, stage, own in places:
        assert Verdict.objects.get(record=record, stage=stage).state == ("conflict" if own else "pending")
    assert showing(after) == []
    assert differing(before, after) == []


def test_ben_may_change_and_undo_alike_whether_cleo_voted_or_not(review, record, vote, as_user, ben, cleo):
    """Refusing it in a conflict would tell him that there is one."""
    other = make_record(review)
    for each in (record, other):
        vote(ben, each, "include")
    vote(cleo, record, "exclude")
    client = as_user(ben)
    answers = []
    for each in (record, other):
        data = {"vote": "maybe", "key": uuid.uuid4()}
        changed = client.post(reverse("screening:vote", args=["trd", TA, each.pk]), data)
        undone = client.post(
            f"/api/reviews/trd/decisions/{Decision.objects.live().get(record=each, reviewer=ben).pk}/undo/"
        )
        answers.append((changed.status_code, undone.status_code))
    assert answers[0] == answers[1] == (302, 200)


def test_when_the_record_is_complete_the_vote_is_open(record, vote, as_user, ben, cleo):
    """The attack would find something if it were there."""
    vote(ben, record, "exclude")
    client, page = as_user(ben), reverse("screening:record", args=["trd", record.pk])
    paths = [page, "/api/reviews/trd/decisions/", "/api/reviews/trd/verdicts/", "/reviews/trd/history/"]
    paths += ["/reviews/trd/records/", "/reviews/trd/records/?title_abstract=open"]
    before = everything_seen(client, paths)
    vote(cleo, record, "exclude", note=MARKER)
    after = everything_seen(client, paths)
    assert MARKER in after[page][1]
    assert MARKER in after["/api/reviews/trd/decisions/"][1]
    assert len(differing(before, after)) > 4


def test_no_event_that_colleagues_see_speaks_of_a_vote(record, vote, ben, cleo):
    vote(ben, record, "include")
    vote(cleo, record, "exclude", note=MARKER)
    assert not AuditEvent.objects.visible_to(ben).exclude(actor=ben).exists()
    assert MARKER not in str(list(AuditEvent.objects.values_list("sentence", "detail")))


def test_every_address_of_the_rooms_is_tried(record):
    """The attack follows the URL table, so a new page is attacked without anybody remembering."""
    names = {name for _, name, _ in every_pattern(get_resolver()) if name.startswith(ROOMS)}
    assert {"screening:record", "screening-decisions-list", "reviews:history"} <= names
    assert len(addresses(record)) > 60


def test_marking_a_duplicate_answers_alike_whether_cleo_voted_or_not(review, vote, as_user, ben, cleo):
    """Which record stays, what is asked and what is said must not depend on a vote that ben may not see."""
    answers = []
    for voted in (False, True):
        one, other = make_record(review, "The same trial"), make_record(review, "The same trial")
        vote(ben, one, "include")
        if voted:
            vote(cleo, one, "exclude", note=MARKER)  # a conflict
            vote(cleo, other, "include", note=MARKER)
        client = as_user(ben)
        page = client.get(reverse("screening:record_duplicate", args=["trd", one.pk]))
        done = client.post(
            reverse("screening:record_mark", args=["trd", one.pk]), {"of": other.pk}, follow=True
        )
        told = [settled_text(page), settled_text(done)]
        for text in told:
            assert MARKER not in text
        one.refresh_from_db()
        answers.append((page.status_code, done.status_code, one.duplicate_of == other))
    assert answers[0] == answers[1] == (200, 200, True)


def test_the_counts_of_an_intake_tell_nobodys_vote(review, vote, ana, ben, cleo):
    """A lead who voted on the only record of a file says something of it: the same, whatever a colleague did."""
    results = []
    for colleague in (None, "exclude"):
        batch = make_batch(review)
        record = make_record(
            review, batch=batch, earlier=[{"by": "ben", "decision": "include", "reason": "", "stage": ""}]
        )
        vote(ana, record, "maybe")
        if colleague:
            vote(ben, record, colleague)
        intake = begin_intake(review=review, batch=batch, kind="votes", by=ana, people={"ben": ben.pk})
        results.append(carry_out(intake=intake))
        undo_intake(review=review, intake=intake, by=ana)
    assert results == [{"taken": 0, "left": 1}] * 2


def test_the_answers_to_votes_are_equal_whatever_cleo_voted(review, vote, as_user, ben, cleo):
    """Votes as JSON, sent once and again, and undo in the list."""
    reason, told = make_reason(review, "Wrong population"), []
    make_record(review, "Always there")
    client = as_user(ben)
    for word in (None, "withdrawn", "exclude"):
        record = make_record(review, "One of three")
        vote(ben, record, "maybe")
        if word:
            vote(cleo, record, "exclude", note=MARKER)
        if word == "withdrawn":
            undo_vote(review=review, stage=TA, reviewer=cleo)
        body = {"as": ben.pk, "ahead": {"count": 0}}
        cast = {"record": record.pk, "vote": "include", "key": str(uuid.uuid4()), "note": "so"}
        base = f"/reviews/trd/screen/{TA}/"
        answers = [
            client.post(base + "votes/", body | {"votes": [cast]}, content_type="application/json"),
            client.post(base + "votes/", body | {"votes": [cast]}, content_type="application/json"),
            client.post(f"/reviews/trd/records/{TA}/{record.pk}/vote/", {"vote": "undo"}),
        ]
        text = " ".join(f"{answer.status_code} {settled_text(answer)}" for answer in answers)
        told.append(text.replace(cast["key"], ""))
        assert '"state": "taken"' in text
        assert MARKER not in text
        vote(ben, record, "exclude", reason=reason)
    assert told[0] == told[1] == told[2]
