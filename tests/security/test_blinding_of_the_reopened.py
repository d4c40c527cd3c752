"""A record that was complete and is open again: nothing may tell a colleague how the other voted before.

The colleague voted, too, so an outcome by two votes is the other's vote. Each way by which a record opens again is
tried, and every address of the house is read by the colleague.
"""

import re

import pytest
from django.urls import reverse

from records.models import DuplicateCandidate, ImportBatch
from records.services import merge_candidate, reopen_candidate, undo_import, what_undo_loses
from reviews.models import AuditEvent
from screening import services as screening
from screening.models import Decision, Intake, Stage, Verdict
from tests.factories import make_batch, make_record, make_search
from tests.security.addresses import addresses
from tests.security.test_blinding_everywhere import asked, everything, showing
from tests.security.world import World, cast

pytestmark = pytest.mark.django_db
TITLE = "Quokka trial"
DOWNSTREAM = ("extraction", "appraisal", "analysis")
TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
OUTCOME = r"(completed|opened|resolved the conflict on) “Quokka trial”( again)? at "


def file_of(world: World, **fields):
    batch = make_batch(world.review, make_search(world.review, "Marsupials"), records_read=1)
    return make_record(world.review, TITLE, batch=batch, **fields)


def both(world: World, record, vote="exclude", stage=TA, note="secret-pouch") -> None:
    """The second reviewer with a note that must not be seen; the reviewer, whose eyes we use, is the last."""
    reason = world.reason if vote == "exclude" else None
    cast(world, "second", record, vote, stage, note=note, reason=reason)
    cast(world, "reviewer", record, vote, stage, reason=reason)


def reopen(world: World, record, stage=TA) -> None:
    by = world.people["adjudicator"]
    screening.reopen(review=world.review, record=record, stage=stage, by=by, why="to look again")


def reopened(world: World):
    record = file_of(world)
    both(world, record)
    reopen(world, record)
    return record


def reopened_when_resolved(world: World):
    record, dora = file_of(world), world.people["adjudicator"]
    cast(world, "second", record, "include", note="secret-pouch")
    cast(world, "reviewer", record, "exclude")
    screening.adjudicate(
        review=world.review, record=record, stage=TA, adjudicator=dora, included=True, comment="secret-pouch"
    )
    reopen(world, record)
    return record


def reopened_at_full_text(world: World):
    record = file_of(world)
    both(world, record, "include", note="known")
    screening.set_full_text_state(review=world.review, record=record, state="retrieved", by=world.owner)
    both(world, record, "include", FT)
    reopen(world, record, FT)
    return record


def votes_of_the_file_taken_back(world: World):
    earlier = [{"by": name, "decision": "exclude", "reason": "", "stage": ""} for name in ("A", "B")]
    record = file_of(world, earlier=earlier)
    people = {"A": world.people["second"].pk, "B": world.people["reviewer"].pk}
    said = screening.begin_intake(
        review=world.review, batch=record.batch, kind=Intake.Kind.VOTES, by=world.owner, people=people
    )
    screening.carry_out(intake=said)
    assert Verdict.objects.get(record=record, stage=TA).state == "excluded"
    screening.undo_intake(review=world.review, intake=said, by=world.owner)
    return record


def _merged_into_a_fresh_one(world: World):
    record, fresh = file_of(world), file_of(world)
    both(world, record)
    pair = DuplicateCandidate.objects.create(
        review=world.review, left=record, right=fresh, score=0.9, rule="title", reasons=["same title"]
    )
    merge_candidate(candidate=pair, by=world.owner, primary=fresh, anyway=True)
    return record, fresh, pair


def merged_into_an_open_one(world: World):
    return _merged_into_a_fresh_one(world)[1]


def reopened_and_parted_again(world: World):
    """The merged one is opened after it parted: both rows are open, and neither tells of the other's time."""
    record, _, pair = _merged_into_a_fresh_one(world)
    reopen_candidate(candidate=pair, by=world.owner)
    reopen(world, record)
    return record


def import_undone_and_made_again(world: World):
    record = file_of(world)
    both(world, record)
    undo_import(batch=record.batch, by=world.owner, confirm=what_undo_loses(record.batch).confirm)
    return make_record(
        world.review, TITLE, batch=make_batch(world.review, record.batch.search, records_read=1)
    )


