"""The blinding rule as an attack: ben tries everything to learn how cleo voted on a record that is not complete.

Every page and endpoint he may open is read before and after cleo votes. Nothing of her vote may appear, and apart
from what changes with every request (tokens, random keys, the time) his answers must stay the same byte by byte.
"""

import re
import uuid

import pytest
from django.urls import get_resolver, reverse

from reviews.models import AuditEvent
from screening.models import Decision, Verdict
from screening.services import begin_intake, carry_out, undo_intake, undo_vote
from tests.architecture.test_pages_guarded import every_pattern
from tests.factories import make_batch, make_reason, make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
MARKER = "zebra-crossing"
ROOMS = ("screening:", "records:", "reviews:", "screening-", "records-", "reviews-")
CHANGES_WITH_EVERY_REQUEST = [
    re.compile(pattern)
    for pattern in (
        r'name="csrfmiddlewaretoken" value="[^"]+"',
        r'"X-CSRFToken": "[^"]+"',
        r'name="key" value="[^"]+"',
        r'name="shown" value="[^"]+"',
    )
]


def settled_text(response) -> str:
    text = b"".join(response) if response.streaming else response.content
    text = text.decode(errors="replace")
    for pattern in CHANGES_WITH_EVERY_REQUEST:
        text = pattern.sub("", text)
    return text


def addresses(record):
    """Every GET address of the three rooms: routes with each kind of argument filled by what may exist."""
    found = []
    numbers = {record.pk, *Decision.objects.values_list("pk", flat=True)} | {
        *Verdict.objects.values_list("pk", flat=True)
    }
    for route, name, _ in every_pattern():
        if not name.startswith(ROOMS):
            continue
        for number in sorted(numbers):
            for stage in (TA, FT):
                filled = re.sub(r"<slug:slug>|\(\?P<slug>[^)]*\)", "trd", route)
                filled = re.sub(r"<stage:\w+>", stage, filled)
                filled = re.sub(r"<int:\w+>|<pk>|\(\?P<(?:pk|record_id)>[^)]*\)", str(number), filled)
                filled = re.sub(r"<\w+:\w+>", "merged", filled)
                found.append("/" + filled.replace("^", "").replace("$", "").replace("\\.", "."))
    extra = ["records/?title_abstract=open", "records/?title_abstract=conflict", "records/?mine=include"]
    extra += ["records/?full_text=open", "records/?full_text=included", "records/?q=" + MARKER]
    found += ["/reviews/trd/" + more for more in extra]
    for query in (
        "",
        "?vote=exclude",
        f"?record={record.pk}",
        "?stage=full_text",
        "?limit=1",
        "?ordering=vote",
    ):
        found += [f"/api/reviews/trd/decisions/{query}", f"/api/reviews/trd/verdicts/{query}"]
    found += [f"/api/reviews/trd/queue/?stage={stage}" for stage in (TA, FT)]
    return list(dict.fromkeys(found))


def everything_seen(client, paths) -> dict[str, tuple[int, str]]:
    seen = {}
    for path in paths:
        response = client.get(path)
        seen[path] = (response.status_code, settled_text(response))
        if response.status_code == 200:
            answer = client.get(path, headers={"HX-Request": "true"})
            seen[path + " (htmx)"] = (answer.status_code, settled_text(answer))
    return seen


def differing(before, after) -> list[str]:
    return [path for path in before | after if before.get(path) != after.get(path)]


def showing(seen, words=MARKER) -> list[str]:
    """Where the words are seen, except in what ben typed himself (his search and the page links that keep it)."""
    own = [f"q={words}", f"q%3D{words}", f'value="{words}"']
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


def attack(as_user, ben, record, gesture):
    client = as_user(ben)
    # the numbers a row of cleo's would get are tried before it exists too
    paths = addresses(record)
    last = max([0, *Decision.objects.values_list("pk", flat=True)])
    verdict = max([0, *Verdict.objects.values_list("pk", flat=True)])
    for number in range(1, 3):
        paths += [
            f"/api/reviews/trd/decisions/{last + number}/",
            f"/api/reviews/trd/verdicts/{verdict + number}/",
            f"/api/reviews/trd/conflicts/{verdict + number}/",
        ]
    before = everything_seen(client, paths)
    gesture()
    after = everything_seen(client, paths)
    assert sum(status == 200 for status, _ in after.values()) > 20
    return before, after


@pytest.mark.parametrize(
    ("stage", "own"),
    [
        (TA, None),
        (TA, "include"),
        (TA, "exclude"),
        (TA, "maybe"),
        (FT, None),
        (FT, "include"),
        (FT, "exclude"),
    ],
)
def test_a_colleagues_vote_changes_nothing_that_ben_can_see(
    stage, own, review, record, more, vote, to_full_text, as_user, ben, cleo
):
    """With and without a vote of his own; cleo's makes the record wait (own None) or a conflict (the others)."""
    reason = make_reason(review, "Wrong population")
    if stage == FT:
        to_full_text(record)
    if own:
        vote(ben, record, own, stage=stage, reason=reason if own == "exclude" else None)
    opposite = "include" if own == "exclude" else "exclude"

    def cleo_votes():
        vote(
            cleo,
            record,
            opposite,
            stage=stage,
            note=MARKER,
            reason=reason if opposite == "exclude" else None,
        )

    before, after = attack(as_user, ben, record, cleo_votes)
    assert Verdict.objects.get(record=record, stage=stage).state == ("conflict" if own else "pending")
    assert showing(after) == []
    assert differing(before, after) == []


def test_cleos_changed_mind_and_undo_change_nothing_either(review, record, more, vote, as_user, ben, cleo):
    vote(ben, record, "include")

    def cleo_wavers():
        vote(cleo, record, "exclude", note=MARKER)
        undo_vote(review=review, stage=TA, reviewer=cleo)
        vote(cleo, record, "exclude", note=MARKER)
        vote(cleo, record, "exclude", note=MARKER + "!")

    before, after = attack(as_user, ben, record, cleo_wavers)
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
    before, after = attack(as_user, ben, record, lambda: vote(cleo, record, "exclude", note=MARKER))
    page = reverse("screening:record", args=["trd", record.pk])
    assert MARKER in after[page][1]
    assert MARKER in after["/api/reviews/trd/decisions/"][1]
    assert len(differing(before, after)) > 4


def test_a_resolver_who_screens_sees_only_conflicts_of_others(record, vote, as_user, ana, cleo):
    vote(ana, record, "include")
    before, after = attack(as_user, ana, record, lambda: vote(cleo, record, "exclude", note=MARKER))
    assert showing(after) == []
    told = differing(before, after)
    counter = reverse("screening:conflicts", args=["trd"])
    assert {path.removesuffix(" (htmx)") for path in told} <= {counter}


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