WAYS = {
    TA: (
        reopened,
        reopened_when_resolved,
        votes_of_the_file_taken_back,
        merged_into_an_open_one,
        reopened_and_parted_again,
        import_undone_and_made_again,
    ),
    FT: (reopened_at_full_text,),
}


def places(world: World) -> list[str]:
    """Every address up to the studies, and every record of the story by its own.

    The rooms further down know only which studies there are; test_blinding_everywhere reads them, too.
    """
    slug = world.review.slug
    own = [
        reverse(name, args=[slug, pk])
        for pk in world.review.records.filter(title=TITLE).values_list("pk", flat=True)
        for name in ("screening:record", "screening:full_text")
    ]
    pages = [f"/reviews/{slug}/history/?page={number}" for number in (1, 2, 3)]
    api = [f"/api/reviews/{slug}/{name}/?page_size=200" for name in ("history", "decisions", "verdicts")]
    below = {address.path for address in addresses(world) if address.name.startswith(DOWNSTREAM)}
    return [path for path in dict.fromkeys(asked(world) + own + pages + api) if path not in below]


def telling(seen: dict, stage: Stage) -> list:
    pattern = re.compile(OUTCOME + stage.label.lower() + r"|made the study [^<]* from “Quokka")
    return [place for place, (_, text, _) in seen.items() if pattern.search(text)]


@pytest.mark.parametrize("stage", WAYS)
def test_what_is_open_again_tells_nothing_of_before(here, as_user, stage):
    """All ways in one house: whatever is told, it is told at one of the addresses that are read once."""
    records = [way(here) for way in WAYS[stage]]
    client = as_user(here.people["reviewer"])
    seen = everything(client, places(here))
    assert showing(seen, "secret-pouch") == []
    assert telling(seen, stage) == []
    exported = [text for (path, _), (_, text, _) in seen.items() if path.endswith("records.csv")]
    lines = [line for text in exported for line in text.splitlines() if TITLE in line]
    assert lines
    assert [line for line in lines if ",excluded," in line] == []
    assert sum(status == 200 for status, _, _ in seen.values()) > 60
    assert not Verdict.objects.settled().filter(record__in=records, stage=stage).exists()


@pytest.mark.parametrize("way", [reopened, votes_of_the_file_taken_back, reopened_at_full_text])
def test_it_all_comes_back_when_the_record_is_complete(here, as_user, way):
    record = way(here)
    stage = FT if way is reopened_at_full_text else TA
    page = reverse("screening:record", args=[here.review.slug, record.pk])
    client = as_user(here.people["reviewer"])
    hidden = client.get(page).text
    both(here, record, "include", stage)
    told = client.get(page).text
    assert "secret-pouch" in told
    assert "secret-pouch" not in hidden
    assert told.count(f"completed “{TITLE}”") == hidden.count(f"completed “{TITLE}”") + 2
    assert ("(it was" in told) == (way is not votes_of_the_file_taken_back)


def test_the_others_see_the_history_as_it_was(here):
    """Who resolves and does not vote, and who only reads, is told all of it; nothing was deleted."""
    record = reopened(here)
    ours = here.review.events.filter(target_type="records.record", target_id=str(record.pk), blinded=False)
    verbs = {"screening.record_settled", "screening.record_reopened"}
    assert verbs == set(ours.values_list("verb", flat=True))
    for role in ("adjudicator", "observer", "librarian"):
        assert set(ours.visible_to(here.people[role]).values_list("verb", flat=True)) == verbs
    for role in ("reviewer", "second", "owner", "manager"):
        assert not ours.visible_to(here.people[role]).exists()


def test_what_is_hidden_costs_no_query_more_per_event(here, django_assert_max_num_queries):
    reader = here.people["reviewer"]
    for _ in range(5):
        reopened(here)
    with django_assert_max_num_queries(4):
        list(AuditEvent.objects.visible_to(reader).filter(review=here.review))


def test_votes_on_rows_that_left_are_exported_to_nobody_else(here, as_user):
    import_undone_and_made_again(here)
    assert ImportBatch.objects.filter(state="undone", search__source="Marsupials").exists()
    for role in ("reviewer", "owner", "librarian"):
        client = as_user(here.people[role])
        table = everything(client, [path for path in asked(here) if "decisions" in path])
        assert showing(table, "secret-pouch") == []
    own = Decision.objects.filter(record__title=TITLE, reviewer=here.people["reviewer"])
    assert own.count() == 1
